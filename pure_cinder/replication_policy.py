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
"""How often is replicated, and how long it is kept."""

import dataclasses

from cinder.i18n import _
from cinder.volume import configuration as cinder_config
from oslo_config import cfg

from pure_cinder import exceptions

OPTIONS = {
    'interval_s': 'pure_replica_interval_default',
    'all_for_s': 'pure_replica_retention_short_term_default',
    'per_day': 'pure_replica_retention_long_term_per_day_default',
    'days': 'pure_replica_retention_long_term_default'}
RANGES = {'interval_s': (300, 34560000), 'all_for_s': (1, 34560000),
          'per_day': (0, 1440), 'days': (0, 4000)}


@dataclasses.dataclass(frozen=True)
class ReplicationPolicy:
    """How often is replicated, and how long targets keep it.

    :ivar all_for_s: time for which a target keeps all snapshots
    :ivar per_day: how many of each day it keeps after that
    :ivar days: for so many days
    :ivar stated: names of those fields that cinder.conf states itself; for
        the others it has the defaults
    """

    interval_s: int
    all_for_s: int
    per_day: int
    days: int
    stated: frozenset[str] = frozenset()

    def over(self, current, is_new):
        """What a protection group is to have in place of ``current``.

        What cinder.conf states holds at any time. Its defaults are for new
        groups; later they would undo what an administrator set by hand.

        :param current: a dataclass that has some of these fields
        :returns: the same with the values that are to hold
        """
        names = {field.name for field in dataclasses.fields(current)}
        ours = OPTIONS.keys() if is_new else self.stated
        return dataclasses.replace(current, **{
            name: getattr(self, name) for name in names & ours})


def read(configuration):
    """The ReplicationPolicy of a backend section."""
    return ReplicationPolicy(
        stated=frozenset(name for name, option in OPTIONS.items()
                         if _is_stated(configuration, option)),
        **{name: getattr(configuration, option)
           for name, option in OPTIONS.items()})


def _is_stated(configuration, option):
    """Whether cinder.conf sets an option, for this backend or for all."""
    group = configuration.config_group
    # In the backend's own section, Cinder makes None the default.
    if group and cfg.CONF[group][option] is not None:
        return True
    location = cfg.CONF.get_location(
        option, cinder_config.SHARED_CONF_GROUP if group else None).location
    return location not in (cfg.Locations.opt_default,
                            cfg.Locations.set_default)


def problems_of(policy):
    """:returns: iterator of exceptions.Problem, what Purity would refuse"""
    for name, (lowest, highest) in RANGES.items():
        value = getattr(policy, name)
        if not lowest <= value <= highest:
            yield exceptions.Problem(
                OPTIONS[name],
                _('%(option)s is %(value)s.') % {'option': OPTIONS[name],
                                                 'value': value},
                _('Purity takes %(lowest)s to %(highest)s.')
                % {'lowest': lowest, 'highest': highest})
