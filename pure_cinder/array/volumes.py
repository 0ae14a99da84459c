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
"""Volumes and their snapshots on one array."""

import contextlib
import dataclasses
import functools

from pure_cinder.array import errors
from pure_cinder.array import limits
from pure_cinder.array import link
from pure_cinder.array import models
from pure_cinder.array import perishables
from pure_cinder import naming
from pure_cinder.types import specs


@dataclasses.dataclass(frozen=True)
class Overwritten:
    """A volume before it is overwritten.

    :ivar qos: specs.QosLimits; None from an array that knows none
    :ivar undo_snapshots: names of its destroyed snapshots
    """

    is_connected: bool
    qos: specs.QosLimits | None
    undo_snapshots: frozenset[str]


class Volumes(perishables.Snapshottables):
    """Verbs for volumes and volume snapshots, both models.Volume.

    Names are full ones: ``volume``, ``pod::volume``, ``group/volume``. A
    volume's snapshots are destroyed and taken back with it.
    """

    MODEL = models.Volume
    SNAPSHOT_MODEL = models.Volume
    SDK_NAME = 'volume'
    NOUN = 'volume'
    COMMAND = 'purevol'

    def create(self, name, size_bytes, qos=specs.QosLimits()):
        """:returns: models.Volume"""
        parameters = limits.given(qos)
        self._require(*self._place(name), *parameters)
        return self._write_new(
            [name],
            lambda: models.Volume.from_creation(self._client.create_volume(
                name, size_bytes, **parameters)),
            lambda: self.find(name))

    def copies_among(self, workers, names):
        """What an overwrite has to know of volumes, asked for all at once.

        :param workers: parallel.Workers
        :returns: dict of the names of those that are there to Overwritten
        """
        known = {naming.name_key(volume.name) for volume in
                 self.list_at_once(workers) if not volume.is_destroyed}
        names = [name for name in names if naming.name_key(name) in known]
        parts = list(link.portions(names))
        can_limit = self._link.info.capabilities.bandwidth_limit
        connected, qos, snapshots = workers.run([
            functools.partial(self._rows_among, parts, connect=True),
            functools.partial(self._rows_among, parts if can_limit else (),
                              qos=True),
            functools.partial(self._rows_among, parts, snap=True,
                              pending_only=True)])
        is_connected = {row.read('name', str) for row in connected}
        limits_of = {row.read('name', str): limits.from_wire(row)
                     for row in qos}
        undo = {}
        for row in snapshots:
            undo.setdefault(row.read('source', str), set()).add(
                row.read('name', str))
        return {name: Overwritten(
            name in is_connected, limits_of.get(name),
            frozenset(undo.get(name, ()))) for name in names}

    def _rows_among(self, parts, **flags):
        return [row for names in parts
                for row in link.rows_of(self._list_rows, names, **flags)]

    def copy(self, source, name, overwrite=False, before=None):
        """Instant copy of a volume or snapshot.

        :param overwrite: the volume may exist; then it gets the content and
            the size of the source, and keeps its serial. What it held is put
            away in a destroyed snapshot. Only that tells, when the answer is
            lost, whether it was done, so it costs a look before.
        :param before: Overwritten, which spares that look
        :returns: models.Volume, as big as the source
        """
        self._require(*self._place(name))
        if not overwrite:
            return self._write_new(
                [name],
                lambda: models.Volume.from_creation(
                    self._client.copy_volume(source, name)),
                lambda: self.find(name))
        snapshots = (before.undo_snapshots if before
                     else self._undo_snapshots(name))
        return self._write(
            lambda: models.Volume.from_wire(
                self._client.copy_volume(source, name, overwrite=True)),
            lambda: (self.find(name)
                     if self._undo_snapshots(name) != snapshots else None))

    def extend(self, name, size_bytes):
        """Grow a volume; the array refuses to shrink it."""
        self._write(
            lambda: self._client.extend_volume(name, size_bytes),
            lambda: self.get(name).size_bytes == size_bytes)

    def rename(self, name, new_name):
        """Give a volume another name in the pod or group where it is.

        :param new_name: full name, as ``name`` is
        :returns: ``new_name``
        :raises ValueError: that would be a move
        """
        container, new_leaf = naming.split_container(new_name)
        if naming.split_container(name)[0] != container:
            raise ValueError('%s is elsewhere than %s' % (new_name, name))

        def rename():
            # The array wants the name alone, and old ones answer with it.
            self._client.rename_volume(name, new_leaf)
            return new_name

        return self._write_name(rename, lambda: (
            self.find(name) is None and self.find(new_name) and new_name))

    def move(self, name, container):
        """Move a volume to a pod, a volume group or the root.

        :param container: name of the pod or group; empty for the root
        :returns: the full name that the volume has there
        :raises ArrayVersionError: the array has neither pods nor groups
        """
        self._require('pods')
        return self._write_name(
            lambda: self._client.move_volume(name, container).read(
                'name', str),
            lambda: (None if self.find(name)
                     else self._find_in(container, name)))

    def set_qos(self, name, qos):
        """Limit a volume to exactly this; None is no limit.

        :param qos: specs.QosLimits
        :raises ArrayVersionError: the array lacks a limit that is set
        """
        self._require('bandwidth_limit', *limits.given(qos))
        parameters = limits.every(qos, self._limits())
        self._write(lambda: self._client.set_volume(name, **parameters),
                    lambda: self.get_qos(name) == qos)

    def get_qos(self, name):
        """:returns: specs.QosLimits"""
        self._require('bandwidth_limit')
        return limits.from_wire(self._client.get_volume(name, qos=True))

    def list_snapshots(self, names=None):
        """Snapshots that are not destroyed, page by page.

        Those that belong to a snapshot of a protection group are among them.

        :param names: of snapshots, or of volumes for all of theirs, with
            commas between them; None for all
        :returns: iterator of models.Volume
        """
        return self._list(models.Volume, names, snap=True)

    def snapshots_of(self, name):
        """:returns: list of models.Volume, the volume's live snapshots"""
        return list(self.list_snapshots(name))

    def list_with_destroyed(self):
        """:returns: iterator of models.Volume, no snapshots"""
        return self._list(models.Volume, None, pending=True)

    def list_limits(self):
        """Limits of all volumes, page by page.

        :returns: iterator of pairs of name and specs.QosLimits
        """
        self._require('bandwidth_limit')
        return ((row.read('name', str), limits.from_wire(row))
                for row in link.pages(self._client.list_volumes, qos=True))

    def list_all_tags(self, namespace):
        """Tags of all volumes, page by page.

        :returns: iterator of pairs of a volume's name and models.Tag
        """
        self._require('tags')
        return ((row.read('name', str), models.Tag.from_wire(row))
                for row in link.pages(self._client.list_volumes, tags=True,
                                      namespace=namespace))

    def list_at_once(self, workers):
        """All volumes, those that are destroyed among them.

        :param workers: parallel.Workers, which ask for several pages
        :returns: list of models.Volume
        """
        return [models.Volume.from_wire(row) for row in link.pages_at_once(
            workers, self._list_rows, pending=True)]

    def list_snapshots_at_once(self, workers):
        """The same of the snapshots that are not destroyed."""
        return [models.Volume.from_wire(row) for row in link.pages_at_once(
            workers, self._list_rows, snap=True)]

    def connected_among(self, workers, names):
        """Those of some volumes that a host or a host group is connected to.

        :returns: set of names; if there are few connections, or one of the
            volumes is gone, of all of the array that are
        """
        portions = list(link.portions(names))
        if len(portions) > 1 and (few := link.rows_of_few(
                self._client.list_volumes, connect=True)) is not None:
            return {row.read('name', str) for row in few}
        try:
            found = workers.run(
                functools.partial(link.rows_of, self._list_rows, some,
                                  connect=True, pending=True)
                for some in portions)
        except (errors.ArrayNotFoundError,
                errors.ArrayPendingEradicationError):
            return self.list_connected()
        return {row.read('name', str) for rows in found for row in rows}

    def list_connected(self):
        """Volumes that a host or a host group is connected to.

        :returns: set of their names
        """
        return {row.read('name', str) for row in link.pages(
            self._client.list_volumes, connect=True)}

    def is_connected(self, name):
        """Whether a host or a host group is connected to a volume."""
        return bool(link.rows(self._client.get_volume(name, connect=True)))

    def list_protected(self):
        """:returns: dict of volume name to tuple of protection groups"""
        protected = {}
        for row in link.pages(self._client.list_volumes, protect=True):
            name = row.read('name', str)
            protected[name] = protected.get(name, ()) + (
                row.read('protection_group', str),)
        return protected

    def pgroups_of(self, name):
        """:returns: tuple of the protection groups that a volume is in"""
        return tuple(row.read('protection_group', str) for row in link.rows(
            self._client.get_volume(name, protect=True)))

    def create_snapshot(self, volume, suffix):
        """:returns: models.Volume named ``<volume>.<suffix>``"""
        name = naming.snapshot_name(volume, suffix)
        return self._write_new(
            [name],
            lambda: models.Volume.from_wire(
                self._client.create_snapshot(volume, suffix=suffix)),
            lambda: self.find_snapshot(name))

    def create_snapshots(self, names, suffix):
        """Snapshot volumes at one point in time; all of them or none.

        :returns: list of models.Volume named ``<volume>.<suffix>``, in the
            order of ``names``
        """
        snapshots = [naming.snapshot_name(name, suffix) for name in names]
        return self._write_new(
            snapshots,
            lambda: [models.Volume.from_wire(row) for row in link.rows(
                self._client.create_snapshots(list(names), suffix=suffix))],
            lambda: self._find_snapshots(snapshots))

    def rename_snapshot(self, name, new_suffix):
        """Give a volume snapshot another suffix.

        :returns: its new full name
        """
        volume, _dot, _suffix = name.rpartition('.')
        new_name = naming.snapshot_name(volume, new_suffix)

        def rename():
            self._client.rename_volume(name, new_name)
            return new_name

        return self._write_name(rename, lambda: (
            self.find_snapshot(name) is None
            and self.find_snapshot(new_name) and new_name))

    def list_tags(self, name, namespace):
        """:returns: dict of key to value"""
        self._require('tags')
        tags = (models.Tag.from_wire(row) for row in link.rows(
            self._client.get_volume(name, tags=True, namespace=namespace)))
        return {tag.key: tag.value for tag in tags}

    def tags_among(self, workers, names, namespace):
        """The same of several volumes.

        :param workers: parallel.Workers
        :returns: dict of name to dict of key to value
        :raises ArrayNotFoundError: one of them is gone
        """
        self._require('tags')
        found = {name: {} for name in names}
        for rows in workers.run(
                functools.partial(link.rows_of, self._list_rows, some,
                                  tags=True, namespace=namespace)
                for some in link.portions(names)):
            for row in rows:
                tag = models.Tag.from_wire(row)
                found.setdefault(row.read('name', str), {})[
                    tag.key] = tag.value
        return found

    def set_tag(self, name, key, value, namespace):
        """Tag a volume; a key that is there gets the value.

        The tag is this volume's alone: copies do not get it.
        """
        self._require('tags')
        self._write(
            lambda: self._client.add_tag_to_volume(
                name, key, value, namespace=namespace, copyable=False),
            lambda: self.list_tags(name, namespace).get(key) == value)

    def remove_tag(self, name, key, namespace):
        """:raises ArrayNotFoundError: the volume, or the key on it"""
        self._require('tags')
        self._write(
            lambda: self._client.remove_tag_from_volume(
                name, key, namespace=namespace),
            lambda: key not in self.list_tags(name, namespace))

    def _write_name(self, act, landed):
        """Give something another name, as ``_write`` does it.

        What is refused may have been done: if a proxy sends a request twice,
        the array does not know the old name any more when it comes again.
        """
        try:
            return self._write(act, landed)
        except errors.ArrayRefusal:
            with contextlib.suppress(errors.ArrayError):
                if new_name := landed():
                    return new_name
            raise

    def _find_snapshots(self, names):
        return link.unless_missing(
            lambda: list(self.list_snapshots(','.join(names))))

    def _undo_snapshots(self, name):
        """Names of the destroyed snapshots; None without such a volume."""
        return link.unless_missing(lambda: {
            snapshot.name for snapshot in self._list(
                models.Volume, name, snap=True, pending_only=True)})

    def _find_in(self, container, name):
        leaf = naming.split_container(name)[1]
        places = (naming.in_pod(container, leaf),
                  naming.in_volume_group(container, leaf))
        return next((place for place in (places if container else (leaf,))
                     if self.find(place)), None)

    @staticmethod
    def _place(name):
        """The capability that the place of a volume needs, if any."""
        if naming.is_in_pod(name):
            return ['pods']
        return ['volume_groups'] if naming.is_in_volume_group(name) else []

    def _limits(self):
        capabilities = self._link.info.capabilities
        return [parameter for parameter in ('bandwidth_limit', 'iops_limit')
                if getattr(capabilities, parameter)]
