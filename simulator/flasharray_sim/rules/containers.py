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
"""What pods and volume groups have in common: volumes are named after them.

A volume is in the container that its full name begins with, and nowhere
else is said which one it is in.
"""

from flasharray_sim import errors
from flasharray_sim.rules import core as cores
from flasharray_sim.rules import lookup
from flasharray_sim.rules import names
from flasharray_sim.rules import snapshots
from flasharray_sim.state import database
from flasharray_sim.state import rows


def prefix(container: rows.Pod | rows.VolumeGroup) -> str:
    """What the names of all that is in a container begin with."""
    return container.name + (
        '::' if isinstance(container, rows.Pod) else '/')


def volumes(db: database.Database, container: rows.Pod | rows.VolumeGroup,
            state: str = 'live'):
    """Selection of the 'live', 'destroyed' or 'all' volumes in it."""
    return db.volumes.select(
        'container', (prefix(container).lower(), state))


def pgroups(db: database.Database, pod: rows.Pod, state: str = 'live'):
    """Selection of the protection groups in a pod."""
    return db.pgroups.select('container', (prefix(pod).lower(), state))


def rename(db: database.Database, container: rows.Pod | rows.VolumeGroup,
           name: str) -> rows.Pod | rows.VolumeGroup:
    """Rename a container and all in it, destroyed ones too."""
    held = [(db.volumes, row) for row in volumes(db, container, 'all')]
    table = db.vgroups
    if isinstance(container, rows.Pod):
        table = db.pods
        held.extend((db.pgroups, row)
                    for row in pgroups(db, container, 'all'))
    container = table.change(container, name=name)
    for members, row in held:
        leaf = names.split_volume(row.name).leaf
        renamed = members.change(row, name=prefix(container) + leaf)
        if members is db.volumes:
            snapshots.follow_name(db, renamed)
    return container


def check(db: database.Database, name: str):
    """Refuse a full name whose container is not there, or is destroyed."""
    parts = names.split_volume(name)
    if parts.pod is not None:
        lookup.live_pod(db, parts.pod)
    if parts.vgroup is not None:
        lookup.live_vgroup(db, parts.vgroup)


def pod_of(db: database.Database, name: str) -> rows.Pod | None:
    """The pod that a full name begins with, if there is such a pod."""
    pod, colons, _leaf = name.partition('::')
    return db.pods.find('name', names.key(pod)) if colons else None


def pod_status(core: cores.Core, name: str) -> str:
    """This array's status in the pod of a full name; 'online' without pod."""
    pod = pod_of(core.db, name)
    member = pod and core.db.pod_members.find(
        'pair', (pod.id, core.setting('id')))
    return member.status if member else 'online'


def moved_name(db: database.Database, name: str, container: str) -> str:
    """A volume's full name after a move to a container, "" for the root.

    Neither end may be a pod that is stretched, linked or demoted (the rule
    from the specification; what a move within one place does is inferred).
    From one stretched pod to another one on the same arrays is fine: Cinder's
    driver of 2025.2 does so.
    """
    leaf = names.split_volume(name).leaf
    if container:
        target = _find(db, container)
        new_name = prefix(target) + leaf
    else:
        new_name = leaf
    if names.key(new_name) == names.key(name):
        return name
    ends = [pod for end in (name, new_name)
            if (pod := pod_of(db, end)) is not None]
    if not _are_stretched_alike(db, ends):
        for pod in ends:
            check_movable(db, pod)
    return new_name


def check_movable(db: database.Database, pod: rows.Pod):
    """Refuse what does not go with copies of a pod elsewhere."""
    check_unstretched(db, pod)
    if db.replica_links.select('pod', pod.id):
        raise errors.refuse('pod_linked', ctx=pod.name)
    if not pod.is_promoted:
        raise errors.refuse('pod_demoted', ctx=pod.name)


def _are_stretched_alike(db, pods):
    """Whether two pods are on the same arrays, and in sync (inferred)."""
    arrays = [{(member.array_id, member.status)
               for member in db.pod_members.select('pod', pod.id)}
              for pod in pods]
    return (len(arrays) == 2 and arrays[0] == arrays[1]
            and len(arrays[0]) > 1
            and all(status == 'online' for _array_id, status in arrays[0]))


def check_unstretched(db: database.Database, pod: rows.Pod):
    if len(db.pod_members.select('pod', pod.id)) > 1:
        raise errors.refuse('pod_stretched', ctx=pod.name)


def _find(db, name):
    if db.pods.find('name', names.key(name)):
        return lookup.live_pod(db, name)
    if db.vgroups.find('name', names.key(name)):
        return lookup.live_vgroup(db, name)
    raise errors.refuse('container_missing', ctx=name)
