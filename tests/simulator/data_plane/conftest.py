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
"""Simulators with a data plane, and what initiators do to their volumes."""

import json
import os
import shutil
import subprocess

import pytest

import flasharray_sim
from tests import arrays

MIB = 1 << 20
GIB = 1 << 30
IQN = 'iqn.1994-05.org.example:host1'
_PROGRAMS = ('tgtd', 'tgtadm', 'setpriv', 'qemu-io', 'qemu-img', 'iscsi-inq')
_TIMEOUT_S = 60


def needs_tgt():
    """Skip where the machine has no tgtd, or not the right to run one."""
    missing = [name for name in _PROGRAMS if shutil.which(name) is None]
    if missing:
        pytest.skip(f'{", ".join(missing)} missing; make programs installs '
                    'them')
    if os.geteuid():
        pytest.skip('tgtd runs as root only')


@pytest.fixture
def make_simulator(tmp_path):
    """Start simulators: make_simulator(arrays=2) -> Simulator."""
    started = []

    def made(**options):
        needs_tgt()
        running = flasharray_sim.Simulator(**{
            'arrays': 1, 'data_plane': 'tgt',
            'data_dir': tmp_path / 'data'} | options)
        running.start()
        started.append(running)
        return running
    yield made
    for running in started:
        running.stop()


@pytest.fixture
def simulator(make_simulator):
    return make_simulator()


@pytest.fixture
def client(simulator):
    return arrays.client_of(simulator.arrays[0], simulator.certificate_path)


class Initiator:
    """A host's libiscsi, by the programs of qemu and its own.

    :param chap: (user, password) that it proves itself with
    :param at: place of its portal among those of the array
    """

    def __init__(self, client, iqn=IQN, chap=None, at=0):
        self._iqn = iqn
        self._chap = chap
        ports = [port for port in client.list_ports() if port['iqn']]
        self.portals = [port['portal'] for port in ports]
        self.target = ports[0]['iqn']
        self.portal = self.portals[at]

    def image(self, lun):
        """A LUN for programs of qemu that know the secret 'chap'."""
        fields = {'driver': 'iscsi', 'transport': 'tcp',
                  'portal': self.portal, 'target': self.target,
                  'initiator-name': self._iqn, 'lun': _on_wire(lun)}
        if self._chap:
            fields |= {'user': self._chap[0], 'password-secret': 'chap'}
        return 'json:' + json.dumps({'driver': 'raw', 'file': fields})

    def qemu_io(self, lun, *commands):
        """The command line of qemu-io; without commands it reads them."""
        secret = () if self._chap is None else (
            '--object', f'secret,id=chap,data={self._chap[1]}')
        given = [part for text in commands for part in ('-c', text)]
        return ['qemu-io', *secret, '-t', 'none', *given, self.image(lun)]

    def io(self, lun, *commands):
        """Let qemu-io do commands; returns what it says."""
        done = subprocess.run(
            self.qemu_io(lun, *commands), capture_output=True, text=True,
            timeout=_TIMEOUT_S)
        return done.stdout + done.stderr

    def write(self, lun, pattern, offset, length):
        said = self.io(lun, f'write -P {pattern} {offset} {length}', 'flush')
        assert f'wrote {length}/{length}' in said, said

    def holds(self, lun, pattern, offset, length):
        """Whether a part of a LUN has a pattern all over."""
        said = self.io(lun, f'read -P {pattern} {offset} {length}')
        assert f'read {length}/{length}' in said, said
        return 'verification failed' not in said

    def ask(self, program, lun, *options, **environment):
        """What a program of libiscsi prints about a LUN."""
        chap = '%'.join(self._chap) + '@' if self._chap else ''
        url = f'iscsi://{chap}{self.portal}/{self.target}/{_on_wire(lun)}'
        done = subprocess.run(
            [program, '-i', self._iqn, *options, url], encoding='latin-1',
            capture_output=True, timeout=_TIMEOUT_S,
            env=os.environ | environment)
        return done.stdout + done.stderr

    def discover(self):
        """{portal: LUNs} of the target, as discovery shows them."""
        done = subprocess.run(
            ['iscsi-ls', '-s', '-i', self._iqn, f'iscsi://{self.portal}'],
            text=True, capture_output=True, timeout=_TIMEOUT_S)
        found = {}
        for line in done.stdout.splitlines():
            if line.startswith('Target:'):
                assert line.split()[0] == f'Target:{self.target}'
                luns = found[line.partition('Portal:')[2][:-2]] = set()
            elif 'DIRECT_ACCESS' in line:
                luns.add(int(line.split()[0].removeprefix('Lun:')))
        return found


def _on_wire(lun):
    # Flat addressing, which an initiator has to ask for above 255.
    return lun if lun < 256 else 0x4000 | lun
