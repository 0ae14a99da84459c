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
"""Volumes that Cinder has, held against those of the arrays."""

import pytest

from pure_cinder.audit import rows
from tests import world as world_module


def one(found, check):
    """:returns: the one finding, which is of this check"""
    [finding] = found
    assert finding['check'] == check and finding['section'] == 'pure'
    assert finding['array'] == 'alpha'
    return finding


def test_nothing_differs(cloud):
    volume = cloud.create()
    cloud.world.snapshot(volume)
    cloud.world.attach(volume, world_module.connector())
    cloud.write_tags(volume)
    assert cloud.audit() == []
    assert cloud.code == 0


def test_volume_that_is_gone(cloud):
    volume = cloud.create()
    cloud.client.destroy_volume(volume.provider_id)
    cloud.client.eradicate_volume(volume.provider_id)
    finding = one(cloud.repair(), 'volumes')
    assert finding['severity'] == 'error' and not finding['is_repaired']
    assert finding['subject'] == 'volume %s' % volume.id
    assert finding['command'] == (
        'cinder reset-state --state error %s' % volume.id)
    assert cloud.code == 2 and cloud.operator.writes() == []


def test_volume_that_is_destroyed(cloud):
    volume = cloud.create()
    cloud.client.destroy_volume(volume.provider_id)
    finding = one(cloud.repair(), 'volumes')
    assert finding['command'] == 'purevol recover %s' % volume.provider_id


def test_many_volumes_are_looked_at_once_more_at_once(cloud):
    volumes = [cloud.create() for _number in range(12)]
    for volume in volumes:
        cloud.client.destroy_volume(volume.provider_id)
    found = cloud.audit()
    assert {finding['subject'] for finding in found} == {
        'volume %s' % volume.id for volume in volumes}


def test_row_that_changes_meanwhile_is_not_told(cloud, monkeypatch):
    volume = cloud.create()
    cloud.client.destroy_volume(volume.provider_id)

    def delete_first(database, found, unchanged=rows.Database.unchanged):
        volume.destroy()
        return unchanged(database, found)

    monkeypatch.setattr(rows.Database, 'unchanged', delete_first)
    assert cloud.audit() == []


def test_volume_by_another_name(cloud):
    volume = cloud.create()
    cloud.client.rename_volume(volume.provider_id, 'mine')
    finding = one(cloud.audit(), 'names')
    assert 'by its serial it is mine' in finding['cause']
    assert '--repair' in finding['remedy']
    volume.refresh()
    assert volume.provider_id != 'mine'

    assert one(cloud.repair(), 'names')['is_repaired']
    assert cloud.code == 0
    volume.refresh()
    assert volume.provider_id == 'mine'
    assert cloud.audit() == []


def test_another_volume_by_that_name(cloud):
    volume = cloud.create()
    cloud.client.rename_volume(volume.provider_id, 'mine')
    cloud.client.create_volume(volume.provider_id, '1G')
    cloud.write_tags(volume)
    finding = one(cloud.audit(), 'volumes')
    assert 'is another volume' in finding['cause']
    assert finding['severity'] == 'error'


@pytest.mark.parametrize('size, severity, command', [
    ('3G', 'warning', 'cinder extend {0.id} 3'),
    ('2560M', 'warning', 'cinder extend {0.id} 3')])
def test_volume_that_is_larger(cloud, size, severity, command):
    volume = cloud.create(size=1)
    cloud.client.extend_volume(volume.provider_id, size)
    finding = one(cloud.audit(), 'volumes')
    assert (finding['severity'], finding['command']) == (
        severity, command.format(volume))


def test_volume_that_is_smaller(cloud):
    volume = cloud.create(size=1)
    volume.update({'size': 2})
    volume.save()
    finding = one(cloud.audit(), 'volumes')
    assert finding['severity'] == 'error'
    assert finding['command'] == (
        'purevol setattr --size 2G %s' % volume.provider_id)


def test_limits_that_are_not_those_of_the_type(cloud):
    kind = world_module.new_type(qos={'maxIOPS': '1000', 'maxBWS': '10'})
    volume = cloud.create(volume_type_id=kind.id)
    assert cloud.audit() == []
    cloud.client.set_volume(volume.provider_id, iops_limit='2000')
    finding = one(cloud.repair(), 'limits')
    assert 'limited to 2000 IOPS, 10 MiB/s, and its type to 1000 IOPS' in (
        finding['cause'])
    assert finding['command'] == (
        'purevol setattr --iops-limit 1000 --bw-limit 10240K %s'
        % volume.provider_id)
    assert not finding['is_repaired']


def test_two_rows_of_one_name(cloud):
    volume = cloud.create()
    other = cloud.create()
    other.update({'provider_id': volume.provider_id,
                  'provider_location': volume.provider_location})
    other.save()
    [finding] = [finding for finding in cloud.audit()
                 if finding['check'] == 'names']
    assert finding['subject'] == volume.provider_id
    assert volume.id in finding['cause'] and other.id in finding['cause']


@pytest.mark.parametrize('values', [
    {'status': 'creating'}, {'status': 'error'}, {'status': 'deleting'},
    {'status': 'retyping'}, {'migration_status': 'migrating'}])
def test_volume_that_cinder_is_at_work_on(cloud, values):
    volume = cloud.create()
    cloud.client.destroy_volume(volume.provider_id)
    volume.update(values)
    volume.save()
    assert cloud.audit() == []


def test_volume_that_was_never_made(cloud):
    cloud.world.new_volume(status='available')
    assert cloud.audit() == []


def test_rows_of_another_backend(cloud):
    cloud.create()
    for host in ('node@pure2#pure2', 'other@pure#pure'):
        cloud.world.new_volume(host=host, status='available',
                               provider_id='volume-x-cinder')
    assert cloud.audit() == []


def test_replicated_volume_outside_of_its_group(cloud_of):
    cloud = cloud_of('async')
    kind = world_module.replicated_type('async')
    volume = cloud.create(volume_type_id=kind.id)
    assert cloud.audit() == []
    cloud.client.set_pgroup('cinder-group', remvollist=[volume.provider_id])
    finding = one(cloud.repair(), 'groups')
    assert finding['severity'] == 'error'
    assert finding['command'] == (
        'purepgroup setattr --addvollist %s cinder-group'
        % volume.provider_id)
