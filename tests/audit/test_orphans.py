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
"""What arrays have, and Cinder has not, and the other way round."""

import uuid

import pytest

from pure_cinder import naming
from tests import groups as groups_module

STRANGER = str(uuid.UUID(int=7))


@pytest.mark.parametrize('name', [
    'volume-%s-cinder' % STRANGER, 'snapshot-%s-cinder' % STRANGER])
def test_volume_without_a_row(cloud, name):
    cloud.client.create_volume(name, '1G')
    [finding] = cloud.repair()
    assert (finding['check'], finding['subject']) == ('volumes', name)
    assert finding['command'] == 'purevol destroy %s' % name
    assert not finding['is_repaired'] and cloud.operator.writes() == []
    assert 'no other Cinder' in finding['remedy']


def test_volume_whose_row_is_deleted(cloud):
    volume = cloud.create()
    volume.destroy()
    [finding] = cloud.audit()
    assert finding['subject'] == volume.provider_id


@pytest.mark.parametrize('name', [
    'mine', 'volume-%s' % STRANGER, 'volume-7-cinder',
    'volume-%s-cinder-unmanaged' % STRANGER])
def test_volumes_that_are_not_cinders(cloud, name):
    cloud.client.create_volume(name, '1G')
    assert cloud.audit() == []


def test_volume_of_another_backend_of_this_cinder(cloud):
    cloud.create(host='other@pure#pure')
    assert cloud.audit() == []


def test_snapshot_without_a_row(cloud):
    volume = cloud.create()
    snapshot = cloud.world.snapshot(volume)
    cloud.client.create_snapshot(volume.provider_id, suffix='mine')
    assert cloud.audit() == []
    snapshot.destroy()
    [finding] = cloud.audit()
    name = '%s.%s' % (volume.provider_id, snapshot.name)
    assert (finding['check'], finding['subject']) == ('snapshots', name)
    assert finding['command'] == 'purevol destroy %s' % name


def test_snapshot_that_is_gone(cloud):
    volume = cloud.create()
    snapshot = cloud.world.snapshot(volume)
    cloud.client.destroy_volume('%s.%s' % (volume.provider_id,
                                           snapshot.name))
    [finding] = cloud.repair()
    assert finding['severity'] == 'error'
    assert finding['subject'] == 'snapshot %s' % snapshot.id
    assert finding['command'].endswith(snapshot.id)


def test_snapshot_by_another_name(cloud):
    volume = cloud.create()
    snapshot = cloud.world.snapshot(volume)
    cloud.client.rename_volume(
        '%s.%s' % (volume.provider_id, snapshot.name),
        '%s.other' % volume.provider_id)
    [finding] = cloud.audit()
    assert finding['check'] == 'names'
    assert cloud.repair()[0]['is_repaired']
    assert cloud.audit() == []


def test_group_without_a_row(cloud):
    name = naming.group_name(STRANGER)
    cloud.client.create_pgroup(name)
    [finding] = cloud.audit()
    assert (finding['check'], finding['command']) == (
        'groups', 'purepgroup destroy %s' % name)


def test_group_that_is_gone(cloud):
    group, volumes = groups_module.Groups(cloud.world).filled(count=1)
    name = naming.group_name(group.id)
    cloud.write_tags(*volumes)
    assert cloud.audit() == []
    cloud.client.destroy_pgroup(name)
    found = [finding for finding in cloud.repair()
             if finding['subject'] == 'group %s' % group.id]
    assert [finding['command'] for finding in found] == [
        'purepgroup create --vollist %s %s' % (volumes[0].provider_id, name)]


def test_volume_that_was_put_aside(cloud):
    cloud.client.create_volume('volume-x-cinder-aside', '1G')
    [finding] = cloud.audit()
    assert finding['check'] == 'names'
    assert finding['command'] == 'purevol rename volume-x-cinder-aside NAME'


def test_empty_temporary_pod(cloud):
    pod = 'cinder-ghost-pod-%s' % STRANGER
    cloud.client.create_pod(pod)
    cloud.client.create_pod('cinder-ghost-pod-mine')
    [finding] = cloud.audit()
    assert (finding['check'], finding['subject']) == ('pods', pod)
    assert cloud.repair()[0]['is_repaired']
    assert [row['name'] for row in cloud.client.list_pods()] == [
        'cinder-ghost-pod-mine']


def test_temporary_pod_of_a_volume_that_moves(cloud):
    volume = cloud.create()
    cloud.client.create_pod('cinder-ghost-pod-%s' % volume.id)
    volume.update({'status': 'retyping'})
    volume.save()
    assert cloud.repair() == []


def test_temporary_pod_with_a_volume(cloud):
    volume = cloud.create()
    pod = 'cinder-ghost-pod-%s' % volume.id
    cloud.client.create_pod(pod)
    cloud.client.move_volume(volume.provider_id, pod)
    found = cloud.audit()
    assert [finding['check'] for finding in found] == ['names', 'pods']
    assert found[1]['command'].startswith('purevol move %s::' % pod)

    assert cloud.repair()[0]['is_repaired']
    assert cloud.client.list_pods() == []
    volume.refresh()
    assert volume.provider_id == 'volume-%s-cinder' % volume.id
    assert cloud.audit() == []


def test_stranger_in_a_temporary_pod_is_left_there(cloud):
    pod = 'cinder-ghost-pod-%s' % STRANGER
    cloud.client.create_pod(pod)
    cloud.client.create_volume(pod + '::mine', '1G')
    [finding] = cloud.repair()
    assert finding['command'] == 'purevol move %s::mine ""' % pod
    assert cloud.operator.writes() == []
