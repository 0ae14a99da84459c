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
"""Where the search looks for a fault of the past.

A region narrows what stories are made of, as far as the fault's first
description did: a protocol or a kind of replication, the themes that its
story has, and what interrupted it. What is not named is free.
"""

from tests.explorer import machine


def _region(*themes, circumstances=(), **setting):
    """:param setting: what a field of settings.Setting may be"""
    return machine.Region(
        setting={field: value if isinstance(value, list) else [value]
                 for field, value in setting.items()},
        themes=themes, circumstances=circumstances)


_ASYNC_FAILOVER = _region('failover', replication='async')
_REFUSED = _region('volumes', circumstances=('refused',),
                   replication='async')
REGIONS = {
    'A1': _region('failover', 'snapshots', replication='async'),
    'A2': _region('failover', 'processes', replication='async',
                  is_cluster=True),
    'A3': _region('moves', circumstances=('kill',)),
    'A4': _region('moves', replication='none', is_mutual=True),
    'A5': _region('failover', 'disasters', replication=['async', 'sync']),
    'A6': _region('failover', 'moves', replication='async'),
    'A9': _region('moves', replication='async', is_group_by_hand=True),
    'B1': _region('machines', circumstances=('commit', 'kill', 'gone')),
    'B2': _region('machines', replication='none'),
    'B5': _region('machines', protocol='FC'),
    'B7': _region('disasters', circumstances=('database',)),
    'B8': _region('disasters', replication='sync uniform'),
    'C1': _region('volumes', circumstances=('garbled',)),
    'C6': _REFUSED,
    'E1': _region('failover', circumstances=('writing',),
                  replication='async'),
    'H5': _region('care', circumstances=('kill',), replication='none'),
    'M1': _region('failover', circumstances=('commit', 'kill'),
                  replication='async', is_cluster=True),
    'M2': _region('failover', 'snapshots', replication='async'),
    'M3': _region('failover', 'snapshots', 'processes',
                  replication='async'),
    'M4': _region('failover', 'care', replication='async'),
    'M6': _region('volumes', replication='none'),
    'M9': _ASYNC_FAILOVER,
    'M10': _ASYNC_FAILOVER,
    'M11': _region('failover', circumstances=('commit',),
                   replication='async'),
    'M13': _ASYNC_FAILOVER,
    'M15': _region('care', replication='none'),
    'M16': _region('moves', replication='sync'),
    'M17': _REFUSED,
    'M18': _region('volumes', replication='none'),
    'M20': _region('failover', 'disasters', replication='async')}


def of(fault_id):
    """:returns: machine.Region; of all that there is if none is named"""
    return REGIONS.get(fault_id, machine.Region())
