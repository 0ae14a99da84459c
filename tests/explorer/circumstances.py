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
``garbled SITE N``   the answer to an array's request N cannot be read
``refused SITE N``   the array refuses request N
``away SITE N``      the array is away from its request N on, until mended
``gone SITE N``      the same, after it did what request N asks for
``writing``          machines go on writing, also while the driver waits
``database N``       the driver's statement N to the database fails
``zoning``           the next zones cannot be made
``unzoning``         the next zones cannot be removed
"""

import contextlib
from unittest import mock

from cinder import exception

from flasharray_sim import faults
from pure_cinder.array import https
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


def _lost(world, site, number):
    return _fault(world, site, faults.Fault(
        'reset_after', skip=int(number), count=1))


def _refused(world, site, number):
    return _fault(world, site, faults.Fault(
        'status', status=400, text='Not now.', skip=int(number), count=1))


@contextlib.contextmanager
def _garbled(world, site, number):
    """Something between answers in its place, after it took effect."""
    left, send, array = [int(number)], https.Adapter.send, _array(world, site)

    def garbling(self, request, **kwargs):
        response = send(self, request, **kwargs)
        if '//%s/' % array.address in request.url:
            left[0] -= 1
            if left[0] == -1 and response.content:
                response._content = b'<html>Sign in</html>'
        return response

    with mock.patch.object(https.Adapter, 'send', garbling):
        yield None


def _away(world, site, number):
    return _fault(world, site, faults.Fault('reset_before',
                                            skip=int(number)))


@contextlib.contextmanager
def _gone(world, site, number):
    with _lost(world, site, number), _away(world, site, int(number) + 1):
        yield None


@contextlib.contextmanager
def _writing(world):
    """At the beginning, and at each pause."""
    def write():
        for attachment in world.attachments:
            with contextlib.suppress(worlds.NotApplicable):
                world.write_over(attachment)

    write()
    with world.fleet.at_pauses(write):
        yield None


@contextlib.contextmanager
def _fault(world, site, fault):
    """A fault without a count stays once it was met, until it is mended."""
    array = _array(world, site)
    array.faults.add(fault)
    try:
        yield None
    finally:
        if fault.count is None and fault.hits:
            world.troubled.add('away')
        elif fault in array.faults:
            array.faults.remove(fault)


def _array(world, site):
    try:
        return world.fleet.arrays[site]
    except KeyError:
        raise worlds.NotApplicable('there is no %s' % site) from None


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
          'garbled': _garbled, 'refused': _refused, 'gone': _gone,
          'database': _database, 'zoning': _zoning, 'unzoning': _unzoning,
          'writing': _writing, 'quiet': _quiet}
