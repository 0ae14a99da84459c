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
"""Volumes: names, limits, lists, tags, snapshots."""

import pytest

import flasharray_sim
from pure_cinder.array import errors
from pure_cinder.array import link
from pure_cinder import parallel
from pure_cinder.types import specs

GIB = 1024 ** 3
MIB = 1024 ** 2
TAGS = 'tags.example'


def names(found):
    return [volume.name for volume in found]


@pytest.fixture
def containers(gateway):
    gateway.pods.create('pod')
    gateway.volume_groups.create('vg')


@pytest.fixture
def small_pages(monkeypatch):
    monkeypatch.setattr(link, 'PAGE_SIZE', 2)
    monkeypatch.setattr(link, 'LARGE_PAGE_SIZE', 2)


@pytest.mark.parametrize('qos', [
    specs.QosLimits(), specs.QosLimits(iops=100),
    specs.QosLimits(bandwidth_bytes_s=MIB), specs.QosLimits(100, MIB)])
def test_limits_are_set_with_the_creation(gateway, array, qos):
    gateway.get_array()
    array.requests.clear()
    gateway.volumes.create('v', GIB, qos)
    record, = array.requests
    assert set(record.params) == {'size'} | (
        {'iops_limit'} if qos.iops else set()) | (
        {'bandwidth_limit'} if qos.bandwidth_bytes_s else set())
    assert gateway.volumes.get_qos('v') == qos


def test_limits_are_replaced_as_a_whole(gateway):
    gateway.volumes.create('v', GIB, specs.QosLimits(iops=100))
    gateway.volumes.set_qos('v', specs.QosLimits(bandwidth_bytes_s=MIB))
    assert gateway.volumes.get_qos('v') == specs.QosLimits(None, MIB)
    gateway.volumes.set_qos('v', specs.QosLimits())
    assert gateway.volumes.get_qos('v') == specs.QosLimits()


@pytest.mark.parametrize('name, new_name', [
    ('v', 'w'), ('pod::v', 'pod::w'), ('vg/v', 'vg/w')])
def test_rename(gateway, client, containers, name, new_name):
    serial = gateway.volumes.create(name, GIB).serial
    assert gateway.volumes.rename(name, new_name) == new_name
    assert client.get_volume(new_name)['serial'] == serial


def test_rename_is_no_move(gateway, array):
    gateway.get_array()
    array.requests.clear()
    with pytest.raises(ValueError):
        gateway.volumes.rename('v', 'pod::v')
    assert not len(array.requests)


def test_name_in_use_is_no_success_even_with_a_lost_answer(
        gateway, array):
    gateway.volumes.create('v', GIB)
    gateway.volumes.create('w', GIB)
    with pytest.raises(errors.ArrayAlreadyExistsError):
        gateway.volumes.rename('v', 'w')
    array.faults.add(flasharray_sim.Fault(kind='reset_after', count=1,
                                          method='PUT'))
    with pytest.raises(errors.ArrayAlreadyExistsError):
        gateway.volumes.rename('v', 'w')


@pytest.mark.parametrize('name, container, expected', [
    ('v', 'pod', 'pod::v'), ('v', 'vg', 'vg/v'), ('pod::v', '', 'v'),
    ('vg/v', 'pod', 'pod::v')])
def test_move(gateway, containers, name, container, expected):
    serial = gateway.volumes.create(name, GIB).serial
    assert gateway.volumes.move(name, container) == expected
    assert gateway.volumes.get(expected).serial == serial


def test_overwriting_keeps_the_serial_and_takes_content_and_size(
        gateway, array):
    serial = gateway.volumes.create('v', GIB).serial
    gateway.volumes.create('big', 2 * GIB)
    array.requests.clear()
    copied = gateway.volumes.copy('big', 'v', overwrite=True)
    assert (copied.serial, copied.size_bytes) == (serial, 2 * GIB)
    assert len(array.requests) == 2


def test_copy_does_not_overwrite_by_itself(gateway):
    gateway.volumes.create('v', GIB)
    gateway.volumes.create('w', GIB)
    with pytest.raises(errors.ArrayAlreadyExistsError):
        gateway.volumes.copy('v', 'w')


@pytest.mark.parametrize('name', ['v', 'v.s', 'pod::v', 'vg/v', 'vg/v.s'])
def test_find_destroyed(gateway, containers, name):
    volume, dot, suffix = name.partition('.')
    assert gateway.volumes.find_destroyed(name) is None
    gateway.volumes.create(volume, GIB)
    if dot:
        gateway.volumes.create_snapshot(volume, suffix)
    assert gateway.volumes.find_destroyed(name) is None
    gateway.volumes.destroy(name)
    found = gateway.volumes.find_destroyed(name)
    assert (found.name, found.is_destroyed) == (name, True)
    gateway.volumes.recover(name)
    assert gateway.volumes.find_destroyed(name) is None


def test_volume_tells_when_it_was_made(gateway, client):
    gateway.volumes.create('v', GIB)
    assert gateway.volumes.get('v').created == client.get_volume(
        'v')['created']


def test_lists_are_paged(gateway, array, small_pages):
    for number in range(5):
        gateway.volumes.create('v%d' % number, GIB)
    gateway.volumes.destroy('v4')
    array.requests.clear()
    assert names(gateway.volumes.list_all()) == ['v0', 'v1', 'v2', 'v3']
    # The second page is as full as one can be, so it may not be the last.
    assert len(array.requests) == 3


@pytest.mark.parametrize('count', [0, 1, 2, 3, 4, 5, 6, 7])
def test_all_pages_at_once(gateway, array, small_pages, count):
    gateway.get_array()
    for number in range(count):
        gateway.volumes.create('v%d' % number, GIB)
    if count:
        gateway.volumes.destroy('v0')
    array.requests.clear()
    listed = gateway.volumes.list_at_once(parallel.Workers(2))
    assert sorted(volume.name for volume in listed) == [
        'v%d' % number for number in range(count)]
    assert [volume.name for volume in listed if volume.is_destroyed] == [
        'v0'][:count]
    assert len(array.requests) == max(1, count - 1)


class Meddling(parallel.Workers):
    """Something happens before the pages after the first are asked for."""

    def __init__(self, meddle):
        super().__init__(0)
        self._meddle = meddle

    def run(self, acts):
        self._meddle()
        return super().run(acts)


def test_volume_that_is_created_meanwhile(gateway, small_pages):
    for number in range(4):
        gateway.volumes.create('v%d' % number, GIB)
    listed = gateway.volumes.list_at_once(Meddling(
        lambda: gateway.volumes.create('v4', GIB)))
    assert [volume.name for volume in listed] == [
        'v0', 'v1', 'v2', 'v3', 'v4']


def test_volume_that_takes_the_place_of_another_meanwhile(gateway,
                                                          small_pages):
    """As many as before, but not the same on each page."""
    for number in range(5):
        gateway.volumes.create('v%d' % number, GIB)

    def meddle():
        gateway.volumes.destroy('v0')
        gateway.volumes.eradicate('v0')
        gateway.volumes.create('v5', GIB)

    listed = gateway.volumes.list_at_once(Meddling(meddle))
    assert [volume.name for volume in listed] == [
        'v1', 'v2', 'v3', 'v4', 'v5']


def test_connected_of_some(gateway, client, small_pages):
    for name in ('v0', 'v1', 'v2'):
        gateway.volumes.create(name, GIB)
    client.create_host('h')
    client.connect_host('h', 'v1')
    client.connect_host('h', 'v2')
    workers = parallel.Workers(2)
    assert gateway.volumes.connected_among(workers, ['v0', 'v1']) == {'v1'}
    assert 'v1' in gateway.volumes.connected_among(workers, ['v1', 'gone'])
    assert gateway.volumes.connected_among(workers, []) == set()


@pytest.mark.parametrize('page_size, requests', [(3, 1), (2, 3)])
def test_connected_of_many(gateway, array, client, monkeypatch, page_size,
                           requests):
    """One request tells of all if there are few connections."""
    monkeypatch.setattr(link, 'PAGE_SIZE', page_size)
    monkeypatch.setattr(link, 'NAMES_AT_ONCE', 2)
    volumes = ['v%d' % number for number in range(4)]
    for name in volumes:
        gateway.volumes.create(name, GIB)
    client.create_host('h')
    client.connect_host('h', 'v1')
    client.connect_host('h', 'v3')
    array.requests.clear()
    assert gateway.volumes.connected_among(
        parallel.Workers(2), volumes) == {'v1', 'v3'}
    assert len(array.requests) == requests


def test_list_that_fits_one_page_costs_one_request(gateway, array):
    gateway.volumes.create('v', GIB)
    array.requests.clear()
    assert names(gateway.volumes.list_all()) == ['v']
    assert len(array.requests) == 1


@pytest.mark.parametrize('wanted, expected', [
    ('a1', ['a1']), ('a*', ['a1', 'a2']), ('c*', [])])
def test_lists_choose_by_name(gateway, wanted, expected):
    for name in ('a1', 'a2', 'b1'):
        gateway.volumes.create(name, GIB)
    assert names(gateway.volumes.list_fitting(wanted)) == expected
    gateway.volumes.create_snapshots(['a1', 'a2', 'b1'], 's')
    assert names(gateway.volumes.list_snapshots(wanted)) == [
        name + '.s' for name in expected]


def test_snapshots_of_a_volume(gateway):
    for name in ('v', 'w'):
        gateway.volumes.create(name, GIB)
        gateway.volumes.create_snapshot(name, 's1')
    gateway.volumes.create_snapshot('v', 's2')
    gateway.pgroups.create('pg', ['v'])
    gateway.pgroups.create_snapshot('pg', 's')
    assert names(gateway.volumes.snapshots_of('v')) == [
        'v.s1', 'v.s2', 'pg.s.v']
    with pytest.raises(errors.ArrayNotFoundError):
        gateway.volumes.snapshots_of('missing')


def test_connected_volumes(gateway, client):
    for name in ('private', 'shared', 'both', 'free'):
        gateway.volumes.create(name, GIB)
    client.create_host('h1', iqnlist=['iqn.2001-01.org.example:h1'])
    client.create_host('h2', iqnlist=['iqn.2001-01.org.example:h2'])
    client.create_hgroup('hg', hostlist=['h2'])
    client.connect_host('h1', 'private')
    client.connect_hgroup('hg', 'shared')
    client.connect_host('h1', 'both')
    client.connect_hgroup('hg', 'both')
    connected = gateway.volumes.list_connected()
    assert connected == {'private', 'shared', 'both'}
    for name in ('private', 'shared', 'both', 'free'):
        assert gateway.volumes.is_connected(name) == (name in connected)


def test_protected_volumes(gateway, small_pages):
    for name in ('v1', 'v2', 'v3'):
        gateway.volumes.create(name, GIB)
    gateway.pgroups.create('pg1', ['v1', 'v2'])
    gateway.pgroups.create('pg2', ['v1'])
    assert gateway.volumes.list_protected() == {
        'v1': ('pg1', 'pg2'), 'v2': ('pg1',)}
    assert gateway.volumes.pgroups_of('v1') == ('pg1', 'pg2')
    assert gateway.volumes.pgroups_of('v3') == ()


def test_snapshots_of_many_volumes_are_one_request(gateway, array):
    for name in ('v1', 'v2', 'v3'):
        gateway.volumes.create(name, GIB)
    array.requests.clear()
    taken = gateway.volumes.create_snapshots(['v3', 'v1'], 's')
    assert names(taken) == ['v3.s', 'v1.s']
    assert len(array.requests) == 1


def test_snapshots_of_many_volumes_are_all_or_none(gateway):
    gateway.volumes.create('v', GIB)
    with pytest.raises(errors.ArrayNotFoundError):
        gateway.volumes.create_snapshots(['v', 'missing'], 's')
    assert gateway.volumes.snapshots_of('v') == []


@pytest.mark.parametrize('volume', ['v', 'pod::v', 'vg/v'])
def test_rename_snapshot(gateway, containers, volume):
    gateway.volumes.create(volume, GIB)
    old = gateway.volumes.create_snapshot(volume, 'old')
    new_name = gateway.volumes.rename_snapshot(old.name, 'new')
    assert new_name == volume + '.new'
    assert gateway.volumes.find_snapshot(new_name).serial == old.serial


def test_tags(gateway):
    gateway.volumes.create('v', GIB)
    gateway.volumes.set_tag('v', 'a', '1', TAGS)
    gateway.volumes.set_tag('v', 'b', '2', TAGS)
    gateway.volumes.set_tag('v', 'a', '3', 'elsewhere')
    gateway.volumes.set_tag('v', 'a', '4', TAGS)
    assert gateway.volumes.list_tags('v', TAGS) == {'a': '4', 'b': '2'}
    gateway.volumes.remove_tag('v', 'a', TAGS)
    assert gateway.volumes.list_tags('v', TAGS) == {'b': '2'}
    assert gateway.volumes.list_tags('v', 'elsewhere') == {'a': '3'}
    with pytest.raises(errors.ArrayNotFoundError):
        gateway.volumes.remove_tag('v', 'a', TAGS)
