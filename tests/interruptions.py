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
"""A process that is killed while it is at work on an array."""

import itertools

import pytest

from pure_cinder.array import session


class Killed(BaseException):
    """Nothing in the process handles it."""


@pytest.fixture
def kill_after(monkeypatch):
    """``kill_after(count)``: the next request but ``count`` is the last."""
    send = session.ArraySession._send

    def arm(count):
        sent = itertools.count()

        def send_until_killed(*args):
            if next(sent) >= count:
                raise Killed()
            return send(*args)
        monkeypatch.setattr(session.ArraySession, '_send', send_until_killed)

    yield arm
    monkeypatch.undo()
