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
"""Volumes and what is done with them; each operation tells what came out."""

from tests.scenarios import cells as names
from tests.scenarios import compute
from tests.scenarios import ledger as ledgers
from tests.scenarios import service as services

PHASES = (names.DURING, names.FAILED_OVER, names.HOME)
USED = 'I/O'


class WrongResult(Exception):
    """The driver reported success, and it is not one."""


class Workload:
    """Volumes of one type, some of them used by a machine.

    :param fleet: fleet.Fleet
    :param service: service.VolumeService
    :ivar operations: {name: function of the phase that returns the outcome}
    """

    def __init__(self, fleet, service):
        self._fleet = fleet
        self._service = service
        self._type = services.replicated_type(fleet.kind.replication)
        self._node = compute.ComputeNode(fleet)
        self._ids = {}
        self._attached = {}
        self._ledger = ledgers.Ledger(fleet)
        self.operations = {
            USED: self._use_on, 'create': self._create,
            'attach': self._attach, 'detach': self._detach,
            'delete': self._delete, 'snapshot': self._snapshot}

    def prepare(self):
        """Make one volume for each operation in each phase, and use one.

        All are written to and replicated; the used one is written to again.
        """
        for purpose in (USED, *((operation, phase) for phase in PHASES
                                for operation in (
                                    'attach', 'detach', 'delete'))):
            volume = self._new(purpose)
            self._write(volume, self._fleet.primary)
            if purpose == USED or purpose[0] == 'detach':
                self._connect(volume)
        self.replicate()
        self._write(self._volume(USED), self._fleet.primary)

    def replicate(self):
        self._fleet.replicate()
        self._ledger.note_replication()

    def usable(self):
        """The volumes that are not in error, as the database has them."""
        volumes = map(self._service.reload, self._ids.values())
        return [volume for volume in volumes if 'error' not in volume.status]

    def take_stock(self, before, array):
        """Which data there is; what follows is measured against it.

        :param before: volumes that were usable before
        :returns: text
        :raises WrongResult: one that is usable still has lost its data
        """
        usable = {volume.id for volume in self.usable()}
        served, unserved = set(), set()
        for volume in map(self._service.reload, (
                volume.id for volume in before)):
            state = self._ledger.state(volume, array)
            (served if volume.id in usable else unserved).add(state)
            self._ledger.note(volume, array)
        if ledgers.LOST in served:
            raise WrongResult('data is lost on %s' % self._fleet.roles(
                [array]))
        texts = [ledgers.worst(served)] if served else []
        if unserved:
            texts.append('in error: %s' % ledgers.worst(unserved))
        return '; '.join(texts)

    def stop(self):
        """Detach what runs on another array, before the way back.

        The used volume stays attached, and so does one that nobody looked
        after.
        """
        for phase in (names.DURING, names.FAILED_OVER):
            for operation in ('attach', 'detach'):
                volume_id = self._ids[operation, phase]
                if volume_id in self._attached:
                    attempt(self._disconnect, self._service.reload(volume_id))

    def remove(self):
        """Detach and delete everything, as far as it can be done."""
        for volume_id in list(self._attached):
            attempt(self._disconnect, self._service.reload(volume_id))
        for snapshot in self._service.snapshots():
            attempt(self._service.delete_snapshot, snapshot)
        for volume in self._service.volumes():
            attempt(self._service.delete, volume)

    # Operations

    def _use_on(self, phase):
        """Go on with a volume that was attached before."""
        volume = self._volume(USED)
        if volume.id in self._attached:
            through, _stale = self._io(volume)
            if through:
                return 'goes on over %s' % through
            if phase == names.DURING:
                return 'stops'
            self._disconnect(volume)
        self._connect(volume)
        return 'goes on over %s when attached again' % self._use(volume)

    def _create(self, phase):
        volume = self._new(('create', phase))
        serving = self._serving(volume)
        if not serving:
            raise WrongResult('the volume is nowhere')
        self._write(volume, serving[0])
        return 'works on %s' % self._fleet.roles(serving)

    def _attach(self, phase):
        volume = self._volume(('attach', phase))
        self._connect(volume)
        return 'works over %s' % self._use(volume)

    def _detach(self, phase):
        volume = self._volume(('detach', phase))
        self._disconnect(volume)
        return self._cleaned(self._node.connected(volume))

    def _delete(self, phase):
        volume = self._volume(('delete', phase))
        self._service.delete(volume)
        del self._ids['delete', phase]
        return self._cleaned([
            array for array, name in self._fleet.copies(volume).items()
            if self._fleet.serves(array, name)])

    def _snapshot(self, phase):
        volume = self._volume(USED)
        snapshot = self._service.snapshot(volume)
        name = '%s.%s' % (volume.provider_id, snapshot.name)
        having = [array for array in self._serving(volume)
                  if self._ledger.is_right(volume, array, name)]
        if not having:
            raise WrongResult('no snapshot has the data')
        return 'works on %s' % self._fleet.roles(having)

    def _cleaned(self, left):
        return ('works, %s to be cleaned' % self._fleet.roles(left)
                if left else 'works')

    # Volumes

    def _new(self, purpose):
        volume = self._service.create(self._type)
        self._ids[purpose] = volume.id
        return volume

    def _volume(self, purpose):
        return self._service.reload(self._ids[purpose])

    def _serving(self, volume):
        """The arrays that have a volume, out of those that serve it now."""
        return [array for array in self._fleet.serving(
            self._service.active_backend_id, volume)
            if self._fleet.serves(array, volume.provider_id)]

    def _write(self, volume, array):
        self._node.write(array, volume.provider_id)
        self._ledger.note(volume, array)

    # Attachments

    def _connect(self, volume):
        self._attached[volume.id] = self._service.attach(
            volume, self._node.connector)

    def _disconnect(self, volume):
        attachment_id, _connection = self._attached[volume.id]
        self._service.detach(volume, attachment_id)
        del self._attached[volume.id]

    def _io(self, volume):
        """Use an attached volume through whatever path works.

        :returns: texts: which arrays show its data, which show other data
        """
        _attachment_id, connection = self._attached[volume.id]
        serving, good, stale = self._serving(volume), [], []
        for array, name in self._node.reachable(connection).items():
            is_good = array in serving and self._ledger.is_right(
                volume, array, name)
            (good if is_good else stale).append(array)
        for array in good[:1]:
            self._write(volume, array)
        return self._fleet.roles(good), self._fleet.roles(stale)

    def _use(self, volume):
        """Use a volume that was attached just now; tells over which arrays.

        :raises WrongResult: it cannot be used as it should
        """
        through, stale = self._io(self._service.reload(volume.id))
        if stale:
            raise WrongResult('wrong data on %s' % stale)
        if not through:
            raise WrongResult('no path works')
        return through


def attempt(act, *arguments):
    """Do it if it can be done; what is left then is found at the end."""
    try:
        act(*arguments)
    except Exception:
        return False
    return True
