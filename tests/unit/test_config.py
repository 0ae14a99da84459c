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

import pytest

from pure_cinder import config
from pure_cinder import exceptions
from tests import world

TOKEN = '902fdca3-7e3f-d2e4-d6a6-24c2285fe1d9'


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
    assert '[gold]' in text
    assert len(caught.value.problems) == 4
    for named in ('san_ip', 'pure_api_token', "'office'",
                  'pure_iscsi_cidr_list', '/no/such.pem'):
        assert named in text


@pytest.mark.parametrize('option, value', [
    ('pure_trisync_enabled', True),
    ('pure_safemode_enabled', True)])
def test_option_that_is_not_served_is_refused(read, option, value):
    with pytest.raises(exceptions.PureConfigurationError, match=option):
        read(**{option: value})


def test_token_is_in_no_representation(read):
    assert TOKEN not in repr(read())
