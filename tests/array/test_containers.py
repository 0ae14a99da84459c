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
"""Pods and volume groups, and hosts as they show on both arrays of a pod."""

import pytest

import flasharray_sim
from pure_cinder.array import errors
from pure_cinder.array import models
from pure_cinder.types import specs

GIB = 1024 ** 3
MIB = 1024 ** 2
IQN = 'iqn.2001-01.org.example:h'


def test_pod_on_one_array(gateway, array):
    created = gateway.pods.create('pod')
    assert created == models.Pod('pod', (models.PodMember(
        array.name, array.id, 'online', 'online', None),))
    assert not created.is_stretched
    assert gateway.pods.get('pod') == created
    assert list(gateway.pods.list_all()) == [created]


def test_stretch_and_back(gateway, peer, peer_gateway):
    gateway.pods.create('pod')
    gateway.pods.add_array('pod', peer.name)
    pod = gateway.pods.get('pod')
    assert pod.is_stretched
    assert pod.member(peer.id).name == 'pure02'
    assert peer_gateway.pods.get('pod').is_stretched

    gateway.pods.remove_array('pod', peer.name)
    assert not gateway.pods.get('pod').is_stretched
    assert peer_gateway.pods.find('pod') is None
    with pytest.raises(errors.ArrayNotFoundError):
        gateway.pods.remove_array('pod', peer.name)


@pytest.mark.parametrize('text', ['Array already exists in pod.',
                                  'Pod array limit reached.'])
def test_stretching_twice_is_one(gateway, array, peer, text):
    gateway.pods.create('pod')
    gateway.pods.add_array('pod', peer.name)
    array.faults.add(flasharray_sim.Fault(
        kind='status', status=400, text=text, method='POST', count=1))
    gateway.pods.add_array('pod', peer.name)


@pytest.mark.parametrize('text, expected', [
    ('Array already exists in pod.', errors.ArrayAlreadyExistsError),
    ('Pod array limit reached.', errors.ArrayLimitReachedError)])
def test_limit_is_no_success_unless_the_pod_is_stretched_there(
        gateway, array, peer, text, expected):
    gateway.pods.create('pod')
    array.faults.add(flasharray_sim.Fault(
        kind='status', status=400, text=text, method='POST', count=1))
    with pytest.raises(expected):
        gateway.pods.add_array('pod', peer.name)


def test_array_that_cannot_be_reached_is_removed_if_asked_to(
        gateway, peer):
    gateway.pods.create('pod')
    gateway.pods.add_array('pod', peer.name)
    peer.stop()
    with pytest.raises(errors.ArrayRefusedError):
        gateway.pods.remove_array('pod', peer.name)
    gateway.pods.remove_array('pod', peer.name, with_unknown=True)
    assert not gateway.pods.get('pod').is_stretched


@pytest.mark.parametrize('area', ['pods', 'volume_groups'])
def test_way_to_eradication(gateway, area):
    verbs = getattr(gateway, area)
    verbs.create('x')
    with pytest.raises(errors.ArrayAlreadyExistsError):
        verbs.create('x')
    assert verbs.find_destroyed('x') is None
    verbs.destroy('x')
    assert verbs.find('x') is None
    assert verbs.find_destroyed('x').is_destroyed
    with pytest.raises(errors.ArrayPendingEradicationError):
        verbs.create('x')
    verbs.recover('x')
    assert verbs.get('x').name == 'x'
    verbs.destroy('x')
    verbs.eradicate('x')
    assert verbs.find_destroyed('x') is None
    with pytest.raises(errors.ArrayNotFoundError):
        verbs.get('x')


@pytest.mark.parametrize('area, member', [('pods', 'x::v'),
                                          ('volume_groups', 'x/v')])
def test_what_holds_volumes_is_not_destroyed(gateway, area, member):
    verbs = getattr(gateway, area)
    verbs.create('x')
    gateway.volumes.create(member, GIB)
    with pytest.raises(errors.ArrayRefusedError):
        verbs.destroy('x')
    assert verbs.find('x')


@pytest.mark.parametrize('qos', [
    specs.QosLimits(), specs.QosLimits(iops=100),
    specs.QosLimits(100, MIB)])
def test_limits_of_a_volume_group(gateway, qos):
    created = gateway.volume_groups.create('vg', qos)
    assert created == models.VolumeGroup('vg', ())
    assert gateway.volume_groups.get_qos('vg') == qos
    gateway.volumes.create('vg/v', GIB)
    assert gateway.volume_groups.get('vg').volumes == ('vg/v',)
    changed = specs.QosLimits(bandwidth_bytes_s=2 * MIB)
    gateway.volume_groups.set_qos('vg', changed)
    assert gateway.volume_groups.get_qos('vg') == changed
    assert [group.name for group in gateway.volume_groups.list_all()] == [
        'vg']


def test_connections_are_each_arrays_own(gateway, peer, peer_gateway):
    gateway.pods.create('pod')
    gateway.pods.add_array('pod', peer.name)
    gateway.volumes.create('pod::v', GIB)
    gateway.hosts.create('near', 'iqn', [IQN + '1'])
    peer_gateway.hosts.create('far', 'iqn', [IQN + '2'])
    gateway.connections.ensure('near', 'pod::v')
    peer_gateway.connections.ensure('far', 'pod::v')
    for each, host in ((gateway, 'near'), (peer_gateway, 'far')):
        for found in (each.connections.of_volume('pod::v'),
                      each.connections.list_all()):
            assert [connection.host for connection in found] == [host]


def test_connections_of_an_array(gateway, client):
    gateway.pods.create('pod')
    gateway.hosts.create('h', 'iqn', [IQN + '1'])
    for name in ('pod::used', 'pod::shared', 'outside'):
        gateway.volumes.create(name, GIB)
    made = [gateway.connections.ensure('h', name, lun=lun)
            for lun, name in enumerate(('pod::used', 'outside'), start=3)]
    client.create_hgroup('group')
    client.connect_hgroup('group', 'pod::shared')

    assert sorted(gateway.connections.list_all(),
                  key=lambda connection: connection.lun) == [
        models.Connection('h', 'pod::used', 3),
        models.Connection('h', 'outside', 4)]
    assert gateway.connections.list_all('outside') == [
        models.Connection('h', 'outside', 4)]
    for name in ('pod::shared', 'nowhere'):
        assert gateway.connections.list_all(name) == []
    assert [connection.is_new for connection in made] == [True, True]
    assert not gateway.connections.ensure('h', 'outside').is_new
    assert gateway.connections.groups_of_volume('pod::shared') == {'group'}
    assert gateway.connections.groups_of_volume('pod::used') == set()


def test_preferred_arrays(gateway, array, client):
    gateway.get_array()
    array.requests.clear()
    gateway.hosts.create('h', 'iqn', [IQN + '1'], preferred_arrays=['pure02'])
    assert len(array.requests) == 1
    assert client.get_host('h', preferred_array=True)['preferred_array'] == [
        'pure02']


def test_connected_arrays(gateway, array, peer):
    connection = models.ArrayConnection(peer.name, peer.id, True,
                                        ('sync-replication',))
    assert gateway.list_array_connections() == [connection]
    array.faults.add(flasharray_sim.Fault(kind='link_down'))
    assert [found.is_connected for found
            in gateway.list_array_connections()] == [False]
