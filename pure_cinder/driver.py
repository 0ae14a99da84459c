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

from cinder import exception
from cinder import interface
from cinder.volume import driver
from cinder.volume.drivers.san import san
from cinder.zonemanager import utils as fczm_utils
import distro
from oslo_config import cfg

from pure_cinder import attachments
from pure_cinder import chap
from pure_cinder import config
from pure_cinder import connections
from pure_cinder import fleet
from pure_cinder import ghost_pods
from pure_cinder import group_types
from pure_cinder import groups
from pure_cinder import hosts
from pure_cinder import leftovers
from pure_cinder import manage
from pure_cinder import manageable
from pure_cinder import migration
from pure_cinder import options
from pure_cinder.protocols import fc
from pure_cinder.protocols import iscsi
from pure_cinder.protocols import nvme
from pure_cinder.replication import failback
from pure_cinder.replication import failover
from pure_cinder.replication import group_arming
from pure_cinder.replication import homecoming
from pure_cinder.replication import promotion
from pure_cinder.replication import relocation
from pure_cinder.replication import readiness
from pure_cinder.replication import setup
from pure_cinder.replication import targets
from pure_cinder import retype
from pure_cinder import snapshots
from pure_cinder import startup
from pure_cinder import stats
from pure_cinder import tags
from pure_cinder import trash
from pure_cinder import vendor
from pure_cinder import volume_groups
from pure_cinder import volume_types
from pure_cinder import volumes

CONF = cfg.CONF


class PureBaseVolumeDriver(san.SanDriver):
    """Pure Storage (Everpure) FlashArray over REST 1.x.

    Version history:

    .. code-block:: none

        1.0.0 - Volumes, snapshots, clones, stats; attachments over iSCSI
                with CHAP, Fibre Channel with zoning, NVMe/RoCE, NVMe/TCP
    """

    VERSION = '1.0.0'
    CI_WIKI_NAME = 'Pure_Storage_CI'
    SUPPORTS_ACTIVE_ACTIVE = True

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.configuration.append_config_values(options.PURE_OPTS)
        self._active_backend_id = kwargs.get('active_backend_id')

    @classmethod
    def get_driver_options(cls):
        return options.PURE_OPTS + cls._get_oslo_driver_opts(
            *options.COMMON_OPTION_NAMES)

    @staticmethod
    def _make_protocol(backend_config):
        """The object of :mod:`pure_cinder.protocols` for this driver."""
        raise NotImplementedError

    def _make_chap(self, member):
        """The chap.ChapService of an array, or None without CHAP."""
        return None

    # Start-up

    def do_setup(self, context):
        """Read the configuration; the array is first asked when needed."""
        self._config = config.read(self.configuration, type(self).__name__)
        self._protocol = self._make_protocol(self._config)
        self._fleet = fleet.Fleet.of_config(
            self._config, _user_agent(type(self).__name__, self.VERSION),
            self._active_backend_id)
        self._attachments = attachments.AttachmentService(
            self._fleet, self._protocol,
            {member.backend_id: self._make_connections(member)
             for member in self._fleet.members},
            leftovers.LeftoverService(self._fleet,
                                      self._config.replication.pod))
        types = volume_types.VolumeTypes(self._config)
        types_of_groups = group_types.GroupTypes(types)
        trash_can = trash.Trash(self._config.is_eradicating_on_delete)
        vgroups = volume_groups.VolumeGroupService()
        self._tags = tags.TagService(self._fleet)
        self._volumes = volumes.VolumeService(
            self._fleet, types, types_of_groups, vgroups, self._attachments,
            trash_can, self._tags, CONF.volume_name_template)
        self._snapshots = snapshots.SnapshotService(
            self._fleet, types_of_groups, self._volumes, self._attachments,
            trash_can)
        arming_of_groups = group_arming.GroupArming(
            self._fleet, self._config.replication, types_of_groups, trash_can)
        self._groups = groups.GroupService(
            self._fleet, types_of_groups, self._volumes, self._snapshots,
            trash_can, arming_of_groups)
        self._replication_setup = setup.ReplicationSetup(
            self._fleet, self._config.replication)
        self._readiness = readiness.ReadinessService(
            self._fleet, self._config.replication)
        relocator = relocation.Relocator(
            self._fleet, self._config.replication, types, types_of_groups,
            self._volumes, promotion.Promoter(
                self._volumes, vgroups, self._attachments))
        way_home = homecoming.Homecoming(
            self._config.replication.policy, self._attachments)
        self._failover = failover.FailoverService(
            self._fleet,
            targets.Targets(self._fleet, self._config.replication),
            relocator,
            failback.Failback(self._fleet, self._config.replication,
                              relocator, way_home),
            self._volumes)
        self._startup = startup.StartUp(
            self._fleet, self._attachments, self._config, self._readiness,
            self._replication_setup)
        self._retype = retype.RetypeService(
            self._fleet, types, self._volumes, vgroups,
            ghost_pods.GhostPods(self._config.ghost_pod_prefix))
        self._migration = migration.MigrationService(
            self._fleet, types, self._volumes, self._retype)
        self._manage = manage.ManageService(
            self._fleet, types, self._volumes, self._snapshots, self._retype,
            self._tags)
        self._manageable = manageable.ManageableLists(
            self._fleet, self._volumes, self._snapshots)
        self._stats_service = stats.StatsService(
            self._fleet, self._attachments, self._config, self._readiness,
            self._replication_setup, self._protocol.storage_protocol,
            self.VERSION)

    def _make_connections(self, member):
        return connections.ArrayConnections(
            member.gateway, self._protocol,
            hosts.HostService(member.gateway, self._protocol,
                              self._config.host_personality),
            self._make_chap(member))

    def check_for_setup_error(self):
        self._startup.check()

    def update_provider_info(self, volumes, snapshots):
        return self._volumes.provider_updates(volumes), None

    # Volumes

    def create_volume(self, volume):
        return self._volumes.create(volume)

    def create_volume_from_snapshot(self, volume, snapshot):
        return self._volumes.copy(volume, self._snapshots.source(snapshot))

    def create_cloned_volume(self, volume, src_vref):
        return self._volumes.copy(volume, self._volumes.source(src_vref))

    def delete_volume(self, volume):
        self._volumes.delete(volume)

    def extend_volume(self, volume, new_size):
        self._volumes.extend(volume, new_size)

    def revert_to_snapshot(self, context, volume, snapshot):
        self._volumes.revert(volume, self._snapshots.array_name(snapshot))

    def snapshot_revert_use_temp_snapshot(self):
        """Not needed: the array reverts at once, and keeps what was."""
        return False

    def accept_transfer(self, context, volume, new_user, new_project):
        self._tags.touch(volume)

    # Snapshots

    def create_snapshot(self, snapshot):
        return self._snapshots.create(snapshot)

    def delete_snapshot(self, snapshot):
        self._snapshots.delete(snapshot)

    # Groups

    def create_group(self, context, group):
        return self._groups.create(group)

    def create_group_from_src(self, context, group, volumes,
                              group_snapshot=None, snapshots=None,
                              source_group=None, source_vols=None):
        if group_snapshot:
            return self._groups.create_from_snapshot(group, volumes,
                                                     snapshots)
        return self._groups.create_from_group(group, volumes, source_group,
                                              source_vols)

    def delete_group(self, context, group, volumes):
        return self._groups.delete(group, volumes)

    def update_group(self, context, group, add_volumes=None,
                     remove_volumes=None):
        self._groups.update(group, add_volumes or (), remove_volumes or ())
        return None, None, None

    def create_group_snapshot(self, context, group_snapshot, snapshots):
        self._groups.create_snapshot(group_snapshot, snapshots)
        return None, None

    def delete_group_snapshot(self, context, group_snapshot, snapshots):
        self._groups.delete_snapshot(group_snapshot, snapshots)
        return None, None

    # Types

    def retype(self, context, volume, new_type, diff, host):
        return self._retype.retype(volume, new_type)

    # Migration

    def migrate_volume(self, context, volume, host):
        return self._migration.migrate(volume, host)

    def update_migrated_volume(self, context, volume, new_volume,
                               original_volume_status):
        return self._migration.finish(volume, new_volume)

    # Manage and unmanage

    def manage_existing(self, volume, existing_ref):
        return self._manage.take_volume(volume, existing_ref)

    def manage_existing_get_size(self, volume, existing_ref):
        return self._manage.volume_size_gib(existing_ref)

    def get_manageable_volumes(self, cinder_volumes, marker, limit, offset,
                               sort_keys, sort_dirs):
        return self._manageable.volumes(cinder_volumes, marker, limit, offset,
                                        sort_keys, sort_dirs)

    def unmanage(self, volume):
        self._manage.release_volume(volume)

    def manage_existing_snapshot(self, snapshot, existing_ref):
        self._manage.take_snapshot(snapshot, existing_ref)

    def manage_existing_snapshot_get_size(self, snapshot, existing_ref):
        return self._manage.snapshot_size_gib(snapshot, existing_ref)

    def get_manageable_snapshots(self, cinder_snapshots, marker, limit,
                                 offset, sort_keys, sort_dirs):
        return self._manageable.snapshots(cinder_snapshots, marker, limit,
                                          offset, sort_keys, sort_dirs)

    def unmanage_snapshot(self, snapshot):
        self._manage.release_snapshot(snapshot)

    # Connections

    def ensure_export(self, context, volume):
        """Nothing to do: the array keeps its connections."""

    def create_export(self, context, volume, connector):
        return self._volumes.location_update(volume)

    def remove_export(self, context, volume):
        """Nothing to do: terminate_connection disconnects."""

    def initialize_connection(self, volume, connector):
        self._tags.touch(volume)
        return self._attachments.initialize(
            self._fleet.of(volume), self._volumes.array_name(volume),
            self._volumes.serial(volume), connector)

    def terminate_connection(self, volume, connector, **kwargs):
        return self._detach(volume, connector).is_volume_still_used

    def _detach(self, volume, connector):
        """:returns: attachments.Detachment"""
        self._tags.touch(volume)
        return self._attachments.terminate(
            self._fleet.of(volume), volume, self._volumes.array_name(volume),
            connector)

    def create_export_snapshot(self, context, snapshot, connector):
        self._snapshots.export(snapshot)

    def remove_export_snapshot(self, context, snapshot):
        self._snapshots.remove_export(snapshot)

    def initialize_connection_snapshot(self, snapshot, connector, **kwargs):
        return self._snapshots.initialize(snapshot, connector)

    def terminate_connection_snapshot(self, snapshot, connector, **kwargs):
        self._snapshots.terminate(snapshot, connector)

    # Failover

    def failover_host(self, context, volumes, secondary_id=None, groups=None):
        outcome = self.failover(context, volumes, secondary_id, groups)
        backend_id, _volume_updates, _group_updates = outcome
        self.failover_completed(context, backend_id)
        return outcome

    def failover(self, context, volumes, secondary_id=None, groups=None):
        """The part of it that one node of a cluster does for all."""
        return self._failover.failover(volumes, secondary_id, groups)

    def failover_completed(self, context, active_backend_id=None):
        """The part of it that every node of a cluster does."""
        self._failover.complete(active_backend_id)

    # Stats

    def _update_volume_stats(self):
        self._stats = self._stats_service.report(
            self.get_filter_function(), self.get_goodness_function())
        self._tags.write_due()
        self._attachments.clean_up()

    def get_pool(self, volume):
        return self._config.backend_name

    def _init_vendor_properties(self):
        return vendor.properties(), vendor.PREFIX


@interface.volumedriver
class PureISCSIDriver(PureBaseVolumeDriver, san.SanISCSIDriver):
    """FlashArray over iSCSI."""

    @staticmethod
    def _make_protocol(backend_config):
        return iscsi.IscsiProtocol(backend_config.iscsi_networks)

    def _make_chap(self, member):
        if not self._config.is_chap_wanted:
            return None
        return chap.ChapService(member.gateway, self.driver_utils)


@interface.volumedriver
class PureFCDriver(PureBaseVolumeDriver, driver.FibreChannelDriver):
    """FlashArray over Fibre Channel, with Cinder's zone manager."""

    @staticmethod
    def _make_protocol(backend_config):
        return fc.FibreChannelProtocol(fczm_utils.create_lookup_service())

    def terminate_connection(self, volume, connector, **kwargs):
        return self._detach(volume, connector).closed_paths


@interface.volumedriver
class PureNVMEDriver(PureBaseVolumeDriver):
    """FlashArray over NVMe/RoCE or NVMe/TCP."""

    @staticmethod
    def _make_protocol(backend_config):
        return nvme.NvmeProtocol(backend_config.nvme_transport,
                                 backend_config.nvme_networks)

    def validate_connector(self, connector):
        if not connector.get('nqn'):
            raise exception.InvalidConnectorException(missing='nqn')


def _user_agent(driver_name, driver_version):
    """How the array's audit log names the driver."""
    return 'OpenStack Cinder %s/%s (%s)' % (
        driver_name, driver_version,
        distro.name(pretty=True) or platform.system())
