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
"""Membership in groups, from the member's side: `volume/V/pgroup/PG` ..."""

from flasharray_sim.rules import array as arrays
from flasharray_sim.rules import lookup
from flasharray_sim.rules import pgroup_members
from flasharray_sim.wire import routing


def add(array: arrays.Array, call: routing.Call):
    """POST volume/V/pgroup/PG, and the same for host and hgroup."""
    return _change(array, call, 'add')


def remove(array: arrays.Array, call: routing.Call):
    """DELETE volume/V/pgroup/PG, and the same for host and hgroup."""
    return _change(array, call, 'remove')


def _change(array, call, verb):
    names = dict(call.names)
    pgroup = lookup.live_pgroup(array.db, names.pop('pgroup'))
    (kind, name), = names.items()
    array.pgroups.change_members(pgroup.name, kind, {verb: [name]})
    member = getattr(array.db, f'{kind}s').find('name', name.lower())
    return {'name': member.name, 'protection_group': pgroup.name}


ROUTES = tuple(
    routing.Route(method, f'{kind}/{{{kind}}}/pgroup/{{pgroup}}', handler,
                  since='1.7')
    for kind in pgroup_members.NOUNS
    for method, handler in (('POST', add), ('DELETE', remove)))
