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
"""Targets by LIO over Fibre Channel: fc/WWN/tpgt_1.

tcm_fc is on libfc, whose ports are those of FCoE: a network interface is one,
with the WWN that follows from its MAC. A port that hosts may reach is linked.
libfc lets an initiator that has no ACL try again at once and without end, so
that a port is linked only while the array knows hosts.
"""

import glob
import os
import pathlib

from flasharray_sim.data_plane import configfs
from flasharray_sim.data_plane import exports
from flasharray_sim.data_plane import lio

HOSTS = '/sys/class/fc_host'


class Targets(lio.Targets):
    """The Fibre Channel ports of one array.

    :param hosts: where the kernel shows its Fibre Channel ports
    """

    initiator_kind = exports.WWN
    module = 'tcm_fc'

    def __init__(self, root: str = lio.ROOT, hosts: str = HOSTS):
        super().__init__(root)
        self._fc_hosts = hosts

    def apply(self, portals, wanted):
        super().apply(portals if wanted else {}, wanted)

    def _new_group(self, portal, target):
        group = self._group(target)
        os.makedirs(group)
        return group

    def _left(self, portals):
        return [group for group in map(self._group, portals.values())
                if os.path.isdir(group)]

    def _open(self, group):
        self._link(group, '1')

    def _close(self, group):
        self._link(group, '0')

    @staticmethod
    def _spelled(initiator):
        return ':'.join(initiator[at:at + 2]
                        for at in range(0, len(initiator), 2))

    def _group(self, wwn):
        return self._path('fc', self._spelled(wwn), 'tpgt_1')

    def _link(self, group, is_up):
        wwn = os.path.basename(os.path.dirname(group)).replace(':', '')
        for host in glob.glob(os.path.join(self._fc_hosts, '*')):
            with open(os.path.join(host, 'port_name'),
                      encoding='utf-8') as stream:
                if stream.read().strip() == f'0x{wwn}':
                    # CONTROLLER/hostN/fc_host/hostN
                    controller = pathlib.Path(host).resolve().parents[2]
                    configfs.write(controller, 'enabled', is_up)
                    return
        raise OSError(f'no Fibre Channel port of this machine is {wwn}')
