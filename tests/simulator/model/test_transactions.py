# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""A refused request changes nothing, whatever half it had done."""

import copy
import threading

import pytest

from flasharray_sim.state import indexes
from flasharray_sim.state import rows


def picture(array):
    """All rows, and all that the indexes hold."""
    return copy.deepcopy({
        name: (table._rows, [vars(index)['_' + field] for index
                             in table._indexes
                             for field in ('ids', 'entries', 'sums')
                             if hasattr(index, '_' + field)])
        for name, table in vars(array.db).items()
        if hasattr(table, '_indexes')})


@pytest.fixture
def client(client):
    client.post('volume/v1', size='1G')
    client.post('volume/v2', size='1G')
    client.array.write('v2', 0, 4096)
    client.post('volume', snap=True, source=['v2'], suffix='s')
    client.post('host/h1', iqnlist=['iqn.a'])
    client.post('host/h2')
    client.post('host/h2/volume/v1', lun=254)
    client.post('hgroup/g1', hostlist=['h1'])
    client.post('hgroup/g1/volume/v2')
    return client


@pytest.mark.parametrize('method, path, params', [
    ('POST', 'host/h3', {'iqnlist': ['iqn.b'], 'personality': 'nonsense'}),
    ('PUT', 'host/h2', {'wwnlist': ['51402EC0017AA6B4'],
                        'host_user': 'me'}),
    ('PUT', 'host/h2', {'addiqnlist': ['iqn.c', 'iqn.a']}),
    ('PUT', 'hgroup/g1', {'hostlist': ['h2']}),
    ('PUT', 'hgroup/g1', {'remhostlist': ['h1'], 'addhostlist': ['none']}),
    ('POST', 'hgroup/g2', {'hostlist': ['h2', 'h1']}),
    ('POST', 'volume', {'snap': True, 'source': ['v2', 'v2'],
                        'suffix': 'x'}),
    ('POST', 'volume/v3', {'source': 'v2', 'iops_limit': 1}),
    ('PUT', 'array', {'banner': 'x', 'name': 'a_b'}),
])
def test_a_refused_request_changes_nothing(client, method, path, params):
    before = picture(client.array)
    client.refusal(method, path, **params)
    assert picture(client.array) == before


def test_a_failure_in_the_middle_is_undone(array, client, monkeypatch):
    client.delete('host/h2/volume/v1')
    before = picture(array)
    with monkeypatch.context() as patch:
        patch.setattr(array.contents, 'settle', None)
        with pytest.raises(TypeError):
            client.post('volume/v1', source='v2', overwrite=True)
    assert picture(array) == before
    client.post('volume/v1', source='v2', overwrite=True)
    assert picture(array) != before


def test_everything_is_undone_when_the_store_fails(array, client,
                                                   monkeypatch):
    before = picture(array)

    def fail(changes):
        raise OSError('no space left on device')

    with monkeypatch.context() as patch:
        patch.setattr(array.db._store, 'save', fail)
        with pytest.raises(OSError, match='no space'):
            client.post('volume/v9', size='1G')
    assert picture(array) == before


def test_an_inner_transaction_is_part_of_the_outer(array, client):
    before = picture(array)
    with pytest.raises(ZeroDivisionError):
        with array.transaction():
            client.post('volume/v9', size='1G')
            raise ZeroDivisionError
    assert picture(array) == before


def test_unique_keys_are_kept_even_from_faulty_rules(array):
    before = picture(array)
    with pytest.raises(indexes.DuplicateKeyError):
        with array.transaction():
            array.db.hosts.insert(rows.Host(901, 'h9', iqns=('iqn.z',)))
            array.db.hosts.insert(
                rows.Host(902, 'h10', iqns=('iqn.y', 'IQN.Z')))
    assert picture(array) == before
    with pytest.raises(indexes.DuplicateKeyError):
        with array.transaction():
            first = array.db.hosts.insert(rows.Host(901, 'h9'))
            array.db.hosts.insert(rows.Host(902, 'h10'))
            array.db.hosts.change(first, name='H10')
    assert picture(array) == before


def test_threads_take_turns(array, client_of):
    def work(worker):
        own = client_of(array)
        for number in range(20):
            name = f'w{worker}-{number}'
            own.post(f'volume/{name}', size='1G')
            own.post(f'host/{name}')
            own.post(f'host/{name}/volume/{name}')

    threads = [threading.Thread(target=work, args=(worker,))
               for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    volumes = client_of(array).get('volume')
    assert len(volumes) == len({row['serial'] for row in volumes}) == 160
    assert len(client_of(array).get('host', connect=True)) == 160
