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
"""What things may be called (user guide; volume text from CloudStack).

Names are compared without case and kept with it. A volume's full name is
``vol``, ``pod::vol`` or ``vgroup/vol``; its snapshot's is that, a dot and a
suffix.
"""

import dataclasses
import re

from flasharray_sim import errors

LONGEST = 63
LONGEST_ARRAY = 56

_PART = re.compile(r'[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?')
_VOLUME_PART = re.compile(r'[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?')


@dataclasses.dataclass(frozen=True)
class VolumeName:
    """A volume's full name in parts; a root volume has only a leaf."""
    leaf: str
    pod: str | None = None
    vgroup: str | None = None

    @property
    def container(self) -> str | None:
        return self.pod or self.vgroup

    def with_leaf(self, leaf: str) -> str:
        """Full name of a neighbour in the same container."""
        if self.pod:
            return f'{self.pod}::{leaf}'
        return f'{self.vgroup}/{leaf}' if self.vgroup else leaf


def key(name: str) -> str:
    """What two names have in common that Purity takes for the same."""
    return name.lower()


def check(noun: str, name: str, longest: int = LONGEST):
    """Refuse a name that no host, group or array can have."""
    if not _is_good(_PART, name, longest):
        raise errors.refuse(
            'name_invalid', ctx=name, noun=noun, longest=longest)


def check_suffix(suffix: str):
    if len(suffix) > LONGEST or not _PART.fullmatch(suffix):
        raise errors.refuse('suffix_invalid', ctx=suffix)


def split_volume(name: str) -> VolumeName:
    """Take a full volume name apart, without judging the parts."""
    pod, colons, rest = name.partition('::')
    if colons:
        return VolumeName(rest, pod=pod)
    vgroup, slash, rest = name.partition('/')
    return VolumeName(rest, vgroup=vgroup) if slash else VolumeName(name)


def check_volume(name: str) -> VolumeName:
    """Refuse a name that no volume can have; returns its parts."""
    parts = split_volume(name)
    if not _is_good(_VOLUME_PART, parts.leaf, LONGEST):
        raise errors.refuse('volume_name_invalid', ctx=name)
    return parts


def split_snapshot(name: str) -> tuple[str, str] | None:
    """(volume, suffix) of a volume snapshot's full name, else None."""
    parts = split_volume(name)
    leaf, dot, suffix = parts.leaf.partition('.')
    if not dot or '.' in suffix:
        return None
    return parts.with_leaf(leaf), suffix


def split_pgroup_snapshot(name: str) -> tuple[str, str] | None:
    """(group, suffix) of a group snapshot's full name, else None."""
    pod, colons, rest = name.rpartition('::')
    group, dot, suffix = rest.partition('.')
    if not dot or '.' in suffix or '/' in suffix:
        return None
    return f'{pod}{colons}{group}', suffix


def split_member(name: str) -> tuple[str, str] | None:
    """(group snapshot, volume) of 'pgroup.suffix.volume', else None."""
    pod, colons, rest = name.rpartition('::')
    parts = rest.split('.')
    if len(parts) != 3:
        return None
    group, suffix, volume = parts
    return f'{pod}{colons}{group}.{suffix}', volume


def member(volume_name: str) -> str:
    """What a volume is called in snapshots of groups: without its pod."""
    return volume_name.rpartition('::')[2]


def in_pod_of(group_name: str, member_name: str) -> str:
    """Full name of a volume or group in the pod that a group is in."""
    pod, colons, _leaf = group_name.rpartition('::')
    return f'{pod}{colons}{member_name}'


def check_pgroup(name: str):
    """Refuse a name that no protection group can have."""
    if not _is_good(_PART, split_volume(name).leaf, LONGEST) or '/' in name:
        raise errors.refuse('name_invalid', ctx=name,
                            noun='Protection group', longest=LONGEST)


def is_snapshot(name: str) -> bool:
    """A dot after the pod tells a snapshot's name from a volume's."""
    return '.' in name.rpartition('::')[2]


def _is_good(pattern, name, longest):
    return (len(name) <= longest and pattern.fullmatch(name) is not None
            and not name.isdigit())
