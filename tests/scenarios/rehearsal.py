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
from tests.scenarios import disasters
from tests.scenarios import fleet as fleets
from tests.scenarios import service as services
from tests.scenarios import workload as workloads

# Between two operations.
PAUSE_S = 10
# Later than every eradication and the schedules' next runs.
LONG_S = 3 * 86400


class Rehearsal:
    """A disaster, a kind of replication and a started service.

    :param disaster: disasters.Disaster
    :param fleet: fleet.Fleet
    :param service: service.VolumeService, started
    """

    def __init__(self, disaster, fleet, service):
        self._disaster = disaster
        self._fleet = fleet
        self._service = service
        self._workload = workloads.Workload(fleet, service)
        self._is_mended = False

    def cells(self):
        """Play it; yields each Cell as soon as it is known."""
        self._workload.prepare()
        if self._disaster.prepare:
            self._disaster.prepare(self._fleet)
            yield self._cell('failover', names.INTERRUPTED, self._fail_over)
        self._disaster.strike(self._fleet)
        if not self._is_failed_over():
            yield from self._operate(names.DURING)
            yield self._cell('failover', names.DURING, self._fail_over)
        if not self._is_failed_over():
            self._mend()
            yield self._cell('failover', names.MENDED, self._fail_over)
        if self._is_failed_over():
            yield from self._operate(names.FAILED_OVER)
            self._workload.stop()
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
        for operation, act in self._workload.operations.items():
            yield self._cell(operation, phase, act, phase)
        yield self._cell('stats', phase, self._stats)
        yield self._cell('restart', phase, self._restart)

    def _cell(self, operation, phase, act, *arguments):
        self._fleet.pass_time(PAUSE_S)
        if self._disaster.restarts:
            self._service.start()
        return names.Cell(
            self._disaster.name, self._fleet.kind.name, operation, phase,
            self._outcome(act, *arguments))

    def _outcome(self, act, *arguments):
        """What an operation comes to, whatever that is."""
        with services.Complaints() as complaints:
            try:
                outcome = act(*arguments)
            except workloads.WrongResult as error:
                return 'claims success: %s' % error
            except services.VolumeInError:
                return 'refused, the volume is in error'
            except Exception as error:
                return self._refusal(error)
        if outcome:
            return outcome
        # The service does not raise it, but logs it.
        return (self._refusal(complaints.error) if complaints.error
                else 'fails without a word')

    def _refusal(self, error):
        """What an operator is told by an error."""
        if type(error) is exception.VolumeBackendAPIException:
            # The manager's envelope.
            error = error.__context__ or error
        named = [array for array in self._fleet.arrays.values() if re.search(
            r'\b(%s|%d)\b' % (array.name, array.port), str(error))]
        return '%s, names %s' % (
            'refused' if isinstance(error, exception.CinderException)
            else 'fails (%s)' % type(error).__name__,
            self._fleet.roles(named) if named else 'no array')

    # Operations of the service; those that it reports by its log only
    # return None when they did not work.

    def _stats(self):
        return 'says %s' % self._service.stats().get('backend_state', 'up')

    def _restart(self):
        return 'starts' if self._service.start() else None

    def _fail_over(self):
        return self._switch(None)

    def _fail_back(self):
        return self._switch(services.FAILBACK)

    def _switch(self, target):
        """Change who serves; tells who does now, and with which data."""
        before = self._service.active_backend_id
        usable = self._workload.usable()
        self._service.fail_over(target)
        if self._service.active_backend_id == before:
            return None
        array = self._fleet.active(self._service.active_backend_id)
        return 'works on %s, %s' % (
            self._fleet.roles([array]),
            self._workload.take_stock(usable, array))

    def _is_failed_over(self):
        return bool(self._service.active_backend_id)

    def _mend(self):
        """Put the disaster right, and let the driver have time for it."""
        if not self._is_mended:
            self._disaster.mend(self._fleet)
            self._is_mended = True
            workloads.attempt(self._service.stats)
            self._workload.replicate()

    def _clean_up(self):
        self._workload.remove()
        workloads.attempt(self._service.stats)
        self._fleet.pass_time(LONG_S)
        left = self._fleet.left()
        return 'left: %s' % left if left else 'nothing is left'


def play(disaster_name, kind_name, backend, directory):
    """Rehearse on arrays and a Cinder of its own; yields Cells.

    :param backend: backends.Backend
    :param directory: pathlib.Path for Cinder's files
    """
    kind = fleets.KINDS[kind_name]
    with fleets.running(kind) as fleet, backend.on_clock(fleet), \
            services.cinder(directory, backend.section(fleet)):
        service = services.VolumeService()
        with services.Complaints() as complaints:
            if not service.start():
                raise RuntimeError('the service does not start: %s'
                                   % complaints.error)
        yield from Rehearsal(disasters.DISASTERS[disaster_name], fleet,
                             service).cells()
