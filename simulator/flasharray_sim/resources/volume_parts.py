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
"""What hangs on a volume: connections, differences, tags (2.2)."""

from flasharray_sim import errors
from flasharray_sim.resources import listing
from flasharray_sim.resources import parameters
from flasharray_sim.resources import remote_hosts
from flasharray_sim.resources import volume_views
from flasharray_sim.rules import array as arrays
from flasharray_sim.rules import lookup
from flasharray_sim.rules import names
from flasharray_sim.rules import sizes
from flasharray_sim.rules import tags
from flasharray_sim.wire import routing


def list_hosts(array: arrays.Array, call: routing.Call):
    """GET volume/V/host: private connections, with `remote` all arrays'."""
    volume = _visible(array, call.names['volume'])
    found = [
        {'name': volume.name, 'host': array.db.hosts.get(row.host_id).name,
         'lun': row.lun, 'size': volume.size_bytes}
        for row in array.db.connections.select('volume', volume.id)
        if row.host_id is not None]
    if call.flag('remote'):
        found.extend(remote_hosts.private_rows(array, volume))
    return listing.reply(array, call, found)


def list_hgroups(array: arrays.Array, call: routing.Call):
    """GET volume/V/hgroup: shared connections."""
    volume = _visible(array, call.names['volume'])
    return listing.reply(array, call, [
        {'name': volume.name, 'host': None,
         'hgroup': array.db.hgroups.get(row.hgroup_id).name,
         'lun': row.lun, 'size': volume.size_bytes}
        for row in array.db.connections.select('volume', volume.id)
        if row.hgroup_id is not None])


def list_differences(array: arrays.Array, call: routing.Call):
    """GET volume/V/diff: where V differs from `base`, or is written."""
    subject = _subject(array, call.names['volume'])
    base = call.get('base')
    base_id = _subject(array, base).content_id if base else None
    start = call.get('offset') or 0
    length = call.get('length')
    end = subject.size_bytes if length is None else start + length
    block_bytes = call.get('block_size') or sizes.SECTOR_BYTES
    if start < 0 or end < start or block_bytes < 1:
        raise errors.refuse('size_invalid', ctx=call.names['volume'])
    found = array.contents.differences(
        base_id, subject.content_id, (start, end), block_bytes)
    return listing.reply(array, call, [
        {'offset': offset, 'length': size} for offset, size in found])


def put_tag(array: arrays.Array, call: routing.Call):
    """POST volume/V/tags."""
    key, value = call.get('key'), call.get('value')
    if not key or value is None:
        raise errors.refuse('parameters_invalid', ctx=call.names['volume'])
    is_copyable = call.get('copyable')
    tag = array.tags.put(
        call.names['volume'], key, value,
        call.get('namespace') or tags.DEFAULT_NAMESPACE,
        True if is_copyable is None else is_copyable)
    return volume_views.tag_row(array.db.volumes.get(tag.volume_id), tag)


def remove_tag(array: arrays.Array, call: routing.Call):
    """DELETE volume/V/tags/KEY."""
    tag = array.tags.remove(
        call.names['volume'], call.names['key'],
        call.get('namespace') or tags.DEFAULT_NAMESPACE)
    return volume_views.tag_row(array.db.volumes.get(tag.volume_id), tag)


def _visible(array, name):
    """Readers do not see a destroyed volume (inferred)."""
    volume = lookup.any_volume(array.db, name)
    if volume.is_destroyed:
        raise errors.refuse('volume_missing', ctx=name)
    return volume


def _subject(array, name):
    if names.is_snapshot(name):
        return lookup.live_snapshot(array.db, name)
    return lookup.live_volume(array.db, name)


_NAMESPACE = parameters.texts('namespace')

ROUTES = (
    routing.Route(
        'GET', 'volume/{volume}/host', list_hosts,
        (*parameters.PAGING,
         routing.Parameter('remote', 'boolean', since='1.13'))),
    routing.Route('GET', 'volume/{volume}/hgroup', list_hgroups,
                  parameters.PAGING),
    routing.Route(
        'GET', 'volume/{volume}/diff', list_differences,
        (*parameters.texts('base'), *parameters.PAGING,
         *(routing.Parameter(name, 'integer')
           for name in ('block_size', 'length', 'offset'))), since='1.3'),
    routing.Route(
        'POST', 'volume/{volume}/tags', put_tag,
        (*parameters.texts('key', 'value'), *_NAMESPACE,
         *parameters.flags('copyable')), since='1.19'),
    routing.Route('DELETE', 'volume/{volume}/tags/{key}', remove_tag,
                  _NAMESPACE, since='1.19'),
)
