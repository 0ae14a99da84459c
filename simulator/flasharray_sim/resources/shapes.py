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
"""Pieces of replies that several resources share."""

import datetime

from flasharray_sim import errors
from flasharray_sim.rules import array as arrays
from flasharray_sim.state import rows
from flasharray_sim.wire import routing

# Samples of a history: length and distance in seconds; the distances are
# inferred.
HISTORIES = {
    '1h': (3600, 30), '3h': (10800, 30), '24h': (86400, 300),
    '7d': (604800, 1800), '30d': (2592000, 7200), '90d': (7776000, 28800),
    '1y': (31536000, 86400),
}
_RATES = ('input_per_sec', 'output_per_sec', 'reads_per_sec',
          'usec_per_read_op', 'usec_per_write_op', 'writes_per_sec')
_SAN = ('san_usec_per_read_op', 'san_usec_per_write_op')
_SIZES = ('bytes_per_op', 'bytes_per_read', 'bytes_per_write')
_LATENCIES = (
    'queue_usec_per_read_op', 'queue_usec_per_write_op',
    'qos_rate_limit_usec_per_read_op', 'qos_rate_limit_usec_per_write_op',
    'local_queue_usec_per_op')
_MIRRORED = (
    'mirrored_input_per_sec', 'mirrored_writes_per_sec',
    'san_usec_per_mirrored_write_op', 'usec_per_mirrored_write_op')
_MONITOR_FLAGS = ('size', 'latency', 'mirrored')
# Two flags at once have more than each alone: an exporter that was released
# for real arrays reads these counters without asking whether they are there.
_SHOWN_WITH = (
    (('size',), _SIZES), (('latency',), _LATENCIES),
    (('mirrored',), _MIRRORED),
    (('size', 'mirrored'), ('bytes_per_mirrored_write',)),
    (('latency', 'mirrored'), ('queue_usec_per_mirrored_write_op',
                               'qos_rate_limit_usec_per_mirrored_write_op')))


def iso(time_s: int) -> str:
    """A time as Purity writes it: 2017-12-16T05:12:38Z."""
    return datetime.datetime.fromtimestamp(
        time_s, datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')


def time_remaining(array: arrays.Array, row) -> int | None:
    """Seconds until eradication, None for a live object."""
    if row.due_s is None:
        return None
    return max(0, row.due_s - array.core.now_s())


def add_time_remaining(array: arrays.Array, call: routing.Call, row,
                       body: dict):
    """Tell when a destroyed object goes, where pending ones are asked for."""
    if call.flag('pending') or call.flag('pending_only'):
        body['time_remaining'] = time_remaining(array, row)


def wanted_state(call: routing.Call) -> str:
    """'live', 'destroyed' or 'all', by the flags for pending objects."""
    if call.flag('pending_only'):
        return 'destroyed'
    return 'all' if call.flag('pending') else 'live'


def check_visible(call: routing.Call, row, missing: errors.PurityError,
                  not_destroyed: errors.PurityError):
    """Refuse to show an object in another state than is asked for."""
    state = wanted_state(call)
    if row.is_destroyed and state == 'live':
        # The text for this case is inferred.
        raise missing
    if not row.is_destroyed and state == 'destroyed':
        raise not_destroyed


def wants_monitor(call: routing.Call) -> bool:
    """Whether `action=monitor` is asked for; refuses other actions.

    Refuses also what only monitoring can be modified with.
    """
    action = call.get('action')
    if action not in (None, 'monitor'):
        raise errors.refuse('parameters_invalid')
    if action is None and any(call.flag(name) for name in _MONITOR_FLAGS):
        raise errors.refuse('parameters_invalid')
    return action == 'monitor'


def monitor(array: arrays.Array, call: routing.Call, subject: dict,
            has_queue: bool = False) -> list[dict]:
    """Performance rows of one object: one, or a history.

    No data path goes through the simulator: every rate is 0.

    :param subject: what identifies the object in each row
    """
    names = [*_RATES]
    if has_queue:
        names.append('queue_depth')
        if call.rest_version >= (1, 16):
            names.append('local_queue_usec_per_op')
    if call.rest_version >= (1, 10):
        names.extend(_SAN)
    for flags, extra in _SHOWN_WITH:
        if all(call.flag(flag) for flag in flags):
            names.extend(extra)
    return history(array, call, subject | dict.fromkeys(names, 0))


def history(array: arrays.Array, call: routing.Call,
            body: dict) -> list[dict]:
    """One row with the present time, or the rows of a history.

    The past is not kept: each sample of a history shows the present.
    """
    now_s = array.core.now_s()
    wanted = call.get('historical')
    if wanted is None:
        return [body | {'time': iso(now_s)}]
    if wanted not in HISTORIES:
        raise errors.refuse('parameter_value', parameter='historical')
    length_s, step_s = HISTORIES[wanted]
    last_s = now_s - now_s % step_s
    return [body | {'time': iso(time_s)} for time_s in range(
        last_s - length_s + step_s, last_s + step_s, step_s)]


def reductions(size_bytes: int, written_bytes: int) -> dict:
    """Data is neither compressed nor deduplicated, only thin."""
    return {
        'data_reduction': 1.0,
        'thin_provisioning':
            1.0 - written_bytes / size_bytes if size_bytes else 0.0,
        'total_reduction':
            size_bytes / written_bytes if written_bytes else 1.0}


def connected_space(array: arrays.Array, name: str,
                    volumes: list[rows.Volume]) -> dict:
    """Space row of a host or group: the sum over its volumes."""
    size_bytes = sum(volume.size_bytes for volume in volumes)
    used = [volume_space(array, volume) for volume in volumes]
    written = sum(array.contents.written_bytes(volume.content_id)
                  for volume in volumes)
    return {'name': name, 'size': size_bytes,
            **{key: sum(row[key] for row in used)
               for key in ('total', 'volumes', 'snapshots')},
            **reductions(size_bytes, written)}


def volume_space(array: arrays.Array, volume: rows.Volume) -> dict:
    """Bytes that only this volume, and only its snapshots, take."""
    own = array.contents.usage(volume.content_id, 'volumes')
    snapshots = array.contents.snapshot_bytes(
        array.db.snapshots.select('volume', (volume.id, 'all')))
    return {'total': own + snapshots, 'volumes': own,
            'snapshots': snapshots}
