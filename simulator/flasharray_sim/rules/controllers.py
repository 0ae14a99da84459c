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
"""The array's two controllers: one serves, the other one could."""

NAMES = ('CT0', 'CT1')


class Controllers:
    """Which controller is the primary, and which one is away.

    Lives in memory: an array that starts has both, CT0 first.

    :ivar away: name of the controller that failed, None when both are there
    """

    def __init__(self):
        self.primary = NAMES[0]
        self.away: str | None = None

    def fail_over(self):
        """The primary goes away and the secondary becomes primary."""
        self.away = self.primary
        self.primary = _other(self.primary)

    def come_back(self):
        """The controller that was away is there again, as secondary."""
        self.away = None

    def stand_in(self, port: str) -> str | None:
        """Port of the other controller that a port failed over to, if so.

        That all kinds of ports do so alike is inferred.
        """
        controller, _, place = port.partition('.')
        if controller != self.away:
            return None
        return f'{_other(controller)}.{place}'


def _other(name):
    return NAMES[1] if name == NAMES[0] else NAMES[0]
