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
"""What failovers and failbacks owe besides what volumes hold."""

import dataclasses

from tests.explorer import book as books


@dataclasses.dataclass(frozen=True)
class Before:
    """What there was when a switch was asked for.

    :ivar target: backend_id
    :ivar source: backend_id of who served until then; None is the first array
    :ivar away: labels of volumes that had failed over
    :ivar is_at_home: whether no volume was away then
    :ivar is_due: whether nothing is in its way, so that it has to be done
    :ivar well: labels of volumes that are not in error
    :ivar originals: {label: books.Foreign} of what only one array has
    """

    target: str
    source: str | None
    away: frozenset
    is_at_home: bool
    is_due: bool
    well: frozenset
    originals: dict

    @classmethod
    def of(cls, world, labels, target):
        rows = {label: world.row(label) for label in labels}
        is_at_home = not world.active
        return cls(
            target, world.active,
            frozenset(label for label, row in rows.items()
                      if row.replication_status == 'failed-over'),
            is_at_home,
            is_at_home and _is_due(world, target, rows),
            frozenset(label for label, row in rows.items()
                      if 'error' not in row.status),
            {label: original for label, row in rows.items() if is_at_home
             for original in [_original(world, row)] if original})


def _is_due(world, target, rows):
    """Arrays but the target may be away; they are not cut off.

    A third array has nothing of volumes that are in the pod only.
    """
    array = world.fleet.arrays.get(target)
    devices = {device.site: device.kind
               for device in world.fleet.kind.devices}
    return (target in devices and array.is_online and not (
        world.troubled or world.is_switching) and all(
            service.process.is_listening and service.is_up
            for service in world.stage.pure) and (
                devices[target] == 'sync' or any(
                    world.book.volumes[label].is_replicated
                    for label in rows) and all(
                        row.volume_type.name != 'sync'
                        for row in rows.values())))


def _original(world, row):
    array = world.fleet.arrays['site1']
    for each in array.model.db.volumes.select('state', ('volume', 'live')):
        if row.provider_id == each.name:
            return books.Foreign('site1', each.serial,
                                 world.fleet.content(array, each.name),
                                 each.name)
    return None


def ended(world, before):
    """After a switch that is not half-way."""
    if world.active:
        if not world.originals:
            world.originals = {
                label: original
                for label, original in before.originals.items()
                if world.is_there(label) and world.row(
                    label).replication_status == 'failed-over'}
        world.broken |= {label for label in before.well
                         if world.is_there(label) and _is_broken(world, label)}
        return
    world.originals.clear()
    for label in world.broken:
        if label in world.book.volumes and world.is_calm and _is_broken(
                world, label):
            world.problem('%s is home and still %s', label,
                          world.row(label).status)
    world.broken.clear()


def _is_broken(world, label):
    row = world.row(label)
    return ('error' in row.status
            and row.replication_status != 'not-capable')


def refused(world, step, before):
    """In a disaster a failover that can be done is done."""
    if before.is_due and not step.during and world.active != before.target:
        world.problem('the failover to %s was refused: %s', before.target,
                      ' '.join(world.log.complaints)[-300:])


def came_home(world, step):
    """What came home is sent out at once, and stays until it has arrived."""
    if not world.before_switch.is_at_home and not step.during and (
            world.is_calm and not world.active):
        for label, account in world.book.volumes.items():
            if label in world.before_switch.away:
                account.came_home(world.before_switch.source)
            account.sent()
