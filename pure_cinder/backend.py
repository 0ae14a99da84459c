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
"""The services of one backend, made for each other."""

import platform

import distro
from oslo_config import cfg

from pure_cinder.attachments import attachments
from pure_cinder.attachments import chap
from pure_cinder.attachments import connections
from pure_cinder.attachments import hosts
from pure_cinder.attachments import recent_luns
from pure_cinder.attachments import records
from pure_cinder.attachments import sweep
from pure_cinder.fleet import roster
from pure_cinder.fleet import whereabouts
from pure_cinder.moves import interrupted
from pure_cinder.moves import manage
from pure_cinder.moves import manageable_lists
from pure_cinder.moves import migration
from pure_cinder.moves import retype
from pure_cinder.replication import failback
from pure_cinder.replication import failover
from pure_cinder.replication import group_failover
from pure_cinder.replication import group_replication
from pure_cinder.replication import promotion
from pure_cinder.replication import readiness
from pure_cinder.replication import relocation
from pure_cinder.replication import replicating_back
from pure_cinder.replication import retired_copies
from pure_cinder.replication import retirement_notes
from pure_cinder.replication import setup
from pure_cinder.replication import targets
from pure_cinder.service import housekeeping
from pure_cinder.service import startup
from pure_cinder.service import stats
from pure_cinder.types import group_types
from pure_cinder.types import volume_types
from pure_cinder.volumes import consistency_groups
from pure_cinder.volumes import deletion
from pure_cinder.volumes import ghost_pods
from pure_cinder.volumes import layouts
from pure_cinder.volumes import names
from pure_cinder.volumes import recovery
from pure_cinder.volumes import removal
from pure_cinder.volumes import rows
from pure_cinder.volumes import snapshots
from pure_cinder.volumes import tags
from pure_cinder.volumes import trash
from pure_cinder.volumes import volume_groups
from pure_cinder.volumes import volumes

CONF = cfg.CONF


class Backend:
    """What the driver's methods call; one attribute for each service."""

    def __init__(self, config, protocol, driver_name, driver_version,
                 driver_utils, active_backend_id, service_host, cluster_name):
        """:param config: config.BackendConfig

        :param protocol: of :mod:`pure_cinder.protocols`
        :param driver_utils: Cinder's VolumeDriverUtils
        :param active_backend_id: as Cinder's service row has it
        :param service_host: of the volume service, ``host@section``
        :param cluster_name: ``cluster@section`` if other processes serve the
            backend, too, or None
        """
        self.config = config
        self.protocol = protocol
        self._driver_utils = driver_utils
        self._service_host = service_host
        self._cluster_name = cluster_name
        self.fleet = roster.Fleet.of_config(
            config, _user_agent(driver_name, driver_version),
            active_backend_id)
        self.whereabouts = whereabouts.Whereabouts(self.fleet)
        self._make_volumes()
        self._make_replication()
        self.startup = startup.StartUp(
            self.fleet, self.attachments, self.config, self.readiness,
            self.replication_setup)
        self.retype = retype.RetypeService(
            self.fleet, self.whereabouts, self.types, self.names,
            self._volume_groups, self.ghost_pods)
        self.interrupted = interrupted.InterruptedWork(
            self.whereabouts, self.names, self.retype)
        self.migration = migration.MigrationService(
            self.whereabouts, self.types, self.names, self.retype)
        self.manage = manage.ManageService(
            self.fleet, self.whereabouts, self.types, self.names,
            self.retype, self.tags, self.recovery)
        self.manageable = manageable_lists.ManageableLists(
            self.fleet, self.names)
        self.stats = stats.StatsService(
            self.fleet, self.attachments, self.config, self.readiness,
            self.replication_setup, self.protocol.storage_protocol,
            driver_version)
        self.housekeeping = housekeeping.Housekeeping(
            self.tags, self.attachments, self.retired_copies, self._removal)

    def _make_volumes(self):
        self.attachment_records = records.AttachmentRecords(
            self._service_host, self._cluster_name)
        self.attachments = attachments.AttachmentService(
            self.fleet, self.protocol,
            {member.backend_id: self._make_connections(member)
             for member in self.fleet.members},
            sweep.ConnectionSweep(
                self.fleet, self.whereabouts, self.attachment_records,
                self.protocol.initiator_kind))
        self.types = volume_types.VolumeTypes(self.config)
        self.group_types = group_types.GroupTypes(self.types)
        self._trash = trash.Trash(self.config.is_eradicating_on_delete)
        self._volume_groups = volume_groups.VolumeGroupService()
        self.ghost_pods = ghost_pods.GhostPods(self.config.ghost_pod_prefix)
        self._removal = removal.VolumeRemoval(
            self._trash, self.attachments, self._volume_groups)
        self.names = names.Names(
            self.whereabouts, self.types, self.group_types,
            CONF.volume_name_template)
        self.rows = rows.VolumeRows(
            self.fleet, self.whereabouts, self.names, self.types)
        self.recovery = recovery.Recovery(
            self.whereabouts, self.names, self.ghost_pods)
        self.deletion = deletion.DeletionService(
            self.whereabouts, self.names, self.types, self.recovery,
            self._removal)
        self.tags = tags.TagService(self.fleet, self.whereabouts)
        self.volumes = volumes.VolumeService(
            self.fleet, self.whereabouts, self.names, self.types,
            layouts.Layouts(self.fleet, self.whereabouts, self.types,
                            self.group_types),
            self._volume_groups, self._removal, self.tags)
        self.retired_copies = retired_copies.RetiredCopies(
            self.fleet, self.whereabouts,
            retirement_notes.RetirementNotes(
                self.attachment_records, self.config.backend_name),
            self.types, self.group_types)
        self.snapshots = snapshots.SnapshotService(
            self.whereabouts, self.names, self.group_types, self.volumes,
            self.attachments, self._trash, self.recovery, self.retired_copies)

    def _make_replication(self):
        groups_replication = group_replication.GroupReplication(
            self.fleet, self.config.replication, self.group_types,
            self._removal, self._trash)
        self.groups = consistency_groups.GroupService(
            self.fleet, self.whereabouts, self.group_types, self.names,
            self.volumes, self.snapshots, self.deletion, self._trash,
            groups_replication)
        self.replication_setup = setup.ReplicationSetup(
            self.fleet, self.config.replication)
        self.readiness = readiness.ReadinessService(
            self.fleet, self.config.replication)
        relocator = relocation.Relocator(
            self.fleet, self.whereabouts, self.config.replication,
            self.types, self.group_types, self.names,
            promotion.Promoter(self.fleet.workers, self.volumes,
                               self._volume_groups, self.attachments),
            self.retired_copies)
        replication_back = replicating_back.ReplicationBack(
            self.config.replication.policy, self.attachments,
            self.retired_copies, self.config.backend_name)
        self.failover = failover.FailoverService(
            self.fleet,
            targets.Targets(self.fleet, self.config.replication),
            relocator,
            failback.Failback(self.fleet, self.whereabouts,
                              self.config.replication, relocator,
                              replication_back), self.retired_copies)
        self.group_replication = group_failover.GroupFailoverService(
            self.fleet, self.whereabouts, self.group_types,
            groups_replication, relocator, replication_back,
            self.retired_copies)

    def _make_connections(self, member):
        return connections.ArrayConnections(
            member.gateway, self.protocol,
            hosts.HostService(member.gateway, self.protocol,
                              self.config.host_personality),
            chap.ChapService(member.gateway, self._driver_utils)
            if self.config.is_chap_wanted and self.protocol.has_chap else None,
            recent_luns.recent_luns if self._cluster_name else None)


def _user_agent(driver_name, driver_version):
    """How the array's audit log names the driver."""
    return 'OpenStack Cinder %s/%s (%s)' % (
        driver_name, driver_version,
        distro.name(pretty=True) or platform.system())
