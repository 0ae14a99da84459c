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
"""Asking several arrays at once, some of which may be dead."""

from concurrent import futures
import threading

from cinder.i18n import _

from pure_cinder import exceptions


class ParallelQuery:
    """Questions to arrays, none of which is waited for longer than a limit.

    An array that has not answered in time is not asked again before it has,
    or the attempt to reach it has failed. Those who ask at the same time
    share the answer.
    """

    def __init__(self, limit_s):
        self._limit_s = limit_s
        self._open = {}
        self._lock = threading.Lock()

    def ask(self, question, members):
        """Ask every one of them the same.

        :param question: called with a roster.Member in a thread of its own
        :returns: dict of Member to the answer, or to the
            PureDriverException that the question ended with
        """
        asked = {member: self._asked(question, member) for member in members}
        futures.wait(asked.values(), timeout=self._limit_s)
        return {member: self._answer(member, future)
                for member, future in asked.items()}

    def _asked(self, question, member):
        with self._lock:
            future = self._open.get(member)
            if future:
                return future
            future = self._open[member] = futures.Future()
        # Not one of a pool: the end of the process waits for those.
        threading.Thread(target=_settle, args=(future, question, member),
                         daemon=True).start()
        return future

    def _answer(self, member, future):
        if not future.done():
            return exceptions.PureNoAnswerInTimeError(_(
                'Array %(id)s has not answered within %(limit)s s.')
                % {'id': member.backend_id, 'limit': self._limit_s})
        with self._lock:
            if self._open.get(member) is future:
                del self._open[member]
        try:
            return future.result()
        except exceptions.PureDriverException as error:
            return error


def _settle(future, question, member):
    try:
        future.set_result(question(member))
    except BaseException as error:
        future.set_exception(error)
