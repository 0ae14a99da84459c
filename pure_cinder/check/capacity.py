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
"""How full the arrays are, and what waits on them for its eradication."""

from cinder.i18n import _
from oslo_utils import units

from pure_cinder import exceptions
from pure_cinder.findings import Severity

FULL_WARNING_PERCENT = 80
FULL_ERROR_PERCENT = 95


def check_space(subject):
    """See that there is room for more."""
    for member in subject.reachable:
        space, array = member.gateway.get_space(), _name(member)
        if not space.capacity_bytes or space.used_bytes is None:
            continue
        percent = 100 * space.used_bytes // space.capacity_bytes
        highest = min(FULL_ERROR_PERCENT,
                      100 - subject.config.reserved_percentage)
        severity = Severity((percent >= FULL_WARNING_PERCENT)
                            + (percent >= highest))
        yield severity, exceptions.Problem(
            member.backend_id,
            _('FlashArray %(array)s is filled by %(percent)d %% of %(size)d '
              'GiB.') % {'array': array, 'percent': percent,
                         'size': space.capacity_bytes // units.Gi},
            _('Free or add capacity; destroyed volumes use space until they '
              'are eradicated, and the scheduler leaves '
              'reserved_percentage.') if severity else '')


def check_counts(subject):
    """Tell how many objects there are, and how many of them are destroyed."""
    for member in subject.reachable:
        gateway = member.gateway
        total, destroyed = (gateway.count_volumes(),
                            gateway.count_destroyed_volumes())
        if total is None or destroyed is None:
            continue
        is_mostly_gone = destroyed > total - destroyed
        yield Severity(is_mostly_gone), exceptions.Problem(
            member.backend_id,
            _('FlashArray %(array)s has %(volumes)d volumes, of which '
              '%(destroyed)d are destroyed and wait for their eradication, '
              '%(snapshots)s snapshots, %(hosts)s hosts and %(pgroups)s '
              'protection groups.')
            % {'array': _name(member), 'volumes': total,
               'destroyed': destroyed, 'snapshots': gateway.count_snapshots(),
               'hosts': gateway.count_hosts(),
               'pgroups': gateway.count_pgroups()},
            _('Destroyed volumes count against the limits of the array. '
              'Eradicate what nobody wants back ("purevol eradicate"), or '
              'set pure_eradicate_on_delete.') if is_mostly_gone else '')


def check_destroyed(subject):
    """See that nothing which replication needs is destroyed."""
    if not subject.fleet.targets or not subject.is_serving_up:
        return
    replication = subject.config.replication
    gateway = subject.fleet.serving.gateway
    kept = [(gateway.pgroups, replication.async_pgroup,
             'pure_replication_pg_name')]
    if subject.fleet.pod_partners(subject.fleet.serving):
        kept.append((gateway.pods, replication.pod,
                     'pure_replication_pod_name'))
    for verbs, name, option in kept:
        if verbs.find_destroyed(name):
            yield Severity.WARNING, exceptions.Problem(
                option, _('The %(what)s of FlashArray %(array)s is '
                          'destroyed.') % {'what': verbs.described(name),
                                           'array': _name(
                                               subject.fleet.serving)},
                _('The driver recovers it when it starts; rename it if that '
                  'is not wanted.'))


def _name(member):
    return member.gateway.get_array().name
