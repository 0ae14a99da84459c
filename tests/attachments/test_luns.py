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
"""A LUN is not given again while a machine may hold its old device."""

import itertools
import uuid

import pytest

import flasharray_sim
from pure_cinder.array import errors
from pure_cinder.array import hosts
from pure_cinder.array import models
from pure_cinder.attachments import luns
from pure_cinder import driver
from pure_cinder import exceptions
from tests import world as world_module


class CountedName(str):
    """A name of a host that counts how often it is compared."""

    comparisons = 0
    __hash__ = str.__hash__

    def __eq__(self, other):
        CountedName.comparisons += 1
        return str.__eq__(self, other)


def lun_of(info):
    return info['data']['target_luns'][0]


def first_lun(volume):
    return next(luns.candidates(volume.provider_id))


def volume_with_lun(world, lun):
    """A volume whose own first LUN is ``lun``."""
    ids = (str(uuid.uuid4()) for _number in itertools.count())
    return world.create(_name_id=next(
        name_id for name_id in ids if lun == next(
            luns.candidates('volume-%s-cinder' % name_id))))


def test_volume_has_a_lun_of_its_own(world, start):
    volume = world.create()
    lun = lun_of(world.attach(volume, world_module.connector('one', 1)))
    assert lun == first_lun(volume)
    assert lun_of(start().attach(
        volume, world_module.connector('two', 2))) == lun


def test_lun_of_a_detached_volume_is_not_reused(world):
    old = world.create()
    new = volume_with_lun(world, first_lun(old))
    world.attach(old, world_module.connector())
    world.detach(old, world_module.connector())
    second = list(itertools.islice(luns.candidates(new.provider_id), 2))[1]
    assert lun_of(world.attach(new, world_module.connector())) == second


def test_other_machines_are_not_concerned(world):
    old = world.create()
    new = volume_with_lun(world, first_lun(old))
    world.attach(old, world_module.connector('one', 1))
    world.detach(old, world_module.connector('one', 1))
    assert lun_of(world.attach(new, world_module.connector('two', 2))) == (
        first_lun(old))


def test_lun_is_free_again_after_the_cool_down(start, monkeypatch):
    monkeypatch.setattr(luns, 'COOL_DOWN_S', 0)
    world = start()
    old = world.create()
    new = volume_with_lun(world, first_lun(old))
    world.attach(old, world_module.connector())
    world.detach(old, world_module.connector())
    assert lun_of(world.attach(new, world_module.connector())) == (
        first_lun(old))


def test_choice_does_not_look_at_what_other_machines_gave_back(monkeypatch):
    monkeypatch.setattr(CountedName, 'comparisons', 0)
    memory = luns.LunMemory()
    for host, lun in itertools.product(range(20), range(50)):
        name = CountedName('host-%d' % host)
        memory.given(models.Connection(name, 'volume-%d' % lun, lun))
        memory.released(name, 'volume-%d' % lun)
    CountedName.comparisons = 0
    assert memory.is_cooling(CountedName('host-7'))
    memory.choose(CountedName('host-7'), 'a volume')
    assert CountedName.comparisons < 20


def test_lun_that_another_process_gave_is_passed_over(world, start, array):
    """One refusal, a look, and another try."""
    first = world.create()
    second = volume_with_lun(world, first_lun(first))
    third = world.create()
    other = start()
    other.attach(third, world_module.connector())
    world.attach(first, world_module.connector())

    array.requests.clear()
    lun = lun_of(other.attach(second, world_module.connector()))

    assert lun not in (first_lun(first), first_lun(third))
    assert [record.method for record in array.requests] == [
        'POST', 'GET', 'POST']


CONNECT = 'host/*/volume/*'


def requested_luns(array):
    return [record.params.get('lun') for record in array.requests
            if record.method == 'POST' and '/volume/' in record.path]


@pytest.mark.parametrize('refusals', [1, 2])
@pytest.mark.parametrize('status, text', [
    (400, 'LUN is already in use.'), (400, 'LUN 7 is not available.'),
    (400, 'Lun has already been assigned.'), (400, 'Parameter is invalid.'),
    (400, 'A connection with that LUN already exists.'),
    (400, 'LUN 7 already belongs to volume v.'), (400, 'No such LUN.'),
    (404, 'Lun does not exist.'), (409, 'Conflict.'), (422, ''),
    (500, 'Internal error.')])
def test_refused_lun_is_not_the_end_whatever_the_words(world, array, status,
                                                       text, refusals):
    """How an array says that a LUN is taken is not known for sure."""
    volume = world.create()
    array.faults.add(flasharray_sim.Fault(
        'status', method='POST', path=CONNECT, status=status, text=text,
        count=refusals))

    lun = lun_of(world.attach(volume, world_module.connector()))

    first, *others, last = requested_luns(array)
    assert len(others) == refusals - 1
    if others:
        assert others != [first] and last is None
    else:
        assert last not in (first, None) and lun == int(last)
    world.detach(volume, world_module.connector())


@pytest.mark.parametrize('status, error, requests', [
    (403, errors.ArrayPermissionError, 1),
    (400, errors.ArrayRefusedError, 3)])
def test_refusal_of_every_lun_fails_the_attachment(world, array, client,
                                                   status, error, requests):
    volume = world.create()
    array.faults.add(flasharray_sim.Fault(
        'status', method='POST', path=CONNECT, status=status, text='No.'))
    with pytest.raises(error):
        world.attach(volume, world_module.connector())
    assert len(requested_luns(array)) == requests
    assert client.list_hosts() == []


@pytest.fixture
def without_luns(monkeypatch):
    """Every row of a connection lacks its LUN."""
    made = models.Connection
    monkeypatch.setattr(hosts.models, 'Connection', lambda **fields: made(
        **{**fields, 'lun': None}))


def test_nvme_needs_no_lun(start, client, without_luns):
    world = start(driver.PureNVMEDriver, pure_nvme_transport='tcp')
    volumes = [world.create() for _number in range(2)]
    for volume in volumes:
        info = world.attach(volume, world_module.connector())
        assert info['data']['target_nqn']
    for volume in volumes:
        world.detach(volume, world_module.connector())
    assert client.list_hosts() == []


@pytest.mark.parametrize('driver_class', [driver.PureISCSIDriver,
                                          driver.PureFCDriver])
def test_machine_that_needs_a_lun_is_not_told_none(start, client,
                                                   without_luns,
                                                   driver_class):
    world = start(driver_class)
    volume = world.create()
    with pytest.raises(exceptions.PureDriverException, match='which LUN'):
        world.attach(volume, world_module.connector())
    assert client.list_hosts() == []


def test_lun_that_another_process_of_the_cluster_freed_is_not_reused(
        backend, database, coordinator):
    one, other = (world_module.World(backend(), cluster_name='nodes').start()
                  for _number in range(2))
    old = one.create()
    new = volume_with_lun(one, first_lun(old))
    third = one.create()
    one.attach(old, world_module.connector())
    one.attach(third, world_module.connector())
    one.detach(old, world_module.connector())
    second = list(itertools.islice(luns.candidates(new.provider_id), 2))[1]
    assert lun_of(other.attach(new, world_module.connector())) == second


def test_lun_whose_detach_another_process_has_not_finished_is_not_reused(
        backend, database, coordinator):
    """The array has disconnected it, the row is still there."""
    one, other = (world_module.World(backend(), cluster_name='nodes').start()
                  for _number in range(2))
    old = one.create()
    new = volume_with_lun(one, first_lun(old))
    one.attach(old, world_module.connector())
    one.driver.terminate_connection(old, world_module.connector())
    assert lun_of(other.attach(new, world_module.connector())) != (
        first_lun(old))


def test_lun_that_the_cluster_freed_is_free_after_the_cool_down(
        backend, database, coordinator, monkeypatch):
    monkeypatch.setattr(luns, 'COOL_DOWN_S', 0)
    one, other = (world_module.World(backend(), cluster_name='nodes').start()
                  for _number in range(2))
    old = one.create()
    new = volume_with_lun(one, first_lun(old))
    one.attach(old, world_module.connector())
    one.detach(old, world_module.connector())
    assert lun_of(other.attach(new, world_module.connector())) == (
        first_lun(old))


def test_memory_that_is_full_is_held_against_the_array(start, monkeypatch):
    """What other processes detached is found to be free before LUNs grow."""
    monkeypatch.setattr(luns, 'SPREAD', 5)
    world, other = start(), start()
    world.attach(world.create(), world_module.connector())
    for _number in range(4):
        volume = world.create()
        world.attach(volume, world_module.connector())
        other.detach(volume, world_module.connector())
    assert lun_of(world.attach(world.create(), world_module.connector())) <= 5


def test_luns_above_are_used_when_all_others_are(world, monkeypatch):
    monkeypatch.setattr(luns, 'SPREAD', 5)
    assert {lun_of(world.attach(world.create(), world_module.connector()))
            for _number in range(7)} == {1, 2, 3, 4, 5, 6, 7}


def test_candidates_are_each_lun_once():
    first = list(itertools.islice(luns.candidates('v'), luns.SPREAD + 2))
    assert sorted(first) == list(range(1, luns.SPREAD + 3))
    assert first[-2:] == [luns.SPREAD + 1, luns.SPREAD + 2]
    assert first != list(itertools.islice(
        luns.candidates('w'), luns.SPREAD + 2))
