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

import functools
import inspect

from cinder import exception
from cinder.i18n import _
from cinder import interface
from cinder import objects
from cinder.volume import driver
from cinder.volume.drivers.san import san
from cinder.zonemanager import utils as fczm_utils

from pure_cinder.attachments.protocols import fc
from pure_cinder.attachments.protocols import iscsi
from pure_cinder.attachments.protocols import nvme
from pure_cinder import backend
from pure_cinder import config
from pure_cinder import exceptions
from pure_cinder import options
from pure_cinder.types import specs


def _found_again(parameter):
    """For a method that acts on what may have another name by now.

    :param parameter: name of the one that is an objects.Volume, an
        objects.Snapshot, or a list of such
    """
    def decorate(method):
        signature = inspect.signature(method)

        @functools.wraps(method)
        def act(self, *args, **kwargs):
            subject = signature.bind(self, *args, **kwargs).arguments.get(
                parameter) or ()
            is_one = isinstance(subject, (objects.Volume, objects.Snapshot))
            return self._backend.recovery.found_again(
                [subject] if is_one else subject,
                lambda: method(self, *args, **kwargs))
        return act
    return decorate


class PureBaseVolumeDriver(san.SanDriver):
    """Pure Storage (Everpure) FlashArray over REST 1.x.

    Version history:

    .. code-block:: none

        1.0.0 - Volumes, snapshots, clones, stats; attachments over iSCSI
                with CHAP, Fibre Channel with zoning, NVMe/RoCE, NVMe/TCP;
                groups, retype, migration, manage, QoS, tags; replication
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
        """The object of :mod:`pure_cinder.attachments.protocols` to use."""
        raise exceptions.PureConfigurationError(
            backend_config.section, [exceptions.Problem(
                'volume_driver',
                _('volume_driver names the base of the drivers, which serves '
                  'no protocol.'),
                _('Name PureISCSIDriver, PureFCDriver or PureNVMEDriver of '
                  'pure_cinder.driver.'))])

    @property
    def backend(self):
        """backend.Backend; ``do_setup`` makes it."""
        return self._backend

    # Start-up

    def do_setup(self, context):
        """Read the configuration; the array is first asked when needed."""
        backend_config = config.read(self.configuration,
                                     type(self).__name__)
        self._backend = backend.Backend(
            backend_config, self._make_protocol(backend_config),
            type(self).__name__, self.VERSION, self.driver_utils,
            self._active_backend_id, self.host, self.cluster_name)

    def check_for_setup_error(self):
        self._backend.startup.check()

    def update_provider_info(self, volumes, snapshots):
        self._backend.recovery.after_start(volumes)
        self._backend.interrupted.tell(volumes)
        return self._backend.rows.name_updates(volumes), None

    # Volumes

    def create_volume(self, volume):
        return self._backend.volumes.create(volume)

    @_found_again('snapshot')
    def create_volume_from_snapshot(self, volume, snapshot):
        return self._backend.volumes.copy(
            volume, self._backend.snapshots.source(snapshot))

    @_found_again('src_vref')
    def create_cloned_volume(self, volume, src_vref):
        return self._backend.volumes.copy(
            volume, self._backend.volumes.source(src_vref))

    def delete_volume(self, volume):
        self._backend.deletion.delete(volume)

    @_found_again('volume')
    def extend_volume(self, volume, new_size):
        self._backend.volumes.extend(volume, new_size)

    @_found_again('snapshot')
    def revert_to_snapshot(self, context, volume, snapshot):
        self._backend.volumes.revert(
            volume, self._backend.snapshots.source(snapshot))

    def snapshot_revert_use_temp_snapshot(self):
        """Not needed: the array reverts at once, and keeps what was."""
        return False

    def accept_transfer(self, context, volume, new_user, new_project):
        self._backend.tags.touch(volume)

    # Snapshots

    @_found_again('snapshot')
    def create_snapshot(self, snapshot):
        return self._backend.snapshots.create(snapshot)

    def delete_snapshot(self, snapshot):
        self._backend.snapshots.delete(snapshot)

    # Groups

    def create_group(self, context, group):
        return self._backend.groups.create(group)

    def create_group_from_src(self, context, group, volumes,
                              group_snapshot=None, snapshots=None,
                              source_group=None, source_vols=None):
        if group_snapshot:
            return self._backend.groups.create_from_snapshot(
                group, volumes, group_snapshot, snapshots)
        return self._backend.groups.create_from_group(
            group, volumes, source_group, source_vols)

    def delete_group(self, context, group, volumes):
        return self._backend.groups.delete(group, volumes)

    @_found_again('add_volumes')
    def update_group(self, context, group, add_volumes=None,
                     remove_volumes=None):
        self._backend.groups.update(group, add_volumes or (),
                                    remove_volumes or ())
        return None, None, None

    @_found_again('snapshots')
    def create_group_snapshot(self, context, group_snapshot, snapshots):
        return None, self._backend.groups.create_snapshot(group_snapshot,
                                                          snapshots)

    def delete_group_snapshot(self, context, group_snapshot, snapshots):
        self._backend.groups.delete_snapshot(group_snapshot, snapshots)
        return None, None

    def enable_replication(self, context, group, volumes):
        return self._backend.group_replication.enable(group, volumes)

    def disable_replication(self, context, group, volumes):
        return self._backend.group_replication.disable(group, volumes)

    def failover_replication(self, context, group, volumes,
                             secondary_backend_id=None):
        self._backend.tags.touch(*volumes)
        return self._backend.group_replication.failover(
            group, volumes, secondary_backend_id)

    # Types

    @_found_again('volume')
    def retype(self, context, volume, new_type, diff, host):
        return self._backend.retype.retype(volume, new_type)

    # Migration

    @_found_again('volume')
    def migrate_volume(self, context, volume, host):
        return self._backend.migration.migrate(volume, host)

    @_found_again('new_volume')
    def update_migrated_volume(self, context, volume, new_volume,
                               original_volume_status):
        self._backend.tags.touch(volume)
        return self._backend.migration.finish(volume, new_volume)

    # Manage and unmanage

    def manage_existing(self, volume, existing_ref):
        return self._backend.manage.take_volume(volume, existing_ref)

    def manage_existing_get_size(self, volume, existing_ref):
        return self._backend.manage.volume_size_gib(existing_ref)

    def get_manageable_volumes(self, cinder_volumes, marker, limit, offset,
                               sort_keys, sort_dirs):
        return self._backend.manageable.volumes(
            cinder_volumes, marker, limit, offset, sort_keys, sort_dirs)

    def unmanage(self, volume):
        self._backend.manage.release_volume(volume)

    def manage_existing_snapshot(self, snapshot, existing_ref):
        return self._backend.manage.take_snapshot(snapshot, existing_ref)

    def manage_existing_snapshot_get_size(self, snapshot, existing_ref):
        return self._backend.manage.snapshot_size_gib(snapshot, existing_ref)

    def get_manageable_snapshots(self, cinder_snapshots, marker, limit,
                                 offset, sort_keys, sort_dirs):
        return self._backend.manageable.snapshots(
            cinder_snapshots, marker, limit, offset, sort_keys, sort_dirs)

    @_found_again('snapshot')
    def unmanage_snapshot(self, snapshot):
        self._backend.manage.release_snapshot(snapshot)

    # Connections

    def ensure_export(self, context, volume):
        """Nothing to do: the array keeps its connections."""

    def create_export(self, context, volume, connector):
        return self._backend.rows.location_update(volume)

    def remove_export(self, context, volume):
        """Nothing to do: terminate_connection disconnects."""

    @_found_again('volume')
    def initialize_connection(self, volume, connector):
        self._backend.tags.touch(volume)
        return self._backend.attachments.initialize(
            self._backend.whereabouts.member(volume),
            self._backend.names.array_name(volume),
            self._backend.rows.serial(volume), connector)

    def terminate_connection(self, volume, connector, **kwargs):
        return self._detach(volume, connector).is_volume_still_used

    def _detach(self, volume, connector):
        """:returns: attachments.Detachment"""
        self._backend.tags.touch(volume)
        done = self._terminate(volume, connector)
        if done.was_connected or not self._backend.recovery.find_missing(
                volume):
            return done
        return self._terminate(volume, connector)

    @_found_again('volume')
    def _terminate(self, volume, connector):
        return self._backend.attachments.terminate(
            self._backend.whereabouts.member(volume), volume,
            self._backend.names.array_name(volume), connector)

    @_found_again('snapshot')
    def create_export_snapshot(self, context, snapshot, connector):
        self._backend.snapshots.export(snapshot)

    def remove_export_snapshot(self, context, snapshot):
        self._backend.snapshots.remove_export(snapshot)

    def initialize_connection_snapshot(self, snapshot, connector, **kwargs):
        return self._backend.snapshots.initialize(snapshot, connector)

    def terminate_connection_snapshot(self, snapshot, connector, **kwargs):
        self._backend.snapshots.terminate(snapshot, connector)

    # Failover

    def failover_host(self, context, volumes, secondary_id=None, groups=None):
        outcome = self.failover(context, volumes, secondary_id, groups)
        backend_id, _volume_updates, _group_updates = outcome
        self.failover_completed(context, backend_id)
        return outcome

    def failover(self, context, volumes, secondary_id=None, groups=None):
        """The part of it that one node of a cluster does for all."""
        self._backend.tags.touch(*volumes)
        return self._backend.failover.failover(volumes, secondary_id, groups)

    def failover_completed(self, context, active_backend_id=None):
        """The part of it that every node of a cluster does."""
        self._backend.failover.complete(active_backend_id)

    # Stats

    def _update_volume_stats(self):
        self._stats = self._backend.stats.report(
            self.get_filter_function(), self.get_goodness_function())
        if self._stats['backend_state'] == 'up':
            self._backend.housekeeping.start()

    def get_pool(self, volume):
        return self._backend.config.backend_name

    def _init_vendor_properties(self):
        return specs.vendor_properties(), specs.VENDOR_PREFIX


@interface.volumedriver
class PureISCSIDriver(PureBaseVolumeDriver, san.SanISCSIDriver):
    """FlashArray over iSCSI."""

    @staticmethod
    def _make_protocol(backend_config):
        return iscsi.IscsiProtocol(backend_config.iscsi_networks)


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
