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
"""Every verb that writes, what it works on, and how its effect is seen."""

from pure_cinder.array import models
from pure_cinder.types import specs

GIB = 1024 ** 3
IQN = 'iqn.2001-01.org.example:h'
TAGS = 'tags.example'
QOS = specs.QosLimits(iops=1000, bandwidth_bytes_s=1024 ** 2)
SCHEDULE = models.ReplicationSchedule(True, 900)
RETENTION = models.Retention(3600, 2, 3)


def stage(gateway, peer_gateway):
    """Make objects for every verb to work on."""
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
    _stage_groups(gateway, peer_gateway)
    _stage_containers(gateway)


def _stage_groups(gateway, peer_gateway):
    for name in ('pg', 'targeted', 'pg-destroyed'):
        gateway.pgroups.create(name, ['old'])
    for suffix in ('s', 'gone'):
        gateway.pgroups.create_snapshot('pg', suffix)
    gateway.pgroups.destroy('pg.gone')
    gateway.pgroups.destroy('pg-destroyed')
    gateway.pgroups.add_target('targeted', 'pure02')
    peer_gateway.pgroups.create('theirs')
    peer_gateway.pgroups.add_target('theirs', 'pure01')


def _stage_containers(gateway):
    for name in ('pod', 'stretched', 'pod-destroyed'):
        gateway.pods.create(name)
    gateway.pods.add_array('stretched', 'pure02')
    gateway.pods.destroy('pod-destroyed')
    for name in ('vg', 'empty', 'vg-destroyed'):
        gateway.volume_groups.create(name)
    gateway.volume_groups.destroy('vg-destroyed')
    gateway.volumes.create('vg/member', GIB)


def _names(rows):
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
        lambda client: 'spare' not in _names(client.list_volumes())),
    'destroy_snapshot': (
        lambda gateway: gateway.volumes.destroy('old.s'),
        lambda client: 'old.s' not in _names(client.list_volumes(snap=True))),
    'eradicate_volume': (
        lambda gateway: gateway.volumes.eradicate('destroyed'),
        lambda client: client.list_volumes(pending_only=True) == []),
    'eradicate_snapshot': (
        lambda gateway: gateway.volumes.eradicate('old.gone'),
        lambda client: 'old.gone' not in _names(
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
                    lambda client: 'idle' not in _names(client.list_hosts())),
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
        lambda client: 'targeted' not in _names(client.list_pgroups())),
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
        lambda client: 'stretched' not in _names(client.list_pods())),
    'destroy_pod': (lambda gateway: gateway.pods.destroy('pod'),
                    lambda client: 'pod' not in _names(client.list_pods())),
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
        lambda client: 'empty' not in _names(client.list_vgroups())),
    'recover_volume_group': (
        lambda gateway: gateway.volume_groups.recover('vg-destroyed'),
        lambda client: client.get_vgroup('vg-destroyed')),
    'eradicate_volume_group': (
        lambda gateway: gateway.volume_groups.eradicate('vg-destroyed'),
        lambda client: client.list_vgroups(pending_only=True) == []),
}
