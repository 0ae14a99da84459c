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
"""A write whose answer is lost is resolved by looking, never repeated."""

import pytest

from pure_cinder.array import errors
from pure_cinder import simulator as simulator_package

GIB = 1024 ** 3
IQN = 'iqn.2001-01.org.example:h'


@pytest.fixture
def stage(gateway):
    """Objects for every verb to work on."""
    for name in ('old', 'connected', 'spare'):
        gateway.volumes.create(name, GIB)
    for suffix in ('s', 'gone'):
        gateway.volumes.create_snapshot('old', suffix)
    gateway.volumes.destroy('old.gone')
    gateway.hosts.create('busy', 'iqn', [IQN + '1'])
    gateway.hosts.create('idle', 'iqn', [IQN + '2'])
    gateway.connections.ensure('busy', 'connected')
    gateway.volumes.create('destroyed', GIB)
    gateway.volumes.destroy('destroyed')


WRITES = {
    'create_volume': (lambda gateway: gateway.volumes.create('new', GIB),
                      lambda client: client.get_volume('new')),
    'copy_volume': (lambda gateway: gateway.volumes.copy('old', 'new'),
                    lambda client: client.get_volume('new')),
    'extend_volume': (lambda gateway: gateway.volumes.extend('old', 2 * GIB),
                      lambda client: client.get_volume('old')['size'] > GIB),
    'create_snapshot': (
        lambda gateway: gateway.volumes.create_snapshot('old', 'new'),
        lambda client: client.get_volume('old.new', snap=True)),
    'destroy_volume': (lambda gateway: gateway.volumes.destroy('spare'),
                       lambda client: 'spare' not in str(
                           client.list_volumes())),
    'destroy_snapshot': (lambda gateway: gateway.volumes.destroy('old.s'),
                         lambda client: client.list_volumes(snap=True) == []),
    'eradicate_volume': (
        lambda gateway: gateway.volumes.eradicate('destroyed'),
        lambda client: client.list_volumes(pending_only=True) == []),
    'eradicate_snapshot': (
        lambda gateway: gateway.volumes.eradicate('old.gone'),
        lambda client: client.list_volumes(snap=True,
                                           pending_only=True) == []),
    'create_host': (lambda gateway: gateway.hosts.create('new', 'iqn', [IQN]),
                    lambda client: client.get_host('new')),
    'add_initiators': (
        lambda gateway: gateway.hosts.add_initiators('idle', 'iqn',
                                                     [IQN + '3']),
        lambda client: IQN + '3' in client.get_host('idle')['iqn']),
    'recover_volume': (
        lambda gateway: gateway.volumes.recover('destroyed'),
        lambda client: client.get_volume('destroyed')),
    'delete_host': (lambda gateway: gateway.hosts.delete('idle'),
                    lambda client: 'idle' not in str(client.list_hosts())),
    'connect': (lambda gateway: gateway.connections.ensure('busy', 'old'),
                lambda client: client.list_volume_private_connections('old')),
    'disconnect': (
        lambda gateway: gateway.connections.remove('busy', 'connected'),
        lambda client: not client.list_volume_private_connections(
            'connected')),
}


def writes(array):
    return [record for record in array.requests if record.method != 'GET'
            and not record.path.startswith('auth/')]


@pytest.mark.parametrize('verb', WRITES)
def test_write_that_took_effect_succeeds(gateway, array, client, stage, verb):
    act, took_effect = WRITES[verb]
    array.faults.add(simulator_package.Fault(kind='reset_after', count=1))
    array.requests.clear()

    act(gateway)

    assert took_effect(client)
    assert len(writes(array)) == 1


@pytest.mark.parametrize('fault', [
    {'kind': 'reset_before'}, {'kind': 'status', 'status': 500}],
    ids=['reset', 'internal error'])
@pytest.mark.parametrize('verb', WRITES)
def test_write_without_effect_is_told_and_not_repeated(
        gateway, array, client, stage, verb, fault):
    act, _took_effect = WRITES[verb]
    before = client.list_volumes(pending=True), client.list_hosts()
    array.faults.add(simulator_package.Fault(count=1, **fault))
    array.requests.clear()

    with pytest.raises(errors.ArrayNoEffectError, match='try again'):
        act(gateway)

    assert len(writes(array)) == 1
    array.faults.clear()
    assert [row['name'] for row in client.list_volumes(pending=True)] == [
        row['name'] for row in before[0]]
    assert client.list_hosts() == before[1]


def test_result_is_that_of_an_answered_write(gateway, array, client):
    array.faults.add(simulator_package.Fault(kind='reset_after', count=1,
                                             method='POST', path='volume/v'))
    created = gateway.volumes.create('v', GIB)
    assert created.serial == client.get_volume('v')['serial']

    gateway.hosts.create('h', 'iqn', [IQN])
    array.faults.add(simulator_package.Fault(kind='reset_after', count=1,
                                             path='host/h/volume/v'))
    connection = gateway.connections.ensure('h', 'v')
    assert connection.lun == client.list_host_connections('h')[0]['lun']


@pytest.mark.parametrize('kind', ['reset_before', 'reset_after', 'status'])
def test_host_of_another_machine_is_no_result(gateway, array, client, kind):
    client.create_host('h', iqnlist=[IQN + '-other'])
    array.faults.add(simulator_package.Fault(kind=kind, count=1,
                                             method='POST', path='host/h'))
    with pytest.raises(errors.ArrayNoEffectError):
        gateway.hosts.create('h', 'iqn', [IQN])


def test_outcome_stays_unknown_if_the_array_cannot_be_asked(gateway, array):
    gateway.get_array()
    array.faults.add(simulator_package.Fault(kind='reset_after'))
    with pytest.raises(errors.ArrayOutcomeUnknownError, match='Look'):
        gateway.volumes.create('v', GIB)
