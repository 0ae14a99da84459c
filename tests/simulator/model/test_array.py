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
"""The array: identity, space, performance, settings (2.1)."""

import uuid

import pytest

MIXED = 'Invalid combination of parameters specified.'


def test_identity(array, client):
    assert client.get('array') == {
        'array_name': 'array-1', 'id': array.id, 'version': '6.1.11',
        'revision': array.config.revision}
    assert str(uuid.UUID(array.id)) == array.id


def test_identity_follows_from_the_name(make_array):
    one, same, other = (make_array(), make_array(),
                        make_array(name='array-2'))
    assert (one.id, one.cabling) == (same.id, same.cabling)
    assert one.id != other.id
    assert not {port.iqn or port.wwn or port.nqn for port in
                one.cabling.ports} & {port.iqn or port.wwn or port.nqn
                                      for port in other.cabling.ports}
    fixed = str(uuid.uuid4())
    assert make_array(id=fixed).id == fixed


def test_space(client, make_array, client_of):
    client.post('volume/v1', size='1G')
    [row] = client.get('array', space=True)
    assert row == {
        'capacity': 20 << 40, 'hostname': 'array-1', 'parity': 1.0,
        'system': 0, 'total': 0, 'volumes': 0, 'snapshots': 0,
        'shared_space': 0, 'data_reduction': 1.0, 'thin_provisioning': 1.0,
        'total_reduction': 1.0, 'provisioned': 1 << 30, 'replication': 0}
    [old] = client.as_version('1.16').get('array', space=True)
    assert set(row) - set(old) == {'provisioned', 'replication'}
    small = client_of(make_array(capacity_bytes=100, system_bytes=40))
    [row] = small.get('array', space=True)
    assert (row['capacity'], row['system'], row['total'],
            row['thin_provisioning']) == (100, 40, 40, 0.0)


def test_performance(client, clock):
    now = clock.now().strftime('%Y-%m-%dT%H:%M:%SZ')
    [row] = client.get('array', action='monitor')
    assert row.pop('time') == now
    assert set(row) == {
        'input_per_sec', 'output_per_sec', 'reads_per_sec',
        'writes_per_sec', 'queue_depth', 'usec_per_read_op',
        'usec_per_write_op', 'san_usec_per_read_op',
        'san_usec_per_write_op', 'local_queue_usec_per_op'}
    assert set(row.values()) == {0}
    [old] = client.as_version('1.9').get('array', action='monitor')
    assert set(row) - set(old) == {
        'san_usec_per_read_op', 'san_usec_per_write_op',
        'local_queue_usec_per_op'}
    [more] = client.get(
        'array', action='monitor', size=True, latency=True, mirrored=True)
    assert {'bytes_per_op', 'queue_usec_per_read_op',
            'mirrored_writes_per_sec'} <= set(more)


@pytest.mark.parametrize('flags, shown', [
    (('size',), {'bytes_per_read', 'bytes_per_write', 'bytes_per_op'}),
    (('latency', 'mirrored'), {'queue_usec_per_mirrored_write_op',
                               'qos_rate_limit_usec_per_mirrored_write_op'}),
    (('size', 'mirrored'), {'bytes_per_mirrored_write'})])
@pytest.mark.parametrize('path', ['array', 'volume', 'host', 'pod'])
def test_counters_that_an_exporter_reads_unconditionally(
        client, path, flags, shown):
    if path != 'array':
        client.post(f'{path}/x', **({'size': '1G'} if path == 'volume'
                                    else {}))
    asked = dict.fromkeys(flags, True)
    [row] = client.get(path, action='monitor', **asked)
    assert shown <= set(row)
    for flag in flags:
        [less] = client.get(path, action='monitor',
                            **{other: True for other in flags
                               if other != flag})
        assert shown.isdisjoint(less)


@pytest.mark.parametrize('historical, samples', [
    ('1h', 120), ('3h', 360), ('24h', 288), ('7d', 336), ('30d', 360),
    ('90d', 270), ('1y', 365)])
def test_histories_end_now(client, clock, historical, samples):
    for params in ({'space': True}, {'action': 'monitor'}):
        rows = client.get('array', historical=historical, **params)
        times = [row['time'] for row in rows]
        assert len(times) == samples
        assert times == sorted(set(times))
        assert times[-1] <= clock.now().strftime('%Y-%m-%dT%H:%M:%SZ')
    assert client.refusal('GET', 'array', space=True, historical='2w') == (
        'Invalid value for parameter historical.')
    assert client.refusal('GET', 'array', historical=historical) == MIXED


def test_controllers(client):
    rows = client.get('array', controllers=True)
    assert [(row['name'], row['mode'], row['type']) for row in rows] == [
        ('CT0', 'primary', 'array_controller'),
        ('CT1', 'secondary', 'array_controller')]
    assert 'type' not in client.as_version('1.16').get(
        'array', controllers=True)[0]


def test_renaming_changes_nothing_but_the_name(array, client):
    before = client.get('array')
    assert client.put('array', name='New') == {'array_name': 'New'}
    assert client.get('array') == before | {'array_name': 'New'}
    assert client.get('array', space=True)[0]['hostname'] == 'New'
    for bad in ('x' * 57, 'a_b', ''):
        assert client.refusal('PUT', 'array', name=bad).startswith(
            'Array name must be between 1 and 56 characters')


@pytest.mark.parametrize('name, default, value', [
    ('ntpserver', [], ['a', 'b']), ('syslogserver', [], ['a']),
    ('phonehome', 'disabled', 'enabled'), ('proxy', '', 'https://p'),
    ('relayhost', '', 'r'), ('senderdomain', '', 'd'),
    ('idle_timeout', 30, 60), ('scsi_timeout', 60, 30),
    ('banner', '', 'Welcome')])
def test_simple_settings(client, name, default, value):
    assert client.get('array', **{name: True}) == {name: default}
    assert client.put('array', **{name: value}) == {name: value}
    assert client.get('array', **{name: True}) == {name: value}


def test_settings_may_be_read_together_but_not_with_views(client):
    assert client.get('array', banner=True, proxy=True) == {
        'banner': '', 'proxy': ''}
    for params in ({'banner': True, 'space': True},
                   {'space': True, 'controllers': True},
                   {'space': True, 'action': 'monitor'}):
        assert client.refusal('GET', 'array', **params) == MIXED
    assert client.refusal('PUT', 'array') == 'No attribute specified.'
    assert client.refusal('PUT', 'array', phonehome='maybe') == (
        'Invalid value for parameter phonehome.')


def test_connection_key(client):
    key = client.get('array', connection_key=True)['connection_key']
    assert str(uuid.UUID(key)) == key
    assert client.get('array', connection_key=True) == {
        'connection_key': key}


def test_services(client):
    assert client.get('array/console_lock') == {'console_lock': 'disabled'}
    assert client.put('array/console_lock', enabled=True) == {
        'console_lock': 'enabled'}
    assert client.put('array/phonehome', enabled=True) == {
        'phonehome': 'enabled'}
    assert client.get('array', phonehome=True) == {'phonehome': 'enabled'}
    assert client.get('array/phonehome') == {'action': None, 'status': None}
    assert client.put('array/phonehome', action='send_all')[
        'action'] == 'send_all'
    assert client.put('array/phonehome', action='cancel')['action'] is None
    assert client.get('array/remoteassist') == {
        'name': 'array-1-ct0', 'port': '', 'status': 'disabled'}
    assert client.put('array/remoteassist', action='connect')[
        'status'] == 'enabled'
    assert client.get('array/eula')['acceptance']['name'] is None
    assert client.put('array/eula', name='n', title='t', company='c')[
        'acceptance']['company'] == 'c'
    for path, params in (('console_lock', {}), ('phonehome', {}),
                         ('eula', {'name': 'n'})):
        assert client.refusal('PUT', f'array/{path}', **params) == MIXED
    for path in ('phonehome', 'remoteassist'):
        assert client.refusal('PUT', f'array/{path}', action='x') == (
            'Invalid value for parameter action.')
