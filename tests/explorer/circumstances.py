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
"""What happens while an operation is under way, by a text that names it.

``kill N``           the node dies before its request N to an array
``commit N``         the node dies before its commit N to the database
``lost SITE N``      the answer to an array's request N is lost
``away SITE N``      the array is away from its request N on, until mended
``database N``       the driver's statement N to the database fails
``zoning``           the next zones cannot be made
``unzoning``         the next zones cannot be removed
"""

import contextlib

from cinder import exception

from flasharray_sim import faults
from tests.explorer import world as worlds
from tests import fabric
from tests import interruptions


@contextlib.contextmanager
def of(text, world):
    """:returns: context manager of a function: did the node die?"""
    kind, *arguments = text.split() or ['quiet']
    with _KINDS[kind](world, *arguments) as is_dead:
        yield is_dead or (lambda: False)


@contextlib.contextmanager
def _kill(world, number):
    with interruptions.killed_before_request(int(number)) as fatal:
        yield lambda: bool(fatal)


@contextlib.contextmanager
def _commit(world, number):
    """It dies only while a driver's process is at work."""
    left, fatal = [int(number)], []

    def before_commit(connection):
        if world.cloud.bus.depth:
            left[0] -= 1
            if left[0] < 0:
                fatal.append(True)
                # What a database does when its client is gone.
                connection.connection.driver_connection.rollback()
                raise interruptions.Killed()

    with interruptions.listening('commit', before_commit), (
            contextlib.suppress(interruptions.Killed)):
        yield lambda: bool(fatal)


@contextlib.contextmanager
def _database(world, number):
    with interruptions.failing_statement(int(number)):
        yield None


@contextlib.contextmanager
def _lost(world, site, number):
    with _fault(world, site, faults.Fault(
            'reset_after', skip=int(number), count=1)) as (array, fault):
        yield None
        array.faults.remove(fault)


@contextlib.contextmanager
def _away(world, site, number):
    with _fault(world, site, faults.Fault(
            'reset_before', skip=int(number))) as (array, fault):
        try:
            yield None
        finally:
            if fault.hits:
                world.troubled.add('away')
            else:
                array.faults.remove(fault)


@contextlib.contextmanager
def _fault(world, site, fault):
    array = world.fleet.arrays.get(site)
    if array is None:
        raise worlds.NotApplicable('there is no %s' % site)
    yield array, array.faults.add(fault)


@contextlib.contextmanager
def _zoning(world, failures=fabric.FAILURES):
    failures.append(exception.ZoneManagerException(reason='no switch'))
    try:
        yield None
    finally:
        failures.clear()


def _unzoning(world):
    return _zoning(world, fabric.REMOVAL_FAILURES)


@contextlib.contextmanager
def _quiet(world):
    yield None


_KINDS = {'kill': _kill, 'commit': _commit, 'lost': _lost, 'away': _away,
          'database': _database, 'zoning': _zoning, 'unzoning': _unzoning,
          'quiet': _quiet}
