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
"""How the hosts of cinder-volume and cinder-backup connect volumes."""

import pathlib
import sys

from cinder import privsep
from os_brick import initiator
from os_brick.initiator import connector as brick
from os_brick import privileged

from tools.initiator import connector
from tools.stack import layout
from tools.stack import stand_in


def install(host_name):
    """Let os-brick connect by this project's connectors, as one host.

    Takes the stack's directory off the command line.
    """
    # The services are root already, and need no sudo for it.
    for context in (privsep.sys_admin_pctxt, privileged.default):
        context.set_client_mode(False)
    place = layout.Layout(pathlib.Path(sys.argv.pop(1)))
    connector.install(place.hosts / host_name,
                      connector.initiator_of(host_name))
    stand_in.StandInConnector.arrays_path = place.arrays_ready
    stand_in.StandInConnector.host_name = host_name
    mapping = brick.get_connector_mapping()
    for protocol in (initiator.FIBRE_CHANNEL, initiator.NVMEOF,
                     initiator.NVME):
        mapping[protocol] = stand_in.CONNECTOR
    brick.unix_connector_list.append(stand_in.CONNECTOR)
