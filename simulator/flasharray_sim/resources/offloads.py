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
"""Targets of offload: `offload`, and one resource per protocol (2.10)."""

from flasharray_sim import errors
from flasharray_sim.resources import administration
from flasharray_sim.resources import listing
from flasharray_sim.resources import parameters
from flasharray_sim.rules import array as arrays
from flasharray_sim.wire import routing

_KEYS = ('nfs_offload', 's3_offload', 'azure_offload')
# Here a GET of one target was a list, which later versions mended (SDK).
_LISTED_IN = (1, 14)


def list_targets(array: arrays.Array, call: routing.Call):
    """GET offload: targets of all protocols."""
    targets = [item for key in _KEYS for item in array.items.every(key)]
    return listing.reply(
        array, call, listing.chosen(
            call, targets, lambda name: _find(array, name)), _summary)


def get_target(array: arrays.Array, call: routing.Call):
    """GET offload/T."""
    body = _summary(_find(array, call.names['offload']))
    return [body] if call.rest_version == _LISTED_IN else body


def _create(kind, array, call):
    name = call.names[kind.key]
    if any(array.items.find(key, name) for key in _KEYS):
        raise errors.refuse('item_exists', ctx=name, noun=kind.noun)
    return administration.create_item(kind, array, call)


def _get(kind, array, call):
    body = administration.get_item(kind, array, call)
    return [body] if call.rest_version == _LISTED_IN else body


def _find(array, name):
    for key in _KEYS:
        found = array.items.find(key, name)
        if found:
            return found
    raise errors.refuse('item_missing', ctx=name, noun='Offload target')


def _summary(item):
    values = dict(item.values)
    return {'name': item.name, 'protocol': values['protocol'],
            'status': values['status']}


ROUTES = (
    routing.Route('GET', 'offload', list_targets, parameters.COLLECTION,
                  since='1.14'),
    routing.Route('GET', 'offload/{offload}', get_target, since='1.14'),
    *(route for key in _KEYS
      for route in administration.routes(
          key, create_item=_create, get_item=_get)
      if route.method != 'PUT'),
)
