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
"""Settings of the array as a whole."""

from flasharray_sim import errors
from flasharray_sim.rules import core as cores
from flasharray_sim.rules import names

# What PUT and GET array know by name; the value is the default.
SIMPLE = {
    'banner': '', 'idle_timeout': 30, 'ntpserver': (), 'phonehome':
    'disabled', 'proxy': '', 'relayhost': '', 'scsi_timeout': 60,
    'senderdomain': '', 'syslogserver': (),
}
# These have requests of their own.
SWITCHES = {'console_lock': 'disabled', 'remoteassist': 'disabled'}
_STATES = ('enabled', 'disabled')


class Settings:
    """The settings of one array."""

    def __init__(self, core: cores.Core):
        self._core = core

    def are_present(self) -> bool:
        return bool(len(self._core.db.settings))

    def set_up(self, array_id: str, name: str):
        """Give a new array its name, id and defaults."""
        names.check('Array', name, names.LONGEST_ARRAY)
        defaults = {
            'id': array_id, 'array_name': name,
            'connection_key': self._core.derived_uuid('connection-key'),
            'phonehome_action': None, 'eula': None}
        for key, value in (defaults | SIMPLE | SWITCHES).items():
            self._core.change_setting(key, value)

    def rename(self, name: str):
        names.check('Array', name, names.LONGEST_ARRAY)
        self._core.change_setting('array_name', name)

    def change(self, name: str, value):
        """Change one of SIMPLE or SWITCHES.

        Lists arrive as such, None gives the default back.
        """
        default = (SIMPLE | SWITCHES)[name]
        if isinstance(default, tuple):
            value = tuple(value or ())
        elif value is None:
            value = default
        if default == 'disabled' and value not in _STATES:
            raise errors.refuse('parameter_value', parameter=name)
        self._core.change_setting(name, value)

    def switch(self, name: str, is_enabled: bool):
        self._core.change_setting(name, _STATES[0 if is_enabled else 1])
