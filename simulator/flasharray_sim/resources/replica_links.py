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
"""Replica links: `pod/replica-link` (2.7)."""

from flasharray_sim import errors
from flasharray_sim.resources import listing
from flasharray_sim.resources import parameters
from flasharray_sim.resources import shapes
from flasharray_sim.rules import array as arrays
from flasharray_sim.rules import names
from flasharray_sim.wire import routing

_PATH = 'pod/replica-link'
_SINCE = '1.19'


def list_links(array: arrays.Array, call: routing.Call):
    """GET pod/replica-link, of all pods or some."""
    links = array.db.replica_links.select('all', 'all')
    if call.get('local_pod_names') is not None:
        wanted = {names.key(name) for name in call.get('local_pod_names')}
        links = [link for link in links if names.key(
            array.db.pods.get(link.pod_id).name) in wanted]
    return listing.reply(
        array, call, links, lambda link: _show(array, link))


def create_link(array: arrays.Array, call: routing.Call):
    """POST pod/replica-link."""
    return _show(array, array.replica_links.create(
        *_ends(call), call.flag('paused')))


def change_link(array: arrays.Array, call: routing.Call):
    """PUT pod/replica-link: pause or resume."""
    if call.get('paused') is None:
        raise errors.refuse('no_attribute')
    return _show(array, array.replica_links.pause(
        *_ends(call), call.flag('paused')))


def delete_link(array: arrays.Array, call: routing.Call):
    """DELETE pod/replica-link: the names of the two pods."""
    link = array.replica_links.delete(*_ends(call))
    return {'local_pod_name': array.db.pods.get(link.pod_id).name,
            'remote_pod_name': link.peer_pod_name}


def _ends(call):
    local, remote = call.get('local_pod_name'), call.get('remote_pod_name')
    if not local or not remote:
        raise errors.refuse('parameters_invalid')
    return local, remote, call.get('remote_name')


def _show(array, link):
    """Times as Purity writes them; the lag is in milliseconds (inferred)."""
    recovery_s = array.replica_links.recovery_s(link)
    return {
        'local_pod_name': array.db.pods.get(link.pod_id).name,
        'direction': 'outbound' if link.is_source else 'inbound',
        'remote_pod_name': link.peer_pod_name,
        'remote_names': [array.pods.array_name(
            link.peer_array_id, link.peer_array_name)],
        'status': array.replica_links.status(link),
        'recovery_point':
            None if recovery_s is None else shapes.iso(recovery_s),
        'lag': None if recovery_s is None else 1000 * (
            array.core.now_s() - recovery_s),
        'paused': link.is_paused}


_ENDS = parameters.texts('local_pod_name', 'remote_pod_name', 'remote_name')

ROUTES = (
    routing.Route('GET', _PATH, list_links,
                  (*parameters.lists('local_pod_names'), *parameters.PAGING),
                  since=_SINCE),
    routing.Route('POST', _PATH, create_link,
                  (*_ENDS, *parameters.flags('paused')), since=_SINCE),
    routing.Route('PUT', _PATH, change_link,
                  (*_ENDS, *parameters.flags('paused')), since=_SINCE),
    routing.Route('DELETE', _PATH, delete_link, _ENDS, since=_SINCE),
)
