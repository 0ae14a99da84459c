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
"""A stand-in for Fibre Channel and NVMe/TCP: the bytes travel by iSCSI.

It is no test of these transports. What is tested is that the driver tells the
right array, LUN or namespace: the array is asked which volume the host sees
there, and that volume alone is then connected by iSCSI, to a host that the
stand-in has on the array.
"""

import hashlib
import json
import uuid

from os_brick import exception
import requests

from tools.demo import flasharray
from tools.initiator import connector

CONNECTOR = __name__ + '.StandInConnector'
WWN_PREFIX = '3624a9370'
# Of the NGUID: 00, the serial's first 14 digits, the vendor, its last 10.
NGUID_VENDOR = '24a937'


class Array(flasharray.FlashArray):
    """An array, as the stand-in's host needs it."""

    def volume_with(self, serial):
        """:returns: name of a volume, or None"""
        found = self.get('volume', filter="serial='%s'" % serial.upper())
        return found[0]['name'] if found else None

    def lun(self, host, volume):
        """:returns: LUN at which a host sees a volume, or None"""
        return next((row['lun'] for row in self.get('host/%s/volume' % host)
                     if row['vol'] == volume), None)

    def host_with(self, kind, initiators):
        """:returns: name of the host that has one of them, or None"""
        wanted = {_plain(name) for name in initiators}
        return next((host['name'] for host in self.get('host')
                     if wanted & {_plain(name) for name in host[kind]}), None)

    def make_host(self, name, iqn):
        """Make a host, if it is not there."""
        def is_there():
            return name in [host['name'] for host in self.get('host')]

        if is_there():
            return
        try:
            self.ask('POST', 'host/' + name, json={'iqnlist': [iqn]})
        except requests.HTTPError:
            # Another backend's process may have been faster.
            if not is_there():
                raise

    def has_target(self, kind, names):
        wanted = {_plain(name) for name in names}
        return any(_plain(port[kind]) in wanted
                   for port in self.get('port') if port[kind])


class StandInConnector(connector.UserlandISCSIConnector):
    """Connects Fibre Channel and NVMe volumes by iSCSI.

    :cvar arrays_path: pathlib.Path of the simulator's ready file
    :cvar host_name: of the machine that it stands in for
    """

    arrays_path = None
    host_name = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # The machine's own one may be that of an iSCSI host on the array.
        self.initiator = connector.initiator_of(self._stand_in)

    @classmethod
    def get_connector_properties(cls, root_helper, *args, **kwargs):
        return properties_of(cls.host_name)

    def connect_volume(self, connection_properties):
        """See the base class.

        :raises VolumeDeviceNotFound: also if the host does not see the volume
        """
        array, volume = self._find_volume(connection_properties)
        self._check_visible(array, volume, connection_properties)
        array.make_host(self._stand_in, self.initiator)
        if array.lun(self._stand_in, volume) is None:
            array.ask('POST', 'host/%s/volume/%s' % (self._stand_in, volume))
        try:
            return super().connect_volume(self._by_iscsi(array, volume))
        except BaseException:
            self._withdraw(array, volume)
            raise

    def disconnect_volume(self, connection_properties, device_info=None,
                          force=False, ignore_errors=False):
        array, volume = self._find_volume(connection_properties)
        if array.lun(self._stand_in, volume) is not None:
            super().disconnect_volume(self._by_iscsi(array, volume))
            self._withdraw(array, volume)

    def extend_volume(self, connection_properties):
        return super().extend_volume(
            self._by_iscsi(*self._find_volume(connection_properties)))

    def get_volume_paths(self, connection_properties):
        return super().get_volume_paths(
            self._by_iscsi(*self._find_volume(connection_properties)))

    @property
    def _stand_in(self):
        return 'stand-in-for-' + self.host_name

    def _find_volume(self, properties):
        """:returns: ``(Array, name)`` of a volume by its identifier"""
        kind, targets, serial = _told(properties)
        for array in self._arrays():
            volume = array.has_target(kind, targets) and \
                array.volume_with(serial)
            if volume:
                return array, volume
        raise exception.VolumeDeviceNotFound(device=serial)

    def _check_visible(self, array, volume, properties):
        own = properties_of(self.host_name)
        if 'target_nqn' in properties:
            host, lun = array.host_with('nqn', [own['nqn']]), None
        else:
            host = array.host_with('wwn', own['wwpns'])
            lun = properties['target_lun']
        found = host and array.lun(host, volume)
        if found is None or lun not in (None, found):
            raise exception.VolumeDeviceNotFound(
                device='%s of %s at LUN %s; host %s sees it at %s' % (
                    volume, array.name, lun, host, found))

    def _by_iscsi(self, array, volume):
        ports = [port for port in array.get('port') if port['iqn']]
        lun = array.lun(self._stand_in, volume)
        return {'target_discovered': False,
                'target_portals': [port['portal'] for port in ports],
                'target_iqns': [port['iqn'] for port in ports],
                'target_luns': [lun] * len(ports)}

    def _withdraw(self, array, volume):
        array.ask('DELETE', 'host/%s/volume/%s' % (self._stand_in, volume))

    def _arrays(self):
        ready = json.loads(self.arrays_path.read_text())
        for told in ready['arrays']:
            try:
                yield Array(told['address'], told['api_token'],
                            ready['certificate'])
            except requests.RequestException:
                # One that is offline serves nobody.
                continue


def properties_of(host_name):
    """What a machine tells of its Fibre Channel and NVMe adapters.

    :returns: dict
    """
    digits = hashlib.sha256(host_name.encode()).hexdigest()[:8]
    return {'wwpns': ['10000000' + digits, '10000001' + digits],
            'wwnns': ['20000000' + digits, '20000001' + digits],
            'nqn': 'nqn.2014-08.org.nvmexpress:uuid:%s' % uuid.uuid5(
                uuid.NAMESPACE_DNS, host_name)}


def _told(properties):
    """:returns: ``(kind of its targets, their names, serial)``"""
    if 'target_nqn' in properties:
        nguid = properties['volume_nguid']
        return 'nqn', [properties['target_nqn']], \
            nguid[2:16] + nguid[16 + len(NGUID_VENDOR):]
    return 'wwn', properties['target_wwns'], \
        properties['wwn'].removeprefix(WWN_PREFIX)


def _plain(name):
    return name.replace(':', '').lower()
