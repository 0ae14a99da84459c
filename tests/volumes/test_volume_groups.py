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
"""Volume groups: there when a volume needs one, gone when nothing is lost."""

import threading
import types

from cinder import exception
import pytest

import flasharray_sim
from flasharray_sim.resources import vgroups as vgroup_views
from flasharray_sim.rules import containers
from flasharray_sim.rules import lookup
from flasharray_sim.rules import vgroups as vgroup_rules
from pure_cinder.array import errors
from pure_cinder.array import session
from tests import world as world_module

MIB = 1024 ** 2


def grouped_type(name='gold', qos=None, **limits):
    """A type with ``vg_name``, and ``vg_maxIOPS`` and so on if given."""
    return world_module.new_type(extra_specs={
        'flasharray:vg_name': name,
        **{'flasharray:vg_%s' % key: value for key, value in limits.items()},
    }, qos=qos).id


def groups(client):
    return {row['name']: row['volumes'] or [] for row in client.list_vgroups()}


def limits(client, name='gold'):
    row = client.get_vgroup(name, qos=True)
    return row['iops_limit'], row['bandwidth_limit']


def test_group_is_made_for_the_first_volume(world, client):
    gold = grouped_type()
    created = world.create(volume_type_id=gold)
    cloned = world.clone(created)
    restored = world.from_snapshot(world.snapshot(cloned))

    names = ['gold/volume-%s-cinder' % volume.id
             for volume in (created, cloned, restored)]
    assert [volume.provider_id for volume in (created, cloned, restored)
            ] == names
    assert {name: sorted(held) for name, held in groups(client).items()} == {
        'gold': sorted(names)}
    assert created.metadata['array_volume_name'] == names[0]


def test_group_name_has_no_letters_that_purity_refuses(world, client):
    world.create(volume_type_id=grouped_type('gold_tier 1.a'))
    assert list(groups(client)) == ['gold-tier-1-a']


@pytest.mark.parametrize('given, expected', [
    ({}, (None, None)),
    ({'maxIOPS': '500'}, (500, None)),
    ({'maxIOPS': '500', 'maxBWS': '10'}, (500, 10 * MIB)),
    ({'maxBWS': '524288'}, (None, 524288 * MIB)),
    ({'maxBWS': '1048576'}, (None, MIB)),
    ({'maxBWS': '2000000'}, (None, 2000000))])
def test_limits_in_mib_or_in_bytes(world, client, given, expected):
    world.create(volume_type_id=grouped_type(**given))
    assert limits(client) == expected


@pytest.mark.parametrize('given', [
    {'maxIOPS': '99'}, {'maxBWS': '524289'}, {'maxBWS': 'fast'},
    {'maxBWS': '549755813889'}])
def test_limits_out_of_range_make_nothing(world, client, given):
    with pytest.raises(exception.InvalidQoSSpecs,
                       match='vg_' + list(given)[0]):
        world.create(volume_type_id=grouped_type(**given))
    assert groups(client) == {}


def test_volume_in_a_group_has_no_limits_of_its_own(world, client):
    volume = world.create(
        volume_type_id=grouped_type(qos={'maxIOPS': '500'}))
    world.extend(volume, 2)
    row = client.get_volume(volume.provider_id, qos=True)
    assert (row['iops_limit'], row['bandwidth_limit']) == (None, None)


def test_latest_type_limits_a_group_that_is_there(world, client):
    world.create(volume_type_id=grouped_type(maxIOPS='500'))
    world.create(volume_type_id=grouped_type(maxIOPS='700', maxBWS='10'))
    assert limits(client) == (700, 10 * MIB)


def test_type_without_limits_leaves_those_of_an_operator(world, client):
    client.create_vgroup('gold', iops_limit=900)
    world.create(volume_type_id=grouped_type())
    assert limits(client) == (900, None)


@pytest.mark.parametrize('given', [{}, {'maxIOPS': '500'}])
def test_second_volume_costs_one_request(world, array, given):
    gold = grouped_type(**given)
    world.create(volume_type_id=gold)
    array.requests.clear()
    world.create(volume_type_id=gold)
    assert [record.method for record in array.requests] == ['POST']


def test_group_goes_with_its_last_volume(world, client):
    gold = grouped_type(maxIOPS='500')
    first, last = [world.create(volume_type_id=gold) for _number in range(2)]

    world.driver.delete_volume(first)
    assert groups(client) == {'gold': [last.provider_id]}

    world.driver.delete_volume(last)
    assert groups(client) == {}
    assert [row['name'] for row in client.list_vgroups(pending_only=True)
            ] == ['gold']


def test_destroyed_group_is_taken_back_with_what_it_held(world, client):
    gold = grouped_type(maxIOPS='500')
    deleted = world.create(volume_type_id=gold)
    world.driver.delete_volume(deleted)

    volume = world.create(volume_type_id=gold)

    assert groups(client) == {'gold': [volume.provider_id]}
    assert limits(client) == (500, None)
    client.recover_volume(deleted.provider_id)


def test_eradication_takes_no_destroyed_volume_of_others_along(
        start, client):
    world = start(pure_eradicate_on_delete=True)
    volume = world.create(volume_type_id=grouped_type())
    client.create_volume('gold/theirs', '1G')
    client.destroy_volume('gold/theirs')

    world.driver.delete_volume(volume)

    assert groups(client) == {}
    client.recover_vgroup('gold')
    client.recover_volume('gold/theirs')
    assert groups(client) == {'gold': ['gold/theirs']}


def test_group_with_volumes_of_others_stays(world, client):
    volume = world.create(volume_type_id=grouped_type())
    client.create_volume('gold/theirs', '1G')
    world.driver.delete_volume(volume)
    assert groups(client) == {'gold': ['gold/theirs']}


def test_group_with_limits_of_an_operator_stays(world, client):
    client.create_vgroup('gold', iops_limit=900)
    world.driver.delete_volume(world.create(volume_type_id=grouped_type()))
    assert groups(client) == {'gold': []}


def test_group_that_no_type_names_stays(world, client):
    client.create_vgroup('theirs')
    client.create_volume('theirs/v', '1G')
    volume = world.new_volume(provider_id='theirs/v')
    world.driver.delete_volume(volume)
    assert groups(client) == {'theirs': []}


def test_delete_succeeds_if_the_group_cannot_go(world, array, client):
    volume = world.create(volume_type_id=grouped_type())
    array.faults.add(flasharray_sim.Fault(
        kind='status', status=400, text='No.', method='DELETE',
        path='vgroup/*', count=1))
    world.driver.delete_volume(volume)
    assert groups(client) == {'gold': []}


def test_volume_that_is_refused_leaves_no_group(world, client, array):
    array.faults.add(flasharray_sim.Fault(
        kind='status', status=400, text='Volume group does not exist.',
        method='POST', path='volume/*', count=2))
    with pytest.raises(errors.ArrayNotFoundError):
        world.create(volume_type_id=grouped_type())
    assert groups(client) == {}


def test_missing_source_is_not_taken_for_a_missing_group(world, client):
    gold = grouped_type()
    source = world.create(volume_type_id=gold)
    world.create(volume_type_id=gold)
    client.destroy_volume(source.provider_id)
    client.eradicate_volume(source.provider_id)
    with pytest.raises(errors.ArrayNotFoundError, match='Volume does not'):
        world.clone(source)
    assert list(groups(client)) == ['gold']


def test_group_vanishes_and_returns_under_many_hands(world, client):
    gold = grouped_type(maxIOPS='500')
    failures = []

    def live_one_by_one(volumes):
        try:
            for volume in volumes:
                world.driver.create_volume(volume)
                volume.provider_id = 'gold/volume-%s-cinder' % volume.id
                world.driver.delete_volume(volume)
        except Exception as error:
            failures.append(error)

    # The database in memory is for one thread, so all is read before.
    threads = []
    for _number in range(4):
        volumes = [world.new_volume(volume_type_id=gold)
                   for _number in range(6)]
        assert all(volume.volume_type.qos_specs is None
                   for volume in volumes)
        threads.append(threading.Thread(target=live_one_by_one,
                                        args=[volumes]))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert groups(client) == {}


class Lenient(vgroup_rules.VolumeGroups):
    """Groups are destroyed over the heads of their volumes."""

    def destroy(self, name):
        vgroup = lookup.live_vgroup(self._db, name)
        return self._db.vgroups.change(
            vgroup, due_s=self._core.eradication_due_s())


class Sweeping(Lenient):
    """The volumes go with their group, and come back with it."""

    def destroy(self, name):
        vgroup = super().destroy(name)
        self.taken = [
            self._db.volumes.change(volume, due_s=vgroup.due_s)
            for volume in list(containers.volumes(self._db, vgroup))]
        return vgroup

    def recover(self, name):
        for volume in self.taken:
            self._db.volumes.change(volume, due_s=None)
        return super().recover(name)


def shown_in(db, vgroup):
    """What a group is listed with: all that went, if it is destroyed."""
    return containers.volumes(
        db, vgroup, 'all' if vgroup.is_destroyed else 'live')


@pytest.mark.parametrize('rules', [Lenient, Sweeping])
def test_group_is_not_destroyed_with_a_volume_that_just_came(
        world, array, client, monkeypatch, rules):
    """An array may not refuse it, and other nodes hold no lock then."""
    array.model.vgroups.__class__ = rules
    monkeypatch.setattr(vgroup_views, 'containers',
                        types.SimpleNamespace(volumes=shown_in))
    gold = grouped_type()
    first, last = [world.create(volume_type_id=gold)
                   for _number in range(2)]
    world.driver.delete_volume(first)
    late = []
    send = session.ArraySession._send

    def send_late(client_, method, path, *args):
        if (method, path) == ('DELETE', 'vgroup/gold') and not late:
            late.append(None)
            late[0] = world.create(volume_type_id=gold)
        return send(client_, method, path, *args)

    monkeypatch.setattr(session.ArraySession, '_send', send_late)

    world.driver.delete_volume(last)

    assert groups(client) == {'gold': [late[0].provider_id]}
    assert client.get_volume(late[0].provider_id)
    world.driver.delete_volume(late[0])
    assert groups(client) == {}
    assert client.list_volumes() == []


@pytest.mark.parametrize('kind', ['sync', 'trisync'])
def test_pods_hold_no_volume_groups(world, kind):
    volume_type = world_module.replicated_type(
        kind, {'flasharray:vg_name': 'gold'})
    with pytest.raises(exception.InvalidVolumeType, match=kind):
        world.create(volume_type_id=volume_type.id)


def test_group_member_is_replicated_asynchronously(async_fleet):
    world = async_fleet.start()
    volume = world.create(volume_type_id=world_module.replicated_type(
        'async', {'flasharray:vg_name': 'gold'}).id)
    client = async_fleet.client(async_fleet.primary)
    assert client.get_pgroup('cinder-group')['volumes'] == [
        'gold/volume-%s-cinder' % volume.id]


def test_array_without_volume_groups_names_its_purity(start_on_old):
    world = start_on_old('1.12')
    with pytest.raises(errors.ArrayVersionError, match=r'Purity 6\.1\.11'):
        world.create(volume_type_id=grouped_type())


def test_array_whose_groups_have_no_limits(start_on_old):
    world = start_on_old('1.16')
    volume = world.create(volume_type_id=grouped_type())
    world.driver.delete_volume(volume)
    with pytest.raises(errors.ArrayVersionError, match=r'REST 1\.16'):
        world.create(volume_type_id=grouped_type(maxIOPS='500'))
