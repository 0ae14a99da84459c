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
"""What comes over a connection and is no HTTP."""

import json
import logging

from cheroot import server

LOG = logging.getLogger(__name__)


class Request(server.HTTPRequest):
    """A request that is refused in the words of its server.

    Nothing after it on the connection can be trusted: that ends.
    """

    def read_request_line(self):
        try:
            return super().read_request_line()
        except ValueError:
            # Of urllib, for what cannot be taken apart.
            return self._refuse('Malformed Request-URI')

    def read_request_headers(self):
        if not super().read_request_headers():
            return False
        # Below 0, the body would be all that comes until the time-out.
        if not self.inheaders.get(b'Content-Length', b'0').isdigit():
            return self._refuse('Malformed Content-Length Header.')
        return True

    def simple_response(self, status, msg=''):
        self.close_connection = True
        reason = (msg or status.partition(' ')[2]).rstrip('.')
        body = json.dumps(self.server.error_body(reason))
        head = (f'{self.server.protocol} {status}\r\n'
                'Content-Type: application/json\r\n'
                f'Content-Length: {len(body)}\r\n'
                'Connection: close\r\n\r\n')
        try:
            self.conn.wfile.write((head + body).encode('latin-1'))
        except OSError as exc:
            LOG.debug('nobody hears %s: %s', status, exc)

    def _refuse(self, reason: str) -> bool:
        self.simple_response('400 Bad Request', reason)
        return False
