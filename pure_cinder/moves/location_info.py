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
"""Which array a backend is on, and where it puts volumes there.

Backends tell it to each other as ``location_info`` in their stats, so that a
volume moves between two of one array without a copy.
"""

import dataclasses

from pure_cinder import naming

_PREFIX = 'PureFlashArray'
_SEPARATOR = '|'


@dataclasses.dataclass(frozen=True)
class Location:
    """One backend on one array.

    :ivar pod: the pod of its synchronously replicated volumes
    :ivar async_pgroup: the protection group of those that are asynchronously
    :ivar trisync_pgroup: full name of that inside the pod
    """

    array_id: str
    pod: str
    async_pgroup: str
    trisync_pgroup: str

    @classmethod
    def of(cls, array_id, names):
        """:param names: config.ReplicationConfig"""
        return cls(array_id, names.pod, names.async_pgroup,
                   names.trisync_pgroup)

    def text(self):
        """:returns: the location in one line, for ``parse``"""
        return _SEPARATOR.join((
            _PREFIX, self.array_id, self.pod, self.async_pgroup,
            naming.split_container(self.trisync_pgroup)[1]))


def parse(text):
    """:returns: Location, or None for what no such backend wrote"""
    prefix, *parts = (text or '').split(_SEPARATOR)
    if prefix != _PREFIX or len(parts) != 4:
        return None
    array_id, pod, async_pgroup, trisync_leaf = parts
    return Location(array_id, pod, async_pgroup,
                    naming.in_pod(pod, trisync_leaf))
