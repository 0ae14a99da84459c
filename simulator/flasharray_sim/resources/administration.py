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
"""Routes of the small administrative objects, made from their kinds."""

from collections.abc import Callable
import functools

from flasharray_sim import errors
from flasharray_sim.resources import listing
from flasharray_sim.resources import parameters
from flasharray_sim.rules import administration
from flasharray_sim.rules import administration_kinds
from flasharray_sim.rules import array as arrays
from flasharray_sim.state import rows
from flasharray_sim.wire import routing

_HIDDEN = '****'
_TESTED = 'Test passed.'
_KINDS = administration_kinds.KINDS


def shown(kind: administration.Kind, call: routing.Call,
          item: rows.Item) -> dict:
    """The fields that this REST version knows; secrets as asterisks."""
    version = call.rest_version
    values = dict(item.values)
    body = {} if kind.is_single else {'name': item.name}
    for field in kind.fields:
        if field.is_shown and routing.parse_version(field.since) <= version:
            value = values[field.name]
            if field.is_secret and value is not None:
                value = _HIDDEN
            body[field.name] = (
                list(value) if isinstance(value, tuple) else value)
    return body


def given(kind: administration.Kind, call: routing.Call) -> dict:
    """The fields that a request sets."""
    known = {field.name for field in kind.fields}
    return {name: value for name, value in call.params.items()
            if name in known}


def field_parameters(kind: administration.Kind
                     ) -> tuple[routing.Parameter, ...]:
    return tuple(routing.Parameter(field.name, field.kind, field.since)
                 for field in kind.fields if field.is_settable)


def get_single(kind, array: arrays.Array, call: routing.Call):
    """GET of what there is one of: a dict."""
    return shown(kind, call, array.items.get(kind.key))


def change_single(kind, array: arrays.Array, call: routing.Call):
    """PUT of what there is one of."""
    if not call.params:
        raise errors.refuse('no_attribute')
    item = array.items.change(
        kind.key, administration.SINGLE, given(kind, call))
    return shown(kind, call, item)


def list_items(kind, array: arrays.Array, call: routing.Call):
    """GET of a collection."""
    items = listing.chosen(call, array.items.every(kind.key),
                           lambda name: array.items.get(kind.key, name))
    return listing.reply(array, call, items,
                         lambda item: shown(kind, call, item))


def get_item(kind, array: arrays.Array, call: routing.Call):
    """GET of one by its name."""
    return shown(kind, call,
                 array.items.get(kind.key, call.names[kind.key]))


def create_item(kind, array: arrays.Array, call: routing.Call):
    """POST of one with its fields."""
    item = array.items.create(
        kind.key, call.names[kind.key], given(kind, call))
    return shown(kind, call, item)


def change_item(kind, array: arrays.Array, call: routing.Call):
    """PUT of fields, a new `name`, or `action=test` where it exists."""
    name = array.items.get(kind.key, call.names[kind.key]).name
    if not call.params:
        raise errors.refuse('no_attribute', ctx=name)
    if call.get('action') is not None:
        return _tested(call, name)
    item = array.items.change(kind.key, name, given(kind, call))
    if call.get('name') is not None:
        item = array.items.rename(kind.key, name, call.get('name'))
    return shown(kind, call, item)


def delete_item(kind, array: arrays.Array, call: routing.Call):
    """DELETE of one by its name."""
    return {'name': array.items.delete(
        kind.key, call.names[kind.key]).name}


def routes(key: str, is_testable: bool = False,
           views: tuple[routing.Parameter, ...] = (), **handlers: Callable
           ) -> tuple[routing.Route, ...]:
    """All routes of a kind.

    :param views: flags that the collection knows
    :param handlers: what to call instead of the function of that name
        here; called with (kind, array, call)
    """
    kind = _KINDS[key]

    def route(method, pattern, name, declared=()):
        handler = handlers.get(name, globals()[name])
        return routing.Route(method, pattern,
                             functools.partial(handler, kind), declared,
                             since=kind.since)

    fields = field_parameters(kind)
    actions = parameters.texts('action') if is_testable else ()
    if kind.is_single:
        return (route('GET', kind.path, 'get_single'),
                route('PUT', kind.path, 'change_single', fields))
    one = f'{kind.path}/{{{key}}}'
    names = parameters.texts('name') if kind.is_renamable else ()
    return (
        route('GET', kind.path, 'list_items',
              (*views, *parameters.COLLECTION)),
        route('GET', one, 'get_item'),
        route('POST', one, 'create_item', fields),
        route('PUT', one, 'change_item', (*fields, *names, *actions)),
        route('DELETE', one, 'delete_item'))


def _tested(call, name):
    """The shape of a test's outcome is inferred."""
    if call.params != {'action': 'test'}:
        raise errors.refuse('parameters_invalid', ctx=name)
    return {'name': name, 'output': _TESTED}


def _test_alerts(array, call):
    """PUT alert: a test alert to every recipient."""
    return [_tested(call, item.name) for item in array.items.every('alert')]


def _list_managers(kind, array, call):
    """GET snmp: the managers, or the engine id of the array."""
    if call.flag('engine_id'):
        digits = array.id.replace('-', '')[:24]
        return {'engine_id': f'8000a4d504{digits}'}
    return list_items(kind, array, call)


def _as_list(handler):
    """KMIP answers lists also where one object is asked about (SDK)."""
    return lambda kind, array, call: [handler(kind, array, call)]


def _get_dns(kind, array, call):
    """An array without name servers shows one that is empty (Ansible)."""
    body = get_single(kind, array, call)
    return body | {'nameservers': body['nameservers'] or ['']}


ROUTES = (
    *routes('alert', is_testable=True),
    routing.Route('PUT', 'alert', _test_alerts, parameters.texts('action')),
    *routes('snmp', is_testable=True, list_items=_list_managers,
            views=parameters.flags('engine_id')),
    *routes('dns', get_single=_get_dns),
    *routes('smtp'),
    *routes('admin_settings'),
    *routes('kmip', is_testable=True, get_item=_as_list(get_item),
            create_item=_as_list(create_item),
            change_item=_as_list(change_item)),
)
