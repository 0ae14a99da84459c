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
"""What asynchronous replication has brought to an array."""

from oslo_log import log as logging

from pure_cinder.array import errors
from pure_cinder import naming

LOG = logging.getLogger(__name__)


def newest_complete(member, replica):
    """The newest snapshot of a replicated group that came as a whole.

    :param member: roster.Member that is replicated to
    :param replica: name of the group there, such as ``array:group``
    :returns: models.PgroupSnapshot, or None
    """
    try:
        arrived = member.gateway.pgroups.list_snapshots(
            replica, with_transfer=True)
    except (errors.ArrayNotFoundError, errors.ArrayPendingEradicationError):
        return None
    # Of several in one second, the array lists the newest last.
    return max((snapshot for snapshot in reversed(arrived)
                if snapshot.is_complete),
               key=lambda snapshot: snapshot.created, default=None)


class ReceivedSnapshots:
    """What the volumes of other arrays held when they were last replicated.

    Nothing is asked of those arrays. The one that is looked at knows their
    names, and each thing is asked of it once.
    """

    def __init__(self, member, replica=None, notes=()):
        """:param member: roster.Member that is replicated to

        :param replica: name of the one snapshot there that counts
        :param notes: models.PgroupSnapshots of what the member held itself
            when that had come home from it, see RetirementNotes
        """
        self._gateway = member.gateway
        self._member = member
        self._only = replica
        self._notes = list(notes)
        self._array_names = None
        self._newest = {}
        self._volumes = {}

    def find(self, pgroup, array_id, volume_name, own_name):
        """The newest content of a volume.

        What came home from here is newer than what arrived before that.

        :param pgroup: full name of the protection group that replicates it
        :param array_id: of the array that last had it; None if unknown
        :param volume_name: its name, in whatever pod
        :param own_name: its name here
        :returns: models.PgroupSnapshot and the full name of the volume
            snapshot in it; None and None if no complete one has the volume
        """
        # Of two in one second, what arrived was sent after it came home.
        for snapshot in sorted(
                [*self.snapshots(pgroup, array_id), *self._notes],
                key=lambda each: each.created, reverse=True):
            name = self._name_in(
                snapshot,
                own_name if snapshot in self._notes else volume_name)
            if name:
                return snapshot, name
        return None, None

    def _name_in(self, snapshot, volume_name):
        """A volume's name within a snapshot, or None.

        An administrator may have moved or renamed it before that was taken.
        """
        names = self._names_in(snapshot)
        name = naming.group_snapshot_member(snapshot.name, volume_name)
        if name in names:
            return name
        _container, leaf = naming.split_container(volume_name)
        like = [known for known in names if leaf in known
                and naming.uuids_in(leaf)]
        if len(like) != 1:
            return None
        LOG.warning('What was volume %(name)s is %(like)s in what has arrived '
                    'on %(array)s, and is used.',
                    {'name': volume_name, 'like': like[0],
                     'array': self._member.backend_id})
        return like[0]

    def snapshots(self, pgroup, array_id):
        """The newest complete snapshot of a group, as a list.

        A volume's name has its id, so that other groups of the same name do
        no harm. They are what is left if the array is unknown, or has not
        replicated here yet after a failover to it: what the volumes held
        before that is better than nothing.

        :returns: list of models.PgroupSnapshot, the newest first
        """
        key = pgroup, array_id
        if key not in self._newest:
            self._newest[key] = self._snapshots(pgroup, array_id)
        return self._newest[key]

    def _snapshots(self, pgroup, array_id):
        if self._only:
            found = self._gateway.pgroups.find_snapshot(self._only,
                                                        with_transfer=True)
            return [found] if found else []
        own = self._replica(pgroup, array_id)
        found = own and newest_complete(self._member, own)
        if found or naming.is_in_pod(pgroup):
            return [found] if found else []
        others = (newest_complete(self._member, replica.name) for replica in
                  self._gateway.pgroups.list_fitting(
                      naming.on_target('*', pgroup)))
        return sorted(filter(None, others), reverse=True,
                      key=lambda snapshot: snapshot.created)

    def _replica(self, pgroup, array_id):
        """Name of a group here; None if its array is unknown."""
        if naming.is_in_pod(pgroup):
            return naming.on_target(None, pgroup)
        if self._array_names is None:
            self._array_names = {
                connection.array_id: connection.array_name for connection in
                self._gateway.list_array_connections()}
        source = self._array_names.get(array_id)
        return source and naming.on_target(source, pgroup)

    def _names_in(self, snapshot):
        if snapshot.name not in self._volumes:
            self._volumes[snapshot.name] = {
                volume.name for volume in
                self._gateway.pgroups.snapshot_volumes(snapshot.name)}
        return self._volumes[snapshot.name]
