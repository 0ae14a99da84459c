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
    iscsi/IQN/tpgt_N/np/PORTAL           a group for each portal, with
                    /lun/lun_N -> DEVICE     all volumes, and
                    /acls/INITIATOR/lun_N    each host with its LUNs

They are the kernel's: they outlive a simulator that was killed, and the next
one takes them away. LIO knows a LUN by the number that its first bytes are,
and an initiator sends one above 255 in SAM's flat form.
"""

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
# What LIO takes for no name and no password.
_NONE = 'NULL'
_NOTHING = exports.Export(frozenset(), {})


class Targets(configfs.Targets):
    """The portals and targets of one array.

    :param root: where the kernel shows its targets
    :raises ValueError: the kernel has no LIO, or it may not be changed
    """

    initiator_kind = exports.IQN

    def __init__(self, root: str = ROOT):
        if not os.access(os.path.join(root, 'core'), os.W_OK):
            raise ValueError(
                f'the data plane lio needs {root}: configfs mounted, the '
                'modules target_core_mod, target_core_file and '
                'iscsi_target_mod loaded, and root')
        self._root = root
        self._iqn: str | None = None
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
        if self._iqn is None:
            if not portals:
                return
            self._begin(min(portals.values()))
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
            self._add_group(portal)
        for export in wanted.values():
            for group in self._groups.values():
                self._offer_host(group, export)
        # Who came in before would be refused, or see no LUN.
        for portal in fresh:
            configfs.write(self._groups[portal], 'enable', '1')
        self._hosts = dict(wanted)

    def close(self):
        """Leave nothing in the kernel."""
        self.apply({}, {})
        if self._iqn is not None:
            os.rmdir(self._path('iscsi', self._iqn))
            os.rmdir(self._path('core', self._hba))

    def _begin(self, iqn):
        self._iqn = iqn
        os.makedirs(self._path('iscsi'), exist_ok=True)
        self._clear_away()
        number = configfs.first_free([
            int(hba.rpartition('_')[2])
            for hba in glob.glob(self._path('core', '*_*'))
            if hba.rpartition('_')[2].isdecimal()])
        self._hba = f'fileio_{number}'
        os.mkdir(self._path('core', self._hba))
        os.mkdir(self._path('iscsi', iqn))

    def _clear_away(self):
        """Remove what a simulator that was killed has left."""
        target = self._path('iscsi', self._iqn)
        for group in glob.glob(f'{glob.escape(target)}/tpgt_*'):
            _remove_group(group)
        if os.path.isdir(target):
            os.rmdir(target)
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

    def _add_group(self, portal):
        number = 1 + configfs.first_free([
            int(group.rpartition('_')[2]) - 1
            for group in self._groups.values()])
        group = self._path('iscsi', self._iqn, f'tpgt_{number}')
        os.mkdir(group)
        configfs.write(group, 'attrib/generate_node_acls', '0')
        os.makedirs(f'{group}/np/{portal}')
        for serial in self._luns:
            self._offer(group, serial)
        self._groups[portal] = group

    def _remove_group(self, portal):
        _remove_group(self._groups.pop(portal))

    def _offer_host(self, group, export):
        """Let a host see its LUNs; those that it sees stay as they are."""
        for initiator in export.initiators:
            place = f'{group}/acls/{initiator}'
            os.makedirs(place, exist_ok=True)
            _set_chap(place, export)
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
                place = f'{group}/acls/{initiator}'
                if initiator not in after.initiators:
                    _remove_acl(place)
                    continue
                for number, lun in before.luns.items():
                    if not _is_same(lun, after.luns.get(number)):
                        _remove_link(_mapped(place, number))

    def _device(self, serial):
        return f'{self._iqn.rpartition(".")[2]}-{serial}'

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


def _set_chap(acl, export):
    for chap, end in ((export.chap, ''), (export.mutual_chap, '_mutual')):
        for name, value in (('userid', chap and chap.user),
                            ('password', chap and chap.password)):
            configfs.write(acl, f'auth/{name}{end}', value or _NONE)
    configfs.write(
        acl, 'attrib/authentication', f'{export.chap is not None:d}')


def _remove_group(group):
    """Take a portal group away; its sessions end."""
    configfs.write(group, 'enable', '0')
    place = glob.escape(group)
    for acl in glob.glob(f'{place}/acls/*'):
        _remove_acl(acl)
    for lun in glob.glob(f'{place}/lun/lun_*'):
        _remove_link(lun)
    for portal in glob.glob(f'{place}/np/*'):
        os.rmdir(portal)
    os.rmdir(group)


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
