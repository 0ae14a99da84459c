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
"""What the window shows of each array before anything else."""

import collections
import dataclasses

from flasharray_sim.window import objects
from flasharray_sim.window import reader as readers
from flasharray_sim.wire import routing
from flasharray_sim.wire import traffic

_PROTOCOLS = {'iqn': 'iSCSI', 'nqn': 'NVMe', 'wwn': 'FC'}


def overview(array) -> dict:
    """One array in a few numbers.

    :param array: an endpoint.SimulatedArray
    """
    with array.model.transaction():
        array.model.tick()
        reader = readers.Reader(array)
        identity, space = reader.get('array'), reader.get(
            'array', space=True)[0]
        controllers = reader.get('array', controllers=True)
        ports = reader.get('port')
        totals = objects.totals(array, reader)
    return {
        'name': array.name, 'id': array.id, 'address': array.address,
        'purity_version': identity['version'],
        'rest_version': max(array.rest_versions, key=routing.parse_version),
        'is_online': array.is_online, 'controllers': controllers,
        'ports': _count(ports), 'space': space,
        'totals': totals | {'requests': len(array.requests)},
        'faults': [dataclasses.asdict(fault) for fault in array.faults],
        'connection_count': array.connection_count,
        'session_count': len(array.sessions),
        'traffic': _traffic(array.traffic)}


def _count(ports: list[dict]) -> list[dict]:
    """How many of each protocol there are, and are standing in."""
    found, moved = collections.Counter(), collections.Counter()
    for port in ports:
        [protocol] = [name for key, name in _PROTOCOLS.items()
                      if port.get(key)] or ['other']
        found[protocol] += 1
        moved[protocol] += port['failover'] is not None
    return [{'protocol': protocol, 'count': count,
             'failed_over': moved[protocol]}
            for protocol, count in found.items()]


def _traffic(watched: traffic.Traffic) -> dict:
    """Requests, failures, and milliseconds they took, sample by sample."""
    samples = watched.samples()
    return {
        'sample_s': traffic.SAMPLE_S,
        'requests': [sample.requests for sample in samples],
        'failed': [sample.failed for sample in samples],
        'mean_ms': [sample.requests and round(
            1000 * sample.total_s / sample.requests, 1)
            for sample in samples],
        'slowest_ms': [round(1000 * sample.slowest_s, 1)
                       for sample in samples]}
