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
"""Whatever is asked in whatever order, the array's state stays sound."""

import collections

import hypothesis
from hypothesis import stateful
from hypothesis import strategies

from flasharray_sim import clock as clocks
from flasharray_sim import errors
from flasharray_sim.rules import array as arrays
from flasharray_sim.state import store as stores
from tests.simulator.model import conftest

VOLUMES = strategies.sampled_from(['v1', 'v2', 'V2', 'v3'])
SUFFIXES = strategies.sampled_from(['a', 'b', ''])
SNAPSHOTS = strategies.builds('{}.{}'.format, VOLUMES,
                              strategies.sampled_from(['a', 'b', '1']))
SOURCES = VOLUMES | SNAPSHOTS
HOSTS = strategies.sampled_from(['h1', 'h2', 'h3'])
HGROUPS = strategies.sampled_from(['g1', 'g2'])
INITIATORS = strategies.lists(
    strategies.sampled_from(['iqn.a', 'IQN.A', 'iqn.b']), max_size=2)
LUNS = strategies.sampled_from([None, 1, 2, 253, 254])
BYTES = strategies.integers(0, 8).map(lambda sectors: sectors * 512)


class Requests(stateful.RuleBasedStateMachine):
    """Random requests; after each, the invariants."""

    def __init__(self):
        super().__init__()
        self.clock = clocks.Clock(frozen=True)
        self.array = arrays.Array(
            stores.Store(), self.clock, arrays.ArrayConfig('array-1'))
        self.client = conftest.Client(self.array)

    def ask(self, method, path, **params):
        before = self.rows()
        try:
            getattr(self.client, method)(path, **params)
        except errors.PurityError as error:
            assert error.status == 400
            assert self.rows() == before

    def rows(self):
        return {name: dict(table._rows)
                for name, table in vars(self.array.db).items()
                if hasattr(table, '_rows')}

    @stateful.rule(name=VOLUMES, size=strategies.sampled_from(['1M', '2M']))
    def create(self, name, size):
        self.ask('post', f'volume/{name}', size=size)

    @stateful.rule(name=VOLUMES, source=SOURCES,
                   overwrite=strategies.booleans())
    def copy(self, name, source, overwrite):
        self.ask('post', f'volume/{name}', source=source,
                 overwrite=overwrite)

    @stateful.rule(name=VOLUMES, size=strategies.sampled_from(['1M', '2M']),
                   truncate=strategies.booleans())
    def resize(self, name, size, truncate):
        self.ask('put', f'volume/{name}', size=size, truncate=truncate)

    @stateful.rule(names=strategies.lists(VOLUMES, min_size=1, max_size=3),
                   suffix=SUFFIXES)
    def snap(self, names, suffix):
        self.ask('post', 'volume', snap=True, source=names, suffix=suffix)

    @stateful.rule(name=SOURCES, eradicate=strategies.booleans())
    def delete(self, name, eradicate):
        self.ask('delete', f'volume/{name}', eradicate=eradicate)

    @stateful.rule(name=SOURCES)
    def recover(self, name):
        self.ask('put', f'volume/{name}', action='recover')

    @stateful.rule(name=SOURCES, new=VOLUMES | SUFFIXES)
    def rename(self, name, new):
        self.ask('put', f'volume/{name}', name=new)

    @stateful.rule(name=VOLUMES, offset=BYTES, length=BYTES)
    def write(self, name, offset, length):
        try:
            self.array.write(name, offset, length)
        except (errors.PurityError, ValueError) as error:
            assert 'olume' in str(error)

    @stateful.rule(name=HOSTS, iqns=INITIATORS,
                   verb=strategies.sampled_from(['', 'add', 'rem']))
    def set_host(self, name, iqns, verb):
        self.ask('post', f'host/{name}')
        self.ask('put', f'host/{name}', **{f'{verb}iqnlist': iqns})

    @stateful.rule(name=HGROUPS, hosts=strategies.lists(HOSTS, max_size=2),
                   verb=strategies.sampled_from(['', 'add', 'rem']))
    def set_hgroup(self, name, hosts, verb):
        self.ask('post', f'hgroup/{name}')
        self.ask('put', f'hgroup/{name}', **{f'{verb}hostlist': hosts})

    @stateful.rule(owner=HOSTS.map('host/{}'.format)
                   | HGROUPS.map('hgroup/{}'.format),
                   volume=VOLUMES, lun=LUNS)
    def connect(self, owner, volume, lun):
        self.ask('post', f'{owner}/volume/{volume}', lun=lun)

    @stateful.rule(owner=HOSTS.map('host/{}'.format)
                   | HGROUPS.map('hgroup/{}'.format), volume=VOLUMES)
    def disconnect(self, owner, volume):
        self.ask('delete', f'{owner}/volume/{volume}')

    @stateful.rule(owner=HOSTS.map('host/{}'.format)
                   | HGROUPS.map('hgroup/{}'.format))
    def delete_owner(self, owner):
        self.ask('delete', owner)

    @stateful.rule(hours=strategies.sampled_from([1, 12, 24]))
    def wait(self, hours):
        self.clock.advance(hours * 3600)
        self.client.get('array')

    @stateful.invariant()
    def names_serials_and_initiators_are_unique(self):
        db = self.array.db
        volumes = self.client.get('volume', pending=True)
        snapshots = self.client.get('volume', snap=True, pending=True)
        for rows in (volumes, snapshots, self.client.get('host')):
            names = [row['name'].lower() for row in rows]
            assert len(set(names)) == len(names)
        serials = [row['serial'] for row in (*volumes, *snapshots)]
        assert len(set(serials)) == len(serials)
        initiators = [iqn.lower() for host in db.hosts.select('all', 'all')
                      for iqn in host.iqns]
        assert len(set(initiators)) == len(initiators)

    @stateful.invariant()
    def each_host_sees_a_volume_once_and_one_volume_at_a_lun(self):
        rows = self.client.get('host', connect=True)
        for key in ('vol', 'lun'):
            seen = [(row['name'], row[key]) for row in rows]
            assert len(set(seen)) == len(seen)
        live = set(self.client.names('volume'))
        assert {row['name'] for row in
                self.client.get('volume', connect=True)} <= live

    @stateful.invariant()
    def nothing_refers_to_what_is_gone(self):
        db = self.array.db
        for connection in db.connections.select('all', 'all'):
            assert connection.volume_id in db.volumes
            assert (connection.host_id in db.hosts
                    or connection.hgroup_id in db.hgroups)
        for snapshot in db.snapshots.select('state', 'all'):
            assert snapshot.volume_id in db.volumes
        for host in db.hosts.select('all', 'all'):
            assert host.hgroup_id is None or host.hgroup_id in db.hgroups

    @stateful.invariant()
    def space_is_that_of_the_contents_that_are_held(self):
        db = self.array.db
        owners = collections.defaultdict(set)
        in_volumes, held = set(), set()
        for kind, rows in (
                ('volume', db.volumes.select('state', ('volume', 'all'))),
                ('snapshot', db.snapshots.select('state', 'all'))):
            for row in rows:
                for _, _, write_id in self.array.contents.extents(
                        row.content_id):
                    if kind == 'volume':
                        in_volumes.add(write_id)
                    owners[write_id].add(
                        row.id if kind == 'volume' else row.volume_id)
                held.update({row.content_id} - {None})
        expected = collections.Counter(
            volumes=0, snapshots=0, shared_space=0)
        for write_id, volume_ids in owners.items():
            usage = ('shared_space' if len(volume_ids) > 1 else
                     'volumes' if write_id in in_volumes else 'snapshots')
            expected[usage] += db.writes.get(write_id).length_bytes
        [space] = self.client.get('array', space=True)
        assert {usage: space[usage] for usage in expected} == expected
        assert (len(db.contents), len(db.writes)) == (
            len(held), len(owners))


TestRequests = Requests.TestCase
TestRequests.settings = hypothesis.settings(
    max_examples=60, stateful_step_count=40, deadline=None,
    derandomize=True, database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow])
