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
"""One controller of an array goes away and the other one takes over."""

from collections.abc import Callable
import threading

from flasharray_sim import faults


class Failover:
    """What a 'failover' fault does, from when it is there until it is gone.

    :param model: has controllers and transaction()
    :param on_end: called when the time without an answer is over
    :ivar is_under_way: whether no controller answers yet
    """

    def __init__(self, model, on_end: Callable[[], None]):
        self._model = model
        self._on_end = on_end
        self._fault: faults.Fault | None = None
        self._timer: threading.Timer | None = None
        self.is_under_way = False

    def settle(self, fault: faults.Fault | None) -> bool:
        """Follow what fault there is now; returns whether one has begun."""
        if fault is self._fault:
            return False
        self.cancel()
        with self._model.transaction():
            if self._fault is not None:
                self._model.controllers.come_back()
            if fault is not None:
                self._model.controllers.fail_over()
        self._fault = fault
        if fault is None:
            return False
        self.is_under_way = True
        self._timer = threading.Timer(fault.delay_s, self._end, [fault])
        self._timer.daemon = True
        self._timer.start()
        return True

    def cancel(self) -> None:
        """Answer at once, without waiting for the time to be over."""
        self.is_under_way = False
        if self._timer is not None:
            self._timer.cancel()

    def _end(self, fault: faults.Fault) -> None:
        if fault is self._fault:
            self.is_under_way = False
            self._on_end()
