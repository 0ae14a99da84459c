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
"""Carrying out a request: whether its user may, and the trace it leaves."""

from typing import Any

from flasharray_sim.wire import requestlog
from flasharray_sim.wire import routing

# First part of a path -> command that does the same on the command line,
# where it is not just 'pure' and that part.
_COMMANDS = {
    'volume': 'purevol', 'hardware': 'purehw', 'directoryservice': 'pureds',
    'software': 'puresw', 'nfs_offload': 'pureoffload', 'maintenance_window':
    'puremaintenance', 's3_offload': 'pureoffload', 'azure_offload':
    'pureoffload'}
_SUBCOMMANDS = {'POST': 'create', 'PUT': 'setattr', 'DELETE': 'delete'}
_WITH_TRASH = ('volume', 'pgroup', 'pod', 'vgroup')


def perform(model, route: routing.Route, call: routing.Call) -> Any:
    """What the route's handler returns; a change is noted in the audit log.

    :param model: has `admins` and `messages`, and what the handler needs
    :raises PurityError: what the handler refuses, and with 403 what the
        user's role does not allow
    """
    model.admins.check_permission(
        call.user, route.method, route.pattern, call.names, call.params)
    reply = route.handler(model, call)
    if route.method != 'GET':
        first = route.pattern.partition('/')[0]
        names = list(call.names.items())
        shown = dict(names[1:]) | requestlog.mask(call.params)
        model.messages.audit(
            call.user, _COMMANDS.get(first, f'pure{first}'),
            _subcommand(first, route, call),
            names[0][1] if names else '',
            ' '.join(f'{key}={value}' for key, value in shown.items()))
    return reply


def _subcommand(first, route, call):
    if route.method != 'PUT' and route.pattern.endswith('/volume/{volume}'):
        return 'connect' if route.method == 'POST' else 'disconnect'
    if route.method == 'DELETE' and first in _WITH_TRASH:
        return 'eradicate' if call.flag('eradicate') else 'destroy'
    if route.method == 'PUT' and call.get('action') is not None:
        return str(call.get('action'))
    if route.method == 'PUT' and call.get('name') is not None:
        return 'rename'
    if call.flag('snap'):
        return 'snap'
    return _SUBCOMMANDS[route.method]
