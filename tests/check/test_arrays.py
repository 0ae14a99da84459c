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
"""What is wrong with arrays, and the way to them."""

import socket

from oslo_utils import units
import pytest

import flasharray_sim
from pure_cinder.check import arrays as array_checks

WRONG_TOKEN = '00000000-1111-2222-3333-444444444444'


def client_of(checks, array=None):
    return checks.operator.client(array or checks.array)


def test_arrays_without_fault(checks):
    found = checks.findings()
    assert [finding for finding in found if finding['check'] not in (
        'node', 'initiators')] == []
    [cause] = checks.ok('reach')
    assert 'alpha' in cause and 'REST 1.19' in cause and ' ms' in cause


def test_array_that_is_not_there(checks):
    with socket.create_server(('127.0.0.1', 0)) as free:
        address = '127.0.0.1:%d' % free.getsockname()[1]
    [finding] = checks.findings('reach', san_ip=address)
    assert finding['subject'] == 'san_ip' and address in finding['cause']
    assert 'the network' in finding['remedy']
    assert checks.code == 2


def test_slow_array(checks, monkeypatch):
    monkeypatch.setattr(array_checks, 'SLOW_S', 0)
    [finding] = checks.findings('reach')
    assert finding['severity'] == 'warning'
    assert 'the load of the array' in finding['remedy']


def test_unknown_token(checks):
    [finding] = checks.findings('reach', pure_api_token=WRONG_TOKEN)
    assert finding['subject'] == 'pure_api_token'
    assert WRONG_TOKEN not in str(checks.all)


@pytest.mark.parametrize('role, count', [
    ('readonly', 1), ('ops_admin', 1), ('storage_admin', 0)])
def test_role_of_the_token(checks, role, count):
    client = client_of(checks)
    client.create_admin('cinder', role=role, password='a-password')
    token = client.create_api_token('cinder')['api_token']
    checks.operator.forget_requests()
    found = checks.findings('role', pure_api_token=token)
    assert [finding['subject'] for finding in found] == (
        ['pure_api_token'] * count)
    assert role in str(found or checks.ok('role'))


@pytest.mark.parametrize('seconds, severity', [
    (0, None), (100, 'warning'), (1000, 'error')])
def test_clocks_that_differ(checks, seconds, severity):
    checks.operator.clock.advance(seconds)
    found = checks.findings('clock')
    assert [finding['severity'] for finding in found] == (
        [severity] if severity else [])
    for finding in found:
        assert 'ahead of' in finding['cause']
        assert 'NTP' in finding['remedy'] and '401' in finding['remedy']


def test_device_that_is_the_primary_by_another_name(checks):
    address = checks.array.address.replace('127.0.0.1', 'localhost')
    device = checks.operator.device(checks.array).replace(
        checks.array.address, address)
    [finding] = checks.findings('arrays', replication_device=device)
    assert finding['subject'] == 'replication_device at-alpha'


# Versions


@pytest.mark.parametrize('rest_version, values, subject', [
    ('1.6', {}, 'san_ip'),
    ('1.13', {'pure_host_personality': 'esxi'}, 'pure_host_personality'),
    ('1.15', {'volume_driver': 'pure_cinder.driver.PureNVMEDriver',
              'pure_nvme_transport': 'tcp'}, 'volume_driver')])
def test_feature_that_the_array_is_too_old_for(checks_of, rest_version,
                                               values, subject):
    checks = checks_of(rest_versions=(rest_version,))
    found = checks.findings(**values)
    assert subject in [finding['subject'] for finding in found
                       if finding['severity'] == 'error']


@pytest.mark.parametrize('kind, uniform, rest_version, missing', [
    ('sync', 'false', '1.11', 'synchronous replication'),
    ('sync', 'true', '1.14', 'uniform hosts')])
def test_replication_that_the_arrays_are_too_old_for(
        checks_of, kind, uniform, rest_version, missing):
    checks = checks_of(arrays=2, rest_versions=(rest_version,))
    found = checks.findings('version', replication_device=(
        checks.operator.device(checks.operator.arrays[1], kind, uniform)))
    assert [missing in finding['cause'] for finding in found] == [True] * 2
    assert {finding['subject'] for finding in found} == {
        'replication_device'}


# Ports


def test_ports_are_listed(checks):
    assert checks.findings('ports') == []
    [cause] = checks.ok('ports')
    assert cause.startswith('Machines may use 4 target ports') and (
        '127.0.0.1:' in cause)


def test_network_without_ports(checks):
    [finding] = checks.findings('ports', pure_iscsi_cidr='203.0.113.0/24')
    assert finding['severity'] == 'error'
    assert finding['subject'] == 'pure_iscsi_cidr'
    assert '203.0.113.0/24' in finding['cause']


@pytest.mark.parametrize('networks, end', [
    ('127.0.0.1/32', '127.0.0.1:'),
    ('127.0.0.1/32,127.0.0.2/32', 'controller CT0')])
def test_paths_that_have_one_end(checks, networks, end):
    [finding] = checks.findings('ports', pure_iscsi_cidr_list=networks)
    assert finding['severity'] == 'warning' and end in finding['cause']


def test_port_that_nobody_listens_at(checks_of):
    with socket.create_server(('127.0.0.1', 0)) as free:
        closed = '127.0.0.9:%d' % free.getsockname()[1]
    with socket.create_server(('127.0.0.8', 0)) as listening:
        is_open = '127.0.0.8:%d' % listening.getsockname()[1]
        checks = checks_of(iscsi_portals=(is_open, is_open, closed, closed))
        [finding] = checks.findings('ports')
    assert closed in finding['cause'] and is_open not in finding['cause']


@pytest.mark.parametrize('driver, transport', [
    ('PureFCDriver', 'roce'), ('PureNVMEDriver', 'roce')])
def test_other_protocols(checks_of, driver, transport):
    checks = checks_of(nvme_services=('nvme-roce',))
    assert checks.findings(
        'ports', volume_driver='pure_cinder.driver.' + driver,
        pure_nvme_transport=transport) == []


# Hosts


def test_host_of_two_protocols(checks):
    client_of(checks).create_host(
        'compute', iqnlist=['iqn.1994-05.com.example:1'],
        nqnlist=['nqn.2014-08.com.example:1'])
    checks.operator.forget_requests()
    [finding] = checks.findings('hosts')
    assert finding['subject'] == 'host compute'


def test_machine_that_arrays_call_differently(checks_of):
    checks = checks_of(arrays=2)
    for array, name in zip(checks.operator.arrays, ('one', 'two')):
        client_of(checks, array).create_host(
            name, iqnlist=['iqn.1994-05.com.example:1'])
    checks.operator.forget_requests()
    [finding] = checks.findings('hosts', replication_device=(
        checks.operator.device(checks.operator.arrays[1])))
    assert finding['subject'] == 'iqn.1994-05.com.example:1'
    assert 'one on alpha, two on beta' in finding['cause']


# Limits


def test_mostly_destroyed_volumes(checks):
    client = client_of(checks)
    for name in ('a', 'b'):
        client.create_volume(name, '1G')
    client.destroy_volume('a')
    client.create_volume('c', '1G')
    checks.operator.forget_requests()
    assert checks.findings('limits') == []
    client.destroy_volume('b')
    checks.operator.forget_requests()
    [finding] = checks.findings('limits')
    assert '3 volumes, of which 2 are destroyed' in finding['cause']
    assert 'eradicate' in finding['remedy']


@pytest.mark.parametrize('system_bytes, values, severity', [
    (85, {}, 'warning'), (96, {}, 'error'),
    (85, {'reserved_percentage': '20'}, 'error')])
def test_array_that_is_almost_full(checks_of, system_bytes, values, severity):
    checks = checks_of(capacity_bytes=100 * units.Gi,
                       system_bytes=system_bytes * units.Gi)
    [finding] = checks.findings('limits', **values)
    assert finding['severity'] == severity
    assert '%d %%' % system_bytes in finding['cause']


def test_array_that_does_not_count(checks):
    checks.array.faults.add(flasharray_sim.Fault(
        'status', path='volume', status=400, text='Not today.'))
    [finding] = checks.findings('limits')
    assert 'could not be checked' in finding['cause']
    assert 'Not today.' in finding['cause']
