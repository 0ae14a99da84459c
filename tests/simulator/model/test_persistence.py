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
"""State survives the process, also one that is killed while it writes."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys

import pytest

from flasharray_sim.state import store as stores

_WRITER = """
from flasharray_sim import clock
from flasharray_sim.rules import array as arrays
from flasharray_sim.state import store
import sys
array = arrays.Array(store.Store(sys.argv[1]), clock.Clock(),
                     arrays.ArrayConfig('array-1'))
for number in range(10 ** 9):
    with array.transaction():
        name = f'n{number}'
        array.volumes.create(name, '1G')
        array.hosts.create(name)
        array.connections.connect_host(name, name)
    print(number, flush=True)
"""


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / 'array.sqlite')


def everything(client):
    client.post('volume/v1', size='1G', iops_limit=1000)
    client.post('volume/v2', size='2G')
    client.array.write('v1', 0, 8192)
    client.post('volume', snap=True, source=['v1'], suffix='s')
    client.post('volume/v3', source='v1.s')
    client.array.write('v3', 4096, 4096)
    client.delete('volume/v2')
    client.post('volume/v1/tags', key='k', value='v')
    client.post('host/h1', iqnlist=['iqn.a'], nqnlist=['nqn.a'],
                wwnlist=['51402EC0017AA6B4'], personality='aix',
                host_user='me', host_password='x' * 12,
                preferred_array=['array-1'])
    client.post('hgroup/g1', hostlist=['h1'])
    client.post('host/h1/volume/v1')
    client.post('hgroup/g1/volume/v3')
    client.put('array', name='renamed', ntpserver=['a', 'b'])


def look(client):
    return [client.get('array'), *(client.get(path, **params)
            for path, params in (
                ('volume', {'pending': True}), ('volume', {'space': True}),
                ('volume', {'snap': True, 'pending': True}),
                ('volume', {'qos': True}), ('volume', {'connect': True}),
                ('volume', {'tags': True}), ('volume/v3/diff',
                                             {'base': 'v1'}),
                ('host', {}), ('host', {'all': True}), ('host',
                                                        {'chap': True}),
                ('host', {'preferred_array': True}), ('hgroup', {}),
                ('array', {'space': True}), ('array', {'ntpserver': True}),
                ('admin', {'api_token': True}), ('port', {})))]


@pytest.mark.parametrize('make_contents', ['identities'], indirect=True)
def test_a_new_process_sees_the_same(make_array, client_of, path):
    array = make_array(path)
    assert array.is_new
    client = client_of(array)
    everything(client)
    before = look(client)
    token = array.login('pureuser', 'pureuser')
    array.db._store.close()
    again = make_array(path)
    assert not again.is_new
    assert look(client_of(again)) == before
    assert again.name == 'renamed'
    assert again.authenticate(token) == 'pureuser'


def test_numbers_go_on_where_they_were(make_array, client_of, path):
    client = client_of(make_array(path))
    first = client.post('volume/v1', size='1G')
    client.delete('volume/v1')
    client.delete('volume/v1', eradicate=True)
    client.array.db._store.close()
    client = client_of(make_array(path))
    second = client.post('volume/v1', size='1G')
    assert int(second['serial'], 16) == int(first['serial'], 16) + 1


def test_what_became_due_meanwhile_is_eradicated(make_array, client_of,
                                                 clock, path):
    client = client_of(make_array(path))
    client.post('volume/v1', size='1G')
    client.delete('volume/v1')
    client.array.db._store.close()
    clock.advance(86400)
    client = client_of(make_array(path))
    assert client.get('volume', pending=True) == []


def test_refused_requests_leave_no_trace(make_array, client_of, path):
    client = client_of(make_array(path))
    client.refusal('POST', 'host/h1', personality='nonsense')
    client.array.db._store.close()
    assert client_of(make_array(path)).get('host') == []


@pytest.mark.parametrize('writes', [1, 7, 50])
def test_a_killed_process_leaves_whole_transactions(make_array, client_of,
                                                    path, writes):
    process = subprocess.Popen(
        [sys.executable, '-c', _WRITER, path], stdout=subprocess.PIPE,
        text=True, env=dict(os.environ, PYTHONPATH=os.pathsep.join(
            entry for entry in sys.path if entry)))
    with process:
        for number in range(writes):
            assert process.stdout.readline() == f'{number}\n'
        process.send_signal(signal.SIGKILL)
        reported = writes + len(process.stdout.read().split())
    assert process.returncode == -signal.SIGKILL
    client = client_of(make_array(path))
    names = client.names('volume')
    # The last transaction may have been kept without being reported.
    assert len(names) in (reported, reported + 1)
    assert names == [f'n{number}' for number in range(len(names))]
    assert client.names('host') == names
    assert client.get('host', connect=True) == [
        {'name': name, 'vol': name, 'lun': 1, 'hgroup': None}
        for name in names]
    serials = {row['serial'] for row in client.get('volume')}
    assert client.post('volume/new', size='1G')['serial'] not in serials


def test_the_file_is_for_its_owner_only(make_array, path):
    make_array(path)
    for name in (path, f'{path}-wal', f'{path}-shm'):
        assert stat.S_IMODE(os.stat(name).st_mode) == 0o600


def test_a_file_of_another_format_is_refused(path):
    stores.Store(path).close()
    connection = sqlite3.connect(path)
    connection.execute('PRAGMA user_version = 99')
    connection.close()
    with pytest.raises(stores.StoreError, match='format 99'):
        stores.Store(path)


def test_a_closed_store_takes_nothing(make_array, client_of, path):
    array = make_array(path)
    array.db._store.close()
    with pytest.raises(sqlite3.ProgrammingError):
        client_of(array).post('volume/v1', size='1G')
