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
"""Limits on the array are those that the volume's type says, exactly."""

from cinder import exception
from cinder.scheduler.filters import capabilities_filter
from cinder.scheduler import host_manager
from cinder.volume import qos_specs
from oslo_utils import timeutils
import pytest

from pure_cinder.array import errors
from tests import world as world_module

MIB = 1024 ** 2


def limits(client, volume):
    """The array's limits of a volume: IOPS and bytes/s."""
    row = client.get_volume(volume.provider_id, qos=True)
    return row['iops_limit'], row['bandwidth_limit']


def limited_type(**qos):
    return world_module.new_type(qos=qos)


@pytest.mark.parametrize('qos, expected', [
    ({'maxIOPS': '500', 'maxBWS': '10'}, (500, 10 * MIB)),
    ({'maxIOPS': '500'}, (500, None)),
    ({'maxBWS': '10'}, (None, 10 * MIB)),
    ({'maxIOPS': '500', 'maxBWS': '0'}, (500, None)),
    ({'maxIOPS': '0', 'maxBWS': '10'}, (None, 10 * MIB)),
    ({'maxIOPS': '0', 'maxBWS': '0'}, (None, None)),
    ({'maxIOPS_per_GB': '200', 'maxBWS_per_GB': '3'}, (800, 12 * MIB)),
    ({'maxIOPS': '500', 'maxIOPS_per_GB': '100'}, (500, None)),
])
def test_every_combination(world, client, qos, expected):
    limited = limited_type(**qos).id
    created = world.create(size=4, volume_type_id=limited)
    cloned = world.clone(world.create(size=2), size=4, volume_type_id=limited)
    restored = world.from_snapshot(world.snapshot(world.create(size=3)),
                                   size=4, volume_type_id=limited)

    assert [limits(client, volume) for volume in (created, cloned, restored)
            ] == [expected] * 3


def test_copy_has_the_limits_of_its_own_type(world, client):
    source = world.create(
        volume_type_id=limited_type(maxIOPS='500', maxBWS='10').id)
    snapshot = world.snapshot(source)
    other = limited_type(maxIOPS='700').id

    assert limits(client, world.clone(
        source, volume_type_id=other)) == (700, None)
    assert limits(client, world.from_snapshot(
        snapshot, volume_type_id=other)) == (700, None)


@pytest.mark.parametrize('make', ['clone', 'from_snapshot'])
def test_copy_does_not_keep_limits_that_came_along(
        world, array, client, make, monkeypatch):
    source = world.create(volume_type_id=limited_type(maxIOPS='500').id)
    original = array.model.volumes.copy

    def copy_with_limits(*args, **kwargs):
        copied = original(*args, **kwargs)
        return array.model.volumes.set_limits(copied.name, iops_limit=500)

    monkeypatch.setattr(array.model.volumes, 'copy', copy_with_limits)
    plain = world_module.new_type().id
    copied = (world.clone(source, volume_type_id=plain) if make == 'clone'
              else world.from_snapshot(world.snapshot(source),
                                       volume_type_id=plain))

    assert limits(client, copied) == (None, None)


def test_extend_raises_limits_per_gb(world, client):
    volume = world.create(size=2, volume_type_id=limited_type(
        maxIOPS_per_GB='100', maxBWS_per_GB='1').id)
    assert limits(client, volume) == (200, 2 * MIB)

    world.extend(volume, 10)

    assert limits(client, volume) == (1000, 10 * MIB)


def test_limits_stay_as_they_were_if_the_volume_cannot_grow(
        world, array, client):
    volume = world.create(size=2, volume_type_id=limited_type(
        maxIOPS_per_GB='100').id)
    with pytest.raises(errors.ArrayRefusedError):
        world.driver.extend_volume(volume, 1)
    assert limits(client, volume) == (200, None)


def test_limits_come_with_the_request_that_creates(world, array):
    limited = limited_type(maxIOPS='500').id
    array.requests.clear()
    world.create(volume_type_id=limited)
    assert [record.method for record in array.requests] == ['POST']


def test_extend_without_limits_per_gb_is_one_request(world, array):
    volume = world.create(volume_type_id=limited_type(maxIOPS='500').id)
    array.requests.clear()
    world.extend(volume, 3)
    assert [record.method for record in array.requests] == ['PUT']


@pytest.mark.parametrize('qos', [
    {'maxIOPS': '99'}, {'maxIOPS': '100000001'}, {'maxBWS': '524289'},
    {'maxBWS': 'fast'}, {'maxIOPS_per_GB': '-1'}])
def test_nonsense_makes_no_volume(world, client, qos):
    with pytest.raises(exception.InvalidQoSSpecs, match=list(qos)[0]):
        world.create(volume_type_id=limited_type(**qos).id)
    assert client.list_volumes() == []


@pytest.mark.parametrize('rest_version, qos', [
    ('1.13', {'maxBWS': '10'}), ('1.16', {'maxIOPS': '500'})])
def test_array_without_such_limits_names_its_purity(
        start_on_old, rest_version, qos):
    world = start_on_old(rest_version)
    with pytest.raises(errors.ArrayVersionError, match=r'Purity 6\.1\.11'):
        world.create(volume_type_id=limited_type(**qos).id)


def test_array_without_limits_needs_none_cleared(start_on_old):
    world = start_on_old('1.13')
    source = world.create()
    source.volume_type_id = limited_type(maxIOPS='500').id
    source.save()
    source.obj_reset_changes()
    source = source.get_by_id(world_module.CONTEXT, source.id)

    assert world.clone(source, volume_type_id=None).provider_id


def test_bandwidth_alone_suits_an_array_that_knows_no_iops(start_on_old):
    world = start_on_old('1.14')
    volume = world.create(volume_type_id=limited_type(maxBWS='10').id)
    assert world.clone(volume).provider_id


def test_front_end_limits_are_left_to_the_compute_node(world, client):
    volume_type = world_module.new_type(extra_specs={'maxBWS': '10'})
    front_end = qos_specs.create(
        world_module.CONTEXT, 'front', {'consumer': 'front-end',
                                        'maxIOPS': '500',
                                        'read_iops_sec': '500'})
    qos_specs.associate_qos_with_type(world_module.CONTEXT, front_end.id,
                                      volume_type.id)

    volume = world.create(volume_type_id=volume_type.id)

    assert limits(client, volume) == (None, 10 * MIB)
    assert qos_specs.get_qos_specs(world_module.CONTEXT, front_end.id)[
        'specs'] == {'maxIOPS': '500', 'read_iops_sec': '500'}


SCOPED = {'flasharray:maxIOPS': '500', 'flasharray:maxBWS': '10',
          'flasharray:maxIOPS_per_GB': '7', 'flasharray:maxBWS_per_GB': '7'}


def test_scoped_extra_specs_limit_a_volume(world, client):
    volume = world.create(
        volume_type_id=world_module.new_type(extra_specs=SCOPED).id)
    assert limits(client, volume) == (500, 10 * MIB)


@pytest.mark.parametrize('extra_specs, passes', [
    (SCOPED, True), ({'flasharray:vg_name': 'gold'}, True),
    ({'maxIOPS': '500'}, False)])
def test_scheduler_passes_scoped_extra_specs(world, extra_specs, passes):
    backend = host_manager.BackendState('node@pure', None)
    backend.update_from_volume_capability({
        **world.driver.get_volume_stats(refresh=True),
        'timestamp': timeutils.utcnow()})
    for pool in [backend] + list(backend.pools.values()):
        assert capabilities_filter.CapabilitiesFilter().backend_passes(
            pool, {'resource_type': {'extra_specs': extra_specs}}) is passes
