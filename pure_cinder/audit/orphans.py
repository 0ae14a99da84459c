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
"""What arrays have by Cinder's names, and no Cinder row stands for.

None of it is destroyed: another Cinder may use the same array.
"""

import re

from cinder import context
from cinder import exception
from cinder.i18n import _
from cinder import objects
from oslo_config import cfg

from pure_cinder.array import leftovers
from pure_cinder import naming
from pure_cinder.volumes import recovery

CONF = cfg.CONF
UUID = '(%s)' % naming.UUID
REMEDY = _('If no other Cinder uses this array, and nobody wants its data:')


def check_orphans(audit):
    """Tell volumes, snapshots and groups without a row."""
    # What is in a stretched pod is on two arrays.
    told = set()
    for contents in audit.contents.values():
        gateway = contents.member.gateway
        for verbs, check, listed, patterns in (
                (gateway.volumes, 'volumes', contents.volumes,
                 (_pattern(CONF.volume_name_template + naming.SUFFIX),
                  _pattern(CONF.snapshot_name_template + naming.SUFFIX))),
                (gateway.volumes, 'snapshots', contents.snapshots,
                 (_pattern('.*[.]' + CONF.snapshot_name_template),)),
                (gateway.pgroups, 'groups', contents.pgroups,
                 (re.compile(naming.group_name(UUID)),))):
            names = [name for name in _orphans(audit, listed, patterns)
                     if name not in told]
            told |= set(filter(naming.is_in_pod, names))
            look = (verbs.find_snapshot if check == 'snapshots'
                    else verbs.find)
            for name in audit.confirmed(names, look):
                yield audit.finding(
                    check, contents.member, name,
                    _('Cinder has no %s.') % verbs.described(name), REMEDY,
                    command=leftovers.created(verbs, name).command)


def check_names(audit):
    """Tell volumes that an interrupted exchange of names left aside."""
    for contents in audit.contents.values():
        volumes = contents.member.gateway.volumes
        for volume in contents.volumes.values():
            if volume.name.endswith(naming.ASIDE) and (
                    not audit.database.by_name([volume.name])):
                yield audit.finding(
                    'names', contents.member, volume.name,
                    _('It was put aside while two volumes exchanged their '
                      'names.'),
                    _('Look which volume of Cinder lacks its own, by its '
                      'serial %s, and give it that name.') % volume.serial,
                    command=leftovers.renamed(
                        volumes, volume.name, 'NAME').command)


def check_pods(audit):
    """Tell temporary pods that an interrupted move left."""
    prefix = audit.backend.config.ghost_pod_prefix
    pattern = re.compile(naming.ghost_pod_name(re.escape(prefix), UUID))
    for contents in audit.contents.values():
        for pod in contents.pods:
            match = pattern.fullmatch(pod.name)
            if match and not pod.is_destroyed and not _is_moving(match[1]):
                yield _pod(audit, contents, pod, match[1])


def _pod(audit, contents, pod, volume_id):
    member = contents.member
    held = [volume.name for volume in contents.all_volumes
            if naming.same_name(naming.split_container(volume.name)[0],
                                pod.name)]
    cause = _('An interrupted move left this temporary pod%s.') % (
        _(', with %s') % ', '.join(held) if held else '')
    gateway = member.gateway
    if held:
        return audit.finding(
            'pods', member, pod.name, cause,
            _('The driver moves a volume of its own out when it uses it, and '
              'so does a repair of its name. If it is nobody\'s:'),
            command=leftovers.moved(gateway.volumes, held[0], '').command)

    def remove():
        audit.backend.ghost_pods.remove_left(gateway, volume_id)
        return gateway.pods.find(pod.name) is None

    return audit.finding('pods', member, pod.name, cause, repair=remove)


def _is_moving(volume_id):
    """Whether the service may be moving a volume through its pod now."""
    try:
        volume = objects.Volume.get_by_id(context.get_admin_context(),
                                          volume_id)
    except exception.VolumeNotFound:
        return False
    return (volume.status in recovery.MOVING_STATUSES
            or volume.migration_status in recovery.MOVING_MIGRATIONS)


def _orphans(audit, listed, patterns):
    """Names of the objects whose id is in no name of Cinder's."""
    for found in listed.values():
        leaf = naming.split_container(found.name)[1]
        match = next(filter(None, (pattern.fullmatch(leaf)
                                   for pattern in patterns)), None)
        if match and match[1] not in audit.database.ids and (
                not audit.database.by_name([found.name])):
            yield found.name


def _pattern(template):
    return re.compile(template % UUID)
