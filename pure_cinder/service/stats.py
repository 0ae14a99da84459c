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
"""What the scheduler is told about the backend."""

import functools

from oslo_log import log as logging
from oslo_utils import units

from pure_cinder.array import errors
from pure_cinder import exceptions
from pure_cinder.moves import location_info

LOG = logging.getLogger(__name__)

VENDOR_NAME = 'Pure Storage'
PERFORMANCE_KEYS = ('reads_per_sec', 'writes_per_sec', 'input_per_sec',
                    'output_per_sec', 'usec_per_read_op', 'usec_per_write_op',
                    'queue_depth')
QUEUE_KEYS = ('queue_usec_per_read_op', 'queue_usec_per_write_op',
              'queue_usec_per_mirrored_write_op')
# The scheduler turns away every volume if the ratio is less.
LOWEST_RATIO = 1.0


class StatsService:
    """The capability report of one backend."""

    def __init__(self, fleet, attachments, config, readiness,
                 replication_setup, storage_protocol, driver_version):
        """:param readiness: replication.readiness.ReadinessService

        :param replication_setup: replication.setup.ReplicationSetup
        """
        self._fleet = fleet
        self._attachments = attachments
        self._config = config
        self._readiness = readiness
        self._replication_setup = replication_setup
        self._storage_protocol = storage_protocol
        self._driver_version = driver_version

    def report(self, filter_function, goodness_function):
        """Capabilities, capacity, counts and performance.

        The cost does not grow with the array. A field that the array does
        not tell is left out; an array that does not answer is reported as
        ``backend_state`` ``down`` and without capacity, so that the scheduler
        passes it over.

        :returns: dict as ``get_volume_stats`` documents it, with one pool
        """
        stats = self._capabilities()
        stats['filter_function'] = filter_function
        stats['goodness_function'] = goodness_function
        views = self._readiness.look()
        reachable = {view.member for view in views if not view.is_away}
        self._attachments.welcome_back(reachable)
        try:
            stats.update(self._measurements(), backend_state='up')
            self._refresh_targets()
            self._replication_setup.ensure(patience_s=0, reachable=reachable)
        except errors.ArrayError as error:
            LOG.error('Backend section [%(section)s] is reported as down: '
                      '%(error)s',
                      {'section': self._config.section, 'error': error})
            # The scheduler would try its luck where capacity is unknown,
            # and takes no report any more after one that lacks a key.
            stats.update(backend_state='down', total_capacity_gb=0,
                         free_capacity_gb=0, provisioned_capacity_gb=0)
        stats.update(self._readiness.judge(
            views, stats['backend_state'] == 'up').stats())
        stats['missing_paths'] = self._attachments.missing_paths()
        # Volumes made before there were pools are in the one of this name.
        stats['pools'] = [dict(stats, pool_name=self._config.backend_name)]
        return stats

    def _refresh_targets(self):
        try:
            self._attachments.refresh_targets(self._fleet.serving)
        except exceptions.PureDriverException as error:
            LOG.error('Nothing can be attached from backend section '
                      '[%(section)s]: %(error)s',
                      {'section': self._config.section, 'error': error})

    def _capabilities(self):
        return {
            'volume_backend_name': self._config.backend_name,
            'vendor_name': VENDOR_NAME,
            'driver_version': self._driver_version,
            'storage_protocol': self._storage_protocol,
            'thin_provisioning_support': True,
            'thick_provisioning_support': False,
            'multiattach': True,
            'online_extend_support': True,
            'QoS_support': True,
            'consistencygroup_support': True,
            'consistent_group_snapshot_enabled': True,
            **self._replication(),
            'reserved_percentage': self._config.reserved_percentage,
            'max_over_subscription_ratio': (
                self._config.max_over_subscription_ratio),
        }

    def _replication(self):
        config = self._config.replication
        targets = [member.backend_id for member in self._fleet.members
                   if member is not self._fleet.serving]
        return {
            'consistent_group_replication_enabled': bool(targets),
            'replication_enabled': bool(targets),
            'replication_type': [kind.value for kind in config.types],
            'replication_count': len(targets),
            'replication_targets': targets,
        }

    def _measurements(self):
        gateway = self._fleet.serving.gateway
        space, performance, counts = self._fleet.workers.run([
            gateway.get_space,
            lambda: self._unless_refused(gateway.get_performance) or {},
            lambda: self._counts(gateway)])
        stats = {key: performance.get(key) or 0 for key in PERFORMANCE_KEYS}
        stats.update(_known({
            **{key: performance.get(key) for key in QUEUE_KEYS},
            'location_info': location_info.Location.of(
                gateway.get_array().id, self._config.replication).text(),
            'total_capacity_gb': _gib(space.capacity_bytes),
            'free_capacity_gb': _gib(_free_bytes(space)),
            'provisioned_capacity_gb': _gib(space.provisioned_bytes),
            'max_over_subscription_ratio': self._measured_ratio(space),
            **counts,
        }))
        return stats

    def _counts(self, gateway):
        asks = {'total_volumes': gateway.count_volumes,
                'total_snapshots': gateway.count_snapshots,
                'total_hosts': gateway.count_hosts,
                'total_pgroups': gateway.count_pgroups}
        return dict(zip(asks, self._fleet.workers.run(
            functools.partial(self._unless_refused, ask)
            for ask in asks.values())))

    def _unless_refused(self, ask):
        """The answer, or None from an array that refuses to tell."""
        try:
            return ask()
        except errors.ArrayRefusal as error:
            LOG.warning('Backend section [%(section)s] reports less: '
                        '%(error)s',
                        {'section': self._config.section, 'error': error})
            return None

    def _measured_ratio(self, space):
        """What the array achieves now, or None to keep the configured."""
        if not self._config.is_ratio_automatic or not space.used_bytes:
            return None
        ratio = (space.total_reduction if space.provisioned_bytes is None
                 else space.provisioned_bytes / space.used_bytes)
        return max(LOWEST_RATIO, ratio) if ratio else None


def _free_bytes(space):
    if space.capacity_bytes is None or space.used_bytes is None:
        return None
    return space.capacity_bytes - space.used_bytes


def _gib(size_bytes):
    return None if size_bytes is None else size_bytes / units.Gi


def _known(stats):
    return {key: value for key, value in stats.items() if value is not None}
