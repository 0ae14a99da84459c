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
"""What is killed, or goes away, and comes back while operations go on."""

from tools.chaos import settings
from tools.stack import stack as stacks

PROGRAMS = {'simulator': (stacks.SIMULATOR,), 'MariaDB': ('mariadb',),
            'RabbitMQ': ('rabbitmq',), 'both cinder-volume': settings.NODES}


class Outages:
    """Lets them happen, one after the other.

    :ivar told: list of texts, what has happened
    """

    def __init__(self, stack, tally, is_over, say):
        """:param tally: tally.Tally, by which it is known when

        :param is_over: threading.Event, set when no more is to happen
        :param say: called with a line for the watcher
        """
        self.told = []
        self._stack = stack
        self._tally = tally
        self._is_over = is_over
        self._say = say

    def run(self, outages):
        """Until all have happened, or no more operations begin."""
        for outage in outages:
            if not self._tally.wait_for(outage.after):
                return
            if outage.kind == 'array':
                self._take_offline(outage)
            else:
                self._kill(outage)

    def _kill(self, outage):
        names = victims(outage)
        pids = [pid for name in names for pid in self._stack.kill(name)]
        self._tell(outage, 'SIGKILL %s (%s)' % (
            ', '.join(names), ', '.join(map(str, pids))))
        self._is_over.wait(outage.pause_s)
        for name in names:
            self._stack.start(name)

    def _take_offline(self, outage):
        arrays = self._stack.ready['arrays']
        name = arrays[int(outage.pick * len(arrays))]['name']
        control = self._stack.control()
        control.set_offline(name, True)
        self._tell(outage, '%s is away' % name)
        try:
            self._is_over.wait(outage.pause_s)
        finally:
            control.set_offline(name, False)

    def _tell(self, outage, text):
        self.told.append(text)
        self._say('after %4d operations: %s, for %.0f s' % (
            outage.after, text, outage.pause_s))


def victims(outage):
    """:returns: names of the programs that an outage kills"""
    if outage.kind == 'one cinder-volume':
        return settings.NODES[int(outage.pick * len(settings.NODES))],
    return PROGRAMS[outage.kind]
