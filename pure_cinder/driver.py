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
"""Cinder's face: one call per driver method into a service.

Operators name a class of this module in ``cinder.conf``::

    volume_driver = pure_cinder.driver.PureISCSIDriver
"""

import platform

from cinder import interface
from cinder.volume.drivers.san import san
import distro
from oslo_config import cfg
from oslo_log import log as logging

from pure_cinder.array import gateway
from pure_cinder import config
from pure_cinder import connections
from pure_cinder import hosts
from pure_cinder import options
from pure_cinder.protocols import iscsi
from pure_cinder import snapshots
from pure_cinder import stats
from pure_cinder import trash
from pure_cinder import volumes

CONF = cfg.CONF
LOG = logging.getLogger(__name__)


class PureBaseVolumeDriver(san.SanDriver):
    """Pure Storage (Everpure) FlashArray over REST 1.x.

    Version history:

    .. code-block:: none

        1.0.0 - iSCSI: volumes, snapshots, clones, attachments, stats
    """

    VERSION = '1.0.0'
    CI_WIKI_NAME = 'Pure_Storage_CI'
    SUPPORTS_ACTIVE_ACTIVE = False

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.configuration.append_config_values(options.PURE_OPTS)

    @classmethod
    def get_driver_options(cls):
        return options.PURE_OPTS + cls._get_oslo_driver_opts(
            *options.COMMON_OPTION_NAMES)

    @staticmethod
    def _make_protocol(backend_config):
        """The object of :mod:`pure_cinder.protocols` for this driver."""
        raise NotImplementedError

    # Start-up

    def do_setup(self, context):
        """Read the configuration; the array is first asked when needed."""
        self._config = config.read(self.configuration, type(self).__name__)
        protocol = self._make_protocol(self._config)
        self._gateway = gateway.Gateway(self._config.endpoint, _user_agent(
            type(self).__name__, self.VERSION))
        self._hosts = hosts.HostService(self._gateway, protocol,
                                        self._config.host_personality)
        self._connections = connections.ConnectionService(
            self._gateway, protocol, self._hosts)
        trash_can = trash.Trash(self._gateway,
                                self._config.is_eradicating_on_delete)
        self._volumes = volumes.VolumeService(
            self._gateway, self._connections, trash_can,
            CONF.volume_name_template)
        self._snapshots = snapshots.SnapshotService(
            self._gateway, self._volumes, trash_can)
        self._stats_service = stats.StatsService(
            self._gateway, self._connections, self._config,
            protocol.storage_protocol, self.VERSION)

    def check_for_setup_error(self):
        """Log in to the array and look for its target ports.

        A wrong address, token, certificate or network filter stops the start
        here, and not the first attach.

        :raises PureDriverException: with cause and remedy
        """
        array = self._gateway.get_array()
        LOG.info('Backend %(backend)s is served by FlashArray %(name)s, '
                 'Purity %(purity)s.',
                 {'backend': self._config.backend_name, 'name': array.name,
                  'purity': array.purity_version})
        if not self._config.endpoint.verify:
            LOG.warning('The certificate of FlashArray %s is not verified: '
                        'driver_ssl_cert_verify is off.', array.name)
        self._hosts.check_capabilities()
        self._connections.refresh_targets()

    def update_provider_info(self, volumes, snapshots):
        return self._volumes.provider_updates(volumes), None

    # Volumes

    def create_volume(self, volume):
        return self._volumes.create(volume)

    def create_volume_from_snapshot(self, volume, snapshot):
        return self._volumes.copy(
            volume, self._snapshots.array_name(snapshot),
            snapshot.volume_size)

    def create_cloned_volume(self, volume, src_vref):
        return self._volumes.copy(
            volume, self._volumes.array_name(src_vref), src_vref.size)

    def delete_volume(self, volume):
        self._volumes.delete(volume)

    def extend_volume(self, volume, new_size):
        self._volumes.extend(volume, new_size)

    # Snapshots

    def create_snapshot(self, snapshot):
        self._snapshots.create(snapshot)

    def delete_snapshot(self, snapshot):
        self._snapshots.delete(snapshot)

    # Connections

    def ensure_export(self, context, volume):
        """Nothing to do: the array keeps its connections."""

    def create_export(self, context, volume, connector):
        return self._volumes.location_update(volume)

    def remove_export(self, context, volume):
        """Nothing to do: terminate_connection disconnects."""

    def initialize_connection(self, volume, connector):
        return self._connections.initialize(
            self._volumes.array_name(volume), self._volumes.serial(volume),
            connector)

    def terminate_connection(self, volume, connector, **kwargs):
        return self._connections.terminate(
            volume, self._volumes.array_name(volume), connector)

    # Stats

    def _update_volume_stats(self):
        self._stats = self._stats_service.report(
            self.get_filter_function(), self.get_goodness_function())


@interface.volumedriver
class PureISCSIDriver(PureBaseVolumeDriver, san.SanISCSIDriver):
    """FlashArray over iSCSI."""

    @staticmethod
    def _make_protocol(backend_config):
        return iscsi.IscsiProtocol(backend_config.iscsi_networks)


def _user_agent(driver_name, driver_version):
    """How the array's audit log names the driver."""
    return 'OpenStack Cinder %s/%s (%s)' % (
        driver_name, driver_version,
        distro.name(pretty=True) or platform.system())
