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
"""REST sessions: a cookie stands for a user until it idles out."""

import collections
import dataclasses
import datetime
import secrets
import threading

COOKIE_NAME = 'session'   # MEM; clients take any name
IDLE_LIMIT = datetime.timedelta(minutes=30)


@dataclasses.dataclass(frozen=True)
class Session:
    """One login; its cookie stays the same for life."""
    cookie: str = dataclasses.field(repr=False)
    user: str


class Sessions:
    """The sessions of one array.

    They live in memory: an array that restarts has forgotten them.

    :param clock: has now(); the idle limit runs on it
    """

    def __init__(self, clock):
        self._clock = clock
        self._lock = threading.Lock()
        # cookie -> (session, last use), the longest unused first
        self._sessions: collections.OrderedDict = collections.OrderedDict()

    def __len__(self) -> int:
        with self._lock:
            self._drop_idle()
            return len(self._sessions)

    def open(self, user: str) -> Session:
        session = Session(secrets.token_hex(16), user)
        with self._lock:
            self._drop_idle()
            self._sessions[session.cookie] = (session, self._clock.now())
        return session

    def touch(self, cookie: str | None) -> Session | None:
        """The live session of a cookie, its idle time starting anew."""
        with self._lock:
            self._drop_idle()
            if cookie not in self._sessions:
                return None
            session, _ = self._sessions[cookie]
            self._sessions[cookie] = (session, self._clock.now())
            self._sessions.move_to_end(cookie)
            return session

    def close(self, session: Session) -> None:
        with self._lock:
            self._sessions.pop(session.cookie, None)

    def expire_all(self) -> None:
        with self._lock:
            self._sessions.clear()

    def _drop_idle(self) -> None:
        oldest = self._clock.now() - IDLE_LIMIT
        while self._sessions:
            cookie, (_, last_use) = next(iter(self._sessions.items()))
            if last_use >= oldest:
                return
            del self._sessions[cookie]
