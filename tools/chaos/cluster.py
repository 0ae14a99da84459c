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
"""One of two cinder-volume is killed in the midst of work; the other goes on.

What changes something on an array is made to wait there, each kind of work is
begun, and the process that has most of it is killed. That is repeated with
those that the other one had.
"""

from concurrent import futures
import contextlib
import dataclasses
import threading
import time

from oslo_utils import uuidutils

from tools.chaos import cleaning
from tools.chaos import load
from tools.chaos import run
from tools.chaos import settings
from tools.chaos import works
from tools.demo import console
from tools.demo import stack as demo

DELAY_S = 20
# Long enough that all of it has reached the array, and less than that.
BEGUN_S = 10
CHANGES = [(method, path) for method in ('POST', 'PUT', 'DELETE')
           for path in ('volume*', 'host*', 'pgroup*', 'pod*')]
# A migration within an array only asks for the volume.
MIGRATION = 'GET', 'volume/volume-%s-cinder'
FAILOVER = [('*', 'pod*'), ('*', 'volume*')]
LIMIT_S = 240
MAX_ROUNDS = 10
FAILED_OVER, ENABLED = 'failed-over', 'enabled'
FAILED_BACK = 'default'
PARTS = ('work', 'failover')


@dataclasses.dataclass(kw_only=True)
class Result(run.Aftermath):
    """What came of it, too.

    :ivar killed: list of dicts: ``work``, ``node``, status ``after`` the kill
        and after the other one's ``clean_up``
    :ivar failovers: list of texts
    """

    killed: list = dataclasses.field(default_factory=list)
    failovers: list = dataclasses.field(default_factory=list)


class Rehearsal:
    """:ivar result: Result"""

    def __init__(self, stack, printer):
        self.result = Result()
        self._stack = stack
        self._printer = printer
        self._cinder = stack.cinder()
        self._settler = load.Settler(threading.Event(), LIMIT_S)
        self._scene = works.Scene(self._cinder, self._settler)

    def play(self, parts=PARTS):
        """:returns: Result"""
        if 'work' in parts:
            self._kill_in_each()
            run.look(self._stack, self._printer, self.result)
        if 'failover' in parts:
            for backend in settings.BACKENDS:
                self._fail_over_and_back(backend)
            run.look(self._stack, self._printer, self.result)
        return self.result

    def _kill_in_each(self):
        self._cinder.volume_types.create(works.ANYWHERE)
        pending = dict(works.WORKS)
        for number in range(MAX_ROUNDS):
            if not pending:
                break
            self._printer.say('round %d: %s' % (
                number + 1, ', '.join(pending)))
            for name in self._kill_in(pending):
                del pending[name]
        self.result.shortfalls += [
            'not killed in the midst of: ' + name for name in pending]

    def _kill_in(self, pending):
        """Begin work of these kinds, and kill who has most of it.

        :returns: names of the kinds in the midst of which it was killed
        """
        prepared = {name: work.prepare(self._scene)
                    for name, work in pending.items()}
        marks = {name: 'req-' + uuidutils.generate_uuid() for name in pending}
        delayed = list(CHANGES)
        if 'migrate' in pending:
            method, path = MIGRATION
            delayed.append((method, path % prepared['migrate']))
        with self._delayed('pure01', delayed):
            pool = futures.ThreadPoolExecutor(len(pending))
            begun = {name: pool.submit(
                work.begin, self._stack.cinder(marks[name]), prepared[name])
                for name, work in pending.items()}
            time.sleep(BEGUN_S)
            at_work = self._at_work(marks)
            if not at_work:
                return []
            node = max(settings.NODES, key=list(at_work.values()).count)
            killed = [name for name in at_work if at_work[name] == node]
            pids = self._stack.kill(node)
        pool.shutdown()
        rows = {name: works.row_of(pending[name], prepared[name],
                                   _returned(begun[name]))
                for name in killed}
        after = self._statuses(rows)
        killed = [name for name in killed if rows[name] and
                  works.is_unfinished(rows[name], after[name])]
        self._printer.say('SIGKILL %s (%s) in the midst of %s' % (
            node, ', '.join(map(str, pids)), ', '.join(killed) or 'nothing'))
        self._have_cleaned(node)
        cleaned = self._statuses(rows)
        self.result.killed += [
            {'work': name, 'node': node, 'after': after[name],
             'clean_up': cleaned[name]} for name in killed]
        self._stack.start(node)
        self._stack.wait_for_services()
        return killed

    def _have_cleaned(self, node):
        """Have the other one take over what a service was at."""
        services = {'%s@%s' % (node, backend.name)
                    for backend in settings.BACKENDS}

        def are_down():
            found = self._cinder.services.list(binary='cinder-volume')
            return services <= {service.host for service in found
                                if service.state == 'down'} or None
        self._printer.wait_for('%s to be down' % node, are_down, LIMIT_S)
        for backend in settings.BACKENDS:
            cleaning_up, _unavailable = self._cinder.workers.clean(
                cluster_name=settings.cluster_of(backend))
            if '%s@%s' % (node, backend.name) not in {
                    service.host for service in cleaning_up}:
                self.result.shortfalls.append(
                    'nobody cleans up for %s of %s' % (node, backend.name))
        ids = ','.join(self._stack.ask_database(
            "SELECT id FROM services WHERE deleted = 0 AND host LIKE "
            "'%s@%%'" % node).split())
        self._printer.wait_for(
            'the clean-up', lambda: not self._stack.ask_database(
                'SELECT id FROM workers WHERE deleted = 0 AND service_id '
                'IN (%s)' % ids).split() or None, LIMIT_S)
        cleaning.Operator(
            self._cinder, self._printer.say).wait_until_quiet()

    def _fail_over_and_back(self, backend):
        kind = backend.name.removeprefix('pure-')
        volumes = [self._scene.volume(kind) for _number in range(2)]
        # What is replicated by snapshots arrives.
        self._stack.control().advance(demo.INTERVAL_S + 1)
        run.wait_for_reports(self._printer)
        target = self._stack.ready['arrays'][backend.target]['name']
        self._interrupt_failover(backend, target)
        self._fail_over(backend, target, FAILED_OVER, target)
        self._see_served(volumes)
        self._fail_over(backend, FAILED_BACK, ENABLED, '')
        self._see_served(volumes)

    def _interrupt_failover(self, backend, target):
        mark = 'req-' + uuidutils.generate_uuid()
        with self._delayed(target, FAILOVER):
            self._ask_to_fail_over(self._stack.cinder(mark), backend, target)
            time.sleep(BEGUN_S)
            node = self._at_work({'failover': mark}).get('failover')
            if node is None or self._replication_of(backend)[0] == FAILED_OVER:
                self.result.shortfalls.append(
                    'nobody was killed in the failover of ' + backend.name)
                return
            self._stack.kill(node)
        self._tell('%s: SIGKILL %s in the midst of its failover' % (
            backend.name, node))
        self._stack.start(node)
        # A heartbeat from before the kill still counts for a while.
        self._printer.wait_for(
            '%s to call itself %s' % (backend.name, ENABLED),
            lambda: self._stack.ask_database(
                "SELECT replication_status FROM clusters WHERE deleted = 0 "
                "AND name = '%s'" % settings.cluster_of(backend)).strip()
            == ENABLED or None, LIMIT_S)
        self._stack.wait_for_services()

    def _fail_over(self, backend, target, status, active):
        self._ask_to_fail_over(self._cinder, backend, target)
        try:
            self._printer.wait_for(
                '%s to be %s' % (backend.name, status),
                lambda: self._replication_of(backend) == (status, active)
                or None, LIMIT_S)
        except console.DemoFailure as exc:
            self.result.shortfalls.append(str(exc))
        self._tell('%s: %s, active: %s' % (
            backend.name, *self._replication_of(backend)))

    def _ask_to_fail_over(self, cinder, backend, target):
        cinder.services.api.client.put('/os-services/failover_host', body={
            'cluster': settings.cluster_of(backend), 'backend_id': target})

    def _replication_of(self, backend):
        """:returns: replication status and active array, of all services"""
        rows = set(self._stack.ask_database(
            "SELECT replication_status, IFNULL(active_backend_id, '') FROM "
            "services WHERE deleted = 0 AND cluster_name = '%s'"
            % settings.cluster_of(backend)).splitlines())
        if len(rows) != 1:
            return 'not of one mind', ''
        status, active = rows.pop().split('\t')
        return status, active

    def _see_served(self, volumes):
        """Volumes are there, and both processes serve them."""
        for volume in volumes:
            status = works.status_of(self._cinder,
                                     works.Row('volumes', volume))
            if status != 'available':
                self.result.shortfalls.append('volume %s: %s' % (
                    volume, status))
                continue
            for number in range(2 * len(settings.NODES)):
                made = self._cinder.attachments.create(
                    volume, load.connector_of(number))
                self._cinder.attachments.delete(made['id'])

    @contextlib.contextmanager
    def _delayed(self, array, requests):
        """:param requests: list of pairs of method and path"""
        control = self._stack.control()
        for method, path in requests:
            control.delay(array, method, path, DELAY_S)
        try:
            yield
        finally:
            control.mend(array)

    def _at_work(self, marks):
        """Which process has the requests, by its log.

        :param marks: dict of kind of work to the id of its request
        :returns: dict of the same to name of a process
        """
        logs = {node: self._stack.layout.log(node).read_text(errors='replace')
                for node in settings.NODES}
        return {name: node for name, mark in marks.items()
                for node, log in logs.items() if mark in log}

    def _statuses(self, rows):
        return {name: works.status_of(self._cinder, row) if row
                else 'not made' for name, row in rows.items()}

    def _tell(self, text):
        self.result.failovers.append(text)
        self._printer.say(text)


def _returned(future):
    """What was made; None if the API has refused, as its call was lost."""
    try:
        return future.result()
    except load.REFUSALS:
        return None
