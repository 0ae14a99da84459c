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
"""What stays on an array when a step cannot be undone, and how to remove it.

Every function returns a :class:`pure_cinder.rollback.Leftover`, of a step
that was done on the array whose verbs it is given.
"""

from oslo_utils import units

from pure_cinder import naming
from pure_cinder import rollback


def created(verbs, name):
    """An object, or a snapshot of one, that was created or taken back.

    The volume group that a volume was created in may have been, too. Purity
    refuses to destroy it if there are other volumes in it.

    :param verbs: of a gateway for such objects, as gateway.volumes
    """
    what, command = verbs.described(name), '%s destroy %s'
    if naming.is_in_volume_group(name):
        group, _leaf = naming.split_container(name)
        what += ', and volume group %s if it holds nothing else' % group
        command += '; purevgroup destroy ' + group
    return _left(verbs, what, command, verbs.COMMAND, name)


def limited(volumes, name, old_qos):
    """A volume that was given other limits than the specs.QosLimits."""
    bandwidth_kib_s = (old_qos.bandwidth_bytes_s or 0) // units.Ki
    return _left(volumes, 'volume %s with changed limits' % name,
                 'purevol setattr --iops-limit %s --bw-limit %s %s',
                 old_qos.iops or '""',
                 '%dK' % bandwidth_kib_s if bandwidth_kib_s else '""', name)


def renamed(volumes, name, old_name):
    """A volume that was renamed."""
    return _left(volumes, 'volume %s, which was %s' % (name, old_name),
                 'purevol rename %s %s', name, old_name)


def moved(volumes, name, old_container, is_with_pod=False):
    """A volume that was moved.

    :param old_container: pod or volume group; empty for the array's root
    :param is_with_pod: one of the two may be a pod that is stretched
    """
    what = 'volume %s, moved out of %s' % (name, old_container or 'the root')
    if is_with_pod:
        what += (' (a stretched pod takes and gives it only through another '
                 'pod, stretched to the same arrays)')
    return _left(volumes, what, 'purevol move %s %s', name,
                 old_container or '""')


def joined(pgroups, pgroup, name):
    """A volume that was made a member of a protection group."""
    return _left(pgroups, 'volume %s in protection group %s' % (name, pgroup),
                 'purepgroup setattr --remvollist %s %s', name, pgroup)


def removed(pgroups, pgroup, name):
    """A volume that was taken out of a protection group."""
    return _left(pgroups, 'volume %s outside protection group %s' % (
        name, pgroup), 'purepgroup setattr --addvollist %s %s', name, pgroup)


def stretched(pods, name, array_names):
    """A pod that was stretched to other arrays."""
    return _left(pods, 'pod %s on %s' % (name, ', '.join(array_names)),
                 '; '.join('purepod remove --array %s %s' % (array_name, name)
                           for array_name in array_names))


def unstretched(pods, name, array_names):
    """A pod that was taken from other arrays."""
    return _left(pods, 'pod %s without %s' % (name, ', '.join(array_names)),
                 '; '.join('purepod add --array %s %s' % (array_name, name)
                           for array_name in array_names))


def host(hosts, name):
    """A host that was created."""
    return _left(hosts, 'host %s' % name, 'purehost delete %s', name)


def connected(connections, connection):
    """:param connection: models.Connection that was made"""
    return _left(connections, 'volume %s connected to host %s' % (
        connection.volume, connection.host),
        'purehost disconnect --vol %s %s', connection.volume, connection.host)


def _left(area, what, command, *args):
    return rollback.Leftover(what, area.array_name, command % args)
