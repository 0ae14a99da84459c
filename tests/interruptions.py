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
import threading
from unittest import mock

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
