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
"""Names on the array: how they are built and how they are recognised.

They are the in-tree driver's names, byte for byte, so that either driver
finds what the other made. Purity allows letters, digits, ``-`` and, in volume
names, ``_``; 63 characters at most; first and last alphanumeric.
"""

import hashlib
import re
import uuid

SUFFIX = '-cinder'
# As a regular expression.
UUID = r'[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
UNMANAGED = '-unmanaged'
ASIDE = '-aside'
GROUP_SNAPSHOT_PREFIX = 'cgsnapshot-'
MAX_NAME_LENGTH = 63
MAX_HOST_PREFIX_LENGTH = 23

# Above this length of Cinder's own name, the in-tree driver shortens it.
MAX_CINDER_VOLUME_NAME_LENGTH = 56

_UUID_LENGTH = len(str(uuid.UUID(int=0)))
MAX_GHOST_PREFIX_LENGTH = MAX_NAME_LENGTH - len('-') - _UUID_LENGTH

_NOT_IN_NAME = re.compile(r'[^-a-zA-Z0-9]')
_GENERATED_HOST_NAME = re.compile(r'(.*)-([a-f0-9]{32})-cinder')
_HEX32 = re.compile(r'[a-f0-9]{32}')
_DIGEST_LENGTH = 16
_VALID_NAME = re.compile(r'[a-zA-Z0-9]([-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?')
_TEMPLATE_VARIABLE_LENGTH = len('%s')

# Any fixed namespace will do: it only makes the derived names repeatable.
_HOST_NAMESPACE = uuid.UUID('8d3bd8c2-5be3-4d6e-9b1f-5c5f3f2f6c11')


def volume_name(cinder_name, template):
    """Array name of a new volume, as the in-tree driver gives it.

    :param cinder_name: ``volume.name``
    :param template: ``volume_name_template``, such as ``volume-%s``
    :returns: for example ``volume-<uuid>-cinder``. A name of more than 56
        characters (PowerVC makes such) keeps the end of what follows the
        fixed part of the template.
    """
    return volume_names(cinder_name, template)[0]


def volume_names(cinder_name, template):
    """Array names for a new volume, in order of preference.

    :returns: tuple of one name; of two for a name that is too long, since
        the end that is kept may be that of another. The second one has a
        digest of the whole.
    """
    if not is_shortened(cinder_name):
        return (cinder_name + SUFFIX,)
    fixed_length = len(template) - _TEMPLATE_VARIABLE_LENGTH
    variable = cinder_name[fixed_length:]
    kept = MAX_CINDER_VOLUME_NAME_LENGTH - len(template)
    digest = hashlib.sha256(cinder_name.encode()).hexdigest()[:_DIGEST_LENGTH]
    end = variable[len(digest) + 1 - kept:]
    return tuple(template % part + SUFFIX for part in (
        variable[-kept:], '%s-%s' % (digest, end)))


def is_shortened(cinder_name):
    """Whether a volume's name on the array does not tell which it is."""
    return len(cinder_name) > MAX_CINDER_VOLUME_NAME_LENGTH


def name_key(name):
    """A name in a form that is the same for all that Purity takes for it."""
    return name.lower()


def same_name(name, other):
    """Whether Purity takes two names for the same."""
    return name_key(name) == name_key(other)


def is_valid(name):
    """Whether Purity takes a name for a pod or a protection group."""
    return bool(_VALID_NAME.fullmatch(name))


def ghost_pod_name(prefix, volume_id):
    """Name of the temporary pod that a volume moves through."""
    return '%s-%s' % (prefix, volume_id)


def in_pod(pod, name):
    """Full name of an object in a pod: ``<pod>::<name>``."""
    return '%s::%s' % (pod, name)


def in_volume_group(volume_group, name):
    """Full name of a volume in a volume group: ``<group>/<name>``."""
    return '%s/%s' % (volume_group, name)


def volume_group_name(text):
    """Name of the volume group that a volume type calls ``text``."""
    return _NOT_IN_NAME.sub('-', text)


def split_container(full_name):
    """A full name taken apart.

    :returns: name of the pod or volume group, empty for the root, and the
        name in it
    """
    for separator in ('::', '/'):
        container, found, name = full_name.rpartition(separator)
        if found:
            return container, name
    return '', full_name


def is_in_pod(full_name):
    """Whether a volume, snapshot or protection group lives in a pod."""
    return '::' in full_name


def on_target(source_array, name):
    """What a target calls a protection group or volume of another array.

    :param source_array: name of the array that replicates it
    :param name: full name there; in a pod, the pod stands for the array
    """
    pod, _separator, base_name = name.rpartition('::')
    return '%s:%s' % (pod or source_array, base_name)


def is_in_volume_group(full_name):
    """Whether a volume or snapshot lives in a volume group."""
    return '/' in full_name


def snapshot_name(array_volume_name, snapshot_suffix):
    """Array name of a volume snapshot: ``<volume>.<suffix>``."""
    return '%s.%s' % (array_volume_name, snapshot_suffix)


def snapshot_suffix(full_name):
    """What follows the volume's name; empty without a full name."""
    return full_name.rpartition('.')[2]


def group_name(group_id):
    """Array name of a new protection group for a Cinder group."""
    return 'consisgroup-%s%s' % (group_id, SUFFIX)


def group_snapshot_suffix(group_snapshot_id):
    """What follows the group's name in the name of its snapshot."""
    return '%s%s%s' % (GROUP_SNAPSHOT_PREFIX, group_snapshot_id, SUFFIX)


def group_snapshot_member(group_snapshot_name, array_volume_name):
    """Array name of a volume's snapshot within a group's snapshot.

    Pod and protection group are told once; a volume group stays.
    """
    return '%s.%s' % (group_snapshot_name,
                      array_volume_name.rpartition('::')[2])


def snapshot_copy_name(snapshot_suffix):
    """Array name of the volume that stands for an attached snapshot."""
    return snapshot_suffix + SUFFIX


def uuids_in(name):
    """:returns: list of the UUIDs that are part of a name"""
    return re.findall(UUID, name)


def is_snapshot_name(name):
    """Whether a name is a snapshot's; no volume name has a ``.``."""
    return '.' in name


def host_names(connector, initiators):
    """Names for the host object of a machine, in order of preference.

    :param connector: os-brick's connector; ``host`` and ``system uuid`` count
    :param initiators: the machine's initiator names of the protocol in use
    :returns: two names of at most 63 characters. The first carries the system
        UUID, so that one machine has one name on every array. Machines with
        a placeholder for a UUID and the same host name exist; whoever comes
        second takes the other name, which its initiators make its own.
    """
    system_uuid = connector.get('system uuid') or ''
    seed = ' '.join([system_uuid.lower()] + sorted(
        initiator.lower() for initiator in initiators))
    own_hex = uuid.uuid5(_HOST_NAMESPACE, seed).hex
    system_hex = system_uuid.replace('-', '').lower()
    if not _HEX32.fullmatch(system_hex):
        system_hex = own_hex
    return tuple('%s-%s%s' % (_host_prefix(connector), digits, SUFFIX)
                 for digits in (system_hex, own_hex))


def is_host_of(name, connector):
    """Whether a host was made by a Cinder driver for a connector's machine.

    Either the whole name of the machine is in it, or its system UUID.
    """
    prefix = _host_prefix(connector)
    system_hex = (connector.get('system uuid') or '').replace('-', '').lower()
    found = _GENERATED_HOST_NAME.fullmatch(name)
    return bool(found) and found.group(1) == prefix and (
        len(prefix) < MAX_HOST_PREFIX_LENGTH or found.group(2) == system_hex)


def _host_prefix(connector):
    return _NOT_IN_NAME.sub('-', (connector.get('host') or '')[
        :MAX_HOST_PREFIX_LENGTH]).lstrip('-') or 'host'


def is_in_realm(name):
    """Whether a name is that of a secure tenant's object."""
    return name.count('::') > 1


def is_group_snapshot_member(name):
    """Whether a snapshot is part of one of a protection group."""
    return name.count('.') > 1


def is_replication_snapshot(name):
    """Whether a volume's snapshot was taken to be replicated, or like one.

    Those of Cinder are of the volume alone, or part of a group's snapshot
    that Cinder asked for.
    """
    return (is_group_snapshot_member(name)
            and not name.split('.')[1].startswith(GROUP_SNAPSHOT_PREFIX))


def cinder_volume_name(name):
    """Cinder's own name for a volume on the array; None without one."""
    leaf = split_container(name)[1]
    return leaf.removesuffix(SUFFIX) if leaf.endswith(SUFFIX) else None


def unmanaged_name(full_name):
    """Name of a volume that Cinder gave up, in the place where it is."""
    leaf = split_container(full_name)[1]
    return full_name.removesuffix(leaf) + _marked(leaf)


def unmanaged_snapshot_suffix(full_name):
    """Suffix of a snapshot that Cinder gave up."""
    return _marked(snapshot_suffix(full_name))


def aside_name(full_name):
    """A free name for a volume while two exchange theirs."""
    leaf = split_container(full_name)[1]
    return full_name.removesuffix(leaf) + (
        leaf[:MAX_NAME_LENGTH - len(ASIDE)] + ASIDE)


def _marked(name):
    """The name with the mark; a long one gives up its end for that."""
    return name[:MAX_NAME_LENGTH - len(UNMANAGED)] + UNMANAGED


def is_generated_host_name(name):
    """Whether a host of that name was made by a Cinder driver for Purity.

    A name with ``:`` is a host of another array, seen through a pod.
    """
    return ':' not in name and bool(_GENERATED_HOST_NAME.fullmatch(name))
