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
"""What operations leave on arrays, machines and fabrics, and must not."""

import re

from cinder import objects

from tests.explorer import cloud as clouds
from tests.explorer import switches
from tests import fabric

GHOST_POD = re.compile(r'cinder-pod-[0-9a-f-]{36}|.*-[0-9a-f]{8}-[0-9a-f]{4}-'
                       '[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}')
MAKING = ('create', 'clone', 'restore')
# As long as this many steps take, no machine forgets its old paths.
REMEMBERED_STEPS = 3


def after(world, step, is_killed):
    """After each step."""
    if step.verb in MAKING and not is_killed and world.is_calm:
        _failed_creation(world, step.arguments[0])
    if step.verb == 'fail_over' and not is_killed:
        switches.refused(world, step, world.before_switch)
        switches.came_home(world, step)
    if not (is_killed or step.during):
        _detached(world)
    else:
        world.is_interrupted = True
        # The next failover overwrites what it left elsewhere.
        world.is_copy_left |= (
            'fail_over' in step.verb and 'default' not in step.arguments)
    originals(world)
    _old_paths(world)


def settled(world):
    """When house was kept."""
    for site, array in world.fleet.arrays.items():
        if not world.is_interrupted:
            _volume_groups(world, site, array)
        for pod in world.fleet.client(site).list_pods(pending_only=True):
            if GHOST_POD.fullmatch(pod['name']):
                world.left(site, pod['name'])
    _zones(world)


def _failed_creation(world, label):
    """It left nothing, not even a name that nobody can have again."""
    _class, row_id = world.rows.get(label, (None, None))
    if row_id is None or label in world.book.volumes:
        return
    for site, array in world.fleet.arrays.items():
        for state in ('live', 'destroyed'):
            for row in array.model.db.volumes.select(
                    'state', ('volume', state)):
                if 'volume-%s' % row_id in row.name:
                    world.left(site, '%s (%s)' % (row.name, state))


def originals(world):
    """What a failover leaves at home alone has what was written last."""
    if world.is_switching:
        return
    for label, foreign in list(world.originals.items()):
        if label not in world.book.volumes:
            del world.originals[label]
        elif world.find(foreign) is None:
            world.problem('the original of %s is gone from %s', label,
                          foreign.site)


def _detached(world):
    """What Cinder has detached from a machine, the machine has not."""
    if not world.is_calm:
        return
    there = {(row.volume.name_id, row.attached_host) for row in
             objects.VolumeAttachmentList.get_all(clouds.ADMIN)}
    for each in world.detached:
        machine = world.stage.machines[each.attachment.machine]
        host = machine.connector['host']
        if each.step_count == world.step_count and (
                each.name_id, host) not in there and (
                    not machine.is_refitted):
            for site, array in world.fleet.arrays.items():
                for connection in machine.connections(array):
                    name = array.model.db.volumes.get(
                        connection.volume_id).name
                    if each.name_id in name:
                        world.problem('%s keeps %s of %s', host, name, site)


def _old_paths(world):
    """They lead a machine to nothing, for some time after a detach."""
    world.detached = [each for each in world.detached
                      if each.step_count + REMEMBERED_STEPS
                      >= world.step_count]
    for each in world.detached:
        machine = world.stage.machines[each.attachment.machine]
        for path in machine.paths(each.attachment.told):
            if each.name_id not in path.volume.name:
                world.problem('old paths of %s lead %s to %s',
                              each.attachment.volume,
                              each.attachment.machine, path.volume.name)


def _volume_groups(world, site, array):
    """Those of types go with their last volume."""
    live = {row.name.partition('/')[0] for row in
            array.model.db.volumes.select('state', ('volume', 'live'))}
    for row in world.fleet.client(site).list_vgroups():
        if row['name'] == 'gold' and 'gold' not in live:
            world.left(site, 'volume group gold')


def _zones(world):
    """Of machines that have nothing of an array, no zone leads there."""
    ports = {port.wwn.lower(): (site, array)
             for site, array in world.fleet.arrays.items()
             for port in array.model.cabling.ports if port.wwn}
    in_use = {row.attached_host for row in
              objects.VolumeAttachmentList.get_all(clouds.ADMIN)}
    for machine in world.machines:
        if machine.is_refitted or machine.connector['host'] in in_use:
            # Whoever changed its zones by hand; or they are to be used.
            continue
        zoned = {ports[target.lower()] for initiator, target in fabric.ZONES
                 if initiator in machine.connector['wwpns']
                 and target.lower() in ports}
        for site, array in zoned:
            if not machine.connections(array):
                world.problem('%s is still zoned to %s',
                              machine.connector['host'], site)
