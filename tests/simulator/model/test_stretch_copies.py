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
"""The two copies of a stretched pod are equal, whatever was done to it."""

import random

import pytest

from flasharray_sim import errors
from flasharray_sim.rules import pod_rows
from flasharray_sim.state import rows

_STEPS = 400
_VOLUMES = [f'pod1::v{number}' for number in range(4)]
_SOURCES = [*_VOLUMES, 'root', *(f'{name}.s' for name in _VOLUMES),
            'pod1::pg.g.v1']


@pytest.fixture
def pair(make_fleet, client_of):
    one, two = make_fleet('one', 'two')
    with one.transaction():
        one.array_connections.connect(
            'two', two.core.setting('connection_key'), ['sync'], None)
    clients = client_of(one), client_of(two)
    clients[0].post('pod/pod1')
    clients[0].post('pgroup/pod1::pg')
    clients[0].post('pod/pod1/array/two')
    for client in clients:
        client.post('volume/root', size='1G')
        client.post('host/h1')
    return clients


def copy_of(array):
    """Every row of the pod, with what it holds in the fleet's terms."""
    found = []
    pod = array.db.pods.find('name', 'pod1')
    for kind, row in pod_rows.owned(array.db, pod):
        fields = rows.encode(row)
        if fields.pop('content_id', None) is not None:
            fields['content'] = [
                (offset, length, array.contents.identity(
                    array.db.writes.get(write_id)))
                for offset, length, write_id in array.contents.extents(
                    row.content_id)]
        found.append((kind, fields))
    return sorted(found, key=repr)


def step(choose, client, clock):
    """One random thing that a client, a host or time may do."""
    name = choose.choice(_VOLUMES)
    client_calls = {
        'create': lambda: client.post(f'volume/{name}', size='1G'),
        'copy': lambda: client.post(
            f'volume/{name}', source=choose.choice(_SOURCES),
            overwrite=choose.random() < .7),
        'write': lambda: client.array.write(
            name, 512 * choose.randrange(64), 512 * choose.randrange(1, 32)),
        'snap': lambda: client.post(
            'volume', snap=True, source=[name], suffix='s'),
        'resize': lambda: client.put(
            f'volume/{name}', size=choose.choice(('1M', '1G', '2G')),
            truncate=choose.random() < .5),
        'rename': lambda: client.put(
            f'volume/{name}', name=choose.choice(_VOLUMES)),
        'tag': lambda: client.post(
            f'volume/{name}/tags', key='k', value=str(choose.random())),
        'protect': lambda: client.put(
            'pgroup/pod1::pg', **{choose.choice(
                ('addvollist', 'remvollist')): [name]}),
        'group snap': lambda: client.post(
            'pgroup', snap=True, source=['pod1::pg'], suffix='g'),
        'group': lambda: client.delete(
            'pgroup/pod1::pg.g', eradicate=choose.random() < .5),
        'schedule': lambda: client.put(
            'pgroup/pod1::pg', snap_enabled=choose.random() < .5),
        'destroy': lambda: client.delete(
            f'volume/{name}', eradicate=choose.random() < .5),
        'forget': lambda: client.delete(
            f'volume/{name}.s', eradicate=choose.random() < .5),
        'recover': lambda: client.put(f'volume/{name}', action='recover'),
        'connect': lambda: client.post(f'host/h1/volume/{name}'),
        'disconnect': lambda: client.delete(f'host/h1/volume/{name}'),
        'wait': lambda: clock.advance(choose.choice((1, 3600, 86400))),
        'lose': lambda: client.array.set_online(False),
        'find': lambda: client.array.set_online(True),
        'cut': lambda: client.array.fleet.cut(
            client.array, *client.array.fleet.peers(client.array)),
        'mend': lambda: client.array.fleet.mend(
            client.array, *client.array.fleet.peers(client.array)),
        'unmediate': lambda: client.array.fleet.lose_mediator(
            client.array, frozenset('*')),
        'mediate': lambda: client.array.fleet.lose_mediator(
            client.array, frozenset()),
    }
    wanted = choose.choice(sorted(client_calls))
    try:
        client_calls[wanted]()
    except (errors.PurityError, ValueError):
        return wanted, False
    return wanted, True


@pytest.mark.parametrize('seed', range(6))
def test_both_copies_stay_equal(pair, clock, seed):
    choose = random.Random(seed)
    one, two = (client.array for client in pair)
    done, compared = set(), 0
    for _number in range(_STEPS):
        wanted, is_done = step(choose, choose.choice(pair), clock)
        done |= {wanted} if is_done else set()
        if one.fleet.is_linked(one, two):
            assert copy_of(one) == copy_of(two), wanted
            compared += 1
    assert compared > 15
    assert len(done) > 15
    one.set_online(True)
    two.set_online(True)
    one.fleet.mend(one, two)
    clock.advance(2 * 86400)
    for client in pair:
        assert [row['status'] for row in client.get('pod/pod1')['arrays']
                ] == ['online', 'online']
    assert copy_of(one) == copy_of(two)
