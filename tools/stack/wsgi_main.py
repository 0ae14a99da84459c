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
"""One of OpenStack's APIs, served by cheroot.

usage: python -m tools.stack.wsgi_main SERVICE MODULE [ARGUMENT]...

Releases ship their APIs for WSGI servers only. The arguments are the
application's own.
"""

import importlib
import sys

from cheroot import wsgi

from tools.stack import layout

THREADS = 8


def main():
    """Serve until SIGTERM."""
    service, module = sys.argv[1:3]
    sys.argv[:] = [service + '-api', *sys.argv[3:]]
    application = importlib.import_module(module).application
    server = wsgi.Server((layout.ADDRESS, layout.PORTS[service]), application,
                         numthreads=THREADS, request_queue_size=128)
    # Glance closes what it has read an image from, which is the connection.
    server.keep_alive_conn_limit = 0
    server.start()


if __name__ == '__main__':
    main()
