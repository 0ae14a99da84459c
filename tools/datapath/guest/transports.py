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
"""How hosts reach arrays, and how many paths they have."""

import collections.abc
import dataclasses
import os
import pathlib

from pure_cinder import driver
from tools.datapath.guest import fibre
from tools.datapath.guest import node

BLOCKS = pathlib.Path('/sys/class/block')


@dataclasses.dataclass(frozen=True)
class Transport:
    """One protocol, at both ends.

    :ivar driver: class of the driver
    :ivar options: of the backend's section
    :ivar data_plane: of the simulator
    :ivar connector: what os-brick calls its connector
    :ivar paths: how many a host has to one array
    :ivar path_states: of a device: how many are active, how many failed
    :ivar array: fields of the configuration of simulated arrays
    :ivar prepare: gives this machine what it reaches arrays by
    """

    driver: type
    options: dict
    data_plane: str
    connector: str
    paths: int
    path_states: collections.abc.Callable[[str], tuple[int, int]]
    array: dict = dataclasses.field(default_factory=dict)
    prepare: collections.abc.Callable[[], None] = lambda: None


def multipath_states(device):
    """How the kernel sees the paths of a multipath device.

    :returns: how many are active, how many failed
    """
    # By its name: /dev/dm-N is there before dmsetup finds it.
    name = (BLOCKS / os.path.basename(device) / 'dm' / 'name').read_text()
    words = node.run('dmsetup', 'status', name.strip()).split()
    # Only what follows a path's device number is its state.
    states = [state for number, state in zip(words, words[1:])
              if ':' in number]
    return states.count('A'), states.count('F')


def nvme_states(device):
    """The same of the controllers through which a namespace is seen."""
    head = os.path.basename(device)
    place = head.rpartition('n')[2]
    # nvme0n1 has paths such as nvme0c1n1, each below its controller.
    states = [(path.parent / 'state').read_text().strip() for path in (
        BLOCKS / head / 'device').resolve().glob('nvme*/nvme*c*n' + place)]
    active = states.count('live')
    return active, len(states) - active


ISCSI = Transport(driver.PureISCSIDriver, {'use_chap_auth': True}, 'lio',
                  'ISCSI', 4, multipath_states)
NVME = Transport(driver.PureNVMEDriver, {'pure_nvme_transport': 'tcp'},
                 'nvmet', 'NVMEOF', 2, nvme_states)
FC = Transport(driver.PureFCDriver, {}, 'tcm_fc', 'FIBRE_CHANNEL',
               len(fibre.CABLES), multipath_states,
               {'fc_wwns': fibre.array_wwns()}, fibre.cable)
