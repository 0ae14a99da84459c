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
"""Glance's API, served by cheroot; runs in Glance's own environment.

usage: python glance_main.py PORT PROJECT_ID

Glance ships its API for WSGI servers only. Where its configuration is, it is
told by ``OS_GLANCE_CONFIG_DIR``. There is no Keystone: every request is an
administrator's of the one project.
"""

import sys

from cheroot import wsgi
from glance.common import wsgi_app


def main():
    """Serve until SIGTERM."""
    port, project_id = sys.argv[1:]
    # What Keystone's middleware tells of a token that it has checked.
    identity = {'HTTP_X_IDENTITY_STATUS': 'Confirmed',
                'HTTP_X_PROJECT_ID': project_id, 'HTTP_X_USER_ID': 'admin',
                'HTTP_X_ROLES': 'admin,member,reader,service'}
    glance = wsgi_app.init_app()

    def identified(environ, start_response):
        return glance({**environ, **identity}, start_response)

    server = wsgi.Server(('127.0.0.1', int(port)), identified)
    # Glance closes what it has read an image from, which is the connection.
    server.keep_alive_conn_limit = 0
    server.start()


if __name__ == '__main__':
    main()
