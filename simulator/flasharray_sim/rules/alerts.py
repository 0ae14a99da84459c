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
"""The alerts that an array opens when it loses a peer, a pod or a mediator.

That there are such alerts is recalled; what they say, and that they close by
themselves, is inferred. An array that is off the network opens none.
"""

import dataclasses

_CONNECTION_LOST = 'array connection lost'
_POD_OFFLINE = 'pod offline'
_MEDIATOR_LOST = 'mediator unreachable'
_SEVERITIES = {_CONNECTION_LOST: 'warning', _POD_OFFLINE: 'critical',
               _MEDIATOR_LOST: 'warning'}


@dataclasses.dataclass(frozen=True)
class _Cause:
    component_type: str
    component_name: str
    event: str


class Alerts:
    """The alerts of one array.

    :param array: the array (a rules.array.Array)
    """

    def __init__(self, array):
        self._array = array

    def links_changed(self):
        """Open what has a cause now, and close what has none any more."""
        if not self._array.fleet.is_online(self._array):
            return
        messages = self._array.messages
        present = {
            _Cause(row.component_type, row.component_name, row.event): row
            for row in messages.every('alert')
            if row.event in _SEVERITIES and row.closed_s is None}
        causes = list(self._causes())
        for cause in causes:
            if cause not in present:
                messages.alert(severity=_SEVERITIES[cause.event],
                               **dataclasses.asdict(cause))
        for cause, row in present.items():
            if cause not in causes:
                messages.close(row)

    def _causes(self):
        array = self._array
        for connection in array.db.array_connections.select('all', 'all'):
            if array.array_connections.peer(connection.array_id) is None:
                yield _Cause(
                    'connection', connection.array_name, _CONNECTION_LOST)
        for pod in array.db.pods.select('state', 'live'):
            if array.stretch.member(pod).status == 'offline':
                yield _Cause('pod', pod.name, _POD_OFFLINE)
            if array.stretch.others(pod) and (
                    not array.fleet.reaches_mediator(array, pod)):
                yield _Cause('pod', pod.name, _MEDIATOR_LOST)
