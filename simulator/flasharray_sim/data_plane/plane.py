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
"""The data plane of a simulator: contents in files, served by targets."""

import contextlib
import dataclasses
import logging
import threading

from flasharray_sim.data_plane import exports
from flasharray_sim.data_plane import files
from flasharray_sim.data_plane import lio_fc
from flasharray_sim.data_plane import lio_iscsi
from flasharray_sim.data_plane import nvmet
from flasharray_sim.data_plane import portals
from flasharray_sim.data_plane import store
from flasharray_sim.data_plane import tgt
from flasharray_sim.rules import config as configs
from flasharray_sim.rules import ports

LOG = logging.getLogger(__name__)

BACKENDS = {'tgt': tgt.Targets, 'lio': lio_iscsi.Targets,
            'nvmet': nvmet.Targets, 'tcm_fc': lio_fc.Targets}
KINDS = (*BACKENDS, 'none')
# What a configuration calls an array's portals, how many it has, and where
# they listen.
_PORTALS = {exports.IQN: ('iscsi_portals', 4, ports.ISCSI_PORT),
            exports.NQN: ('nvme_portals', 2, ports.NVME_PORT),
            exports.WWN: ('fc_wwns', 0, 0)}
_INTERVAL_S = 0.5
_ROWS = ('Volume', 'Host', 'HostGroup', 'Connection', 'Pod', 'PodMember',
         'Item')


class NoDataPlane:
    """Contents are identities, and nobody is served.

    :ivar contents: where the volumes are
    """

    def __init__(self):
        self.contents = store.Identities()

    def configured(self, config: configs.ArrayConfig):
        """What an array is to be set up with."""
        return config

    def start(self, arrays: list):
        """Serve, until it is closed.

        :param arrays: the models (rules.array.Array) of the fleet
        :raises ValueError: the machine, or the state, is not fit for it
        """
        self.contents.open(arrays)

    def settle(self):
        """Have all arrays serve what they are to serve now."""

    def close(self):
        """End all targets, and do nothing any more."""

    def release(self):
        """Let other simulators have the portals."""


class DataPlane(NoDataPlane):
    """Serves the volumes of all arrays of a fleet.

    :param kind: of the targets, a key of BACKENDS
    :param directory: where contents and portals are kept
    :param is_kept: whether contents are of use to a next run
    """

    def __init__(self, kind: str, directory: str, is_kept: bool):
        self._make = BACKENDS[kind]
        self._field, count, tcp_port = _PORTALS[self._make.initiator_kind]
        self._portals = portals.Portals(directory, count, tcp_port)
        self._is_kept = is_kept
        self.contents = files.Files(directory)
        self._fleet = None
        self._targets: dict = {}
        self._changed: set = set()
        self._lock = threading.RLock()
        self._pauses = 0
        self._pause = contextlib.ExitStack()
        self._is_ended = threading.Event()
        self._watchdog = threading.Thread(
            target=self._watch, name='data plane', daemon=True)
        self.contents.paused = self.paused

    def configured(self, config):
        """Its portals are of this machine, unless they were given.

        WWNs have to be: nobody knows which of a machine's ports are meant.
        """
        if getattr(config, self._field) or config.interfaces or (
                self._make.initiator_kind == exports.WWN):
            return config
        return dataclasses.replace(
            config, **{self._field: self._portals.of(config.name)})

    def start(self, arrays):
        super().start(arrays)
        self._fleet = arrays[0].fleet
        for array in arrays:
            self._targets[array] = self._make()
            self._follow(array)
        self._fleet.on_kept.append(self._kept)
        self.settle()
        self._watchdog.start()

    def _follow(self, array):
        def note(table, before, after):
            if table.name in _ROWS:
                self._changed.add(array)
        array.db.watch(note)

    def settle(self):
        if self._targets:
            with self._fleet.transaction():
                self._changed.update(self._targets)

    def close(self):
        self._is_ended.set()
        if self._watchdog.is_alive():
            self._watchdog.join()
        if self._fleet is None:
            return
        with self._fleet.transaction():
            ended, self._targets = self._targets, {}
        for targets in ended.values():
            targets.close()
        if not self._is_kept:
            self.contents.remove_all()

    def release(self):
        self._portals.release()

    @contextlib.contextmanager
    def paused(self):
        """Keep all hosts from writing."""
        with self._lock:
            if not self._pauses:
                for targets in self._targets.values():
                    self._pause.enter_context(targets.paused())
            self._pauses += 1
            try:
                yield
            finally:
                self._pauses -= 1
                if not self._pauses:
                    self._pause.close()

    def _kept(self):
        while self._changed:
            array = self._changed.pop()
            if array not in self._targets:
                continue
            try:
                self._serve(array)
            except OSError as exc:
                LOG.error('%s cannot serve its volumes: %s', array.name, exc)

    def _serve(self, array):
        kind = self._make.initiator_kind
        self._targets[array].apply(
            exports.portals(array, kind),
            exports.exports(array, self.contents, kind))

    def _watch(self):
        """Do what is due also when no request comes; revive targets."""
        while not self._is_ended.wait(_INTERVAL_S):
            try:
                for targets in self._targets.values():
                    targets.revive()
                self._tick()
            except Exception:
                LOG.exception('the data plane is not looked after')

    def _tick(self):
        """Ask any array, as it ticks for all."""
        array = next(iter(self._targets), None)
        if array is not None:
            with array.transaction():
                array.tick()
