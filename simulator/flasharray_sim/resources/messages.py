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
"""Alerts, audit records and logins: `message` (2.10)."""

from flasharray_sim import errors
from flasharray_sim.resources import listing
from flasharray_sim.resources import parameters
from flasharray_sim.resources import shapes
from flasharray_sim.rules import array as arrays
from flasharray_sim.state import rows
from flasharray_sim.wire import routing

# Component type -> category shown, where it is not the array (inferred).
_CATEGORIES = {'hardware': 'array', 'host': 'hosts', 'software': 'software'}


def list_messages(array: arrays.Array, call: routing.Call):
    """GET message: alerts, or with a flag audit records or logins.

    `recent` leaves out what was opened more than a day ago (inferred).
    """
    if call.flag('audit') and call.flag('login'):
        raise errors.refuse('parameters_invalid')
    category = 'audit' if call.flag('audit') else (
        'login' if call.flag('login') else 'alert')
    if category != 'alert' and (call.flag('open') or call.flag('timeline')):
        raise errors.refuse('parameters_invalid')
    return listing.reply(
        array, call, [message for message in array.messages.every(category)
                      if _is_wanted(array, call, message)],
        lambda message: _shown(call, message))


def change_message(array: arrays.Array, call: routing.Call):
    """PUT message/ID with `flagged`."""
    if call.get('flagged') is None:
        raise errors.refuse('no_attribute', ctx=call.names['message'])
    message = array.messages.flag(
        call.names['message'], call.flag('flagged'))
    return {'id': message.id, 'flagged': message.is_flagged}


def _is_wanted(array, call, message):
    day_s = 86400
    return all((
        not call.flag('open') or message.closed_s is None,
        not call.flag('flagged') or message.is_flagged,
        not call.flag('recent')
        or message.opened_s > array.core.now_s() - day_s,
        call.get('user') is None or message.user == call.get('user')))


def _shown(call, message: rows.Message) -> dict:
    body = {'id': message.id, 'opened': shapes.iso(message.opened_s),
            'event': message.event,
            'component_type': message.component_type,
            'component_name': message.component_name,
            'details': message.details}
    if message.category != 'alert':
        return body | {'user': message.user}
    body |= {'category': _CATEGORIES.get(message.component_type, 'array'),
             'code': message.code, 'actual': message.actual,
             'expected': message.expected,
             'current_severity': message.severity}
    if call.flag('timeline'):
        body['closed'] = (None if message.closed_s is None
                          else shapes.iso(message.closed_s))
    return body


ROUTES = (
    routing.Route(
        'GET', 'message', list_messages,
        (*parameters.flags('open', 'flagged', 'timeline', 'audit', 'login',
                           'recent'),
         *parameters.texts('user'), *parameters.PAGING)),
    routing.Route('PUT', 'message/{message}', change_message,
                  parameters.flags('flagged')),
)
