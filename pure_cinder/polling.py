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
"""Waiting for an array to get somewhere, never without an end."""

import time

INTERVAL_S = 1


def sleep(seconds):
    """Let time pass."""
    time.sleep(seconds)


def until(ask, limit_s, interval_s=INTERVAL_S):
    """Ask again and again, until the answer is true or the time is over.

    :param ask: called once at least, ``limit_s / interval_s`` times more at
        most; what it raises ends the wait
    :returns: the last answer
    """
    answer = ask()
    for _number in range(int(limit_s / interval_s)):
        if answer:
            break
        sleep(interval_s)
        answer = ask()
    return answer
