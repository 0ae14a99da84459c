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
"""What of an array Cinder could take over, and why not the rest."""

import dataclasses
import operator

from cinder.i18n import _
from cinder.volume import volume_utils
from oslo_utils import units

from pure_cinder import naming


@dataclasses.dataclass(frozen=True)
class Obstacles:
    """What is known of all volumes of an array at one time.

    :ivar connected: names of the volumes that a host or group uses
    :ivar destroyed: names that wait for their eradication
    """

    connected: frozenset[str] = frozenset()
    destroyed: frozenset[str] = frozenset()

    def to_volume(self, name):
        """Why a volume cannot be taken over; None if it can."""
        if naming.is_in_realm(name):
            return _('It belongs to a realm.')
        if name in self.destroyed:
            return _('It is destroyed; recover it on the array first.')
        container, _leaf = naming.split_container(name)
        if container:
            return _('It is in %s; move it to the root of the array first, '
                     'or take a volume type that belongs there.') % container
        if name in self.connected:
            return _('It is connected to a host; disconnect it first.')
        return None

    def to_snapshot(self, name):
        """Why a snapshot cannot be taken over; None if it can."""
        if naming.is_in_realm(name):
            return _('It belongs to a realm.')
        if naming.is_group_snapshot_member(name):
            return _('It is part of a snapshot of a protection group.')
        return None


class ManageableLists:
    """Volumes and snapshots of the serving array for Cinder's lists."""

    def __init__(self, fleet, names):
        """:param names: names.Names"""
        self._fleet = fleet
        self._names = names

    def volumes(self, cinder_volumes, *page):
        """:param page: ``marker, limit, offset, sort_keys, sort_dirs``

        Cinder orders by names or sizes, so that all are read; whether
        volumes are connected is asked for those of the page.

        :returns: list of dicts as ``get_manageable_volumes`` documents them
        """
        workers = self._fleet.workers
        volumes = self._fleet.serving.gateway.volumes
        listed = {volume.name: volume
                  for volume in volumes.list_at_once(workers)}
        shown = _page(listed.values(), page)
        obstacles = Obstacles(
            connected=frozenset(volumes.connected_among(workers, shown)),
            destroyed=frozenset(name for name in shown
                                if listed[name].is_destroyed))
        ids = {self._names.array_name(volume): volume.id
               for volume in cinder_volumes}
        return [_entry(listed[name], ids, obstacles.to_volume(name))
                for name in shown]

    def snapshots(self, cinder_snapshots, *page):
        """:param page: ``marker, limit, offset, sort_keys, sort_dirs``

        :returns: list of dicts as ``get_manageable_snapshots`` documents
        """
        volumes = self._fleet.serving.gateway.volumes
        listed = {snapshot.name: snapshot for snapshot in
                  volumes.list_snapshots_at_once(self._fleet.workers)}
        ids = {self._names.snapshot_name(snapshot): snapshot.id
               for snapshot in cinder_snapshots}
        return [{**_entry(listed[name], ids, Obstacles().to_snapshot(name)),
                 'source_reference': {'name': listed[name].source}}
                for name in _page(listed.values(), page)]


def _page(listed, page):
    """Cinder's choice of what is to be shown.

    :param listed: models.Volumes
    :param page: ``marker, limit, offset, sort_keys, sort_dirs``
    :returns: list of names
    """
    _marker, _limit, _offset, sort_keys, sort_dirs = page
    # What is in order is sorted in no time.
    listed = sorted(listed, key=operator.attrgetter('name'),
                    reverse=sort_dirs[0] != 'asc') if (
                        sort_keys[0] == 'reference') else listed
    return [entry['reference']['name']
            for entry in volume_utils.paginate_entries_list(
                [{'reference': {'name': each.name},
                  'size': size_gib(each.size_bytes)} for each in listed],
                *page)]


def size_gib(size_bytes):
    """Cinder's size of an object on the array: whole GiB, rounded up."""
    return -(-size_bytes // units.Gi)


def _entry(listed, ids, obstacle):
    """:param obstacle: why Cinder cannot take it over, or None"""
    cinder_id = ids.get(listed.name)
    if cinder_id:
        obstacle = _('Cinder manages it already.')
    return {
        'reference': {'name': listed.name},
        'size': size_gib(listed.size_bytes),
        'safe_to_manage': obstacle is None,
        'reason_not_safe': obstacle,
        'cinder_id': cinder_id,
        'extra_info': None,
    }
