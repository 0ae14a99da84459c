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
"""Where on an array a volume of a type lives, and what protects it there."""

import dataclasses

from pure_cinder import naming
from pure_cinder.types import specs


@dataclasses.dataclass(frozen=True)
class Placement:
    """A place for volumes.

    :ivar pod: name of the pod, or None
    :ivar volume_group: name of the volume group, or None
    :ivar pgroups: names of the protection groups that replicate it
    """

    pod: str | None = None
    volume_group: str | None = None
    pgroups: tuple[str, ...] = ()

    @property
    def container(self):
        """Name of the pod or volume group; empty for the array's root."""
        return self.pod or self.volume_group or ''

    def name(self, base_name):
        """Full name of a volume that lives here."""
        if self.pod:
            return naming.in_pod(self.pod, base_name)
        if self.volume_group:
            return naming.in_volume_group(self.volume_group, base_name)
        return base_name


def placement(wanted, names, holds_pod=True):
    """The place for a volume.

    :param wanted: specs.VolumeSpecs
    :param names: config.ReplicationConfig
    :param holds_pod: False on an array that is only an asynchronous target;
        after a failover to it, what lived in the pod lives in its root
    """
    replication = wanted.replication
    is_in_pod = replication in (specs.ReplicationType.SYNC,
                                specs.ReplicationType.TRISYNC)
    if replication is specs.ReplicationType.NONE:
        return Placement(volume_group=wanted.volume_group)
    if is_in_pod and holds_pod:
        return Placement(
            pod=names.pod,
            pgroups=((names.trisync_pgroup,) if replication is
                     specs.ReplicationType.TRISYNC else ()))
    return Placement(volume_group=wanted.volume_group,
                     pgroups=(names.async_pgroup,))


def of_name(full_name, pgroups=()):
    """The place where a volume of that name is."""
    container, _leaf = naming.split_container(full_name)
    if naming.is_in_pod(full_name):
        return Placement(pod=container, pgroups=pgroups)
    return Placement(volume_group=container or None, pgroups=pgroups)
