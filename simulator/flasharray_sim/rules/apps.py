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
"""Apps that run on the array, and its maintenance windows (2.10)."""

import dataclasses

from flasharray_sim import errors
from flasharray_sim.rules import administration
from flasharray_sim.rules import core as cores
from flasharray_sim.state import rows

# What can be installed (the description is Ansible's).
CATALOG = {'offload': 'Snapshot offload to NFS or Amazon S3'}
DEFAULT_WINDOW = 'environment'
# From one hour to one day (Ansible).
_WINDOW_S = (3600, 86400)


@dataclasses.dataclass(frozen=True)
class Software:
    """An app of the catalog, and whether it is installed."""
    name: str
    description: str
    version: str
    is_installed: bool


class Apps:
    """The apps of one array."""

    def __init__(self, core: cores.Core,
                 items: administration.Administration):
        self._core = core
        self._items = items

    def catalog(self) -> list[Software]:
        return [self.software(name) for name in CATALOG]

    def software(self, name: str) -> Software:
        if name.lower() not in CATALOG:
            raise errors.refuse('item_missing', ctx=name, noun='App')
        return Software(
            name.lower(), CATALOG[name.lower()],
            self._core.config.purity_version,
            self._items.find('app', name) is not None)

    def install(self, name: str) -> Software:
        found = self.software(name)
        self._items.create('app', found.name, {'version': found.version})
        return self.software(name)

    def uninstall(self, name: str) -> Software:
        self.software(name)
        self._items.delete('app', name)
        return self.software(name)


class MaintenanceWindows:
    """When an array tells nobody what is wrong; one at a time by name."""

    def __init__(self, core: cores.Core,
                 items: administration.Administration):
        self._core = core
        self._items = items

    def every(self) -> list[rows.Item]:
        """Those that are not over."""
        return [item for item in self._items.every('maintenance_window')
                if not self._is_over(item)]

    def schedule(self, name: str, length_s: int | None) -> rows.Item:
        shortest_s, longest_s = _WINDOW_S
        length_s = shortest_s if length_s is None else length_s
        if not shortest_s <= length_s <= longest_s:
            raise errors.refuse('parameter_value', ctx=name,
                                parameter='timeout')
        before = self._items.find('maintenance_window', name)
        if before and self._is_over(before):
            self._items.delete('maintenance_window', name)
        now_s = self._core.now_s()
        return self._items.create('maintenance_window', name, {
            'created_s': now_s, 'expires_s': now_s + length_s})

    def unschedule(self, name: str) -> rows.Item:
        found = self._items.get('maintenance_window', name)
        if self._is_over(found):
            raise errors.refuse('item_missing', ctx=name,
                                noun='Maintenance window')
        return self._items.delete('maintenance_window', name)

    def _is_over(self, item):
        return dict(item.values)['expires_s'] <= self._core.now_s()
