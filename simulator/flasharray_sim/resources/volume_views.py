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
"""What GET volume shows of volumes, by the flags of the request."""

from flasharray_sim import errors
from flasharray_sim.resources import pgroup_views
from flasharray_sim.resources import shapes
from flasharray_sim.resources import views
from flasharray_sim.rules import array as arrays
from flasharray_sim.rules import lookup
from flasharray_sim.rules import tags as tag_rules
from flasharray_sim.state import rows
from flasharray_sim.wire import routing

_STRICT_ENDPOINTS_SINCE = (6, 4, 3)


def plain(array: arrays.Array, call: routing.Call,
          volume: rows.Volume) -> dict:
    """{name, serial, size, created, source}; an endpoint has no size."""
    body = {'created': shapes.iso(volume.created_s), 'name': volume.name,
            'serial': volume.serial, 'size': volume.size_bytes,
            'source': source_name(array, volume)}
    if volume.is_protocol_endpoint:
        del body['size']
    return body


def source_name(array: arrays.Array, volume: rows.Volume) -> str | None:
    """What a volume is a copy of, by its present name (inferred)."""
    if volume.source_id is None or volume.source_id not in array.db.volumes:
        return None
    return array.db.volumes.get(volume.source_id).name


def snapshot(array: arrays.Array, call: routing.Call,
             row: rows.Snapshot) -> dict:
    """The same five keys for a snapshot; its source is its volume."""
    return {'created': shapes.iso(row.created_s),
            'name': lookup.snapshot_name(array.db, row),
            'serial': row.serial, 'size': row.size_bytes,
            'source': lookup.snapshot_source(array.db, row)}


def check_endpoint_view(array: arrays.Array, call: routing.Call):
    """Purity 6.4.3 and later refuse this combination."""
    if (call.flag('protocol_endpoint') and call.flag('host_encryption_key')
            and array.config.release >= _STRICT_ENDPOINTS_SINCE):
        raise errors.refuse('parameters_invalid')


def connection(array: arrays.Array, row: rows.Connection,
               volume: rows.Volume) -> list[dict]:
    """Rows of one connection: a shared one has one per member host."""
    body = {'name': volume.name, 'size': volume.size_bytes, 'lun': row.lun}
    if row.host_id is not None:
        host = array.db.hosts.get(row.host_id)
        return [body | {'host': host.name, 'hgroup': None}]
    hgroup = array.db.hgroups.get(row.hgroup_id)
    members = [host.name for host in array.connections.members(hgroup.id)]
    return [body | {'host': member, 'hgroup': hgroup.name}
            for member in members or [None]]


def _space(array, call, volume):
    written = array.contents.written_bytes(volume.content_id)
    return {'name': volume.name, 'size': volume.size_bytes,
            'shared_space': None, 'system': None,
            **shapes.volume_space(array, volume),
            **shapes.reductions(volume.size_bytes, written)}


def _snapshot_space(array, call, row):
    used = array.contents.usage(row.content_id, 'snapshots')
    written = array.contents.written_bytes(row.content_id)
    return {'name': lookup.snapshot_name(array.db, row),
            'source': lookup.snapshot_source(array.db, row),
            'size': row.size_bytes, 'snapshots': used, 'total': used,
            **shapes.reductions(row.size_bytes, written)}


def _qos(array, call, volume):
    body = {'name': volume.name, 'bandwidth_limit': volume.bandwidth_limit}
    if call.rest_version >= (1, 17):
        body['iops_limit'] = volume.iops_limit
    return body


def _host_encryption_key(array, call, volume):
    return {'name': volume.name, 'host_encryption_key_status': 'none'}


def _connections(array, call, volume):
    return [row for found in array.db.connections.select(
        'volume', volume.id) for row in connection(array, found, volume)]


def _tags(array, call, volume):
    namespace = call.get('namespace') or tag_rules.DEFAULT_NAMESPACE
    return [tag_row(volume, tag)
            for tag in array.db.tags.select('volume', volume.id)
            if namespace in ('*', tag.namespace)]


def _snapshot_tags(array, call, row):
    """None: nothing is known of how a snapshot gets one."""
    return []


def tag_row(volume: rows.Volume, tag: rows.Tag) -> dict:
    return {'name': volume.name, 'key': tag.key, 'value': tag.value,
            'namespace': tag.namespace, 'copyable': tag.is_copyable}


VOLUMES = views.Views(
    one={views.PLAIN: plain, 'space': _space, 'qos': _qos,
         'host_encryption_key': _host_encryption_key},
    many={'connect': _connections, 'tags': _tags,
          'protect': pgroup_views.volumes_protected},
    owner_ids={'connect': lambda array: array.db.connections.owner_ids(
                   'volume'),
               'tags': lambda array: array.db.tags.owner_ids('volume')},
    is_monitor_list=True, finish=shapes.add_time_remaining)
SNAPSHOTS = views.Views(
    one={views.PLAIN: snapshot, 'space': _snapshot_space},
    many={'tags': _snapshot_tags},
    finish=shapes.add_time_remaining)
