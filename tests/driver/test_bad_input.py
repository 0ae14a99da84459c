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
"""What cannot work is one typed error, and leaves nothing behind.

Each case is told for every protocol; iSCSI is with CHAP.
"""

from cinder import exception
from oslo_config import cfg
import pytest
import sqlalchemy

import flasharray_sim
from pure_cinder.array import errors
from pure_cinder import driver
from pure_cinder import exceptions
from tests import world as world_module

OPTIONS = {
    driver.PureISCSIDriver: {'use_chap_auth': True},
    driver.PureFCDriver: {},
    driver.PureNVMEDriver: {'pure_nvme_transport': 'tcp'},
}
INITIATORS = {driver.PureISCSIDriver: 'initiator',
              driver.PureFCDriver: 'wwpns', driver.PureNVMEDriver: 'nqn'}
# FC ports of an array as the simulator has it.
FC_PORTS = tuple('CT%d.FC%d' % (controller, port)
                 for controller in range(2) for port in range(4))


@pytest.fixture(params=OPTIONS, ids=lambda cls: cls.__name__)
def driver_class(request):
    return request.param


@pytest.fixture
def world(start, driver_class):
    return start(driver_class, **OPTIONS[driver_class])


@pytest.fixture
def left_behind(client, database):
    """What is there of hosts, connections and secrets."""
    def look():
        with database.connect() as connection:
            secrets = connection.execute(sqlalchemy.text(
                'SELECT initiator FROM driver_initiator_data')).all()
        return (client.list_hosts(), client.list_volumes(connect=True),
                secrets)
    return look


NOTHING = ([], [], [])


@pytest.mark.parametrize('value', [None, '', [], 'absent'])
def test_connector_without_initiator(world, driver_class, left_behind, value):
    volume = world.create()
    connector = world_module.connector()
    if value == 'absent':
        del connector[INITIATORS[driver_class]]
    else:
        connector[INITIATORS[driver_class]] = value

    with pytest.raises(exceptions.PureConnectorError) as caught:
        world.driver.initialize_connection(volume, connector)

    assert 'compute-1' in str(caught.value)
    assert "no '%s'" % INITIATORS[driver_class] in str(caught.value)
    assert left_behind() == NOTHING


def test_manager_refuses_a_connector_without_initiator(world, driver_class,
                                                       left_behind):
    connector = world_module.connector()
    del connector[INITIATORS[driver_class]]
    with pytest.raises(exception.InvalidConnectorException):
        world.connect(world.create(), connector)
    assert left_behind() == NOTHING


@pytest.mark.parametrize('kind, option', [
    (driver.PureISCSIDriver, 'pure_iscsi_cidr'),
    (driver.PureNVMEDriver, 'pure_nvme_cidr')])
@pytest.mark.parametrize('is_list', [False, True])
def test_network_that_is_none(start, array, kind, option, is_list):
    values = ({option + '_list': ['192.0.2.0/24', 'office']} if is_list
              else {option: '192.0.2.0/33'})
    with pytest.raises(exceptions.PureConfigurationError) as caught:
        start(kind, **values)
    assert option in str(caught.value)
    assert 'such as' in str(caught.value)
    assert len(array.requests) == 0


def test_transport_that_is_none(conf, tmp_path):
    world_module.backend_configuration(conf, 'pure')
    path = tmp_path / 'cinder.conf'
    path.write_text('[pure]\npure_nvme_transport = carrier-pigeon\n')
    cfg.CONF(['--config-file', str(path)], project='cinder')
    with pytest.raises(cfg.ConfigFileValueError,
                       match=r"roce, tcp.*carrier-pigeon"):
        cfg.CONF.pure.pure_nvme_transport


def test_array_without_a_usable_port(start, driver_class):
    with flasharray_sim.Simulator(arrays=[
            {'name': 'bare', 'interfaces': (), 'nvme_fc_ports': FC_PORTS}],
            strict=True) as running:
        [array] = running.arrays
        with pytest.raises(exceptions.PureNoTargetPortError) as caught:
            start(driver_class, san_ip=array.address,
                  pure_api_token=array.api_token,
                  driver_ssl_cert_path=str(running.certificate_path),
                  **OPTIONS[driver_class])
    assert 'port' in str(caught.value)


@pytest.mark.parametrize('kind, option', [
    (driver.PureISCSIDriver, 'pure_iscsi_cidr'),
    (driver.PureNVMEDriver, 'pure_nvme_cidr')])
def test_ports_outside_the_network(backend, database, coordinator, client,
                                   left_behind, kind, option):
    """The start tells it; so does an attach, should the start be survived."""
    world = world_module.World(backend(
        **OPTIONS[kind], **{option: '203.0.113.0/24'}), kind)
    world.driver.do_setup(world_module.CONTEXT)
    volume = world.create()

    with pytest.raises(exceptions.PureNoTargetPortError) as caught:
        world.driver.initialize_connection(volume, world_module.connector())

    text = str(caught.value)
    assert '203.0.113.0/24' in text and option in text
    kind_of_port = {'iscsi': 'iqn', 'nvme': 'nqn'}[option.split('_')[1]]
    for row in client.list_ports():
        if row['portal'] and row[kind_of_port]:
            assert row['portal'] in text
    assert left_behind() == NOTHING


def fault(**values):
    return flasharray_sim.Fault(**{
        'kind': 'status', 'status': 400, 'method': 'POST', 'count': 1,
        **values})


@pytest.mark.parametrize('refusal, error', [
    ({'text': 'Bad host.'}, errors.ArrayRefusedError),
    ({'status': 403}, errors.ArrayPermissionError),
    ({'kind': 'limit_reached'}, errors.ArrayLimitReachedError),
    ({'kind': 'read_only'}, errors.ArrayPermissionError),
    ({'status': 500}, errors.ArrayNoEffectError),
    ({'kind': 'reset_before', 'count': 2}, errors.ArrayNoEffectError)])
def test_host_that_the_array_refuses(world, array, left_behind, refusal,
                                     error):
    volume = world.create()
    array.faults.add(fault(path='host/*', **refusal))
    with pytest.raises(error):
        world.driver.initialize_connection(volume, world_module.connector())
    assert left_behind() == NOTHING


@pytest.mark.parametrize('refusal, error', [
    ({'text': 'Bad connection.'}, errors.ArrayRefusedError),
    ({'status': 403}, errors.ArrayPermissionError),
    ({'status': 500}, errors.ArrayNoEffectError),
    ({'kind': 'reset_before'}, errors.ArrayNoEffectError)])
def test_connection_that_the_array_refuses(world, array, left_behind,
                                           refusal, error):
    """Cinder keeps the secret of the initiator, for its next attempt."""
    volume = world.create()
    array.faults.add(fault(path='host/*/volume/*', **{
        'count': None, **refusal}))
    with pytest.raises(error):
        world.driver.initialize_connection(volume, world_module.connector())
    assert left_behind()[:2] == NOTHING[:2]


def test_connection_whose_answer_is_lost_is_made(world, array, client):
    volume = world.create()
    array.faults.add(fault(kind='reset_after', path='host/*/volume/*'))
    world.driver.initialize_connection(volume, world_module.connector())
    [row] = client.list_volumes(connect=True)
    assert row['name'] == volume.provider_id


def test_volume_that_is_gone(world, client, left_behind):
    volume = world.create()
    client.destroy_volume(volume.provider_id)
    with pytest.raises((errors.ArrayNotFoundError,
                        errors.ArrayPendingEradicationError)):
        world.driver.initialize_connection(volume, world_module.connector())
    assert left_behind()[:2] == NOTHING[:2]


def test_refused_attachment_leaves_the_one_before(world, array, client):
    """On the same machine; what failed was not what is in use."""
    first, second = world.create(), world.create()
    world.attach(first, world_module.connector())
    array.faults.add(fault(path='host/*/volume/*', status=403))
    with pytest.raises(errors.ArrayPermissionError):
        world.driver.initialize_connection(second, world_module.connector())
    assert [row['name'] for row in client.list_volumes(connect=True)] == [
        first.provider_id]


def test_foreign_connection_through_a_group_is_used(start, client,
                                                    driver_class):
    """It is told to the machine, and never taken away."""
    world = start(driver_class, **{**OPTIONS[driver_class],
                                   'use_chap_auth': False})
    names = world_module.connector()[INITIATORS[driver_class]]
    kind = {'initiator': 'iqnlist', 'wwpns': 'wwnlist', 'nqn': 'nqnlist'}[
        INITIATORS[driver_class]]
    client.create_host('theirs', **{
        kind: names if isinstance(names, list) else [names]})
    client.create_hgroup('cluster', hostlist=['theirs'])
    volume = world.create()
    client.connect_hgroup('cluster', volume.provider_id)

    world.attach(volume, world_module.connector())
    world.detach(volume, world_module.connector())
    assert [row['hgroup'] for row in client.list_volumes(connect=True)] == [
        'cluster']

    with pytest.raises(exceptions.PureSharedVolumeError) as caught:
        world.driver.delete_volume(volume)
    assert 'cluster' in str(caught.value)
    assert 'Disconnect it' in str(caught.value)
    assert isinstance(caught.value, exception.VolumeIsBusy)

    client.disconnect_hgroup('cluster', volume.provider_id)
    world.driver.delete_volume(volume)
    assert client.list_volumes() == []
