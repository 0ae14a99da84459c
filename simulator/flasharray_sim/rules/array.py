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
"""One simulated array: its state, and the rules by area."""

from collections.abc import Iterable
import contextlib
import dataclasses
import functools

from flasharray_sim import errors
from flasharray_sim.rules import administration
from flasharray_sim.rules import administration_kinds
from flasharray_sim.rules import admins
from flasharray_sim.rules import alerts
from flasharray_sim.rules import apps
from flasharray_sim.rules import arbitration
from flasharray_sim.rules import array_connections
from flasharray_sim.rules import arrivals
from flasharray_sim.rules import certificates
from flasharray_sim.rules import config as configs
from flasharray_sim.rules import connections
from flasharray_sim.rules import contents
from flasharray_sim.rules import controllers
from flasharray_sim.rules import core as cores
from flasharray_sim.rules import hardware
from flasharray_sim.rules import hgroups
from flasharray_sim.rules import host_io
from flasharray_sim.rules import hosts
from flasharray_sim.rules import lookup
from flasharray_sim.rules import messages
from flasharray_sim.rules import network
from flasharray_sim.rules import peers
from flasharray_sim.rules import pgroup_members
from flasharray_sim.rules import pgroup_snapshots
from flasharray_sim.rules import pgroups
from flasharray_sim.rules import pod_guard
from flasharray_sim.rules import pod_members
from flasharray_sim.rules import pods
from flasharray_sim.rules import ports
from flasharray_sim.rules import promotion
from flasharray_sim.rules import replica_links
from flasharray_sim.rules import replication
from flasharray_sim.rules import seeds
from flasharray_sim.rules import settings
from flasharray_sim.rules import snapshots
from flasharray_sim.rules import stretch
from flasharray_sim.rules import tags
from flasharray_sim.rules import vgroups
from flasharray_sim.rules import volumes
from flasharray_sim.state import database
from flasharray_sim.state import store as stores

ArrayConfig = configs.ArrayConfig


class Array:
    """State and rules of one array; knows no HTTP and has no threads.

    Everything that reads or changes it does so inside `transaction()`.

    :param clock: has `now()`, an aware UTC datetime
    :param fleet: the arrays that this one can be connected with
    :ivar db: the tables, for looking things up
    :ivar address: 'host:port' that it listens on, None without a network
    :ivar is_new: whether the store was empty, so that seeds have a meaning
    """

    def __init__(self, store: stores.Store, clock,
                 config: configs.ArrayConfig,
                 fleet: peers.Fleet | None = None):
        self.fleet = fleet or peers.Fleet()
        self.address: str | None = None
        self.db = database.Database(
            store, self.fleet.highest_id)
        self.core = cores.Core(self.db, clock, config, self.fleet)
        self.controllers = controllers.Controllers()
        self._add_administration()
        self._add_storage()
        self._add_pods()
        self._add_replication()
        self.is_new = not self.settings.are_present()
        self.fleet.join(self)
        self.fleet.store.attach(self)
        if self.is_new:
            with self.transaction():
                self._set_up()
        self.cabling = ports.cable(self.id, config)
        self.network = network.Network(self.items, self.cabling)
        self.hardware = hardware.Hardware(
            self.core, self.items, self.controllers, self.cabling)

    def _add_administration(self):
        self.items = administration.Administration(
            self.core, administration_kinds.KINDS)
        self.messages = messages.Messages(self.core)
        self.admins = admins.Admins(self.core, self.items, self.messages)
        self.certificates = certificates.Certificates(self.core, self.items)
        self.apps = apps.Apps(self.core, self.items)
        self.windows = apps.MaintenanceWindows(self.core, self.items)
        self.settings = settings.Settings(self.core)

    def _add_storage(self):
        self.contents = contents.Contents(self.core, self.fleet.store)
        self.host_io = host_io.HostIO(self)
        self.tags = tags.Tags(self.core)
        self.snapshots = snapshots.Snapshots(self.core, self.contents)
        self.volumes = volumes.Volumes(
            self.core, self.contents, self.snapshots, self.tags)
        self.vgroups = vgroups.VolumeGroups(self.core, self.volumes)
        self.connections = connections.Connections(self.core)
        self.hosts = hosts.Hosts(self.core, self.connections)
        self.hgroups = hgroups.HostGroups(self.core, self.connections)
        self.timers = [(self.db.volumes, 'due', self.volumes.remove),
                       (self.db.snapshots, 'due', self.snapshots.remove),
                       (self.db.vgroups, 'due', self.vgroups.remove)]
        self.array_connections = array_connections.ArrayConnections(self)
        self.on_links_changed = [self.array_connections.links_changed]

    def _add_pods(self):
        self.pods = pods.Pods(self)
        self.pod_guard = pod_guard.PodGuard(self)
        self.stretch = stretch.Stretch(self)
        self.arbitration = arbitration.Arbitration(self)
        self.pod_members = pod_members.PodMembers(self)
        self.promotion = promotion.Promotion(self)
        self.replica_links = replica_links.ReplicaLinks(self)
        self.on_links_changed += [self.pod_members.links_changed,
                                  self.replica_links.links_changed]
        self.timers += [
            (self.db.pods, 'due', self.pods.remove),
            (self.db.pod_members, 'due', self.pod_members.finish),
            (self.db.replica_links, 'due', self.replica_links.transfer)]

    def _add_replication(self):
        self.pgroup_members = pgroup_members.Members(self.db)
        self.pgroup_snapshots = pgroup_snapshots.PgroupSnapshots(
            self.core, self.snapshots, self.pgroup_members)
        self.arrivals = arrivals.ReceivedSnapshots(self)
        self.replication = replication.Replication(self)
        self.pgroups = pgroups.Pgroups(self)
        self.alerts = alerts.Alerts(self)
        self.on_links_changed += [self.arrivals.links_changed,
                                  self.replication.links_changed,
                                  self.alerts.links_changed]
        self.timers += [
            (self.db.pgroups, 'due', self.pgroups.remove),
            (self.db.pgroups, 'snap',
             functools.partial(self.pgroups.run, 'snap')),
            (self.db.pgroups, 'replicate',
             functools.partial(self.pgroups.run, 'replicate')),
            (self.db.pgroup_snapshots, 'due', self.pgroup_snapshots.remove),
            (self.db.pgroup_snapshots, 'expires',
             self.pgroup_snapshots.expire),
            (self.db.arrivals, 'finish', self.arrivals.finish)]

    @property
    def config(self) -> configs.ArrayConfig:
        return self.core.config

    @property
    def id(self) -> str:
        return self.core.setting('id')

    @property
    def name(self) -> str:
        return self.core.setting('array_name')

    def transaction(self):
        """Hold the fleet; all changes made inside are kept, or none.

        One inside another is part of the outer one, on a peer as well.
        """
        return self.fleet.transaction()

    def reconfigure(self, **changes):
        """Change fields of the configuration, e.g. to fill the array up.

        `reconfigure(system_bytes=array.config.capacity_bytes)` leaves no
        space. What was derived at the first start stays.
        """
        with self.transaction():
            self.core.config = dataclasses.replace(self.config, **changes)

    @contextlib.contextmanager
    def under(self, conditions: Iterable[str]):
        """Meanwhile be 'full', at every 'limit_reached', or 'read_only'."""
        self.core.conditions = frozenset(conditions)
        try:
            yield
        finally:
            self.core.conditions = frozenset()

    def has_volume(self, name: str) -> bool:
        """Whether a volume, live or destroyed, has this name."""
        return lookup.find_volume(self.db, name) is not None

    def rename(self, name: str):
        """Take another name, which the peers in reach learn."""
        self.settings.rename(name)
        self.fleet.announce(*self.fleet)

    def set_online(self, is_online: bool):
        """Tell the fleet whether this array is on the network."""
        self.fleet.set_online(self, is_online)

    def tick(self):
        """Do what has become due in the whole fleet; see `peers`."""
        self.fleet.tick(self.core.now_s())

    def seed(self, objects: dict):
        """Make the objects of a seed file; see `seeds.plant`."""
        with self.transaction():
            seeds.plant(self, objects)

    def write(self, volume_name: str, offset_bytes: int,
              length_bytes: int) -> str:
        """Let a host write new data, which takes space.

        :returns: what `read` tells of this data on whichever array
        :raises PurityError: the array, or its copy of the pod, is offline
        """
        with self.transaction():
            self.tick()
            return self.host_io.write(
                volume_name, offset_bytes, length_bytes)

    def read(self, name: str) -> tuple[host_io.Extent, ...]:
        """What a host finds: (offset_bytes, length_bytes, data), by offset.

        :param name: of a volume or a snapshot
        :raises PurityError: the array, or its copy of the pod, is offline
        """
        with self.transaction():
            self.tick()
            return self.host_io.read(name)

    def authenticate(self, api_token: str) -> str:
        """User of an API token; refuses an unknown one with 401."""
        with self.transaction():
            return self.admins.authenticate(api_token)

    def api_token(self, username: str) -> str:
        """API token of a user, created if there is none."""
        with self.transaction():
            return self.admins.token(username)

    def login(self, username: str, password: str) -> str:
        """API token of a user, created if there is none."""
        with self.transaction():
            token = self.admins.login(username, password)
        if token is None:
            raise errors.refuse('credentials_invalid')
        return token

    def _set_up(self):
        self.settings.set_up(
            self.config.id or self.core.derived_uuid('id'),
            self.config.name)
        self.items.set_up()
        self.certificates.set_up()
        for user in self.config.users:
            token = user.api_token or self.core.derived_uuid(
                f'api-token/{user.name}')
            self.admins.add(user.name, user.password, user.role, token)
