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
"""A process that is killed while it is at work on arrays."""

import contextlib
import itertools
import sys
import threading
from unittest import mock

from cinder.db import api as db_api
import sqlalchemy
from sqlalchemy import exc as sql_errors

from pure_cinder.array import session


class Killed(BaseException):
    """The process is gone; nobody handles that."""


def killed_before_write(number):
    """The process dies when it is about to change something.

    :param number: before which of its writes, from 0 on; none if it makes
        fewer
    :returns: context manager of a list, which holds the write if it came to
        that
    """
    return _killed_before(number, _is_write)


def killed_before_request(number):
    """The same before any request, which reads or writes or logs in."""
    return _killed_before(number, lambda method, path: True)


@contextlib.contextmanager
def _killed_before(number, is_occasion):
    lock, occasions, fatal = threading.Lock(), itertools.count(), []
    send = session.ArraySession._send

    def dying(self, method, path, *rest):
        with lock:
            if is_occasion(method, path) and next(occasions) == number:
                fatal.append('%s %s' % (method, path))
            if fatal:
                raise Killed()
        return send(self, method, path, *rest)

    with mock.patch.object(session.ArraySession, '_send', dying):
        with contextlib.suppress(Killed):
            yield fatal


def _is_write(method, path):
    return method != 'GET' and not path.startswith('auth/')


@contextlib.contextmanager
def failing_statement(number):
    """One of the driver's statements to Cinder's database fails.

    :param number: which one, from 0 on; none if it makes fewer
    :returns: context manager of a list, which holds the statement if it came
        to that
    """
    numbers, failed = itertools.count(), []

    def before_execute(_connection, _cursor, statement, *_rest):
        if _is_driver_asking() and next(numbers) == number:
            failed.append(statement)
            raise sql_errors.OperationalError(
                statement, {}, RuntimeError('the database is away'))

    with listening('before_cursor_execute', before_execute):
        yield failed


@contextlib.contextmanager
def listening(event, listener):
    """Tell a listener of events of Cinder's database engine."""
    engine = db_api.get_engine()
    sqlalchemy.event.listen(engine, event, listener)
    try:
        yield
    finally:
        sqlalchemy.event.remove(engine, event, listener)


def _is_driver_asking():
    frame = sys._getframe()
    while frame:
        if frame.f_globals.get('__name__', '').startswith('pure_cinder.'):
            return True
        frame = frame.f_back
    return False
