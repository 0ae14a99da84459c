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
"""Namespaces by nvmet, the NVMe target of the Linux kernel, over TCP.

    hosts/NQN
    subsystems/NQN/namespaces/NSID             a volume, as a loop device
                  /allowed_hosts/NQN -> hosts/NQN
    ports/N/subsystems/NQN -> subsystems/NQN   a portal

They are the kernel's: they outlive a simulator that was killed, and the next
one takes them away. A namespace that were a file would have blocks of 4 KiB;
an array's have 512 bytes, as loop devices have. The kernel shows all hosts of
a subsystem the same namespaces, and has none that are read-only.
"""

import glob
import logging
import os

from flasharray_sim.data_plane import configfs
from flasharray_sim.data_plane import exports
from flasharray_sim.data_plane import loops

LOG = logging.getLogger(__name__)

ROOT = '/sys/kernel/config/nvmet'
_MODEL = 'Pure Storage FlashArray'
# A namespace with a UUID would be known by that.
_NO_UUID = '00000000-0000-0000-0000-000000000000'


class Targets(configfs.Targets):
    """The portals and namespaces of one array.

    :param root: where the kernel shows its targets
    :raises ValueError: the kernel has no nvmet, or it may not be changed
    """

    initiator_kind = exports.NQN

    def __init__(self, root: str = ROOT):
        if not os.access(os.path.join(root, 'subsystems'), os.W_OK):
            raise ValueError(
                f'the data plane nvmet needs {root}: configfs mounted, the '
                'modules nvmet, nvmet-tcp and loop loaded, and root')
        self._root = root
        self._nqn: str | None = None
        self._ports: dict[str, str] = {}
        self._hosts: set[str] = set()
        self._luns: dict[str, exports.Lun] = {}
        self._numbers: dict[str, int] = {}
        self._is_shared = False

    def apply(self, portals: dict[str, str],
              wanted: dict[int, exports.Export]):
        """Serve these volumes to these hosts at these portals, and no others.

        :raises OSError: the kernel refuses
        """
        if self._nqn is None:
            if not portals:
                return
            self._begin(min(portals.values()))
        for portal in self._ports.keys() - portals.keys():
            _remove_port(self._ports.pop(portal))
        hosts = {name for export in wanted.values()
                 for name in export.initiators}
        for name in self._hosts - hosts:
            self._dismiss(name)
        self._follow_volumes(wanted.values())
        for name in hosts - self._hosts:
            self._admit(name)
        # Who came in before would be refused, or see no namespace.
        for portal in sorted(portals.keys() - self._ports.keys()):
            self._listen(portal)

    def close(self):
        """Leave nothing in the kernel."""
        self.apply({}, {})
        if self._nqn is not None:
            os.rmdir(self._subsystem())

    def _begin(self, nqn):
        self._nqn = nqn
        self._clear_away()
        os.mkdir(self._subsystem())
        configfs.write(self._subsystem(), 'attr_model', _MODEL)
        configfs.write(self._subsystem(), 'attr_allow_any_host', '0')

    def _clear_away(self):
        """Remove what a simulator that was killed has left."""
        for link in glob.glob(self._path('ports', '*', 'subsystems',
                                         glob.escape(self._nqn))):
            _remove_port(os.path.dirname(os.path.dirname(link)))
        place = glob.escape(self._subsystem())
        for host in glob.glob(f'{place}/allowed_hosts/*'):
            self._dismiss(os.path.basename(host))
        for namespace in glob.glob(f'{place}/namespaces/*'):
            _remove_namespace(namespace)
        if os.path.isdir(self._subsystem()):
            os.rmdir(self._subsystem())

    def _listen(self, portal):
        address, _colon, tcp_port = portal.rpartition(':')
        number = configfs.first_free(
            [int(os.path.basename(port))
             for port in glob.glob(self._path('ports', '*'))], 1)
        port = self._path('ports', str(number))
        os.mkdir(port)
        self._ports[portal] = port
        for name, value in (
                ('addr_trtype', 'tcp'),
                ('addr_adrfam', 'ipv6' if ':' in address else 'ipv4'),
                ('addr_traddr', address.strip('[]')),
                ('addr_trsvcid', tcp_port)):
            configfs.write(port, name, value)
        os.symlink(self._subsystem(),
                   os.path.join(port, 'subsystems', self._nqn))

    def _admit(self, name):
        os.makedirs(self._path('hosts', name), exist_ok=True)
        os.symlink(self._path('hosts', name), self._allowed(name))
        self._hosts.add(name)

    def _dismiss(self, name):
        os.unlink(self._allowed(name))
        self._hosts.discard(name)
        # It may be a host of another array as well.
        if not glob.glob(self._path('subsystems', '*', 'allowed_hosts',
                                    glob.escape(name))):
            os.rmdir(self._path('hosts', name))

    def _follow_volumes(self, seen_by_hosts):
        wanted = {lun.serial: (number, lun) for export in seen_by_hosts
                  for number, lun in export.luns.items()
                  if not lun.is_read_only}
        self._tell_what_is_shared(seen_by_hosts)
        for serial, lun in [*self._luns.items()]:
            if serial not in wanted or wanted[serial][1].path != lun.path:
                _remove_namespace(self._namespace(serial))
                del self._luns[serial], self._numbers[serial]
        for serial, (number, lun) in wanted.items():
            if serial not in self._luns:
                self._add_volume(number, lun)
            elif self._luns[serial].size_bytes != lun.size_bytes:
                _resize(self._namespace(serial))
            self._luns[serial] = lun

    def _add_volume(self, lun_number, lun):
        """At the NSID that is its LUN, if no other volume has that."""
        taken = self._numbers.values()
        self._numbers[lun.serial] = (
            lun_number if lun_number not in taken
            else configfs.first_free(taken, 1))
        namespace = self._namespace(lun.serial)
        os.mkdir(namespace)
        configfs.write(namespace, 'device_nguid', lun.nguid)
        configfs.write(namespace, 'device_uuid', _NO_UUID)
        with loops.attached(lun.path) as device:
            configfs.write(namespace, 'device_path', device)
            configfs.write(namespace, 'enable', '1')

    def _tell_what_is_shared(self, seen_by_hosts):
        was_shared = self._is_shared
        self._is_shared = len({
            frozenset(lun.serial for lun in export.luns.values())
            for export in seen_by_hosts if export.luns}) > 1
        if self._is_shared and not was_shared:
            LOG.warning('nvmet shows each host of %s the volumes of all',
                        self._nqn)

    def _subsystem(self):
        return self._path('subsystems', self._nqn)

    def _namespace(self, serial):
        return os.path.join(self._subsystem(), 'namespaces',
                            str(self._numbers[serial]))

    def _allowed(self, host):
        return os.path.join(self._subsystem(), 'allowed_hosts', host)

    def _path(self, *parts):
        return os.path.join(self._root, *parts)


def _remove_port(port):
    """Take a portal away; its connections end."""
    for link in glob.glob(f'{port}/subsystems/*'):
        os.unlink(link)
    os.rmdir(port)


def _remove_namespace(namespace):
    """Its loop device goes with it."""
    configfs.write(namespace, 'enable', '0')
    os.rmdir(namespace)


def _resize(namespace):
    with open(os.path.join(namespace, 'device_path'),
              encoding='utf-8') as stream:
        loops.resize(stream.read().strip())
    configfs.write(namespace, 'revalidate_size', '1')
