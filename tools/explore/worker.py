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
"""A process that explores."""

import os
import time

from cinder import i18n
from cinder import objects

i18n.enable_lazy()
objects.register_all()


def explore(messages, seed, limit_s):
    """Go on until the time is over; a story that went wrong ends nothing.

    :param messages: queue of pairs: this process's id, and a Tally, a Found
        or None at the end
    """
    from tests.explorer import search

    end_s = time.monotonic() + limit_s
    number = 0
    while time.monotonic() < end_s:
        running = search.Search(seed * 1000 + number)
        number += 1
        found = running.run(
            end_s - time.monotonic(),
            progress=lambda: messages.put((os.getpid(), running.tally.sent())))
        if found:
            messages.put((os.getpid(), found))
    messages.put((os.getpid(), None))
