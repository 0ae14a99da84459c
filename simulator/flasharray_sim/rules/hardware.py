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
"""What the array is built of: components and drives (2.9).

A controller that is away shows in the status of its components; lights
that were switched on are items.
"""

import dataclasses
import re

from flasharray_sim import errors
from flasharray_sim.rules import administration
from flasharray_sim.rules import controllers as controller_rules
from flasharray_sim.rules import core as cores
from flasharray_sim.rules import ports

_PORT = re.compile(r'CT[01]\.(ETH|FC)[0-9]+')
_CHASSIS = 'CH0'
_BAYS = 24
_NVRAM_BAYS = 2
_SSD_BAYS = 10
_NVRAM_BYTES = 2 << 30
_FANS = 6
_TEMPERATURES_C = (24, 31, 35)
_SUPPLIES = ('PWR0', 'PWR1')
_VOLTS = 229
_FC_SPEED_BPS = 16_000_000_000


@dataclasses.dataclass(frozen=True)
class Component:
    """A part that GET hardware shows; what it does not have is None."""
    name: str
    index: int = 0
    status: str = 'ok'
    identify: str | None = None
    slot: int | None = None
    speed: int | None = None
    temperature: int | None = None
    voltage: int | None = None
    model: str | None = None
    serial: str | None = None
    details: str | None = None


@dataclasses.dataclass(frozen=True)
class Drive:
    """A drive in a bay of the chassis."""
    name: str
    type: str
    capacity_bytes: int
    protocol: str = 'SAS'
    status: str = 'healthy'


class Hardware:
    """The hardware of one array."""

    def __init__(self, core: cores.Core,
                 items: administration.Administration,
                 controllers: controller_rules.Controllers,
                 cabling: ports.Cabling):
        self._core = core
        self._items = items
        self._controllers = controllers
        self._cabling = cabling

    def components(self) -> list[Component]:
        """All of them, the chassis first."""
        return [self._lit(component) for component in (
            *self._chassis(), *(
                part for name in controller_rules.NAMES
                for part in self._controller(name)))]

    def component(self, name: str) -> Component:
        for component in self.components():
            if component.name.lower() == name.lower():
                return component
        raise errors.refuse('item_missing', ctx=name,
                            noun='Hardware component')

    def identify(self, name: str, light: str) -> Component:
        """Switch the light of a component 'on' or 'off'."""
        component = self.component(name)
        if component.identify is None:
            raise errors.refuse('parameters_invalid', ctx=name)
        if self._items.find('hardware', component.name) is None:
            self._items.create('hardware', component.name, {})
        self._items.change('hardware', component.name, {'identify': light})
        return self.component(name)

    def drives(self) -> list[Drive]:
        """NVRAM first; the SSDs together have the array's capacity."""
        each_bytes = self._core.config.capacity_bytes // _SSD_BAYS
        return [
            Drive(f'{_CHASSIS}.BAY{bay}', 'NVRAM', _NVRAM_BYTES)
            if bay < _NVRAM_BAYS else
            Drive(f'{_CHASSIS}.BAY{bay}', 'SSD', each_bytes)
            for bay in range(_NVRAM_BAYS + _SSD_BAYS)]

    def drive(self, name: str) -> Drive:
        for drive in self.drives():
            if drive.name.lower() == name.lower():
                return drive
        raise errors.refuse('item_missing', ctx=name, noun='Drive')

    def _chassis(self):
        yield Component(_CHASSIS, identify='off', model='FA-CHASSIS',
                        serial=self._serial(_CHASSIS))
        installed = _NVRAM_BAYS + _SSD_BAYS
        for bay in range(_BAYS):
            name = f'{_CHASSIS}.BAY{bay}'
            is_there = bay < installed
            yield Component(
                name, bay, 'ok' if is_there else 'not_installed', 'off',
                serial=self._serial(name) if is_there else None)
        for index, supply in enumerate(_SUPPLIES):
            name = f'{_CHASSIS}.{supply}'
            yield Component(name, index, voltage=_VOLTS,
                            serial=self._serial(name))

    def _controller(self, name):
        status = 'critical' if name == self._controllers.away else 'ok'
        yield Component(
            name, controller_rules.NAMES.index(name), status, 'off',
            model=self._core.config.model, serial=self._serial(name))
        speeds = {interface.name.upper(): interface.speed_bps
                  for interface in self._cabling.interfaces}
        speeds |= {port.name: _FC_SPEED_BPS for port in self._cabling.ports
                   if port.wwn}
        for port in sorted(speeds):
            # Bonds and VLANs are no hardware.
            if _PORT.fullmatch(port) and port.startswith(f'{name}.'):
                yield Component(port, int(port[-1]), status,
                                speed=speeds[port])
        for index in range(_FANS):
            yield Component(f'{name}.FAN{index}', index, status)
        for index, degrees in enumerate(_TEMPERATURES_C):
            yield Component(f'{name}.TMP{index}', index, status,
                            temperature=degrees)

    def _lit(self, component):
        item = component.identify and self._items.find(
            'hardware', component.name)
        return component if not item else dataclasses.replace(
            component, identify=dict(item.values)['identify'])

    def _serial(self, name):
        derived = self._core.derived_uuid(f'serial/{name}')
        return f'PS{derived[:8].upper()}'
