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
"""The views of a resource: which rows the flags of a GET ask for."""

from collections.abc import Callable
import dataclasses

from flasharray_sim import errors
from flasharray_sim.resources import listing
from flasharray_sim.resources import shapes
from flasharray_sim.rules import array as arrays
from flasharray_sim.wire import routing

PLAIN = 'plain'
_MONITOR = 'monitor'
_WITH_HISTORY = ('space', _MONITOR)


@dataclasses.dataclass(frozen=True)
class Views:
    """What can be shown of the objects of one kind.

    All functions are called with (array, call, object).

    :ivar one: flag to a function that gives an object's one row; PLAIN is
        for a request without a flag
    :ivar many: flag to a function that gives any number of rows
    :ivar owner_ids: flag to a function of the array that gives the sorted
        ids of the objects which have any; the others have to be looked at
    :ivar is_monitor_list: `action=monitor` of a single object is a list of
        one, not a dict
    :ivar finish: called with (array, call, object, row) for each row of
        `one`, to add to it
    """
    one: dict[str, Callable]
    many: dict[str, Callable] = dataclasses.field(default_factory=dict)
    owner_ids: dict[str, Callable] = dataclasses.field(default_factory=dict)
    is_monitor_list: bool = False
    finish: Callable | None = None

    def collection(self, array: arrays.Array, call: routing.Call,
                   objects) -> routing.Reply:
        """The rows of several objects, paged."""
        shown = self.chosen(call)
        if self._is_one(call, shown):
            return listing.reply(array, call, objects, lambda item:
                                 self._row(array, call, shown, item))
        if shown == _MONITOR and call.get('historical') is None:
            return listing.reply(array, call, objects, lambda item:
                                 self._rows(array, call, shown, item)[0])
        owner_ids = self.owner_ids.get(shown)
        return listing.expanded(
            array, call, objects,
            lambda item: self._rows(array, call, shown, item),
            owner_ids and owner_ids(array))

    def single(self, array: arrays.Array, call: routing.Call, item):
        """One object: a dict, or a list where a view has several rows."""
        shown = self.chosen(call)
        if self._is_one(call, shown):
            return self._row(array, call, shown, item)
        if (shown == _MONITOR and not self.is_monitor_list
                and call.get('historical') is None):
            return self._rows(array, call, shown, item)[0]
        return self.collection(array, call, [item])

    def chosen(self, call: routing.Call) -> str:
        """The one view that is asked for; two at once are refused."""
        wanted = [flag for flag in (*self.one, *self.many)
                  if flag != PLAIN and call.flag(flag)]
        if shapes.wants_monitor(call):
            wanted.append(_MONITOR)
        if len(wanted) > 1:
            raise errors.refuse('parameters_invalid')
        shown = wanted[0] if wanted else PLAIN
        if call.get('historical') and shown not in _WITH_HISTORY:
            raise errors.refuse('parameters_invalid')
        return shown

    def _is_one(self, call, shown):
        return shown in self.one and call.get('historical') is None

    def _row(self, array, call, shown, item):
        body = self.one[shown](array, call, item)
        if self.finish:
            self.finish(array, call, item, body)
        return body

    def _rows(self, array, call, shown, item):
        if shown == _MONITOR:
            return shapes.monitor(array, call, {'name': item.name})
        if shown in self.many:
            return self.many[shown](array, call, item)
        return shapes.history(
            array, call, self._row(array, call, shown, item))
