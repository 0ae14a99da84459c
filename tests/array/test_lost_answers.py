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

import purestorage
import pytest

import flasharray_sim
from pure_cinder.array import errors
from pure_cinder.array import models
from pure_cinder.types import specs

GIB = 1024 ** 3
IQN = 'iqn.2001-01.org.example:h'
TAGS = 'tags.example'
QOS = specs.QosLimits(iops=1000, bandwidth_bytes_s=1024 ** 2)
SCHEDULE = models.ReplicationSchedule(True, 900)
RETENTION = models.Retention(3600, 2, 3)


@pytest.fixture
def stage(gateway, peer_gateway):
    """Objects for every verb to work on."""
    for name in ('old', 'connected', 'spare', 'destroyed', 'loose'):
        gateway.volumes.create(name, GIB)
    for suffix in ('s', 'gone'):
        gateway.volumes.create_snapshot('old', suffix)
    gateway.volumes.destroy('old.gone')
    gateway.volumes.set_tag('old', 'key', 'value', TAGS)
    gateway.hosts.create('busy', 'iqn', [IQN + '1'])
    gateway.hosts.create('idle', 'iqn', [IQN + '2'])
    gateway.connections.ensure('busy', 'connected')
    gateway.volumes.destroy('destroyed')
    stage_groups(gateway, peer_gateway)
    stage_containers(gateway)


def stage_groups(gateway, peer_gateway):
    for name in ('pg', 'targeted', 'pg-destroyed'):
        gateway.pgroups.create(name, ['old'])
    for suffix in ('s', 'gone'):
        gateway.pgroups.create_snapshot('pg', suffix)
    gateway.pgroups.destroy('pg.gone')
    gateway.pgroups.destroy('pg-destroyed')
    gateway.pgroups.add_target('targeted', 'pure02')
    peer_gateway.pgroups.create('theirs')
    peer_gateway.pgroups.add_target('theirs', 'pure01')


def stage_containers(gateway):
    for name in ('pod', 'stretched', 'pod-destroyed'):
        gateway.pods.create(name)
    gateway.pods.add_array('stretched', 'pure02')
    gateway.pods.destroy('pod-destroyed')
    for name in ('vg', 'empty', 'vg-destroyed'):
        gateway.volume_groups.create(name)
    gateway.volume_groups.destroy('vg-destroyed')
    gateway.volumes.create('vg/member', GIB)


def names(rows):
    return {row['name'] for row in rows}


WRITES = {
    'create_volume': (
        lambda gateway: gateway.volumes.create('new', GIB, QOS),
        lambda client: client.get_volume('new', qos=True)[
            'iops_limit'] == 1000),
    'copy_volume': (lambda gateway: gateway.volumes.copy('old', 'new'),
                    lambda client: client.get_volume('new')),
    'overwrite_volume': (
        lambda gateway: gateway.volumes.copy('old.s', 'spare',
                                             overwrite=True),
        lambda client: client.get_volume('spare')['source'] == 'old'),
    'overwrite_nothing': (
        lambda gateway: gateway.volumes.copy('old', 'new', overwrite=True),
        lambda client: client.get_volume('new')),
    'extend_volume': (lambda gateway: gateway.volumes.extend('old', 2 * GIB),
                      lambda client: client.get_volume('old')['size'] > GIB),
    'set_qos': (lambda gateway: gateway.volumes.set_qos('old', QOS),
                lambda client: client.get_volume('old', qos=True)[
                    'bandwidth_limit'] == 1024 ** 2),
    'rename_volume': (lambda gateway: gateway.volumes.rename('old', 'new'),
                      lambda client: client.get_volume('new')),
    'rename_member': (
        lambda gateway: gateway.volumes.rename('vg/member', 'vg/new'),
        lambda client: client.get_volume('vg/new')),
    'move_to_pod': (lambda gateway: gateway.volumes.move('loose', 'pod'),
                    lambda client: client.get_volume('pod::loose')),
    'move_to_group': (lambda gateway: gateway.volumes.move('loose', 'vg'),
                      lambda client: client.get_volume('vg/loose')),
    'move_to_root': (lambda gateway: gateway.volumes.move('vg/member', ''),
                     lambda client: client.get_volume('member')),
    'rename_snapshot': (
        lambda gateway: gateway.volumes.rename_snapshot('old.s', 'new'),
        lambda client: client.get_volume('old.new', snap=True)),
    'create_snapshot': (
        lambda gateway: gateway.volumes.create_snapshot('old', 'new'),
        lambda client: client.get_volume('old.new', snap=True)),
    'create_snapshots': (
        lambda gateway: gateway.volumes.create_snapshots(
            ['old', 'spare'], 'new'),
        lambda client: client.get_volume('spare.new', snap=True)),
    'set_tag': (
        lambda gateway: gateway.volumes.set_tag('old', 'key', 'new', TAGS),
        lambda client: client.get_volume('old', tags=True, namespace=TAGS)[
            0]['value'] == 'new'),
    'remove_tag': (
        lambda gateway: gateway.volumes.remove_tag('old', 'key', TAGS),
        lambda client: client.get_volume('old', tags=True,
                                         namespace=TAGS) == []),
    'destroy_volume': (
        lambda gateway: gateway.volumes.destroy('spare'),
        lambda client: 'spare' not in names(client.list_volumes())),
    'destroy_snapshot': (
        lambda gateway: gateway.volumes.destroy('old.s'),
        lambda client: 'old.s' not in names(client.list_volumes(snap=True))),
    'eradicate_volume': (
        lambda gateway: gateway.volumes.eradicate('destroyed'),
        lambda client: client.list_volumes(pending_only=True) == []),
    'eradicate_snapshot': (
        lambda gateway: gateway.volumes.eradicate('old.gone'),
        lambda client: 'old.gone' not in names(
            client.list_volumes(snap=True, pending=True))),
    'recover_volume': (
        lambda gateway: gateway.volumes.recover('destroyed'),
        lambda client: client.get_volume('destroyed')),
    'recover_snapshot': (
        lambda gateway: gateway.volumes.recover('old.gone'),
        lambda client: client.get_volume('old.gone', snap=True)),
    'create_host': (
        lambda gateway: gateway.hosts.create(
            'new', 'iqn', [IQN], preferred_arrays=['pure02']),
        lambda client: client.get_host('new', preferred_array=True)[
            'preferred_array'] == ['pure02']),
    'add_initiators': (
        lambda gateway: gateway.hosts.add_initiators('idle', 'iqn',
                                                     [IQN + '3']),
        lambda client: IQN + '3' in client.get_host('idle')['iqn']),
    'delete_host': (lambda gateway: gateway.hosts.delete('idle'),
                    lambda client: 'idle' not in names(client.list_hosts())),
    'connect': (lambda gateway: gateway.connections.ensure('busy', 'old'),
                lambda client: client.list_volume_private_connections('old')),
    'disconnect': (
        lambda gateway: gateway.connections.remove('busy', 'connected'),
        lambda client: not client.list_volume_private_connections(
            'connected')),
    'create_pgroup': (
        lambda gateway: gateway.pgroups.create('new', ['old']),
        lambda client: client.get_pgroup('new')['volumes'] == ['old']),
    'add_volumes': (
        lambda gateway: gateway.pgroups.add_volumes('pg', ['spare']),
        lambda client: 'spare' in client.get_pgroup('pg')['volumes']),
    'remove_volumes': (
        lambda gateway: gateway.pgroups.remove_volumes('pg', ['old']),
        lambda client: client.get_pgroup('pg')['volumes'] is None),
    'set_members': (
        lambda gateway: gateway.pgroups.set_members('pg', ['spare'], ['old']),
        lambda client: client.get_pgroup('pg')['volumes'] == ['spare']),
    'add_target': (
        lambda gateway: gateway.pgroups.add_target('pg', 'pure02'),
        lambda client: client.get_pgroup('pg')['targets']),
    'set_allowed': (
        lambda gateway: gateway.pgroups.set_allowed('pure02:theirs'),
        lambda client: client.get_pgroup('pure02:theirs')['targets'][0][
            'allowed']),
    'set_schedule': (
        lambda gateway: gateway.pgroups.set_schedule('pg', SCHEDULE),
        lambda client: client.get_pgroup('pg', schedule=True)[
            'replicate_frequency'] == 900),
    'set_retention': (
        lambda gateway: gateway.pgroups.set_retention('pg', RETENTION),
        lambda client: client.get_pgroup('pg', retention=True)[
            'target_all_for'] == 3600),
    'create_pgroup_snapshot': (
        lambda gateway: gateway.pgroups.create_snapshot('pg', 'new', True),
        lambda client: client.get_pgroup('pg.new', snap=True)),
    'destroy_pgroup': (
        lambda gateway: gateway.pgroups.destroy('targeted'),
        lambda client: 'targeted' not in names(client.list_pgroups())),
    'destroy_pgroup_snapshot': (
        lambda gateway: gateway.pgroups.destroy('pg.s'),
        lambda client: client.list_pgroups(snap=True) == []),
    'recover_pgroup': (
        lambda gateway: gateway.pgroups.recover('pg-destroyed'),
        lambda client: client.get_pgroup('pg-destroyed')),
    'recover_pgroup_snapshot': (
        lambda gateway: gateway.pgroups.recover('pg.gone'),
        lambda client: client.get_pgroup('pg.gone', snap=True)),
    'eradicate_pgroup': (
        lambda gateway: gateway.pgroups.eradicate('pg-destroyed'),
        lambda client: client.list_pgroups(pending_only=True) == []),
    'eradicate_pgroup_snapshot': (
        lambda gateway: gateway.pgroups.eradicate('pg.gone'),
        lambda client: client.list_pgroups(snap=True,
                                           pending_only=True) == []),
    'create_pod': (lambda gateway: gateway.pods.create('new'),
                   lambda client: client.get_pod('new')),
    'add_array': (
        lambda gateway: gateway.pods.add_array('pod', 'pure02'),
        lambda client: len(client.get_pod('pod')['arrays']) == 2),
    'remove_array': (
        lambda gateway: gateway.pods.remove_array('stretched', 'pure02'),
        lambda client: len(client.get_pod('stretched')['arrays']) == 1),
    'remove_own_array': (
        lambda gateway: gateway.pods.remove_array('stretched', 'pure01'),
        lambda client: 'stretched' not in names(client.list_pods())),
    'destroy_pod': (lambda gateway: gateway.pods.destroy('pod'),
                    lambda client: 'pod' not in names(client.list_pods())),
    'recover_pod': (lambda gateway: gateway.pods.recover('pod-destroyed'),
                    lambda client: client.get_pod('pod-destroyed')),
    'eradicate_pod': (
        lambda gateway: gateway.pods.eradicate('pod-destroyed'),
        lambda client: client.list_pods(pending_only=True) == []),
    'create_volume_group': (
        lambda gateway: gateway.volume_groups.create('new', QOS),
        lambda client: client.get_vgroup('new', qos=True)[
            'iops_limit'] == 1000),
    'set_volume_group_qos': (
        lambda gateway: gateway.volume_groups.set_qos('vg', QOS),
        lambda client: client.get_vgroup('vg', qos=True)[
            'bandwidth_limit'] == 1024 ** 2),
    'destroy_volume_group': (
        lambda gateway: gateway.volume_groups.destroy('empty'),
        lambda client: 'empty' not in names(client.list_vgroups())),
    'recover_volume_group': (
        lambda gateway: gateway.volume_groups.recover('vg-destroyed'),
        lambda client: client.get_vgroup('vg-destroyed')),
    'eradicate_volume_group': (
        lambda gateway: gateway.volume_groups.eradicate('vg-destroyed'),
        lambda client: client.list_vgroups(pending_only=True) == []),
}


def writes(array):
    return [record for record in array.requests if record.method != 'GET'
            and not record.path.startswith('auth/')]


def fail_next_write(array, **fault):
    for method in ('POST', 'PUT', 'DELETE'):
        array.faults.add(flasharray_sim.Fault(method=method, count=1,
                                              **fault))


def picture(client):
    """All that verbs can change."""
    lists = [client.list_volumes(pending=True),
             client.list_volumes(pending=True, snap=True),
             client.list_volumes(qos=True),
             client.list_volumes(tags=True, namespace='*'),
             client.list_hosts(), client.list_hosts(connect=True),
             client.list_hosts(preferred_array=True),
             client.list_pgroups(pending=True),
             client.list_pgroups(pending=True, snap=True),
             client.list_pgroups(schedule=True),
             client.list_pgroups(retention=True),
             client.list_pods(pending=True),
             client.list_vgroups(pending=True),
             client.list_vgroups(qos=True)]
    return [[{key: value for key, value in row.items()
              if key != 'time_remaining'} | {
                  'is_destroyed': row.get('time_remaining') is not None}
             for row in rows] for rows in lists]


@pytest.mark.parametrize('verb', WRITES)
def test_write_that_took_effect_succeeds(gateway, array, client, stage, verb):
    act, took_effect = WRITES[verb]
    assert not is_true(took_effect, client)
    fail_next_write(array, kind='reset_after')
    array.requests.clear()

    act(gateway)

    assert took_effect(client)
    assert len(writes(array)) == 1


def is_true(took_effect, client):
    try:
        return took_effect(client)
    except purestorage.PureHTTPError as error:
        assert error.code == 400
        return False


@pytest.mark.parametrize('fault', [
    {'kind': 'reset_before'}, {'kind': 'status', 'status': 500}],
    ids=['reset', 'internal error'])
@pytest.mark.parametrize('verb', WRITES)
def test_write_without_effect_is_told_and_not_repeated(
        gateway, array, client, stage, verb, fault):
    act, _took_effect = WRITES[verb]
    before = picture(client)
    fail_next_write(array, **fault)
    array.requests.clear()

    with pytest.raises(errors.ArrayNoEffectError, match='try again'):
        act(gateway)

    assert len(writes(array)) == 1
    array.faults.clear()
    assert picture(client) == before


@pytest.mark.parametrize('verb', WRITES)
def test_answered_write_is_not_looked_after(
        gateway, array, client, stage, verb):
    act, took_effect = WRITES[verb]
    array.requests.clear()

    act(gateway)

    looks = 1 if verb.startswith('overwrite') else 0
    assert len(array.requests) == 1 + looks
    assert took_effect(client)


def test_result_is_that_of_an_answered_write(gateway, array, client):
    array.faults.add(flasharray_sim.Fault(kind='reset_after', count=1,
                                          method='POST', path='volume/v'))
    created = gateway.volumes.create('v', GIB)
    assert created.serial == client.get_volume('v')['serial']

    gateway.hosts.create('h', 'iqn', [IQN])
    array.faults.add(flasharray_sim.Fault(kind='reset_after', count=1,
                                          path='host/h/volume/v'))
    connection = gateway.connections.ensure('h', 'v')
    assert connection.lun == client.list_host_connections('h')[0]['lun']


@pytest.mark.parametrize('kind', ['reset_before', 'reset_after', 'status'])
def test_host_of_another_machine_is_no_result(gateway, array, client, kind):
    client.create_host('h', iqnlist=[IQN + '-other'])
    array.faults.add(flasharray_sim.Fault(kind=kind, count=1,
                                          method='POST', path='host/h'))
    with pytest.raises(errors.ArrayNoEffectError):
        gateway.hosts.create('h', 'iqn', [IQN])


def test_outcome_stays_unknown_if_the_array_cannot_be_asked(gateway, array):
    gateway.get_array()
    array.faults.add(flasharray_sim.Fault(kind='reset_after'))
    with pytest.raises(errors.ArrayOutcomeUnknownError, match='Look'):
        gateway.volumes.create('v', GIB)
