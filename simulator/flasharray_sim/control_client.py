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
"""pure-flasharray-sim ctl: the control API of a simulator, from a shell.

Prints what the control API answers, one line of JSON for each row.
"""

import argparse
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

from flasharray_sim import faults

CONTROL_VARIABLE = 'PURE_FLASHARRAY_SIM_CONTROL'
TIMEOUT_S = 60.0
# The simulator listens on loopback: no proxy has anything to do with it.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_FAULT_OPTIONS = {
    'method': {'help': "HTTP verb, '*' for any"},
    'path': {'help': 'shell pattern below /api/1.x/, e.g. "volume/*"'},
    'count': {'type': int, 'help': 'how many requests are hit'},
    'skip': {'type': int, 'help': 'how many are let through first'},
    'delay_s': {'type': float, 'metavar': 'SECONDS'},
    'jitter_s': {'type': float, 'metavar': 'SECONDS'},
    'status': {'type': int, 'help': 'HTTP status of the refusal'},
    'text': {'help': 'what the refusal says'},
    'peer': {'help': 'shell pattern of the arrays that are cut off'},
    'pod': {'help': 'shell pattern of the pods without mediator'},
}


def main(argv: list[str]) -> int:
    """Send one request; returns the exit status."""
    options = _parse(argv)
    if not options.control:
        print(f'pure-flasharray-sim ctl: give --control or set '
              f'{CONTROL_VARIABLE}', file=sys.stderr)
        return 2
    method, path, body = options.request(options)
    try:
        answer = _send(options.control, method, path, body)
    except (OSError, ValueError) as exc:
        print(f'pure-flasharray-sim ctl: {exc}', file=sys.stderr)
        return 1
    for row in answer if isinstance(answer, list) else [answer]:
        print(json.dumps(row))
    return 0


def _send(control: str, method: str, path: str, body: dict | None):
    request = urllib.request.Request(
        f'{control.rstrip("/")}/control/{path}', method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={'Content-Type': 'application/json'})
    try:
        with _OPENER.open(request, timeout=TIMEOUT_S) as reply:
            return json.load(reply)
    except urllib.error.HTTPError as exc:
        with exc:
            raise ValueError(json.load(exc)['error']) from None


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog='pure-flasharray-sim ctl',
        description='Control simulated arrays that are running.')
    parser.add_argument(
        '--control', default=os.environ.get(CONTROL_VARIABLE),
        metavar='URL', help=f'default: ${CONTROL_VARIABLE}')
    commands = parser.add_subparsers(required=True, metavar='COMMAND')

    def command(name, request, text, *arguments):
        added = commands.add_parser(name, help=text, description=text)
        for argument in arguments:
            added.add_argument(argument)
        added.set_defaults(request=request)
        return added

    command('arrays', lambda _options: ('GET', 'arrays', None),
            'list the arrays')
    _add_fault_commands(command)
    command('requests', lambda options: _of_array(options, 'GET', 'requests'),
            'list what an array was asked', 'array')
    command('expire-sessions', lambda options: _of_array(
        options, 'POST', 'sessions/expire'), 'end all sessions', 'array')
    command('clock', lambda _options: ('GET', 'clock', None),
            'tell the time of the arrays')
    command('advance', lambda options: (
        'POST', 'clock/advance', {'seconds': options.seconds}),
        'move the clock on').add_argument('seconds', type=float)
    return parser.parse_args(argv)


def _add_fault_commands(command) -> None:
    command('faults', lambda options: _of_array(options, 'GET', 'faults'),
            'list the faults of an array', 'array')
    added = command('fault', lambda options: _of_array(
        options, 'POST', 'faults', _fault(options)),
        "add a fault to an array, or to all ('*')", 'array')
    added.add_argument('kind', choices=faults.KINDS)
    for name, details in _FAULT_OPTIONS.items():
        added.add_argument(f'--{name.removesuffix("_s")}', dest=name,
                           **details)
    command('mend', lambda options: _of_array(
        options, 'DELETE', 'faults' if options.fault_id is None
        else f'faults/{options.fault_id}'),
        "remove all faults of an array, or of all ('*'), or one",
        'array').add_argument('fault_id', nargs='?', type=int)


def _fault(options: argparse.Namespace) -> dict:
    given = {name: getattr(options, name) for name in _FAULT_OPTIONS
             if getattr(options, name) is not None}
    return {'kind': options.kind, **given}


def _of_array(options: argparse.Namespace, method: str, path: str,
              body: dict | None = None) -> tuple:
    name = urllib.parse.quote(options.array, safe='')
    return method, f'arrays/{name}/{path}', body
