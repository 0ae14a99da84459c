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
"""Random requests to two arrays that keep their state in files."""

import atexit
import collections
import dataclasses
import functools
import pathlib
import shutil
import tempfile

from hypothesis import stateful
from hypothesis import strategies

from flasharray_sim import clock as clocks
from flasharray_sim import errors
from flasharray_sim.rules import array as arrays
from flasharray_sim.rules import lookup
from flasharray_sim.rules import peers
from flasharray_sim.state import store as stores
from tests.simulator.fuzz import invariants
from tests.simulator.fuzz import states
from tests.simulator.model import conftest

ARRAYS = ('alpha', 'beta')


_RESOURCES = {'Host': 'host', 'HostGroup': 'hgroup', 'Pod': 'pod',
              'VolumeGroup': 'vgroup'}


def one_of(*values):
    return strategies.sampled_from(values)


def some_of(values, most=2):
    return strategies.lists(values, max_size=most)


@dataclasses.dataclass(frozen=True)
class Choice:
    """A name: nearly always of something that an array has.

    :ivar kinds: names of row types; the thing is of one of them
    :ivar spare: the name when there is no such thing, and at times anyway
    """
    kinds: tuple[str, ...]
    number: int
    spare: str


def names(kinds, *spares):
    return strategies.builds(
        Choice, strategies.just(kinds), strategies.integers(0, 63),
        one_of(*spares))


SIDES = one_of(0, 0, 0, 1)
NEW_VOLUMES = one_of('v1', 'v2', 'V2', 'v3', 'vg1/v1', 'vg1/V2', 'p1::v1',
                     'P1::v2', 'p2::v1')
VOLUMES = names(('Volume',), 'V1', 'p1::v1')
SUFFIXES = one_of('a', 'b', '')
SNAPSHOTS = names(('Snapshot',), 'v1.a', 'v1.1', 'p1::v1.a')
NEW_PGROUPS = one_of('g1', 'G2', 'p1::g1')
PGROUPS = names(('Pgroup',), 'g1')
PGROUP_SNAPSHOTS = names(('PgroupSnapshot',), 'g1.a', 'alpha:g1.1')
SOURCES = VOLUMES | SNAPSHOTS
HOSTS = names(('Host',), 'H1')
HGROUPS = names(('HostGroup',), 'HG1')
OWNERS = names(('Host', 'HostGroup'), 'host/none')
INITIATORS = some_of(one_of('iqn.a', 'IQN.A', 'iqn.b'))
LUNS = one_of(None, None, 1, 2, 253, 254)
NEW_CONTAINERS = one_of('vg1', 'VG2', 'p1', 'P2', 'p3')
PODS = names(('Pod',), 'p1')
CONTAINERS = names(('VolumeGroup', 'Pod'), 'pod/none', 'vgroup/none')
VERBS = one_of('', 'add', 'rem')
SIZES = one_of('1M', '2M')
FLAGS = strategies.booleans()
BYTES = strategies.integers(0, 8).map(lambda sectors: sectors * 512)


_FIRST = (
    (0, 'post', 'volume/v1', {'size': '1M'}),
    (0, 'post', 'volume/v2', {'size': '2M'}),
    (0, 'post', 'volume', {'snap': True, 'source': ['v1'], 'suffix': 'a'}),
    (0, 'post', 'host/h1', {'iqnlist': ['iqn.b']}),
    (0, 'post', 'host/h2', {}),
    (0, 'post', 'hgroup/hg1', {'hostlist': ['h2']}),
    (0, 'post', 'hgroup/hg2', {}),
    (0, 'post', 'vgroup/vg1', {}),
    (0, 'post', 'vgroup/vg2', {}),
    # A stretched pod,
    (0, 'post', 'pod/p1', {}),
    (0, 'post', 'volume/p1::v1', {'size': '1M'}),
    (0, 'post', 'pod/p1/array/beta', {}),
    # a pod that is replicated,
    (0, 'post', 'pod/p2', {}),
    (0, 'post', 'volume/p2::v1', {'size': '1M'}),
    (1, 'post', 'pod/p3', {}),
    (1, 'put', 'pod/p3', {'requested_promotion_state': 'demoted'}),
    (0, 'post', 'pod/replica-link', {
        'local_pod_name': 'p2', 'remote_pod_name': 'p3',
        'remote_name': 'beta'}),
    # and a group that is.
    (0, 'post', 'pgroup/g1', {
        'vollist': ['v1'], 'targetlist': ['beta']}),
    (1, 'put', 'pgroup/alpha:g1', {'allowed': True}))


def _open(directory, clock, store=None):
    fleet = peers.Fleet(store=store)
    opened = [arrays.Array(stores.Store(directory / name), clock,
                           arrays.ArrayConfig(name), fleet)
              for name in ARRAYS]
    for array in opened:
        # No power fails here, and waiting for the disk takes long.
        array.db._store._connection.execute('PRAGMA synchronous = OFF')
    fleet.store.open(opened)
    return opened


def _introduction(client):
    """What another array needs to be connected with this one."""
    return {
        'connection_key': client.get(
            'array', connection_key=True)['connection_key'],
        'management_address': client.get('network/vir0')['address']}


def _close(opened):
    for array in opened:
        array.db._store.close()


@functools.cache
def _fresh():
    """Directory of two arrays that have something to begin with."""
    directory = pathlib.Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, directory)
    opened = _open(directory, clocks.Clock(frozen=True))
    clients = [conftest.Client(array) for array in opened]
    clients[0].post('array/connection', **_introduction(clients[1]),
                    type=['sync'])
    for side, method, path, params in _FIRST:
        getattr(clients[side], method)(path, **params)
    opened[0].write('v1', 0, 4096)
    _close(opened)
    return directory


class Fleet(stateful.RuleBasedStateMachine):
    """Two arrays; after each request, the invariants of both.

    :cvar accepted: how often a request of each kind was not refused, in
        all runs together
    :cvar met: how often replication was found in a state, likewise
    """
    accepted: collections.Counter = collections.Counter()
    met: collections.Counter = collections.Counter()

    def __init__(self):
        super().__init__()
        self.clock = clocks.Clock(frozen=True)
        self.directory = pathlib.Path(tempfile.mkdtemp())
        shutil.copytree(_fresh(), self.directory, dirs_exist_ok=True)
        self.open()

    def open(self):
        self.arrays = _open(self.directory, self.clock, self.make_store())
        self.clients = [conftest.Client(array) for array in self.arrays]
        self.request_count = 0

    def make_store(self):
        """Where contents are, None for the usual store."""

    def close(self):
        _close(self.arrays)

    def teardown(self):
        self.reopen()
        self.close()
        shutil.rmtree(self.directory)

    def ask(self, side, method, *path, **params):
        """One request; a refused one changes nothing on either array."""
        self.request_count += 1
        before = states.capture(self.arrays)
        try:
            getattr(self.clients[side], method)(
                '/'.join(self.resolved(side, part) for part in path),
                **{name: self.resolved(side, value)
                   for name, value in params.items()})
        except errors.PurityError as error:
            assert 400 <= error.status < 500, error
            assert states.capture(self.arrays) == before
        else:
            self.accepted[method, self.resolved(side, path[0]).partition(
                '/')[0]] += 1

    def resolved(self, side, value):
        """A value with each Choice in it replaced by a name."""
        if isinstance(value, list):
            return [self.resolved(side, part) for part in value]
        if not isinstance(value, Choice):
            return value
        found = [name if len(value.kinds) == 1
                 else f'{_RESOURCES[kind]}/{name}'
                 for kind in value.kinds
                 for name in self.names_of(side, kind)]
        if not found or value.number % 8 == 7:
            return value.spare
        return found[value.number % len(found)]

    def names_of(self, side, kind):
        """Names of all rows of a type."""
        db = self.arrays[side].db
        rows = states.tables(self.arrays[side])[kind]._rows.values()
        if kind == 'Snapshot':
            return [lookup.snapshot_name(db, row) for row in rows]
        if kind == 'PgroupSnapshot':
            return [f'{db.pgroups.get(row.pgroup_id).name}.{row.suffix}'
                    for row in rows]
        return [row.name for row in rows]

    @stateful.invariant()
    def each_array_is_sound(self):
        for array in self.arrays:
            invariants.check(array)
            db = array.db
            self.met.update(member.status for member in
                            dict.values(db.pod_members._rows))
            self.met.update('arrived' for arrival in
                            dict.values(db.arrivals._rows)
                            if arrival.completed_s is not None)

    @stateful.precondition(lambda self: self.request_count > 20)
    @stateful.rule()
    def reopen(self):
        before = states.capture(self.arrays)
        indexed = [invariants.index_contents(array)
                   for array in self.arrays]
        self.close()
        self.open()
        assert states.capture(self.arrays) == before
        assert [invariants.index_contents(array)
                for array in self.arrays] == indexed

    @stateful.rule(delay_s=one_of(60, 3600, 86400))
    def wait(self, delay_s):
        self.clock.advance(delay_s)
        self.ask(0, 'get', 'array')

    # Volumes and snapshots.

    @stateful.rule(side=SIDES, name=NEW_VOLUMES, size=SIZES)
    def create(self, side, name, size):
        self.ask(side, 'post', 'volume', name, size=size)

    @stateful.rule(side=SIDES, name=NEW_VOLUMES | VOLUMES, source=SOURCES,
                   overwrite=FLAGS)
    def copy(self, side, name, source, overwrite):
        self.ask(side, 'post', 'volume', name, source=source,
                 overwrite=overwrite)

    @stateful.rule(side=SIDES, name=VOLUMES, size=SIZES, truncate=FLAGS)
    def resize(self, side, name, size, truncate):
        self.ask(side, 'put', 'volume', name, size=size, truncate=truncate)

    @stateful.rule(side=SIDES, sources=some_of(VOLUMES, 3), suffix=SUFFIXES)
    def snap(self, side, sources, suffix):
        self.ask(side, 'post', 'volume', snap=True, source=sources,
                 suffix=suffix)

    @stateful.rule(side=SIDES, name=SOURCES, eradicate=FLAGS)
    def delete(self, side, name, eradicate):
        self.ask(side, 'delete', 'volume', name, eradicate=eradicate)

    @stateful.rule(side=SIDES, name=SOURCES)
    def recover(self, side, name):
        self.ask(side, 'put', 'volume', name, action='recover')

    @stateful.rule(side=SIDES, name=SOURCES, new=NEW_VOLUMES | SUFFIXES)
    def rename(self, side, name, new):
        self.ask(side, 'put', 'volume', name, name=new)

    @stateful.rule(side=SIDES, name=VOLUMES,
                   container=one_of('', 'vg1', 'p1', 'P2', 'none'))
    def move(self, side, name, container):
        self.ask(side, 'put', 'volume', name, container=container)

    @stateful.rule(side=SIDES, name=VOLUMES, key=one_of('k', 'l'))
    def tag(self, side, name, key):
        self.ask(side, 'post', 'volume', name, 'tags', key=key, value='v')

    @stateful.rule(side=SIDES, name=VOLUMES, offset=BYTES, length=BYTES)
    def write(self, side, name, offset, length):
        before = states.capture(self.arrays)
        try:
            self.arrays[side].write(
                self.resolved(side, name), offset, length)
        except (errors.PurityError, ValueError):
            assert states.capture(self.arrays) == before
        else:
            self.accepted['write'] += 1

    # Hosts, groups of hosts, connections.

    @stateful.rule(side=SIDES, name=one_of('h1', 'h2', 'h3'),
                   iqns=INITIATORS)
    def create_host(self, side, name, iqns):
        self.ask(side, 'post', 'host', name, iqnlist=iqns)

    @stateful.rule(side=SIDES, name=HOSTS, iqns=INITIATORS, verb=VERBS)
    def set_host(self, side, name, iqns, verb):
        self.ask(side, 'put', 'host', name, **{f'{verb}iqnlist': iqns})

    @stateful.rule(side=SIDES, name=one_of('hg1', 'hg2'),
                   hosts=some_of(HOSTS))
    def create_hgroup(self, side, name, hosts):
        self.ask(side, 'post', 'hgroup', name, hostlist=hosts)

    @stateful.rule(side=SIDES, name=HGROUPS, hosts=some_of(HOSTS),
                   verb=VERBS)
    def set_hgroup(self, side, name, hosts, verb):
        self.ask(side, 'put', 'hgroup', name, **{f'{verb}hostlist': hosts})

    @stateful.rule(side=SIDES, owner=OWNERS, volume=VOLUMES, lun=LUNS)
    def connect(self, side, owner, volume, lun):
        self.ask(side, 'post', owner, 'volume', volume, lun=lun)

    @stateful.rule(side=SIDES, owner=OWNERS, volume=VOLUMES)
    def disconnect(self, side, owner, volume):
        self.ask(side, 'delete', owner, 'volume', volume)

    @stateful.rule(side=SIDES, name=HOSTS)
    def delete_host(self, side, name):
        self.ask(side, 'delete', 'host', name)

    @stateful.rule(side=SIDES, name=HGROUPS)
    def delete_hgroup(self, side, name):
        self.ask(side, 'delete', 'hgroup', name)

    # Volume groups and pods.

    @stateful.rule(side=SIDES, kind=one_of('vgroup', 'pod'),
                   name=NEW_CONTAINERS)
    def create_container(self, side, kind, name):
        self.ask(side, 'post', kind, name)

    @stateful.rule(side=SIDES, name=CONTAINERS, eradicate=FLAGS)
    def delete_container(self, side, name, eradicate):
        self.ask(side, 'delete', name, eradicate=eradicate)

    @stateful.rule(side=SIDES, name=CONTAINERS)
    def recover_container(self, side, name):
        self.ask(side, 'put', name, action='recover')

    @stateful.rule(side=SIDES, name=CONTAINERS, new=NEW_CONTAINERS)
    def rename_container(self, side, name, new):
        self.ask(side, 'put', name, name=new)

    @stateful.rule(side=SIDES, source=PODS, name=NEW_CONTAINERS)
    def clone_pod(self, side, source, name):
        self.ask(side, 'post', 'pod', name, source=source)

    @stateful.rule(side=SIDES, name=PODS, array=one_of(*ARRAYS))
    def stretch(self, side, name, array):
        self.ask(side, 'post', 'pod', name, 'array', array)

    @stateful.rule(side=SIDES, name=PODS, array=one_of(*ARRAYS))
    def unstretch(self, side, name, array):
        self.ask(side, 'delete', 'pod', name, 'array', array)

    @stateful.rule(side=SIDES, name=PODS, skip=FLAGS,
                   state=one_of('promoted', 'demoted'))
    def promote(self, side, name, state, skip):
        more = {'skip_quiesce': True} if skip else {}
        self.ask(side, 'put', 'pod', name,
                 requested_promotion_state=state, **more)

    @stateful.rule(side=SIDES, local=PODS, remote=NEW_CONTAINERS)
    def link_pods(self, side, local, remote):
        self.ask(side, 'post', 'pod/replica-link', local_pod_name=local,
                 remote_pod_name=remote, remote_name=ARRAYS[1 - side])

    @stateful.rule(side=SIDES, local=PODS, remote=NEW_CONTAINERS)
    def unlink_pods(self, side, local, remote):
        self.ask(side, 'delete', 'pod/replica-link', local_pod_name=local,
                 remote_pod_name=remote)

    # Arrays that know each other, and lose each other.

    @stateful.rule(side=SIDES, kind=one_of('async', 'sync', 'sync'))
    def connect_arrays(self, side, kind):
        self.ask(side, 'post', 'array/connection', type=[kind],
                 **_introduction(self.clients[1 - side]))

    @stateful.rule(side=SIDES)
    def disconnect_arrays(self, side):
        self.ask(side, 'delete', 'array/connection', ARRAYS[1 - side])

    @stateful.rule(is_cut=one_of(True, False, False))
    def change_link(self, is_cut):
        fleet = self.arrays[0].fleet
        (fleet.cut if is_cut else fleet.mend)(*self.arrays)

    @stateful.rule(side=SIDES, is_online=one_of(True, True, False))
    def change_presence(self, side, is_online):
        self.arrays[side].set_online(is_online)

    @stateful.rule(side=SIDES, is_lost=one_of(True, False, False))
    def change_mediator(self, side, is_lost):
        self.arrays[side].fleet.lose_mediator(
            self.arrays[side], frozenset('*' if is_lost else ()))

    # Protection groups and replication.

    @stateful.rule(side=SIDES, name=NEW_PGROUPS, members=some_of(VOLUMES),
                   is_replicated=FLAGS)
    def create_pgroup(self, side, name, members, is_replicated):
        targets = [ARRAYS[1 - side]] if is_replicated else []
        self.ask(side, 'post', 'pgroup', name, vollist=members,
                 targetlist=targets)

    @stateful.rule(side=SIDES, name=PGROUPS, verb=VERBS,
                   members=some_of(VOLUMES).map(lambda found: (
                       'vollist', found))
                   | some_of(HOSTS).map(lambda found: ('hostlist', found))
                   | some_of(HGROUPS).map(lambda found: (
                       'hgrouplist', found)))
    def set_pgroup(self, side, name, members, verb):
        self.ask(side, 'put', 'pgroup', name,
                 **{f'{verb}{members[0]}': members[1]})

    @stateful.rule(side=SIDES, name=PGROUPS, verb=VERBS)
    def set_targets(self, side, name, verb):
        self.ask(side, 'put', 'pgroup', name,
                 **{f'{verb}targetlist': [ARRAYS[1 - side]]})

    @stateful.rule(side=SIDES, name=PGROUPS, allowed=one_of(
        True, True, False))
    def allow(self, side, name, allowed):
        self.ask(1 - side, 'put', 'pgroup', name, allowed=allowed)

    @stateful.rule(side=SIDES, name=PGROUPS, enabled=FLAGS,
                   kind=one_of('snap', 'replicate'))
    def schedule(self, side, name, kind, enabled):
        self.ask(side, 'put', 'pgroup', name,
                 **{f'{kind}_enabled': enabled})

    @stateful.rule(side=SIDES, sources=some_of(PGROUPS), suffix=SUFFIXES,
                   apply_retention=FLAGS, replicate_now=FLAGS)
    def snap_pgroups(self, side, sources, suffix, apply_retention,
                     replicate_now):
        self.ask(side, 'post', 'pgroup', snap=True, source=sources,
                 suffix=suffix, apply_retention=apply_retention,
                 replicate_now=replicate_now)

    @stateful.rule(side=SIDES, name=PGROUPS,
                   delay_s=one_of(0, 60, 3600))
    def replicate(self, side, name, delay_s):
        self.ask(side, 'post', 'pgroup', snap=True, source=[name],
                 replicate_now=True)
        self.wait(delay_s)

    @stateful.rule(side=SIDES, name=PGROUPS | PGROUP_SNAPSHOTS,
                   eradicate=FLAGS)
    def delete_pgroup(self, side, name, eradicate):
        self.ask(side, 'delete', 'pgroup', name, eradicate=eradicate)

    @stateful.rule(side=SIDES, name=PGROUPS | PGROUP_SNAPSHOTS)
    def recover_pgroup(self, side, name):
        self.ask(side, 'put', 'pgroup', name, action='recover')

    @stateful.rule(side=SIDES, name=PGROUPS | PGROUP_SNAPSHOTS,
                   new=NEW_PGROUPS)
    def rename_pgroup(self, side, name, new):
        self.ask(side, 'put', 'pgroup', name, name=new)

    @stateful.rule(side=SIDES, name=PGROUPS, source=PGROUP_SNAPSHOTS)
    def restore_pgroup(self, side, name, source):
        self.ask(side, 'post', 'pgroup', name, source=source,
                 overwrite=True)

    @stateful.rule(side=SIDES, volume=VOLUMES, group=PGROUPS, joins=FLAGS)
    def join_pgroup(self, side, volume, group, joins):
        self.ask(side, 'post' if joins else 'delete',
                 'volume', volume, 'pgroup', group)
