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
"""Components and drives: `hardware`, `drive` (2.9)."""

import dataclasses

from flasharray_sim import errors
from flasharray_sim.resources import filters
from flasharray_sim.resources import listing
from flasharray_sim.resources import parameters
from flasharray_sim.rules import array as arrays
from flasharray_sim.wire import routing

# No drive was ever evacuated or failed.
_NEVER = '1970-01-01T00:00:00Z'


def list_hardware(array: arrays.Array, call: routing.Call):
    """GET hardware."""
    return listing.reply(
        array, call, _named(call, array.hardware.components()),
        dataclasses.asdict)


def get_component(array: arrays.Array, call: routing.Call):
    """GET hardware/C."""
    return dataclasses.asdict(
        array.hardware.component(call.names['component']))


def change_component(array: arrays.Array, call: routing.Call):
    """PUT hardware/C with `identify`."""
    if call.get('identify') is None:
        raise errors.refuse('no_attribute', ctx=call.names['component'])
    return dataclasses.asdict(array.hardware.identify(
        call.names['component'], call.get('identify')))


def list_drives(array: arrays.Array, call: routing.Call):
    """GET drive."""
    return listing.reply(
        array, call, _named(call, array.hardware.drives()), _drive)


def get_drive(array: arrays.Array, call: routing.Call):
    """GET drive/D."""
    return _drive(array.hardware.drive(call.names['drive']))


def _drive(drive):
    return {'name': drive.name, 'capacity': drive.capacity_bytes,
            'status': drive.status, 'type': drive.type,
            'protocol': drive.protocol, 'details': None,
            'last_evac_completed': _NEVER, 'last_failure': _NEVER}


def _named(call, every):
    patterns = call.get('names') or ['*']
    return [part for part in every
            if any(filters.matches(pattern, part.name)
                   for pattern in patterns)]


ROUTES = (
    routing.Route('GET', 'hardware', list_hardware, parameters.COLLECTION),
    routing.Route('GET', 'hardware/{component}', get_component),
    routing.Route('PUT', 'hardware/{component}', change_component,
                  parameters.texts('identify')),
    routing.Route('GET', 'drive', list_drives, parameters.COLLECTION),
    routing.Route('GET', 'drive/{drive}', get_drive),
)
