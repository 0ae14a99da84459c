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
"""A stand-in for Neutron, which has no networks: servers have no port.

usage: python -m tools.stack.network_main

Nova asks it at every turn, and boots servers without a network card, as
long as it is answered. What is posted is kept, such as security groups.
"""

from http import server
import json
import re
import sys
from urllib import parse
import uuid

from tools.stack import layout

PATH = re.compile(r'/v2\.0/([a-z-]+)(?:/([^/]+))?')
VERSIONS = {'versions': [{'id': 'v2.0', 'status': 'CURRENT', 'links': []}]}
GROUP = {'id': str(uuid.UUID(int=1)), 'name': 'default', 'description': '',
         'project_id': '', 'tenant_id': '', 'security_group_rules': []}


class Collections:
    """All items, ``{collection: {id: item}}``, empty but for one group."""

    def __init__(self):
        self._items = {'security_groups': {GROUP['id']: GROUP}}

    def answer(self, method, url, body):
        """:returns: ``(status, content)``"""
        asked = parse.urlsplit(url)
        found = PATH.fullmatch(asked.path.rstrip('/'))
        if not found:
            return 200, VERSIONS
        plural = found[1].replace('-', '_')
        kind = plural.removesuffix('s')
        items = self._items.setdefault(plural, {})
        if plural == 'quotas':
            return 200, {'quota': {}}
        if method == 'POST':
            item = {**GROUP, **body[kind], 'id': str(uuid.uuid4())}
            items[item['id']] = item
            return 201, {kind: item}
        if method == 'DELETE':
            return (204, None) if items.pop(found[2], None) else missing(url)
        if found[2]:
            return (200, {kind: items[found[2]]}) if found[2] in items \
                else missing(url)
        query = parse.parse_qs(asked.query)
        return 200, {plural: [
            item for item in items.values()
            if all(item[name] in query.get(name, [item[name]])
                   for name in ('id', 'name') if name in item)]}


def missing(url):
    """The answer to a request for what is not there."""
    return 404, {'NeutronError': {
        'type': 'NotFound', 'message': url, 'detail': ''}}


class Handler(server.BaseHTTPRequestHandler):
    """Answers from the ``collections`` of its server."""

    protocol_version = 'HTTP/1.1'

    def log_message(self, text, *arguments):
        print(text % arguments, file=sys.stderr, flush=True)

    def _handle(self):
        length = int(self.headers.get('Content-Length') or 0)
        asked = json.loads(self.rfile.read(length)) if length else {}
        status, content = self.server.collections.answer(
            self.command, self.path, asked)
        body = b'' if content is None else json.dumps(content).encode()
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = _handle


def main():
    """Serve until SIGTERM."""
    serving = server.ThreadingHTTPServer(
        (layout.ADDRESS, layout.PORTS['network']), Handler)
    serving.collections = Collections()
    serving.serve_forever()


if __name__ == '__main__':
    main()
