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
"""One disaster met by one kind of replication, from the quiet to the quiet.

A rehearsal prepares volumes, lets the disaster happen, tries every
operation, fails over, tries them again, puts things right, fails back, tries
them once more, and looks for what was left. It judges nothing: it tells what
came out, as short texts without anything that differs from run to run.
"""

import re

from cinder import exception

from tests.scenarios import cells as names
from tests.scenarios import compute
from tests.scenarios import disasters
from tests.scenarios import fleet as fleets
from tests.scenarios import ledger as ledgers
from tests.scenarios import service as services

# Later than every eradication and the schedules' next runs.
LONG_S = 3 * fleets.DAY_S


class WrongResult(Exception):
    """The driver reported success, and it is not one."""


class Rehearsal:
    """A disaster, a kind of replication and a started service.

    :param disaster: disasters.Disaster
    :param fleet: fleet.Fleet
    :param service: service.VolumeService, started
    """

    def __init__(self, disaster, fleet, service):
        self.fleet = fleet
        self.service = service
        self._disaster = disaster
        self._kind = fleet.kind
        self._type = services.replicated_type(self._kind.replication)
        self._node = compute.ComputeNode(fleet)
        self._attached = {}
        self._ledger = ledgers.Ledger(fleet)
        self._volumes = {}
        self._is_mended = False

    def cells(self):
        """Play it; yields each Cell as soon as it is known."""
        self._prepare()
        if self._disaster.interrupt:
            self._disaster.interrupt(self)
            yield self._cell('failover', names.INTERRUPTED, self._fail_over)
        self._disaster.strike(self)
        yield from self._operate(names.DURING)
        yield self._cell('failover', names.DURING, self._fail_over)
        if not self._is_failed_over():
            self._mend()
            yield self._cell('failover', names.MENDED, self._fail_over)
        if self._is_failed_over():
            yield from self._operate(names.FAILED_OVER)
            self._stop_workloads()
            yield from self._return()
        self._mend()
        yield from self._operate(names.HOME)
        yield self._cell('clean-up', names.HOME, self._clean_up)

    def _return(self):
        if not self._is_mended:
            yield self._cell('failback', names.DURING, self._fail_back)
        if self._is_failed_over():
            self._mend()
            yield self._cell('failback', names.MENDED, self._fail_back)

    def _operate(self, phase):
        for operation, act in (
                ('I/O', self._check_io), ('create', self._create),
                ('attach', self._attach), ('detach', self._detach),
                ('delete', self._delete), ('snapshot', self._snapshot),
                ('stats', self._stats), ('restart', self._restart)):
            yield self._cell(operation, phase, act, phase)

    def _cell(self, operation, phase, act, *arguments):
        if self._disaster.restarts:
            self.service.start()
        with services.Complaints() as complaints:
            try:
                outcome = act(*arguments)
            except WrongResult as exc:
                outcome = 'claims success: %s' % exc
            except services.VolumeInError:
                outcome = 'refused, the volume is in error'
            # Whatever an operation fails with is its outcome.
            except Exception as exc:
                outcome = self._refusal(exc)
            else:
                outcome = outcome or self._told(complaints)
        return names.Cell(self._disaster.name, self._kind.name, operation,
                          phase, outcome)

    # Before

    def _prepare(self):
        for purpose in ('I/O', *(
                (operation, phase)
                for operation in ('attach', 'detach', 'delete')
                for phase in (names.DURING, names.FAILED_OVER, names.HOME))):
            volume = self.service.create(self._type)
            self._volumes[purpose] = volume
            self._write(volume, self.fleet.primary)
            if purpose == 'I/O' or purpose[0] == 'detach':
                self._connect(volume)
        self.fleet.replicate()
        self._ledger.note_replication()
        self._write(self._volumes['I/O'], self.fleet.primary)

    def _write(self, volume, array):
        self._node.write(array, volume.provider_id)
        self._ledger.note(volume, array)

    # Attachments

    def _connect(self, volume):
        attachment_id, connection = self.service.attach(
            volume, self._node.connector)
        self._attached[volume.id] = volume, attachment_id, connection

    def _disconnect(self, volume):
        _volume, attachment_id, _connection = self._attached[volume.id]
        self.service.detach(volume, attachment_id)
        del self._attached[volume.id]

    def _io(self, volume):
        """Use an attached volume through whatever path works.

        :returns: texts: which arrays show its data, which show other data
        """
        volume = self.service.reload(volume)
        good, stale = [], []
        for array, name in self._node.reachable(
                self._attached[volume.id][2]).items():
            is_good = self._ledger.is_right(volume, array, name)
            (good if is_good else stale).append(array)
        for array in good[:1]:
            self._write(volume, array)
        return self._roles(good), self._roles(stale)

    # Operations; each returns its outcome

    def _check_io(self, phase):
        volume = self._volumes['I/O']
        if volume.id in self._attached:
            through, stale = self._io(volume)
            if through:
                return 'goes on over %s' % through
            if phase == names.DURING:
                return 'stops'
            self._disconnect(volume)
        self._connect(volume)
        return 'goes on over %s when attached again' % self._use(volume)

    def _use(self, volume):
        """Use a volume that was attached just now; tells over which arrays.

        :raises WrongResult: it cannot be used as it should
        """
        through, stale = self._io(volume)
        if stale:
            raise WrongResult('wrong data on %s' % stale)
        if not through:
            raise WrongResult('no path works')
        return through

    def _create(self, phase):
        volume = self.service.create(self._type)
        self._volumes['create', phase] = volume
        serving = [array for array in self.fleet.arrays.values()
                   if self.fleet.serves(array, volume.provider_id)]
        if not serving:
            raise WrongResult('the volume is nowhere')
        self._write(volume, serving[0])
        return 'works on %s' % self._roles(serving)

    def _attach(self, phase):
        volume = self._volumes['attach', phase]
        self._connect(volume)
        return 'works over %s' % self._use(volume)

    def _detach(self, phase):
        volume = self._volumes['detach', phase]
        self._disconnect(volume)
        left = self._node.connected(volume.provider_id)
        if left:
            return 'works, %s to be cleaned' % self._roles(left)
        return 'works'

    def _delete(self, phase):
        volume = self._volumes['delete', phase]
        self.service.delete(volume)
        del self._volumes['delete', phase]
        left = [array for array in self.fleet.arrays.values()
                if self.fleet.is_live(array, volume.provider_id)]
        if any(array.is_online for array in left if self.fleet.serves(
                array, volume.provider_id)):
            return 'works, %s to be cleaned' % self._roles(left)
        return 'works'

    def _snapshot(self, phase):
        volume = self._volumes['I/O']
        snapshot = self.service.snapshot(volume)
        name = '%s.%s' % (volume.provider_id, snapshot.name)
        having = [array for array in self.fleet.arrays.values()
                  if array.is_online
                  and self._ledger.is_right(volume, array, name)]
        if not having:
            raise WrongResult('no snapshot has the data')
        return 'works on %s' % self._roles(having)

    def _stats(self, phase):
        return 'says %s' % self.service.stats().get('backend_state', 'up')

    def _restart(self, phase):
        if not self.service.start():
            return None
        return 'starts'

    def _fail_over(self):
        return self._switch(None)

    def _fail_back(self):
        return self._switch(services.FAILBACK)

    def _switch(self, target):
        """Change who serves; tells who does now, and with which data.

        :returns: None if the same array as before serves
        """
        before = self.service.row.active_backend_id
        volumes = self._usable(self._volumes.values())
        self.service.fail_over(target)
        serving_id = self.service.row.active_backend_id
        if serving_id == before:
            return None
        serving = self.fleet.arrays.get(serving_id, self.fleet.primary)
        return 'works on %s, %s' % (
            self._role(serving), self._take_stock(volumes, serving))

    def _take_stock(self, volumes, array):
        """Which data there is; what follows is measured against it.

        :param volumes: those that were usable before
        :raises WrongResult: one that is usable still has lost its data
        """
        usable = {volume.id for volume in self._usable(volumes)}
        served, unserved = set(), set()
        for volume in volumes:
            state = self._ledger.state(volume, array)
            (served if volume.id in usable else unserved).add(state)
            self._ledger.note(volume, array)
        if ledgers.LOST in served:
            raise WrongResult('data is lost on %s' % self._role(array))
        texts = [ledgers.worst(served)] if served else []
        texts += (['in error: %s' % ledgers.worst(unserved)]
                  if unserved else [])
        return '; '.join(texts)

    def _usable(self, volumes):
        return [fresh for fresh in map(self.service.reload, volumes)
                if 'error' not in fresh.status]

    # After

    def _is_failed_over(self):
        return bool(self.service.row.active_backend_id)

    def _mend(self):
        if not self._is_mended:
            self._disaster.heal(self)
            self._is_mended = True
            self._attempt(self.service.stats)
            self.fleet.replicate()
            self._ledger.note_replication()

    def _stop_workloads(self):
        """Detach what was attached since, before the way back."""
        for phase in (names.DURING, names.FAILED_OVER):
            for operation in ('attach', 'detach'):
                volume = self._volumes[operation, phase]
                if volume.id in self._attached:
                    self._attempt(self._disconnect, volume)

    def _clean_up(self):
        for volume, _attachment_id, _connection in list(
                self._attached.values()):
            self._attempt(self._disconnect, volume)
        for snapshot in self.service.snapshots():
            self._attempt(self.service.delete_snapshot, snapshot)
        for volume in self.service.volumes():
            self._attempt(self.service.delete, volume)
        self._attempt(self.service.stats)
        self.fleet.pass_time(LONG_S)
        left = self.fleet.left()
        return 'left: %s' % left if left else 'nothing is left'

    @staticmethod
    def _attempt(act, *arguments):
        """Do it if it can be done; what it leaves is found at the end."""
        try:
            act(*arguments)
        except Exception:
            return False
        return True

    # Texts

    def _refusal(self, error):
        """What an operator is told by an error."""
        if type(error) is exception.VolumeBackendAPIException:
            # The manager's envelope.
            error = error.__context__ or error
        return self._reason(
            str(error), isinstance(error, exception.CinderException),
            type(error).__name__)

    def _told(self, complaints):
        """The same of what the service only logs."""
        error = complaints.error
        if error is None:
            return 'fails without a word'
        return self._refusal(error)

    def _reason(self, text, is_typed, type_name):
        named = [array for array in self.fleet.arrays.values()
                 if re.search(r'\b(%s|%d)\b' % (array.name, array.port), text)]
        verb = 'refused' if is_typed else 'fails (%s)' % type_name
        if named:
            return '%s, names %s' % (verb, self._roles(named))
        return '%s, names no array' % verb

    def _roles(self, arrays):
        return ' and '.join(fleets.ROLES[site] for site in sorted(
            array.name for array in arrays))

    def _role(self, array):
        return fleets.ROLES[array.name]


def play(disaster_name, kind_name, backend, directory):
    """Rehearse on arrays and a Cinder of its own; yields Cells.

    :param backend: backends.Backend
    :param directory: pathlib.Path for Cinder's files
    """
    kind = fleets.KINDS[kind_name]
    with fleets.running(kind) as fleet, backend.waiting_on_clock(fleet), \
            services.cinder(directory, backend.section(fleet)):
        service = services.VolumeService()
        with services.Complaints() as complaints:
            if not service.start():
                raise RuntimeError('the service does not start: %s'
                                   % complaints.text)
        rehearsal = Rehearsal(
            disasters.DISASTERS[disaster_name], fleet, service)
        yield from rehearsal.cells()
