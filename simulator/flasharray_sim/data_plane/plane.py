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
import hashlib
import json
import logging
import os
import socket
import threading

from flasharray_sim.data_plane import exports
from flasharray_sim.data_plane import files
from flasharray_sim.data_plane import gate
from flasharray_sim.data_plane import lio
from flasharray_sim.data_plane import tgt

LOG = logging.getLogger(__name__)

BACKENDS = {'tgt': tgt.Targets, 'lio': lio.Targets}
KINDS = (*BACKENDS, 'none')
_ISCSI_PORT = 3260
_PORTALS = 4
_INTERVAL_S = 0.25
_ROWS = ('Volume', 'Host', 'HostGroup', 'Connection', 'Pod', 'PodMember',
         'Item')


class DataPlane:
    """Serves the volumes of all arrays of a fleet.

    :param kind: of the targets, a key of BACKENDS
    :param contents: where the volumes are
    """

    def __init__(self, kind: str, contents: files.Files):
        self._make = BACKENDS[kind]
        self._contents = contents
        self._fleet = None
        self._targets: dict = {}
        self._changed: set = set()
        self._lock = threading.RLock()
        self._pauses = 0
        self._pause = contextlib.ExitStack()
        self._is_ended = threading.Event()
        self._watchdog = threading.Thread(
            target=self._watch, name='data plane', daemon=True)
        contents.paused = self.paused

    def start(self, arrays: list):
        """Serve, until it is closed.

        :param arrays: the models (rules.array.Array) of the fleet
        :raises ValueError: the machine has not what it takes
        """
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
        """Have all arrays serve what they are to serve now."""
        with self._fleet.transaction():
            self._changed.update(self._targets)

    def close(self):
        """End all targets, and do nothing any more."""
        self._is_ended.set()
        if self._watchdog.is_alive():
            self._watchdog.join()
        if self._fleet is None:
            return
        with self._fleet.transaction():
            ended, self._targets = self._targets, {}
        for targets in ended.values():
            targets.close()

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
                self._targets[array].apply(
                    exports.portals(array),
                    exports.exports(array, self._contents))
            except OSError as exc:
                LOG.error('%s cannot serve its volumes: %s', array.name, exc)

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
        for array in self._targets:
            with array.transaction():
                array.tick()


def choose_portals(name: str, directory: str) -> tuple[str, ...]:
    """Four portals for an array, the same at each start if possible.

    :param name: of the array
    :param directory: where they are remembered
    """
    path = os.path.join(directory, 'portals.json')
    known = {}
    if os.path.exists(path):
        with open(path, encoding='utf-8') as stream:
            known = json.load(stream)
    if name not in known:
        digest = hashlib.sha256(name.encode()).digest()
        addresses = [f'127.{digest[0] % 254 + 1}.{digest[1]}.{20 + at}'
                     for at in range(_PORTALS)]
        known[name] = _free(addresses, _ISCSI_PORT) or _free(addresses, 0)
        with open(path, 'w', encoding='utf-8') as stream:
            json.dump(known, stream)
    return tuple(known[name])


def _free(addresses, port) -> list[str] | None:
    """Portals with a port that can be listened at now, None without."""
    found = []
    with contextlib.ExitStack() as stack:
        for address in addresses:
            try:
                listener: socket.socket = stack.enter_context(
                    gate.listen(f'{address}:{port}'))
            except OSError:
                return None
            found.append('%s:%d' % listener.getsockname())
    return found
