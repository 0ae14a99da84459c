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
"""Tags: right after every operation, at no operation's cost."""

import threading
import time

from cinder import objects
from cinder.objects import fields
import pytest

import flasharray_sim
from pure_cinder.array import link
from pure_cinder.volumes import tags
from tests import budget
from tests import database
from tests import world as world_module

CONTEXT = world_module.CONTEXT
WAIT_S = 30
PROJECT = '0f0e0d0c0b0a49888786858483828180'


@pytest.fixture(autouse=True)
def settled(monkeypatch):
    """Rows need no time to settle: one thread does everything."""
    monkeypatch.setattr(tags, 'SETTLING_S', 0)


@pytest.fixture
def tagged(world, client):
    """The array's tags of a volume, after a stats report."""
    def ask(volume):
        world.driver.get_volume_stats(refresh=True)
        return stored(client, volume)
    return ask


def stored(client, volume):
    return {row['key']: row['value'] for row in client.get_volume(
        volume.provider_id, tags=True, namespace=tags.NAMESPACE)}


def instance_of(volume):
    [attachment] = volume.volume_attachment
    return attachment.instance_uuid


@pytest.mark.parametrize('make', [
    lambda world, source: source,
    lambda world, source: world.clone(source, project_id=PROJECT),
    lambda world, source: world.from_snapshot(world.snapshot(source),
                                              project_id=PROJECT),
], ids=['create', 'clone', 'from_snapshot'])
def test_new_volume(world, tagged, make):
    volume = make(world, world.create(project_id=PROJECT))
    assert tagged(volume) == {'ProjectId': PROJECT, 'VolType': 'Data',
                              'DataStoreType': 'Direct Access'}


def test_instance_while_attached(world, tagged):
    volume = world.create(project_id=PROJECT, bootable=True)
    world.attach(volume, world_module.connector())
    assert tagged(volume) == {
        'ProjectId': PROJECT, 'VolType': 'Boot',
        'VmId': instance_of(volume), 'DataStoreType': 'Direct Access'}

    world.detach(volume, world_module.connector())
    assert 'VmId' not in tagged(volume)


def test_instance_that_still_has_a_volume_of_two(world, tagged):
    volume = world.create()
    first, second = world_module.connector(), world_module.connector(
        'compute-2', 2)
    world.attach(volume, first)
    world.attach(volume, second)
    world.detach(volume, first)
    assert tagged(volume)['VmId'] == instance_of(volume)


def test_attachment_that_only_reserves(world, tagged):
    volume = world.create()
    objects.VolumeAttachment(
        CONTEXT, volume_id=volume.id, instance_uuid=PROJECT,
        attach_status=fields.VolumeAttachStatus.RESERVED).create()
    assert 'VmId' not in tagged(volume)


def test_project_after_a_transfer(world, tagged):
    volume = world.create(project_id='old')
    assert tagged(volume)['ProjectId'] == 'old'

    world.driver.accept_transfer(CONTEXT, volume, 'user', PROJECT)
    volume.project_id = PROJECT
    volume.save()

    assert tagged(volume)['ProjectId'] == PROJECT


def test_managed_and_unmanaged_volume(world, client, tagged):
    client.create_volume('theirs', '1G')
    client.add_tag_to_volume('theirs', 'kept', 'yes')
    volume = world.new_volume(project_id=PROJECT)
    volume.update(world.driver.manage_existing(volume, {'name': 'theirs'}))
    volume.save()
    assert tagged(volume)['ProjectId'] == PROJECT

    world.driver.unmanage(volume)

    rows = client.get_volume(volume.provider_id + '-unmanaged', tags=True,
                             namespace='*')
    assert [row['key'] for row in rows] == ['kept']


def test_tags_of_others_stay(world, client, tagged):
    volume = world.create()
    client.add_tag_to_volume(volume.provider_id, 'ProjectId', 'theirs',
                             namespace='others')
    tagged(volume)
    [row] = client.get_volume(volume.provider_id, tags=True,
                              namespace='others')
    assert row['value'] == 'theirs'


def test_copy_on_the_array_gets_no_tags(world, client, tagged):
    volume = world.create()
    tagged(volume)
    client.copy_volume(volume.provider_id, 'theirs')
    assert client.get_volume('theirs', tags=True, namespace='*') == []


def test_only_what_differs_is_written(world, array, tagged):
    volume = world.create()
    tagged(volume)
    world.attach(volume, world_module.connector())
    array.requests.clear()
    tagged(volume)
    assert [(record.method, record.path) for record in array.requests
            if 'tags' in record.path] == [
                ('POST', 'volume/%s/tags' % volume.provider_id)]


def test_report_without_touched_volumes_asks_for_no_tags(world, array,
                                                         tagged):
    tagged(world.create())
    array.requests.clear()
    world.driver.get_volume_stats(refresh=True)
    assert not [record for record in array.requests
                if record.path.startswith('volume/')]


def test_operations_send_no_tags(world, array):
    volume = world.create()
    world.attach(volume, world_module.connector())
    world.detach(volume, world_module.connector())
    assert not [record for record in array.requests
                if 'tags' in record.path]


def test_rows_get_time_to_settle(world, tagged, monkeypatch):
    monkeypatch.setattr(tags, 'SETTLING_S', 3600)
    assert tagged(world.create()) == {}


def test_report_writes_only_so_many(world, client, monkeypatch):
    monkeypatch.setattr(tags, 'VOLUMES_PER_REPORT', 2)
    volumes = [world.create() for _number in range(3)]
    for tagged_count in (2, 3):
        world.driver.get_volume_stats(refresh=True)
        assert sum(bool(stored(client, volume))
                   for volume in volumes) == tagged_count


def test_refused_tag_fails_nothing(world, array, client, tagged):
    refused, other = world.create(), world.create()
    array.faults.add(flasharray_sim.Fault(
        kind='status', status=400, text='No.', method='POST',
        path='volume/%s/tags' % refused.provider_id))
    assert tagged(other)
    assert world.driver.get_volume_stats()['backend_state'] == 'up'
    assert stored(client, refused) == {}


def test_tags_wait_for_an_array_that_is_away(world, array, tagged):
    volume = world.create()
    array.stop()
    world.driver.get_volume_stats(refresh=True)
    array.start()
    assert tagged(volume)


def test_array_that_does_not_answer_costs_one_time_out(start, array):
    world = start(pure_max_threads=0)
    for _number in range(3):
        world.create()
    array.faults.add(flasharray_sim.Fault(
        kind='reset_after', path='volume/*'))
    array.requests.clear()
    world.driver.get_volume_stats(refresh=True)
    assert len({record.path.split('/')[1] for record in array.requests
                if record.path.startswith('volume/')}) == 1


def test_one_look_and_one_query_for_all(world, array, client):
    volumes = [world.create() for _number in range(20)]
    with budget.measured() as cost:
        world.driver._backend.tags.write_due()
    assert [request.split('/')[0] for request in cost.requests] == [
        'GET volume', *['POST volume'] * 40]
    # Those of one volume follow one another.
    assert cost.serial == 3
    assert cost.statements <= 2
    assert all(stored(client, volume) for volume in volumes)


def test_one_that_is_gone_keeps_none_from_its_tags(world, client):
    gone, other = world.create(), world.create()
    client.destroy_volume(gone.provider_id)
    world.driver._backend.tags.write_due()
    assert stored(client, other)


def test_volume_that_is_touched_all_the_time_has_its_turn(world, tagged,
                                                          monkeypatch):
    monkeypatch.setattr(tags, 'SETTLING_S', 3600)
    volume, now = world.create(), time.monotonic()
    monkeypatch.setattr(time, 'monotonic',
                        lambda: now + tags.PATIENCE_S + 1)
    world.driver.accept_transfer(CONTEXT, volume, 'user', PROJECT)
    assert tagged(volume)


def test_report_does_not_wait_for_tags(world, client, monkeypatch):
    volume, tags_ = world.create(), world.driver._backend.tags
    monkeypatch.setattr(database.Housekeeping, 'start', database.START)
    begun, may_go_on, write = (threading.Event(), threading.Event(),
                               tags_.write_due)
    housekeeping = world.driver._backend.housekeeping

    def wait_and_write():
        begun.set()
        assert may_go_on.wait(WAIT_S)
        write()

    housekeeping._steps = (wait_and_write, *housekeeping._steps[1:])
    world.driver.get_volume_stats(refresh=True)
    assert begun.wait(WAIT_S)
    assert stored(client, volume) == {}
    may_go_on.set()
    [thread] = [thread for thread in threading.enumerate()
                if thread.name == 'pure-housekeeping']
    thread.join(WAIT_S)
    assert stored(client, volume)


def test_array_that_never_answered_costs_one_time_out(async_fleet,
                                                      monkeypatch):
    world = async_fleet.start()
    volumes = [world.create() for _number in range(5)]
    asked, connect = [], link.ArrayLink._connect

    def connecting(self):
        asked.append(self.address)
        connect(self)

    monkeypatch.setattr(link.ArrayLink, '_connect', connecting)
    async_fleet.primary.stop()
    world.active_backend_id = 'at-beta'
    world.restart()
    for volume in volumes:
        world.driver.accept_transfer(world_module.CONTEXT, volume, None, None)
    asked.clear()
    world.driver.get_volume_stats(refresh=True)
    # Also whether it is back, and which array the volumes are on.
    assert asked.count(async_fleet.primary.address) <= 3


@pytest.mark.parametrize('end', [
    lambda world, volume: world.driver.delete_volume(volume),
    lambda world, volume: (world.driver.delete_volume(volume),
                           volume.destroy()),
], ids=['array', 'both'])
def test_volume_that_is_gone(world, array, end):
    end(world, world.create())
    world.driver.get_volume_stats(refresh=True)
    array.requests.clear()
    world.driver.get_volume_stats(refresh=True)
    assert not [record for record in array.requests
                if 'tags' in record.params]


def test_array_without_tags(start_on_old):
    world = start_on_old('1.18')
    volume = world.create()
    world.attach(volume, world_module.connector())
    assert world.driver.get_volume_stats(refresh=True)[
        'backend_state'] == 'up'
