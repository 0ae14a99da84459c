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
"""Targets by LIO over iSCSI: iscsi/IQN/tpgt_N/np/PORTAL."""

import glob
import os

from flasharray_sim.data_plane import configfs
from flasharray_sim.data_plane import exports
from flasharray_sim.data_plane import lio

# What LIO takes for no name and no password.
_NONE = 'NULL'


class Targets(lio.Targets):
    """The iSCSI portals of one array."""

    initiator_kind = exports.IQN
    module = 'iscsi_target_mod'

    def _new_group(self, portal, target):
        number = configfs.first_free([
            int(group.rpartition('_')[2])
            for group in self._groups.values()], 1)
        group = self._path('iscsi', target, f'tpgt_{number}')
        os.makedirs(group)
        configfs.write(group, 'attrib/generate_node_acls', '0')
        os.makedirs(f'{group}/np/{portal}')
        return group

    def _left(self, portals):
        return [group for target in {*portals.values()} for group in glob.glob(
            self._path('iscsi', glob.escape(target), 'tpgt_*'))]

    def _open(self, group):
        configfs.write(group, 'enable', '1')

    def _close(self, group):
        configfs.write(group, 'enable', '0')

    def _authenticate(self, acl, export):
        for chap, end in ((export.chap, ''), (export.mutual_chap, '_mutual')):
            for name, value in (('userid', chap and chap.user),
                                ('password', chap and chap.password)):
                configfs.write(acl, f'auth/{name}{end}', value or _NONE)
        configfs.write(
            acl, 'attrib/authentication', f'{export.chap is not None:d}')
