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
"""Starting a backend: everything wrong is told then, with a remedy."""

import contextlib
import logging
import socket
from unittest import mock

from oslo_config import cfg
from oslo_utils import units
import pytest

import flasharray_sim
from pure_cinder.array import errors
from pure_cinder import driver
from pure_cinder import exceptions
from tests import middleman
from tests import world as world_module

WRONG_TOKEN = '00000000-1111-2222-3333-444444444444'


@pytest.fixture
def start(backend):
    def make(**values):
        return world_module.World(backend(**values)).start()
    return make


def test_start_names_the_array_it_found(start, array, caplog):
    with caplog.at_level(logging.INFO, 'pure_cinder'):
        start()
    assert array.name in caplog.text


def test_start_changes_nothing_on_the_array(start, array):
    start()
    assert {record.method for record in array.requests
            if not record.path.startswith('auth/')} == {'GET'}


def test_wrong_token(start):
    with pytest.raises(errors.ArrayAuthenticationError) as caught:
        start(pure_api_token=WRONG_TOKEN)
    assert 'pure_api_token' in str(caught.value)
    assert WRONG_TOKEN not in str(caught.value)


def test_nothing_listens_at_the_address(start):
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        address = '127.0.0.1:%d' % free.getsockname()[1]
    with pytest.raises(errors.ArrayUnreachableError) as caught:
        start(san_ip=address)
    assert address in str(caught.value)
    assert 'san_ip' in str(caught.value)


def test_unknown_host_name(start):
    with pytest.raises(errors.ArrayUnreachableError, match='san_ip'):
        start(san_ip='no-such-array.invalid')


def test_untrusted_certificate(start):
    with pytest.raises(errors.ArrayCertificateError) as caught:
        start(driver_ssl_cert_path=None)
    assert 'driver_ssl_cert_path' in str(caught.value)


def test_unverified_certificate_is_warned_about_once(
        start, database, coordinator, caplog):
    world = start(driver_ssl_cert_verify=False)
    world.create()
    assert [record.levelname for record in caplog.records
            if 'driver_ssl_cert_verify' in record.getMessage()] == ['WARNING']


@pytest.fixture
def start_on(backend):
    """Start on an array that serves only these REST versions."""
    def make(rest_versions, **values):
        with flasharray_sim.Simulator(arrays=[
                {'name': 'old', 'rest_versions': rest_versions}]) as old:
            [array] = old.arrays
            return world_module.World(backend(
                san_ip=array.address, pure_api_token=array.api_token,
                driver_ssl_cert_path=old.certificate_path, **values)).start()
    return make


def test_too_old_rest_version(start_on):
    with pytest.raises(errors.ArrayVersionError, match='Purity'):
        start_on(('1.0', '1.6'))


def test_oldest_rest_version(start_on):
    start_on(('1.0', '1.7'))


def test_personality_on_an_array_without_personalities(start_on):
    with pytest.raises(exceptions.PureUnsupportedError,
                       match='pure_host_personality'):
        start_on(('1.13',), pure_host_personality='esxi')
    start_on(('1.14',), pure_host_personality='esxi')


@pytest.mark.parametrize('values', [
    {'san_ip': ''}, {'san_ip': '127.0.0.1:1'}, {'san_ip': 'a b'},
    {'pure_api_token': None}, {'pure_api_token': WRONG_TOKEN},
    {'driver_ssl_cert_path': None}, {'pure_iscsi_cidr': '203.0.113.0/24'},
    {'pure_iscsi_cidr': 'office'}, {'pure_safemode_enabled': True}])
def test_error_tells_the_section_and_not_what_the_backend_is_called(
        start, values):
    with pytest.raises(exceptions.PureDriverException) as caught:
        start(volume_backend_name='gold', **values)
    assert str(caught.value).count('Backend section [') == 1
    assert 'Backend section [pure] is not usable: ' in str(caught.value)
    assert 'gold' not in str(caught.value)


@pytest.mark.parametrize('fault', [
    {'status': 400}, {'status': 404}, {'status': 500}])
@pytest.mark.parametrize('path', ['api_version', 'array', 'port'])
def test_error_of_the_array_tells_the_section(start, array, fault, path):
    array.faults.add(flasharray_sim.Fault(kind='status', path=path, **fault))
    with pytest.raises(exceptions.PureDriverException,
                       match=r'Backend section \[pure\] '):
        start(volume_backend_name='gold')


def test_warning_tells_the_section(start, caplog):
    start(volume_backend_name='gold', driver_ssl_cert_verify=False)
    [warning] = [record.getMessage() for record in caplog.records
                 if record.levelname == 'WARNING'
                 and record.name.startswith('pure_cinder')]
    assert '[pure]' in warning and 'gold' not in warning


def test_base_of_the_drivers_serves_nothing(backend):
    world = world_module.World(backend(), driver.PureBaseVolumeDriver)
    with pytest.raises(exceptions.PureConfigurationError,
                       match=r'\[pure\].*volume_driver.*PureISCSIDriver'):
        world.start()


def test_misspelt_option_is_told_and_has_no_effect(
        start, conf, tmp_path, caplog):
    path = tmp_path / 'cinder.conf'
    path.write_text('[pure]\npure_iscsi_cdir = 192.0.2.0/24\n')
    cfg.CONF([], project='cinder', default_config_files=[str(path)])
    start()
    [error] = [record.getMessage() for record in caplog.records
               if record.levelname == 'ERROR']
    assert '[pure]' in error
    assert 'pure_iscsi_cdir' in error and 'pure_iscsi_cidr.' in error


# What the token allows


@pytest.fixture
def user_token(client):
    """Token of a new user: ``user_token(role)``."""
    def make(role):
        client.create_admin('cinder', role=role, password='a-password')
        return client.create_api_token('cinder')['api_token']
    return make


@pytest.mark.parametrize('role', ['readonly', 'ops_admin'])
def test_user_who_may_change_nothing(start, user_token, role):
    token = user_token(role)
    with pytest.raises(errors.ArrayPermissionError) as caught:
        start(pure_api_token=token)
    text = str(caught.value)
    assert 'user cinder is %s' % role in text
    assert 'pure_api_token' in text and 'storage_admin' in text
    assert '[pure]' in text and token not in text


@pytest.mark.parametrize('role', ['storage_admin', 'array_admin'])
def test_user_who_may_serve(start, user_token, role):
    start(pure_api_token=user_token(role))


def test_role_costs_one_request_and_that_once(start, array):
    world = start()
    assert [record.path for record in array.requests
            if record.path.startswith('admin')] == ['admin']
    array.requests.clear()
    world.driver.get_volume_stats(refresh=True)
    assert not [record.path for record in array.requests
                if record.path.startswith('admin')]


@pytest.mark.parametrize('fault', [
    {'kind': 'status', 'status': 400}, {'kind': 'status', 'status': 403},
    {'kind': 'status', 'status': 404}, {'kind': 'status', 'status': 500},
    {'kind': 'reset_before'}])
def test_array_that_does_not_tell_the_role(start, array, fault):
    array.faults.add(flasharray_sim.Fault(path='admin', **fault))
    start()


def test_user_whom_the_array_does_not_list(start, client, user_token):
    """Those of a directory are not on the list of local users."""
    token = user_token('readonly')
    with mock.patch('purestorage.FlashArray.list_admins', return_value=[]):
        start(pure_api_token=token)


def test_something_else_than_a_flasharray(start, simulator, array):
    def not_found(answer):
        answer.status = 404
        answer.send(middleman.HTML)

    with contextlib.closing(middleman.Middleman(
            array, simulator.certificate_path)) as web_server:
        web_server.fail_next_read(not_found)
        with pytest.raises(errors.ArrayProtocolError,
                           match='san_ip') as caught:
            start(san_ip=web_server.address)
    assert 'api_version' in str(caught.value)
    assert len(web_server.requests) == 1


@pytest.mark.parametrize('address', ['127.0.0.1:https', '%s.example' % (
    'a' * 70)])
def test_address_that_is_none(start, address):
    with pytest.raises(errors.ArrayError, match='Check san_ip'):
        start(san_ip=address)


def test_array_that_does_not_answer(start, array):
    array.faults.add(flasharray_sim.Fault(kind='reset_before'))
    with pytest.raises(errors.ArrayNoAnswerError) as caught:
        start()
    assert 'san_ip' in str(caught.value)
    assert 'took effect' not in str(caught.value)


def test_certificate_file_without_a_certificate(start, tmp_path):
    path = tmp_path / 'ca.pem'
    path.write_text('not a certificate')
    with pytest.raises(errors.ArrayCertificateError,
                       match='driver_ssl_cert_path'):
        start(driver_ssl_cert_path=str(path))


def test_certificate_file_that_vanishes(backend, simulator, tmp_path):
    path = tmp_path / 'ca.pem'
    path.write_text('not a certificate')
    world = world_module.World(backend(driver_ssl_cert_path=str(path)))
    world.driver.do_setup(None)
    path.unlink()
    with pytest.raises(errors.ArrayCertificateError,
                       match='driver_ssl_cert_path'):
        world.driver.check_for_setup_error()


def test_no_portal_in_the_network(start):
    with pytest.raises(exceptions.PureNoTargetPortError) as caught:
        start(pure_iscsi_cidr='203.0.113.0/24')
    assert '203.0.113.0/24' in str(caught.value)
    assert 'pure_iscsi_cidr' in str(caught.value)


def test_start_can_be_repeated_when_the_array_is_back(backend, array,
                                                      database, coordinator):
    world = world_module.World(backend())
    array.stop()
    with pytest.raises(errors.ArrayUnreachableError):
        world.start()

    array.start()

    world.start()
    assert world.create().provider_id


def test_user_agent_tells_who_asks(world, array):
    world.create()
    assert {record.user_agent.split(' (')[0] for record in array.requests
            } == {'OpenStack Cinder PureISCSIDriver/1.0.0'}


def test_rows_without_a_name_get_one(world, client):
    volume = world.create()
    name = volume.provider_id
    volume.provider_id = None
    volume.save()
    named = world.create()

    updates, snapshot_updates = world.driver.update_provider_info(
        [volume, named], [])

    assert updates == [{'id': volume.id, 'provider_id': name}]
    assert snapshot_updates is None
    assert client.get_volume(name)['size'] == units.Gi
