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
"""What verbs and checks share: rows by label, probes, and the book."""

import contextlib
import dataclasses

from cinder.db import api as db_api
from cinder.db import models
from cinder import exception
from cinder import objects
import oslo_messaging
import purestorage
import sqlalchemy

from tests.explorer import book as books
from tests.explorer import cloud as clouds
from tests.explorer import machines
from tests.explorer import switches
from tests import interruptions

ADMIN = clouds.ADMIN
HOME = 'default'
UNMANAGED = '-unmanaged'
_MODELS = (models.Volume, models.Snapshot, models.Group, models.GroupSnapshot)
# Pods are in sync again after that.
MENDING_S = 900


class NotApplicable(Exception):
    """The step makes no sense here, or the API refuses it."""


# What Cinder's API and the SDK answer to what cannot be done now.
REFUSALS = (exception.CinderException, NotApplicable,
            purestorage.PureError, oslo_messaging.MessagingException)


@dataclasses.dataclass
class Attachment:
    """What a machine was told.

    :ivar told: connection information
    :ivar is_old: whether the volume is served elsewhere since then
    """

    volume: str
    machine: str
    id: str
    told: dict
    is_old: bool = False


@dataclasses.dataclass(frozen=True)
class Detached:
    """What a machine had until a moment ago.

    :ivar name_id: of the volume that it had
    """

    attachment: Attachment
    name_id: str
    step_count: int


def is_in_doubt(volume):
    """Whether it is in error, or in the middle of what nobody does now."""
    return 'error' in volume.status or volume.status in (
        'retyping', 'extending', 'reverting', 'attaching', 'detaching')


class World:
    """All that a story is about.

    :ivar stage: settings.Stage
    :ivar log: logs.Log
    :ivar book: books.Book
    :ivar rows: {label: (class of the row, its id)}
    :ivar attachments: list of Attachment
    :ivar detached: list of Detached
    :ivar originals: {label: books.Foreign}: what a failover left at home
    :ivar broken: labels of volumes that a failover put in error
    :ivar before_switch: switches.Before of the last one
    :ivar left_behind: attachments from before a switch that is half-way
    :ivar is_interrupted: whether anything was
    :ivar is_copy_left: whether a failover or failback was interrupted
    :ivar step_count: number of the step that is done
    :ivar is_switching: whether a failover was begun and did not end
    :ivar changed_types: names of types whose limits were changed
    :ivar recovered: serials of what was recovered by hand
    :ivar problems: texts: what must never happen, and did
    """

    def __init__(self, stage, log):
        self.stage = stage
        self.log = log
        self.fleet = stage.fleet
        self.cloud = stage.cloud
        self.book = books.Book()
        self.rows = {}
        self.attachments = []
        self.detached = []
        self.originals = {}
        self.broken = set()
        self.before_switch = None
        self.left_behind = []
        self.is_interrupted = False
        self.is_copy_left = False
        self.step_count = 0
        self.writer = machines.Writer()
        self.is_switching = False
        self.troubled = set()
        self.problems = []
        self.secrets = set()
        self.changed_types = set()
        self.recovered = set()
        self._known_ids = None
        self._switch = None

    # Rows

    def add(self, label, row):
        self.rows[label] = type(row), row.id

    def row(self, label):
        """:raises NotApplicable: there is no such row (any more)"""
        try:
            row_class, row_id = self.rows[label]
            return row_class.get_by_id(ADMIN, row_id)
        except (KeyError, exception.NotFound):
            raise NotApplicable('there is no %s' % label) from None

    def volume_type(self, name):
        try:
            return objects.VolumeType.get_by_id(
                ADMIN, self.stage.types[name])
        except KeyError:
            raise NotApplicable('there is no type %s' % name) from None

    def labels(self, row_class):
        """Labels of the rows that there are."""
        return [label for label, (each, row_id) in self.rows.items()
                if each is row_class and row_id in self._ids()]

    def _ids(self):
        """Of all rows, asked once a step."""
        if self._known_ids is None:
            with db_api.get_engine().connect() as connection:
                self._known_ids = {
                    row_id for model in _MODELS for row_id, in
                    connection.execute(sqlalchemy.select(model.id).where(
                        sqlalchemy.not_(model.deleted)))}
        return self._known_ids

    def next_step(self):
        self._known_ids = None
        self.step_count += 1
        self.cloud.bus.errors.clear()
        self.log.complaints.clear()

    def changed(self):
        """Rows may be others than they were."""
        self._known_ids = None

    def is_there(self, label):
        try:
            self.row(label)
        except NotApplicable:
            return False
        return True

    def forget(self, label):
        self.rows.pop(label, None)
        self.book.volumes.pop(label, None)
        self.book.snapshots.pop(label, None)

    @property
    def machines(self):
        """All machines, also the one that runs cinder-volume."""
        return [*self.stage.machines.values(), self.stage.node]

    # Services

    @property
    def pure(self):
        return self.stage.pure[0]

    @property
    def active(self):
        """backend_id of who serves ``pure``; None is the first array."""
        return self.pure.active_backend_id or None

    def service_of(self, volume):
        backend = volume.host.partition('@')[2].partition('#')[0]
        return next(service for service in self.stage.services
                    if service.backend == backend)

    @property
    def is_calm(self):
        """Whether nothing is broken or in the middle of a switch."""
        return not (self.troubled or self.is_switching
                    or len(self.fleet.online) < len(self.fleet.arrays))

    def is_of(self, label, service):
        """Whether a volume is one of a backend."""
        return (self.is_there(label) and self.service_of(self.row(label))
                .backend == service.backend)

    def start(self, service):
        """Start a process; whether it serves then."""
        with self._dying(service):
            return service.start()

    def report(self, service):
        with self._dying(service):
            try:
                service.report()
            except Exception as error:
                self.problem('the report of %s was lost: %s', service.host,
                             error)

    @contextlib.contextmanager
    def _dying(self, service):
        try:
            yield
        except interruptions.Killed:
            service.process.die()

    def restart_dead(self):
        for service in self.stage.services:
            if not service.is_up:
                self.start(service)

    @contextlib.contextmanager
    def switching(self, labels, target):
        """Who serves these volumes may change meanwhile.

        What an asynchronous target did not have yet is lost then, and
        nothing else; a way home loses nothing.
        """
        self.before_switch = switches.Before.of(self, labels, target)
        self._switch = (self._places(labels), {
            label: self._old_attachments(label) for label in labels},
            target == HOME)
        yield

    def see_switch(self):
        """Look at what a switch did, once processes run again."""
        if self._switch is None:
            return
        (before, attachments, is_home), self._switch = self._switch, None
        self.is_switching = self._is_half_way()
        if self.is_switching:
            self.left_behind = list(self.attachments)
            return
        self.left_behind = []
        for label in before:
            if self.is_there(label) and self._places([label]) != {
                    label: before[label]}:
                for attachment in attachments[label]:
                    attachment.is_old = True
                self._switched(label, is_home)
        switches.ended(self, self.before_switch)

    def _is_half_way(self):
        return any(row.replication_status in (
            'failing-over', 'error', 'failover-error')
            or row.cluster and (row.cluster.active_backend_id or '') != (
                row.active_backend_id or '')
            for row in (service.row for service in self.stage.pure))

    def _places(self, labels):
        """Who serves them, as far as rows tell it."""
        return {label: (self.active,) + self._group_place(label)
                for label in labels}

    def _group_place(self, label):
        if not self.is_there(label):
            return ()
        row = self.row(label)
        return (row.group and row.group.replication_status,
                row.replication_driver_data)

    def _old_attachments(self, label):
        """Those that a switch to another array ends."""
        row = self.row(label)
        is_in_pod = '::' in (row.provider_id or '')
        return [each for each in self.attachments
                if each.volume == label and not is_in_pod]

    def _switched(self, label, is_home):
        row, account = self.row(label), self.book.volumes[label]
        if 'error' in row.status:
            return
        try:
            paths = self.probe(row)
        except Exception as error:
            if self.is_calm:
                self.problem('%s cannot be attached after the switch: %s',
                             label, error)
            return
        for content in map(self.content, paths):
            if account.is_admissible(content):
                continue
            if is_home or not account.returned_to(content, self.active):
                self.problem('%s lost acknowledged data in the switch', label)
            for attachment in self.attachments:
                if attachment.volume == label:
                    attachment.is_old = True

    def mend(self):
        """Everything that broke; what was interrupted is done again."""
        for array in self.fleet.arrays.values():
            array.faults.clear()
            array.start()
        self.troubled.clear()
        self.fleet.pass_time(MENDING_S)
        self.restart_dead()
        for service in self.stage.services:
            self.cloud.bus.hear(service.process)

    # Contents

    def content(self, path):
        return self.fleet.content(path.array, path.volume.name)

    def paths(self, attachment):
        return self.stage.machines[attachment.machine].paths(attachment.told)

    def write(self, label, path):
        account = self.book.volumes.get(label)
        if account is None:
            raise NotApplicable('%s has no content' % label)
        self.check_paths(label, account, [path])
        self.writer.write(path)
        account.wrote(self.content(path))

    def took_away(self, row):
        """A machine has removed its device.

        :param row: objects.VolumeAttachment
        """
        self.detached += [
            Detached(each, row.volume.name_id, self.step_count)
            for each in self.attachments if each.id == row.id]
        self.attachments = [each for each in self.attachments
                            if each.id != row.id]

    def write_over(self, attachment):
        """:raises NotApplicable: no path works"""
        paths = not attachment.is_old and self.paths(attachment)
        if not paths:
            raise NotApplicable('no path')
        self.write(attachment.volume, paths[0])

    def check_paths(self, what, account, paths):
        for path in paths:
            if not account.is_admissible(self.content(path)):
                self.problem('%s shows other data over %s', what,
                             self.fleet.site(path.array))

    def label_of(self, row_id):
        """:raises NotApplicable: the row has none"""
        for label, (_class, each) in self.rows.items():
            if each == row_id:
                return label
        raise NotApplicable('no label')

    def told_to_delete(self, label):
        """From now on nobody is promised that it holds anything."""
        self.book.volumes.pop(label, None)
        self.book.snapshots.pop(label, None)
        self.book.deleted.add(self.rows[label][1])

    # What is not Cinder's

    def foreign_volume(self, label):
        """:returns: book.Foreign on the first array"""
        try:
            foreign = self.book.foreign[label]
        except KeyError:
            raise NotApplicable('there is no %s' % label) from None
        row = self.find(foreign)
        if row is None or foreign.site != 'site1':
            raise NotApplicable('%s is not there' % label)
        return foreign

    def find(self, foreign):
        return next((row for row in self.fleet.arrays[
            foreign.site].model.db.volumes.select('state', ('volume', 'live'))
            if row.serial == foreign.serial), None)

    def released(self, label, serial, account):
        """A volume that was Cinder's stays where it is, as it is."""
        for site, array in self.fleet.arrays.items():
            for row in array.model.db.volumes.select(
                    'state', ('volume', 'live')):
                if row.serial == serial:
                    self.book.foreign['was ' + label] = books.Foreign(
                        site, serial, account.admissible[0], row.name)
                    if self.is_calm and not row.name.endswith(UNMANAGED):
                        self.problem('%s was given up and is still %s',
                                     label, row.name)
        if label in self.originals:
            self.book.foreign['original of ' + label] = (
                self.originals.pop(label))

    def probe(self, volume):
        """What a machine finds that is given the volume now.

        :returns: list of machines.Path
        """
        connector = self.stage.node.connector
        rpc = self.cloud.volumes.volume_rpcapi
        told = rpc.initialize_connection(ADMIN, volume, connector)
        try:
            return self.stage.node.paths({
                **told['data'],
                'driver_volume_type': told['driver_volume_type']})
        finally:
            rpc.terminate_connection(ADMIN, volume, connector)

    def problem(self, text, *args):
        self.problems.append(text % args if args else text)

    def left(self, site, name):
        """Something is left of which the operator was not told."""
        if not any(name in line for line in self.log.leftovers):
            self.problem('left on %s: %s', site, name)
