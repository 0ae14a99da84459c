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
"""Several simulated arrays in one process, with one clock."""

from collections.abc import Sequence
import contextlib
import fcntl
import json
import os
import sqlite3
import tempfile

from flasharray_sim import clock as clocks
from flasharray_sim import control
from flasharray_sim.data_plane import plane as planes
from flasharray_sim import errors
from flasharray_sim import links
from flasharray_sim import resources
from flasharray_sim.rules import array as models
from flasharray_sim.rules import peers
from flasharray_sim.state import redo
from flasharray_sim.state import store as stores
from flasharray_sim.wire import certificate
from flasharray_sim.wire import connection
from flasharray_sim.wire import endpoint
from flasharray_sim.wire import routing
from flasharray_sim.wire import server

CONTROL_WORKERS = 4
HIGHEST_PORT = 65535


class Simulator:
    """Simulated FlashArrays and their control API, while it is entered.

    :param arrays: how many, called pure01, pure02 ..., or their
        configurations: ArrayConfig objects or dicts of its fields
    :param strict: refuse parameters that no array is known to accept
    :param state_dir: directory that keeps state, clock and certificate
        between runs; None forgets all
    :param seed: {'arrays': {name: objects}} or the path of such a JSON
        file; goes into arrays that have no state yet
    :param port: of the first array, the next ones follow; 0 for any
    :param control_listen: address of the control API; who comes to another
        one than loopback can only look
    :param purity_version: of arrays given by number
    :param is_clock_frozen: time passes by clock.advance() only
    :param data_plane: what serves volumes to hosts: 'tgt', 'lio', 'nvmet',
        'tcm_fc' or 'none'
    :param data_dir: directory that keeps what hosts write, together with
        `state_dir` between runs; None forgets it

    :raises ValueError: what was given makes no sense
    :raises OSError: an address or the directory cannot be used
    """

    def __init__(self, arrays: int | Sequence = 2, strict: bool = True,
                 state_dir: str | os.PathLike | None = None,
                 seed: dict | str | os.PathLike | None = None,
                 listen: str = '127.0.0.1', port: int = 0,
                 control_port: int = 0, control_listen: str = '127.0.0.1',
                 purity_version: str | None = None,
                 is_clock_frozen: bool = False, data_plane: str = 'none',
                 data_dir: str | os.PathLike | None = None):
        self._configs = _configure(arrays, purity_version)
        self._seeds = _read_seed(
            seed, [config.name for config in self._configs])
        self._is_strict = strict
        self._state_dir = None if state_dir is None else str(state_dir)
        self._listen = listen
        if port and port + len(self._configs) - 1 > HIGHEST_PORT:
            raise ValueError(f'no room for all arrays from port {port} on')
        self._port = port
        self._control_address = control_listen, control_port
        self._is_clock_frozen = is_clock_frozen
        if data_plane not in planes.KINDS:
            raise ValueError(f'there is no data plane {data_plane!r}')
        if data_plane == 'none' and data_dir is not None:
            raise ValueError('a data directory is of no use without a data '
                             'plane')
        if data_plane != 'none' and data_dir is None and (
                state_dir is not None):
            raise ValueError('a state that is kept needs a data directory '
                             'that is kept, too')
        self._data_plane = data_plane
        self._data_dir = None if data_dir is None else os.fspath(data_dir)
        self._stack = contextlib.ExitStack()
        self.arrays: list[endpoint.SimulatedArray] = []

    def __enter__(self) -> 'Simulator':
        self.start()
        return self

    def __exit__(self, *exc_info):
        self.stop()

    def start(self) -> None:
        """Listen on every address; when it fails, on none."""
        with contextlib.ExitStack() as stack:
            self._start(stack)
            self._stack = stack.pop_all()

    def stop(self) -> None:
        """Drop every connection and close the state."""
        self._stack.close()

    def _start(self, stack: contextlib.ExitStack) -> None:
        directory = self._state_dir
        if directory is None:
            directory = stack.enter_context(tempfile.TemporaryDirectory(
                prefix='pure-flasharray-sim-'))
        else:
            os.makedirs(directory, mode=0o700, exist_ok=True)
            _lock(directory, stack)
        self.clock = clocks.Clock(
            self._is_clock_frozen, self._path('clock.json'))
        self.certificate_path, key_path = certificate.ensure_certificate(
            directory, self._listen)
        tls = connection.TLSAdapter(self.certificate_path, key_path)
        self._plane = self._make_plane(stack)
        stack.callback(self._plane.release)
        unfinished = redo.RedoLog(self._path('unfinished.json'))
        self._peers = peers.Fleet(unfinished, self._plane.contents)
        self._make_arrays(tls, unfinished, stack)
        unfinished.clear()
        stack.callback(self._plane.close)
        self._plane.start([array.model for array in self.arrays])
        for array in self.arrays:
            array.start()
        self._start_control(stack)

    def _make_plane(self, stack: contextlib.ExitStack):
        if self._data_plane == 'none':
            return planes.NoDataPlane()
        directory = self._data_dir or stack.enter_context(
            tempfile.TemporaryDirectory(prefix='pure-flasharray-sim-data-'))
        os.makedirs(directory, mode=0o700, exist_ok=True)
        _lock(directory, stack)
        return planes.DataPlane(
            self._data_plane, directory,
            is_kept=self._state_dir is not None)

    def _make_arrays(self, tls: connection.TLSAdapter,
                     unfinished: redo.RedoLog,
                     stack: contextlib.ExitStack) -> None:
        router = routing.Router(resources.ROUTES)
        self.arrays = []
        wires = links.Links(self.arrays)

        def settle():
            wires.settle()
            self._plane.settle()

        for position, config in enumerate(self._configs):
            array = endpoint.SimulatedArray(
                self._open_model(
                    self._plane.configured(config), unfinished, stack),
                router, self.clock, tls, self._listen,
                self._port and self._port + position, self._is_strict,
                settle)
            stack.callback(array.close)
            self.arrays.append(array)

    def _start_control(self, stack: contextlib.ExitStack) -> None:
        listener = server.Server(
            self._control_address, control.ControlApp(self),
            control.BODY_LIMIT_BYTES, workers=CONTROL_WORKERS)
        listener.listen()
        stack.callback(listener.shut_down)
        self.control_address = 'http://%s:%d' % listener.bind_addr
        self.window_address = f'{self.control_address}/'

    def _open_model(self, config: models.ArrayConfig,
                    unfinished: redo.RedoLog,
                    stack: contextlib.ExitStack) -> models.Array:
        path = self._path(f'{config.name}.sqlite')
        seed = self._seeds.get(config.name)
        with _unfinished_seed(path):
            try:
                store = stores.Store(path)
                stack.callback(store.close)
                unfinished.finish(config.name, store)
                model = models.Array(
                    store, self.clock, config, self._peers)
            except (stores.StoreError, sqlite3.Error) as exc:
                raise OSError(f'cannot use {path}: {exc}') from exc
            if seed is not None and model.is_new:
                _plant(model, seed)
        return model

    def _path(self, name: str) -> str | None:
        return self._state_dir and os.path.join(self._state_dir, name)


def _configure(arrays: int | Sequence,
               purity_version: str | None) -> list[models.ArrayConfig]:
    if isinstance(arrays, int):
        if arrays < 1:
            raise ValueError(f'cannot simulate {arrays} arrays')
        common = {} if purity_version is None else {
            'purity_version': purity_version}
        return [models.ArrayConfig(f'pure{number:02d}', **common)
                for number in range(1, arrays + 1)]
    if purity_version is not None:
        raise ValueError('purity_version is part of the configurations')
    configs = [models.ArrayConfig(**config) if isinstance(config, dict)
               else config for config in arrays]
    names = {config.name.lower() for config in configs}
    if not configs or len(names) < len(configs):
        raise ValueError('arrays must be at least one, of different names')
    return configs


def _read_seed(seed, names: list[str]) -> dict[str, dict]:
    if seed is None:
        return {}
    if isinstance(seed, (str, os.PathLike)):
        with open(seed, encoding='utf-8') as stream:
            seed = json.load(stream)
    if not isinstance(seed, dict) or set(seed) != {'arrays'} or (
            not isinstance(seed['arrays'], dict)):
        raise ValueError("a seed is {'arrays': {name: objects}}")
    unknown = sorted(set(seed['arrays']) - set(names))
    if unknown:
        raise ValueError(f'the seed names arrays that are not simulated: '
                         f'{", ".join(unknown)}')
    return seed['arrays']


def _plant(model: models.Array, seed: dict) -> None:
    try:
        model.seed(seed)
    except (errors.PurityError, ValueError, TypeError, AttributeError,
            KeyError) as exc:
        raise ValueError(f'bad seed of {model.name}: {exc!r}') from exc


def _lock(directory: str, stack: contextlib.ExitStack) -> None:
    """Keep other simulators away; the kernel drops it with the process."""
    stream = stack.enter_context(
        open(os.path.join(directory, 'lock'), 'w', encoding='utf-8'))
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BlockingIOError(
            f'{directory} is in use by another simulator') from None


@contextlib.contextmanager
def _unfinished_seed(path: str | None):
    """Mark a new state until it is seeded; remove one that never was."""
    if path is None:
        yield
        return
    marker = f'{path}.unfinished'
    if os.path.exists(marker) or not os.path.exists(path):
        with open(marker, 'w', encoding='utf-8'):
            pass
        for suffix in ('', '-wal', '-shm'):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path + suffix)
    yield
    with contextlib.suppress(FileNotFoundError):
        os.unlink(marker)
