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
"""Parameters that many routes have in common."""

from flasharray_sim.wire import routing

NAMES = routing.Parameter('names', 'list')
PAGING = (
    routing.Parameter('limit', 'integer', since='1.7'),
    routing.Parameter('start', 'integer', since='1.7'),
    routing.Parameter('token', 'string', since='1.7'),
    routing.Parameter('sort', 'list', since='1.7'),
    routing.Parameter('filter', 'string', since='1.7'),
)
COLLECTION = (NAMES, *PAGING)
PENDING = (
    routing.Parameter('pending', 'boolean'),
    routing.Parameter('pending_only', 'boolean'),
)
MONITOR = (
    routing.Parameter('action', 'string'),
    routing.Parameter('historical', 'string'),
    routing.Parameter('size', 'boolean'),
    routing.Parameter('latency', 'boolean', since='1.16'),
    routing.Parameter('mirrored', 'boolean', since='1.13'),
)
QOS = (
    routing.Parameter('bandwidth_limit', 'size', since='1.14'),
    routing.Parameter('iops_limit', 'size', since='1.17'),
)


def flags(*names: str) -> tuple[routing.Parameter, ...]:
    return tuple(routing.Parameter(name, 'boolean') for name in names)


def lists(*names: str) -> tuple[routing.Parameter, ...]:
    return tuple(routing.Parameter(name, 'list') for name in names)


def texts(*names: str) -> tuple[routing.Parameter, ...]:
    return tuple(routing.Parameter(name, 'string') for name in names)
