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
"""A backend section is read once, and every problem is named."""

import ipaddress
import uuid

import pytest

from pure_cinder.array import models
from pure_cinder import config
from pure_cinder import exceptions
from pure_cinder import naming
from pure_cinder.types import specs
from tests import world

TOKEN = '902fdca3-7e3f-d2e4-d6a6-24c2285fe1d9'
DEVICE_TOKEN = '902fdca3-7e3f-d2e4-d6a6-24c2285fe1da'


@pytest.fixture
def read(conf):
    def make(**values):
        section = {'san_ip': '192.0.2.1', 'pure_api_token': TOKEN}
        section.update(values)
        return config.read(
            world.backend_configuration(conf, 'pure', **section),
            'PureISCSIDriver')
    return make


def test_smallest_section(read):
    backend = read()

    assert backend.endpoint == config.ArrayEndpoint(
        '192.0.2.1', TOKEN, False)
    assert backend.backend_name == 'PureISCSIDriver'
    assert backend.max_over_subscription_ratio == 20.0
    assert backend.is_ratio_automatic
    assert not backend.is_eradicating_on_delete


def test_default_network_admits_ipv6(read):
    assert read().iscsi_networks == (
        ipaddress.ip_network('0.0.0.0/0'), ipaddress.ip_network('::/0'))


def test_list_of_networks_wins_over_the_single_one(read):
    backend = read(pure_iscsi_cidr='192.0.2.0/24',
                   pure_iscsi_cidr_list=['198.51.100.0/24', '2001:db8::/32'])
    assert backend.iscsi_networks == (
        ipaddress.ip_network('198.51.100.0/24'),
        ipaddress.ip_network('2001:db8::/32'))


def test_network_may_be_written_as_an_address_of_it(read):
    assert read(pure_iscsi_cidr='192.0.2.7/24').iscsi_networks == (
        ipaddress.ip_network('192.0.2.0/24'),)


@pytest.mark.parametrize('is_verifying, has_path, expected', [
    (False, True, False), (True, False, True), (True, True, 'path')])
def test_certificate_path_counts_only_when_verifying(
        read, tmp_path, is_verifying, has_path, expected):
    bundle = tmp_path / 'ca.pem'
    bundle.write_text('')

    backend = read(driver_ssl_cert_verify=is_verifying,
                   driver_ssl_cert_path=str(bundle) if has_path else None)

    assert backend.endpoint.verify == (
        str(bundle) if expected == 'path' else expected)


def test_ipv6_address_is_bracketed(read):
    assert read(san_ip='2001:db8::1').endpoint.address == '[2001:db8::1]'


def test_ratio_may_be_left_to_cinder(read):
    assert read(max_over_subscription_ratio='auto'
                ).max_over_subscription_ratio == 'auto'


def test_all_problems_are_told_at_once(read):
    with pytest.raises(exceptions.PureConfigurationError) as caught:
        read(volume_backend_name='gold', san_ip='', pure_api_token=None,
             pure_iscsi_cidr_list=['192.0.2.0/24', 'office'],
             driver_ssl_cert_verify=True, driver_ssl_cert_path='/no/such.pem')

    text = str(caught.value)
    assert '[pure]' in text and 'gold' not in text
    assert len(caught.value.problems) == 4
    for named in ('san_ip', 'pure_api_token', "'office'",
                  'pure_iscsi_cidr_list', '/no/such.pem'):
        assert named in text


@pytest.mark.parametrize('address', [
    'https://array.example', 'http://array.example/', 'array.example/',
    'https://array.example/api/1.19'])
def test_address_is_neither_a_link_nor_a_path(read, address):
    with pytest.raises(exceptions.PureConfigurationError,
                       match="san_ip is .* without https://.*'array.example'"):
        read(san_ip=address)


def test_option_that_is_not_served_is_refused(read):
    with pytest.raises(exceptions.PureConfigurationError,
                       match='pure_safemode_enabled'):
        read(pure_safemode_enabled=True)


def test_token_is_in_no_representation(read):
    assert TOKEN not in repr(read())


# Replication


def device(backend_id, **changes):
    """A ``replication_device`` as Cinder understands the line."""
    values = {'backend_id': backend_id, 'san_ip': '192.0.2.9',
              'api_token': DEVICE_TOKEN, **changes}
    return {key: value for key, value in values.items() if value is not None}


def problems(read, *devices, **values):
    with pytest.raises(exceptions.PureConfigurationError) as caught:
        read(replication_device=list(devices), **values)
    assert DEVICE_TOKEN not in str(caught.value)
    return list(map(str, caught.value.problems))


def test_without_devices_nothing_is_replicated(read):
    replication = read().replication
    assert replication.devices == ()
    assert replication.types == []
    assert replication.serves(specs.ReplicationType.NONE)
    assert not replication.serves(specs.ReplicationType.ASYNC)


def test_device_is_asynchronous_and_not_verified_unless_it_says_so(read):
    [found] = read(replication_device=[device('b')]).replication.devices
    assert found == config.ReplicationDevice(
        'b', config.ArrayEndpoint('192.0.2.9', DEVICE_TOKEN, False),
        specs.ReplicationType.ASYNC, is_uniform=False)


def test_every_key_of_a_device_counts(read, tmp_path):
    bundle = tmp_path / 'ca.pem'
    bundle.write_text('')
    [found] = read(replication_device=[device(
        'b', san_ip='2001:db8::9', type='sync', uniform='true',
        ssl_cert_verify='True', ssl_cert_path=str(bundle))]
    ).replication.devices
    assert found == config.ReplicationDevice(
        'b', config.ArrayEndpoint('[2001:db8::9]', DEVICE_TOKEN, str(bundle)),
        specs.ReplicationType.SYNC, is_uniform=True)


@pytest.mark.parametrize('kinds, types', [
    (['async'], ['async']),
    (['async', 'async'], ['async']),
    (['sync'], ['async', 'sync']),
    (['sync', 'async'], ['async', 'sync'])])
def test_types_that_the_devices_serve(read, kinds, types):
    replication = read(replication_device=[
        device(str(number), san_ip='192.0.2.%d' % (number + 2), type=kind)
        for number, kind in enumerate(kinds)]).replication
    assert [kind.value for kind in replication.types] == types


def test_backend_may_be_called_as_cinder_calls_the_primary(read):
    assert read(volume_backend_name='default', replication_device=[
        device('b')]).backend_name == 'default'


def test_three_sites(read):
    replication = read(
        pure_trisync_enabled=True,
        replication_device=[device('b', type='sync'),
                            device('c', san_ip='192.0.2.10')]).replication
    assert replication.serves(specs.ReplicationType.TRISYNC)
    assert replication.trisync_pgroup == 'cinder-pod::cinder-trisync'


@pytest.mark.parametrize('kinds', [
    [], ['sync'], ['async', 'async'], ['sync', 'async', 'async']])
def test_three_sites_need_one_device_of_each_type(read, kinds):
    [problem] = problems(read, *(
        device('b%d' % number, san_ip='192.0.2.%d' % (number + 2), type=kind)
        for number, kind in enumerate(kinds)), pure_trisync_enabled=True)
    assert 'pure_trisync_enabled' in problem


@pytest.mark.parametrize('key', ['backend_id', 'san_ip', 'api_token'])
def test_key_that_a_device_needs(read, key):
    [problem] = problems(read, device(**{'backend_id': 'b', key: None}))
    assert 'has no %s.' % key in problem


def test_key_that_no_device_has(read):
    [problem] = problems(read, device('b', ssl_verify='true'))
    assert "'ssl_verify'" in problem and 'ssl_cert_verify' in problem


@pytest.mark.parametrize('key', ['uniform', 'ssl_cert_verify'])
def test_flag_that_is_neither_true_nor_false(read, key):
    [problem] = problems(read, device('b', **{key: 'ture'}))
    assert key in problem and "'ture'" in problem


def test_address_of_a_device_is_neither_a_link_nor_a_path(read):
    [problem] = problems(read, device('b', san_ip='https://b.example/'))
    assert 'san_ip of replication_device b ' in problem
    assert "without https:// and without a path: 'b.example'" in problem


def test_type_that_there_is_not(read):
    [problem] = problems(read, device('b', type='trisync'))
    assert "'trisync'" in problem and 'sync' in problem


def test_unreadable_certificate_of_a_device(read):
    [problem] = problems(read, device('b', ssl_cert_verify='true',
                                      ssl_cert_path='/no/such.pem'))
    assert 'replication_device b' in problem and '/no/such.pem' in problem


@pytest.mark.parametrize('ids', [['pure', 'c'], ['b', 'b'], ['default', 'c']])
def test_backend_ids_that_cannot_be_told_apart(read, ids):
    [problem] = problems(
        read, device(ids[0]), device(ids[1], san_ip='192.0.2.10'),
        volume_backend_name='pure')
    assert "'%s'" % ids[0] in problem


def test_one_array_given_twice(read):
    [problem] = problems(read, device('b', san_ip='192.0.2.1'))
    assert '192.0.2.1' in problem


@pytest.mark.parametrize('address', ['2001:db8::1', '[2001:db8::1]'])
def test_one_array_given_twice_by_its_ipv6_address(read, address):
    [problem] = problems(read, device('b', san_ip=address),
                         san_ip='2001:db8::1')
    assert '2001:db8::1' in problem and 'itself' in problem


def test_one_array_given_twice_in_another_case(read):
    [problem] = problems(read, device('b', san_ip='ARRAY.example'),
                         san_ip='array.example')
    assert 'itself' in problem


def test_two_synchronous_devices(read):
    [problem] = problems(read, device('b', type='sync'),
                         device('c', san_ip='192.0.2.10', type='sync'))
    assert 'sync' in problem


def test_five_devices(read):
    [problem] = problems(read, *(
        device('b%d' % number, san_ip='192.0.2.%d' % (number + 2))
        for number in range(5)))
    assert '4' in problem


@pytest.mark.parametrize('option, value', [
    ('pure_replica_interval_default', 299),
    ('pure_replica_interval_default', 34560001),
    ('pure_replica_retention_short_term_default', 0),
    ('pure_replica_retention_long_term_per_day_default', 1441),
    ('pure_replica_retention_long_term_default', 4001),
    ('pure_replica_retention_long_term_default', -1)])
def test_interval_and_retention_are_in_the_range_of_purity(read, option,
                                                           value):
    [problem] = problems(read, device('b'), **{option: value})
    assert option in problem and str(value) in problem


NAME_OPTIONS = ('pure_replication_pg_name', 'pure_replication_pod_name',
                'pure_trisync_pg_name', 'pure_ghost_pod_name')


def three_sites():
    return {'pure_trisync_enabled': True, 'replication_device': [
        device('b', type='sync'), device('c', san_ip='192.0.2.10')]}


@pytest.mark.parametrize('option', NAME_OPTIONS)
@pytest.mark.parametrize('name', ['cinder::group', '-group', 'g' * 64, ''])
def test_names_are_such_that_purity_takes(read, option, name):
    with pytest.raises(exceptions.PureConfigurationError) as caught:
        read(**three_sites(), **{option: name})
    [problem] = caught.value.problems
    assert problem.subject == option and option in str(problem)


def test_name_of_a_temporary_pod_has_room_for_a_volume(read):
    longest = 'g' * 26
    assert len(naming.ghost_pod_name(longest, uuid.uuid4())) == 63
    assert read(**three_sites(), pure_ghost_pod_name=longest)
    with pytest.raises(exceptions.PureConfigurationError, match='1 to 26'):
        read(**three_sites(), pure_ghost_pod_name=longest + 'g')


@pytest.mark.parametrize('option', NAME_OPTIONS[1:])
def test_names_that_nothing_uses_do_not_matter(read, option):
    assert read(replication_device=[device('b')], **{option: 'a::b'})


def test_ranges_do_not_matter_without_devices(read):
    assert read(pure_replica_interval_default=1).replication.devices == ()


def test_all_problems_of_all_devices_are_told_at_once(read):
    found = problems(
        read, device('pure', san_ip=None, typ='sync'),
        device(None, type='both', ssl_cert_verify='true',
               ssl_cert_path='/no/such.pem'),
        device('c', type='sync', san_ip='192.0.2.10'),
        device('d', type='sync', san_ip='192.0.2.11'),
        volume_backend_name='pure', pure_replica_interval_default=1,
        pure_trisync_enabled=True)
    assert len(found) == 9


def test_policy_tells_what_the_configuration_states_itself(read):
    assert read().replication.policy.stated == frozenset()
    assert read(pure_replica_interval_default=3600
                ).replication.policy.stated == {'interval_s'}


def test_policy_for_a_new_group_has_all_values(read):
    policy = read(pure_replica_retention_long_term_default=30
                  ).replication.policy
    found = models.Retention(all_for_s=1, per_day=1, days=1)
    assert policy.over(found, is_new=True) == models.Retention(14400, 3, 30)
    assert policy.over(found, is_new=False) == models.Retention(1, 1, 30)


def test_token_of_a_device_is_in_no_representation(read):
    assert DEVICE_TOKEN not in repr(read(replication_device=[device('b')]))
