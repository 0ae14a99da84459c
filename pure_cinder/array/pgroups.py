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
"""Protection groups of one array, their replication and snapshots."""

from pure_cinder.array import errors
from pure_cinder.array import link
from pure_cinder.array import models
from pure_cinder.array import perishables
from pure_cinder import naming


class Pgroups(perishables.Snapshottables):
    """Verbs for protection groups, models.Pgroup, and for their snapshots.

    Names are ``group`` or ``pod::group``; a target knows them as
    ``array:group`` and ``pod:group``. Snapshots add ``.suffix`` to that.
    A group's snapshots are destroyed and taken back with it.
    """

    MODEL = models.Pgroup
    SNAPSHOT_MODEL = models.PgroupSnapshot
    SDK_NAME = 'pgroup'
    NOUN = 'protection group'
    COMMAND = 'purepgroup'

    def create(self, name, volumes=()):
        """:returns: models.Pgroup with these volumes"""
        members = {'vollist': list(volumes)} if volumes else {}
        return self._write_new(
            [name],
            lambda: models.Pgroup.from_creation(
                self._client.create_pgroup(name, **members)),
            lambda: self._find_with(name, add=volumes))

    def add_volumes(self, name, names):
        """Make volumes members; those that are already stay so."""
        self.set_members(name, add=names)

    def remove_volumes(self, name, names):
        """Take volumes out; those that are no members stay out."""
        self.set_members(name, remove=names)

    def set_members(self, name, add=(), remove=()):
        """Add and remove volumes in one step; one request, as a rule.

        The array refuses all because of one volume that is a member already,
        or is none. Then a look shows what is missing, and that is sent.

        :param add: full names of volumes
        :param remove: the same, of others
        :raises ArrayNotFoundError: no such group, or no such volume to add
        :raises ArrayPendingEradicationError: either is destroyed
        """
        add, remove = list(add), list(remove)
        try:
            self._send_members(name, add, remove)
        except (errors.ArrayAlreadyMemberError, errors.ArrayNotMemberError,
                errors.ArrayNotFoundError,
                errors.ArrayPendingEradicationError):
            found = self.find(name)
            if found is None:
                raise
            members = link.keys(found.volumes)
            to_add = [volume for volume in add
                      if naming.name_key(volume) not in members]
            to_remove = [volume for volume in remove
                         if naming.name_key(volume) in members]
            if (to_add, to_remove) == (add, remove):
                raise
            self._send_members(name, to_add, to_remove)

    def add_target(self, name, array_name):
        """Replicate a group to a connected array, once that allows it.

        :raises ArrayTargetKnownError: the group has the target already
        :raises ArrayNotConnectedError: the arrays are not connected
        """
        self._write(
            lambda: self._client.set_pgroup(name,
                                            addtargetlist=[array_name]),
            lambda: self._find_target(name, array_name))

    def set_allowed(self, name_on_target, is_allowed=True):
        """On a target: take a group that another array replicates, or not.

        :param name_on_target: ``array:group`` or ``pod:group``
        """
        try:
            self._write(
                lambda: self._client.set_pgroup(name_on_target,
                                                allowed=is_allowed),
                lambda: self._is_allowed(name_on_target) == is_allowed)
        except errors.ArrayAlreadyAllowedError:
            if not is_allowed:
                raise

    def get_schedule(self, name):
        """:returns: models.ReplicationSchedule"""
        return models.ReplicationSchedule.from_wire(
            self._client.get_pgroup(name, schedule=True))

    def set_schedule(self, name, schedule):
        """:param schedule: models.ReplicationSchedule"""
        self._write(
            lambda: self._client.set_pgroup(
                name, replicate_enabled=schedule.is_enabled,
                replicate_frequency=schedule.interval_s),
            lambda: self.get_schedule(name) == schedule)

    def get_retention(self, name):
        """:returns: models.Retention on the group's targets"""
        return models.Retention.from_wire(
            self._client.get_pgroup(name, retention=True))

    def set_retention(self, name, retention):
        """:param retention: models.Retention on the group's targets"""
        self._write(
            lambda: self._client.set_pgroup(
                name, target_all_for=retention.all_for_s,
                target_per_day=retention.per_day,
                target_days=retention.days),
            lambda: self.get_retention(name) == retention)

    def create_snapshot(self, name, suffix, replicate_now=False,
                        apply_retention=False):
        """Snapshot all members of a group at one point in time.

        :param replicate_now: send it to the targets, too
        :param apply_retention: remove it when the group's retention says so,
            as if it were scheduled
        :returns: models.PgroupSnapshot named ``<group>.<suffix>``
        """
        flags = {flag: True for flag, is_set in (
            ('replicate_now', replicate_now),
            ('apply_retention', apply_retention)) if is_set}
        snapshot = naming.snapshot_name(name, suffix)
        return self._write_new(
            [snapshot],
            lambda: models.PgroupSnapshot.from_creation(
                self._client.create_pgroup_snapshots(
                    [name], suffix=suffix, **flags)[0]),
            lambda: self.find_snapshot(snapshot))

    def list_snapshots(self, name, with_transfer=False):
        """Snapshots of a group that are not destroyed, oldest first.

        :param with_transfer: ask how far each one's transfer is
        :returns: list of models.PgroupSnapshot
        """
        flags = {'transfer': True} if with_transfer else {}
        return list(self._list(models.PgroupSnapshot, name, snap=True,
                               **flags))

    def list_snapshots_fitting(self, pattern):
        """Those of any group whose names fit, see link.pages_fitting.

        :returns: list of models.PgroupSnapshot
        """
        return [models.PgroupSnapshot.from_wire(row)
                for row in link.pages_fitting(self._list_rows, pattern,
                                              snap=True)]

    def find_snapshot(self, name, with_transfer=False):
        """:returns: models.PgroupSnapshot that is not destroyed, or None"""
        return next(iter(link.unless_missing(
            self.list_snapshots, name, with_transfer) or ()), None)

    def snapshot_volumes(self, snapshot_name):
        """The volume snapshots inside a group snapshot.

        They are chosen by their common beginning, which costs the same
        however many other snapshots there are.

        :returns: list of models.Volume, named ``<snapshot>.<volume>``
        :raises ArrayNotFoundError: no such snapshot, or it is destroyed
        """
        found = [models.Volume.from_wire(row) for row in link.pages_fitting(
            self._client.list_volumes, '%s.*' % snapshot_name, snap=True)]
        if not found:
            self.list_snapshots(snapshot_name)
        return found

    def _send_members(self, name, add, remove):
        lists = {parameter: volumes for parameter, volumes in (
            ('addvollist', add), ('remvollist', remove)) if volumes}
        if lists:
            self._write(lambda: self._client.set_pgroup(name, **lists),
                        lambda: self._find_with(name, add, remove))

    def _find_with(self, name, add=(), remove=()):
        """The group, if it has and has not these volumes."""
        found = self.find(name)
        members = link.keys(found.volumes) if found else set()
        is_so = (found and link.keys(add) <= members
                 and not link.keys(remove) & members)
        return found if is_so else None

    def _is_allowed(self, name_on_target):
        target = self._find_target(name_on_target, self._link.info.name)
        return target and target.is_allowed

    def _find_target(self, name, array_name):
        return next((target for target in self.get(name).targets
                     if naming.same_name(target.name, array_name)), None)
