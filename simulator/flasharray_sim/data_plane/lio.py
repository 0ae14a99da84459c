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
"""Targets by LIO, the SCSI target of the Linux kernel, through configfs.

    core/fileio_N/DEVICE                 a volume
    FABRIC/TARGET/tpgt_N/lun/lun_N -> DEVICE    a group for each portal, with
                        /acls/INITIATOR/lun_N   all volumes, and each host
                                                with its LUNs

They are the kernel's: they outlive a simulator that was killed, and the next
one takes them away. LIO knows a LUN by the number that its first bytes are,
and an initiator sends one above 255 in SAM's flat form. `lio_iscsi` and
`lio_fc` have what differs between fabrics.
"""

import abc
import contextlib
import dataclasses
import glob
import os

from flasharray_sim.data_plane import configfs
from flasharray_sim.data_plane import exports

ROOT = '/sys/kernel/config/target'
_COMPANY_ID = '0x24a937'
_FLAT_FROM = 256
_FLAT = 0x4000
_NOTHING = exports.Export(frozenset(), {})


class Targets(configfs.Targets, abc.ABC):
    """The portals and targets of one array in one fabric.

    :param root: where the kernel shows its targets
    :raises ValueError: the kernel has no LIO, or it may not be changed

    :cvar module: of the kernel, for the fabric
    """

    module: str

    def __init__(self, root: str = ROOT):
        if not os.access(os.path.join(root, 'core'), os.W_OK):
            raise ValueError(
                f'this data plane needs {root}: configfs mounted, the '
                'modules target_core_mod, target_core_file and '
                f'{self.module} loaded, and root')
        self._root = root
        self._name: str | None = None
        self._hba: str | None = None
        self._groups: dict[str, str] = {}
        self._luns: dict[str, exports.Lun] = {}
        self._numbers: dict[str, int] = {}
        self._hosts: dict[int, exports.Export] = {}

    def apply(self, portals: dict[str, str],
              wanted: dict[int, exports.Export]):
        """Serve these LUNs to these hosts at these portals, and no others.

        :raises OSError: the kernel refuses
        """
        if self._name is None:
            if not portals:
                return
            self._begin(portals)
        for portal in [*self._groups]:
            if portal not in portals:
                self._remove_group(portal)
        for host_id, before in self._hosts.items():
            self._withdraw_host(before, wanted.get(host_id, _NOTHING))
        self._follow_volumes({
            lun.serial: lun for export in wanted.values()
            for lun in export.luns.values()})
        fresh = sorted(portals.keys() - self._groups.keys())
        for portal in fresh:
            self._add_group(portal, portals[portal])
        for export in wanted.values():
            for group in self._groups.values():
                self._offer_host(group, export)
        # Who came in before would be refused, or see no LUN.
        for portal in fresh:
            self._open(self._groups[portal])
        self._hosts = dict(wanted)

    def close(self):
        """Leave nothing in the kernel."""
        self.apply({}, {})
        if self._name is not None:
            os.rmdir(self._path('core', self._hba))

    @abc.abstractmethod
    def _new_group(self, portal: str, target: str) -> str:
        """Make a group that nobody can reach yet.

        :returns: its directory
        """

    @abc.abstractmethod
    def _left(self, portals: dict[str, str]) -> list[str]:
        """Groups of these portals that the kernel has."""

    @abc.abstractmethod
    def _open(self, group: str):
        """Let hosts reach a group."""

    @abc.abstractmethod
    def _close(self, group: str):
        """Let no host reach a group any more."""

    @staticmethod
    def _spelled(initiator: str) -> str:
        """What LIO calls an initiator."""
        return initiator

    def _authenticate(self, acl: str, export: exports.Export):
        """Let a host prove that it is that host, where the fabric can."""

    def _begin(self, portals):
        self._name = min(portals.values()).rpartition('.')[2]
        for group in self._left(portals):
            self._discard(group)
        self._clear_away()
        number = configfs.first_free([
            int(hba.rpartition('_')[2])
            for hba in glob.glob(self._path('core', '*_*'))
            if hba.rpartition('_')[2].isdecimal()])
        self._hba = f'fileio_{number}'
        os.mkdir(self._path('core', self._hba))

    def _clear_away(self):
        """Remove volumes that a simulator that was killed has left."""
        for device in glob.glob(self._path('core', '*', self._device('*'))):
            os.rmdir(device)
            with contextlib.suppress(OSError):
                os.rmdir(os.path.dirname(device))

    def _follow_volumes(self, wanted):
        for serial, lun in [*self._luns.items()]:
            if serial not in wanted or wanted[serial].path != lun.path:
                self._remove_volume(serial)
        for serial, lun in wanted.items():
            if serial not in self._luns:
                self._add_volume(lun)
            elif self._luns[serial].size_bytes != lun.size_bytes:
                configfs.write(self._volume(serial), 'control',
                               f'fd_dev_size={lun.size_bytes}')
            self._luns[serial] = lun

    def _add_volume(self, lun):
        device = self._volume(lun.serial)
        os.mkdir(device)
        configfs.write(
            device, 'control', f'fd_dev_name={lun.path},'
            f'fd_dev_size={lun.size_bytes},fd_buffered_io=1')
        for name, value in (
                ('vendor_id', exports.VENDOR),
                ('product_id', exports.PRODUCT),
                ('company_id', _COMPANY_ID),
                # With a zero in front, LIO makes Purity's identifier of it.
                ('vpd_unit_serial', f'0{lun.serial.lower()}')):
            configfs.write(device, f'wwn/{name}', value)
        configfs.write(device, 'enable', '1')
        for name in ('emulate_tpu', 'emulate_tpws'):
            configfs.write(device, f'attrib/{name}', '1')
        self._numbers[lun.serial] = configfs.first_free(self._numbers.values())
        for group in self._groups.values():
            self._offer(group, lun.serial)

    def _remove_volume(self, serial):
        for group in self._groups.values():
            self._withdraw(group, serial)
        os.rmdir(self._volume(serial))
        del self._luns[serial], self._numbers[serial]

    def _offer(self, group, serial):
        place = f'{group}/lun/lun_{self._numbers[serial]}'
        os.makedirs(place)
        os.symlink(self._volume(serial), f'{place}/device')

    def _withdraw(self, group, serial):
        place = f'{group}/lun/lun_{self._numbers[serial]}'
        os.unlink(f'{place}/device')
        os.rmdir(place)

    def _add_group(self, portal, target):
        group = self._new_group(portal, target)
        for serial in self._luns:
            self._offer(group, serial)
        self._groups[portal] = group

    def _remove_group(self, portal):
        self._discard(self._groups.pop(portal))

    def _discard(self, group):
        """Take a group away, with its sessions, and a target without any."""
        self._close(group)
        place = glob.escape(group)
        for acl in glob.glob(f'{place}/acls/*'):
            _remove_acl(acl)
        for lun in glob.glob(f'{place}/lun/lun_*'):
            _remove_link(lun)
        for portal in glob.glob(f'{place}/np/*'):
            os.rmdir(portal)
        os.rmdir(group)
        target = os.path.dirname(group)
        if not glob.glob(f'{glob.escape(target)}/tpgt_*'):
            os.rmdir(target)

    def _offer_host(self, group, export):
        """Let a host see its LUNs; those that it sees stay as they are."""
        for initiator in export.initiators:
            place = f'{group}/acls/{self._spelled(initiator)}'
            os.makedirs(place, exist_ok=True)
            self._authenticate(place, export)
            for number, lun in export.luns.items():
                mapped = _mapped(place, number)
                if os.path.isdir(mapped):
                    continue
                os.mkdir(mapped)
                os.symlink(f'{group}/lun/lun_{self._numbers[lun.serial]}',
                           f'{mapped}/lun')
                configfs.write(
                    mapped, 'write_protect', f'{lun.is_read_only:d}')

    def _withdraw_host(self, before, after):
        for group in self._groups.values():
            for initiator in before.initiators:
                place = f'{group}/acls/{self._spelled(initiator)}'
                if initiator not in after.initiators:
                    _remove_acl(place)
                    continue
                for number, lun in before.luns.items():
                    if not _is_same(lun, after.luns.get(number)):
                        _remove_link(_mapped(place, number))

    def _device(self, serial):
        return f'{self._name}-{serial}'

    def _volume(self, serial):
        return self._path('core', self._hba, self._device(serial))

    def _path(self, *parts):
        return os.path.join(self._root, *parts)


def _mapped(acl, number):
    return f'{acl}/lun_{number if number < _FLAT_FROM else _FLAT | number}'


def _is_same(lun, other):
    """Whether a LUN can stay; it can grow meanwhile."""
    return other is not None and dataclasses.replace(
        lun, size_bytes=other.size_bytes) == other


def _remove_acl(acl):
    for mapped in glob.glob(f'{glob.escape(acl)}/lun_*'):
        _remove_link(mapped)
    os.rmdir(acl)


def _remove_link(place):
    """Remove a LUN with the link in it, whatever it is called."""
    for entry in os.scandir(place):
        if entry.is_symlink():
            os.unlink(entry.path)
    os.rmdir(place)
