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
"""The arrays' idea of what time it is."""

import datetime
import json
import os
import threading

from flasharray_sim.state import keeping


class Clock:
    """Real time plus an offset that only grows; all arrays share one.

    :param frozen: stand still, move by advance() only
    :param path: file that keeps the offset, so that time does not run
        backwards when the simulator starts again on the same state
    """

    def __init__(self, frozen: bool = False, path: str | None = None):
        self._lock = threading.Lock()
        self._path = path
        self._offset_s = self._load()
        self._frozen_at = _real_now() if frozen else None

    def now(self) -> datetime.datetime:
        """The arrays' time, aware and in UTC."""
        base = self._frozen_at or _real_now()
        return base + datetime.timedelta(seconds=self._offset_s)

    def advance(self, seconds: float) -> None:
        """Move on, unless it raises.

        :raises ValueError: a step back, or out of time
        :raises NotKeptError: the offset could not be written
        """
        with self._lock:
            offset_s = self._offset_s + seconds
            try:
                _real_now() + datetime.timedelta(seconds=offset_s)
                is_forward = seconds >= 0
            except (OverflowError, ValueError):
                is_forward = False
            if not is_forward:
                raise ValueError(f'cannot advance the clock by {seconds!r} s')
            self._keep(offset_s)
            self._offset_s = offset_s

    def _load(self) -> float:
        if self._path is None or not os.path.exists(self._path):
            return 0.0
        with open(self._path, encoding='utf-8') as stream:
            return json.load(stream)['offset_s']

    def _keep(self, offset_s: float) -> None:
        if self._path is None:
            return
        fresh = f'{self._path}.new'
        with keeping.keeping(self._path):
            with open(fresh, 'w', encoding='utf-8') as stream:
                json.dump({'offset_s': offset_s}, stream)
            os.replace(fresh, self._path)


def _real_now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)
