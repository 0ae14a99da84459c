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
"""How many requests an array got lately, and how long they took."""

import collections
import dataclasses
import threading
import time

SAMPLE_S = 2.0
SAMPLES = 60


@dataclasses.dataclass
class Sample:
    """The requests of one SAMPLE_S of real time.

    :ivar failed: those that were refused, or got no answer
    :ivar total_s: how long all of them took together
    """
    requests: int = 0
    failed: int = 0
    total_s: float = 0.0
    slowest_s: float = 0.0


class Traffic:
    """The latest SAMPLES samples of one array.

    :param now: seconds of a clock that is never set back
    """

    def __init__(self, now=time.monotonic):
        self._now = now
        self._lock = threading.Lock()
        # (number of the sample, sample), for those that had requests
        self._samples = collections.deque(maxlen=SAMPLES)

    def begin(self) -> float:
        """What `end` wants to know when the request is done."""
        return self._now()

    def end(self, begun: float, status: int | None) -> None:
        """Count a request.

        :param status: of the answer, None when there was none
        """
        now = self._now()
        taken_s = now - begun
        with self._lock:
            sample = self._sample(int(now // SAMPLE_S))
            sample.requests += 1
            sample.failed += status is None or status >= 400
            sample.total_s += taken_s
            sample.slowest_s = max(sample.slowest_s, taken_s)

    def samples(self) -> list[Sample]:
        """All of them up to now, the oldest first."""
        last = int(self._now() // SAMPLE_S)
        with self._lock:
            found = {number: dataclasses.replace(sample)
                     for number, sample in self._samples}
        return [found.get(number, Sample())
                for number in range(last - SAMPLES + 1, last + 1)]

    def _sample(self, number: int) -> Sample:
        if not self._samples or self._samples[-1][0] != number:
            self._samples.append((number, Sample()))
        return self._samples[-1][1]
