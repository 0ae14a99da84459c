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

from tests.explorer import search
from tests.explorer import shrinking


def explore(messages, known, seed, limit_s, story_limit=None):
    """Go on until the time is over; a story that went wrong ends nothing.

    :param messages: queue of pairs: this process's id, and a Tally, a Found
        or None at the end
    :param known: kinds of what was found by any process; only the first of
        a kind is told
    :param story_limit: end when so many were told
    """
    end_s = time.monotonic() + limit_s
    running = search.Search(seed)
    while not running.is_enough(end_s, story_limit):
        found = running.tell_some()
        messages.put((os.getpid(), running.tally.sent()))
        if found and not known.setdefault(shrinking.kind(found.text), 0):
            known[shrinking.kind(found.text)] = 1
            messages.put((os.getpid(), running.shrunk(found)))
    messages.put((os.getpid(), None))
