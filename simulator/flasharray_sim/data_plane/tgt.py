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
"""Targets by tgt, the iSCSI target of Linux that needs no kernel for it.

The array's portals are gates (see `gate`); behind them each host that sees
volumes has a tgtd of its own, with the array's IQN, the host's LUNs and the
host's CHAP. They end with the simulator, however it ends.
"""

from concurrent import futures
import contextlib
import logging
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from flasharray_sim.data_plane import exports
from flasharray_sim.data_plane import gate

LOG = logging.getLogger(__name__)

PROGRAMS = ('tgtd', 'tgtadm', 'setpriv')
_HOST = '127.0.0.1'
_IO_THREADS = 4
_START_TIMEOUT_S = 15
_COMMAND_TIMEOUT_S = 20
_BUSY_TIMEOUT_S = 10
_STOP_TIMEOUT_S = 10
_INTERVAL_S = 0.02
_ATTEMPTS = 5


class TargetError(Exception):
    """tgt refuses, or does not answer."""


class Targets:
    """The portals and targets of one array.

    :raises ValueError: a program is missing
    """

    initiator_kind = exports.IQN

    def __init__(self):
        missing = [name for name in PROGRAMS if shutil.which(name) is None]
        if missing:
            raise ValueError(
                f'the data plane tgt needs {", ".join(missing)}; Debian has '
                'them in the packages tgt and util-linux')
        self._lock = threading.RLock()
        self._directory = tempfile.mkdtemp(prefix='fa-tgt-')
        # The processes end with the thread that has started them.
        self._starter = futures.ThreadPoolExecutor(1, 'tgtd')
        self._gates: dict[str, gate.Gate] = {}
        self._hosts: dict[int, HostTarget] = {}
        self._doors: dict[str, gate.Door] = {}

    def apply(self, portals: dict[str, str],
              wanted: dict[int, exports.Export]):
        """Serve these LUNs to these hosts at these portals, and no others.

        What cannot be done is logged, and tried again by `revive`.
        """
        with self._lock:
            for portal in [*self._gates]:
                if portal not in portals:
                    self._gates.pop(portal).close()
            for host_id in [*self._hosts]:
                if host_id not in wanted:
                    self._hosts.pop(host_id).close()
            for host_id, export in wanted.items():
                self._serve(host_id, export, set(portals.values()))
            self._doors = {
                initiator.lower(): host.door
                for host in self._hosts.values()
                for initiator in host.export.initiators}
            for portal, iqn in portals.items():
                if portal not in self._gates:
                    self._open(portal, iqn)

    def revive(self):
        """Start again what has died."""
        with self._lock:
            for host in self._hosts.values():
                if not host.is_alive():
                    LOG.warning('a tgtd has ended, and is started again')
                    _try(host.start)

    @contextlib.contextmanager
    def paused(self):
        """Keep all hosts from writing; what they have written is in files.

        Meanwhile nothing may be applied.
        """
        with self._lock:
            hosts = [host for host in self._hosts.values()
                     if host.is_alive()]
            try:
                for host in hosts:
                    host.stop()
                for host in hosts:
                    host.wait_stopped()
                yield
            finally:
                for host in hosts:
                    host.go_on()

    def pids(self) -> list[int]:
        """Of all processes that serve a host."""
        with self._lock:
            return [host.pid for host in self._hosts.values()]

    def close(self):
        """End all processes and leave nothing."""
        with self._lock:
            self.apply({}, {})
            self._starter.shutdown()
            shutil.rmtree(self._directory)

    def _serve(self, host_id, export, iqns):
        host = self._hosts.get(host_id)
        if host is not None:
            if host.export != export:
                _try(host.apply, export)
        elif export.luns and iqns:
            host = HostTarget(
                min(iqns), os.path.join(self._directory, str(host_id)),
                export, self._starter)
            self._hosts[host_id] = host
            _try(host.start)

    def _open(self, portal, iqn):
        try:
            self._gates[portal] = gate.Gate(
                portal, iqn, lambda name: self._doors.get(name),
                lambda: sorted(self._gates))
        except OSError as exc:
            LOG.error('cannot listen at %s: %s', portal, exc)


class HostTarget:
    """A tgtd that serves one host.

    :ivar export: what it is to serve
    :ivar door: leads there
    """

    def __init__(self, iqn: str, directory: str, export: exports.Export,
                 starter: futures.Executor):
        self.export = export
        self.door = gate.Door(self._connect)
        self._iqn = iqn
        self._directory = directory
        self._starter = starter
        self._process: subprocess.Popen | None = None
        self._port = 0
        os.mkdir(directory)

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self):
        """Start the process and have it serve all there is.

        :raises TargetError: it does not
        """
        for _attempt in range(_ATTEMPTS):
            self._end()
            port = _free_port()
            self._process = self._starter.submit(
                self._spawn, port).result()
            if self._is_listening():
                break
        else:
            raise TargetError('tgtd does not start: '
                              + self._log().read_text()[-500:])
        self._admin('new', 'target', '-T', self._iqn)
        self._follow(exports.Export(frozenset(), {}), self.export)
        self._port = port

    def apply(self, export: exports.Export):
        """Serve what has changed; what stays is not disturbed.

        :raises TargetError: tgt does not do so; the process has ended
        """
        before, self.export = self.export, export
        try:
            self._follow(before, export)
        except TargetError:
            # What it serves is not known now: it starts anew.
            self._end()
            raise

    def close(self):
        self._end()
        shutil.rmtree(self._directory)

    def stop(self):
        self._process.send_signal(signal.SIGSTOP)

    def wait_stopped(self):
        deadline = time.monotonic() + _STOP_TIMEOUT_S
        while not _is_stopped(self.pid) and self.is_alive():
            if time.monotonic() > deadline:
                raise TargetError('tgtd does not stop')
            time.sleep(_INTERVAL_S / 10)

    def go_on(self):
        self._process.send_signal(signal.SIGCONT)

    def _follow(self, before, after):
        self._change_chap(before, after)
        for verb, names in (('unbind', before.initiators - after.initiators),
                            ('bind', after.initiators - before.initiators)):
            for name in sorted(names):
                self._admin(verb, 'target', '--tid', '1', '-Q', name)
        for number, lun in before.luns.items():
            present = after.luns.get(number)
            if present is None or present.serial != lun.serial:
                self._until_idle('delete', 'logicalunit', '--tid', '1',
                                 '--lun', str(number))
        for number, lun in after.luns.items():
            present = before.luns.get(number)
            if present is None or present.serial != lun.serial:
                self._add(number, lun)
            elif present != lun:
                self._reopen(number, lun)

    def _change_chap(self, before, after):
        if (before.chap, before.mutual_chap) == (
                after.chap, after.mutual_chap):
            return
        for chap in filter(None, (before.chap, before.mutual_chap)):
            self._admin('delete', 'account', '--user', chap.user)
        for chap, options in ((after.chap, ()),
                              (after.mutual_chap, ('--outgoing',))):
            if chap is not None:
                self._admin('new', 'account', '--user', chap.user,
                            '--password', chap.password)
                self._admin('bind', 'account', '--tid', '1',
                            '--user', chap.user, *options)

    def _add(self, number, lun):
        where = 'logicalunit', '--tid', '1', '--lun', str(number)
        self._admin('new', *where, '-b', lun.path)
        self._admin('update', *where, '--params', ','.join((
            f'vendor_id={exports.VENDOR}', f'product_id={exports.PRODUCT}',
            f'scsi_sn={lun.serial}', f'scsi_id={lun.wwid}',
            'thin_provisioning=1', f'readonly={lun.is_read_only:d}')))

    def _reopen(self, number, lun):
        """Let a LUN have another file, or another size, under I/O."""
        where = 'logicalunit', '--tid', '1', '--lun', str(number)
        with self.door.held():
            # What was let through is taken up by the time of an answer.
            self._admin('show', 'sys')
            self._admin('update', *where, '--params', 'online=0')
            self._until_idle(
                'update', *where, '--params', f'path={lun.path}')
            self._admin('update', *where, '--params',
                        f'online=1,readonly={lun.is_read_only:d}')

    def _until_idle(self, *arguments):
        """Do what tgt refuses while a LUN has commands under way."""
        _retried(lambda: self._admin(*arguments), _BUSY_TIMEOUT_S,
                 lambda exc: 'active' in str(exc))

    def _admin(self, verb, mode, *arguments) -> str:
        command = ['tgtadm', '--lld', 'iscsi', '--op', verb, '--mode', mode]
        if mode == 'target' and verb == 'new':
            command += ['--tid', '1']
        try:
            done = subprocess.run(
                [*command, *arguments], env=self._environment(), text=True,
                stdin=subprocess.DEVNULL, capture_output=True,
                timeout=_COMMAND_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            # Its own text would have the arguments, which may be secret.
            raise TargetError(f'no answer to {verb} {mode}') from None
        if done.returncode:
            raise TargetError(f'{verb} {mode}: {done.stderr.strip()}')
        return done.stdout

    def _spawn(self, port):
        with open(self._log(), 'wb') as log:
            return subprocess.Popen(
                ['setpriv', '--pdeathsig', 'KILL', 'tgtd', '-f',
                 '-t', str(_IO_THREADS), '--iscsi',
                 f'portal={_HOST}:{port}'],
                env=self._environment(), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True)

    def _is_listening(self):
        deadline = time.monotonic() + _START_TIMEOUT_S
        while self.is_alive() and time.monotonic() < deadline:
            with contextlib.suppress(TargetError):
                return _HOST in self._admin('show', 'portal')
            time.sleep(_INTERVAL_S)
        return False

    def _connect(self):
        """A connection to the process, also if it is just starting."""
        return _retried(
            lambda: socket.create_connection((_HOST, self._port), 5),
            _START_TIMEOUT_S, lambda exc: isinstance(exc, OSError))

    def _end(self):
        """End the process; what it has acknowledged is in the files."""
        self._port = 0
        self.door.slam()
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _environment(self):
        return os.environ | {
            'TGT_IPC_SOCKET': os.path.join(self._directory, 'socket')}

    def _log(self) -> pathlib.Path:
        return pathlib.Path(self._directory, 'log')


def _retried(action, timeout_s, is_worth_it):
    """What an action returns once it succeeds.

    :param is_worth_it: of its failure, whether to try again
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            return action()
        except (OSError, TargetError) as exc:
            if not is_worth_it(exc) or time.monotonic() > deadline:
                raise
        time.sleep(_INTERVAL_S)


def _try(action, *arguments):
    try:
        action(*arguments)
    except TargetError as exc:
        LOG.error('tgt: %s', exc)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return probe.getsockname()[1]


def _is_stopped(pid) -> bool:
    """Whether no thread of a process runs any more."""
    try:
        return all(
            stat.read_text().rpartition(')')[2].split()[0] in 'TtZX'
            for stat in pathlib.Path(f'/proc/{pid}/task').glob('*/stat'))
    except FileNotFoundError:
        return False
