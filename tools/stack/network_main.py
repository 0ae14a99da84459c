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
"""A stand-in for Neutron, which knows no networks: servers have no port.

usage: python -m tools.stack.network_main

Nova asks it at every turn, and boots servers without a network card, as
long as it is answered.
"""

from http import server
import json
import re
import uuid

from tools.stack import layout

_COLLECTION = re.compile(r'/v2\.0/([a-z-]+)(?:/[^/]*)?')
_VERSIONS = {'versions': [{'id': 'v2.0', 'status': 'CURRENT', 'links': []}]}
_GROUP = {'id': str(uuid.UUID(int=1)), 'name': 'default', 'description': '',
          'project_id': '', 'tenant_id': '', 'security_group_rules': []}


class Handler(server.BaseHTTPRequestHandler):
    """Every collection is empty, but for one security group."""

    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        path = self.path.partition('?')[0].rstrip('/')
        name = _COLLECTION.fullmatch(path)
        if not name:
            self._answer(_VERSIONS)
        elif name[1] == 'quotas':
            self._answer({'quota': {}})
        elif name[1] == 'security-groups':
            self._answer({'security_groups': [_GROUP]})
        else:
            self._answer({name[1].replace('-', '_'): []})

    def log_message(self, text, *arguments):
        print(text % arguments, flush=True)

    def _answer(self, content):
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main():
    """Serve until SIGTERM."""
    server.ThreadingHTTPServer(
        (layout.ADDRESS, layout.PORTS['network']), Handler).serve_forever()


if __name__ == '__main__':
    main()
