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
"""Cinder's services, cinder-backup too, that connect by this package."""

import pathlib
import sys

from cinder import privsep
from os_brick import privileged

from tools.datapath import stack
from tools.demo import cinder_services
from tools.initiator import connector

INITIATOR = connector.initiator_of('cinder')


def main():
    """Run them in the directory of their ready file."""
    # They are root already, and need no sudo for it.
    for context in (privsep.sys_admin_pctxt, privileged.default):
        context.set_client_mode(False)
    connector.install(stack.services_host(pathlib.Path(sys.argv[1]).parent),
                      INITIATOR)
    cinder_services.main(has_backup=True)
