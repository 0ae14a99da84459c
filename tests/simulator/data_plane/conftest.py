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

import hashlib
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
    """A host's libiscsi, by the programs of qemu.

    :param chap: (user, password) that it proves itself with
    """

    def __init__(self, client, iqn=IQN, chap=None, portal=0):
        self._iqn = iqn
        self._chap = f'{chap[0]}%{chap[1]}@' if chap else ''
        ports = [port for port in client.list_ports() if port['iqn']]
        self.portals = [port['portal'] for port in ports]
        self.target = ports[0]['iqn']
        self.portal = self.portals[portal]

    def url(self, lun):
        # Flat addressing, which initiators are to ask for above 255.
        number = lun if lun < 256 else 0x4000 | lun
        return f'iscsi://{self._chap}{self.portal}/{self.target}/{number}'

    def image(self, lun):
        return f'json:{{"driver": "raw", "file": {{{self._blockdev(lun)}}}}}'

    def _blockdev(self, lun):
        number = lun if lun < 256 else 0x4000 | lun
        fields = {'driver': 'iscsi', 'transport': 'tcp',
                  'portal': self.portal, 'target': self.target,
                  'initiator-name': self._iqn}
        if self._chap:
            user, _, password = self._chap.rstrip('@').partition('%')
            fields |= {'user': user, 'password-secret': 'chap0'}
        return ', '.join([*(f'"{key}": "{value}"'
                            for key, value in fields.items()),
                          f'"lun": {number}'])

    def io(self, lun, *commands, check=True):
        """Let qemu-io do commands; returns what it says."""
        secret = ()
        if self._chap:
            password = self._chap.rstrip('@').partition('%')[2]
            secret = '--object', f'secret,id=chap0,data={password}'
        texts = [part for text in commands for part in ('-c', text)]
        done = subprocess.run(
            ['qemu-io', *secret, '-t', 'none', *texts, self.image(lun)],
            capture_output=True, text=True, timeout=_TIMEOUT_S)
        said = done.stdout + done.stderr
        if check:
            assert done.returncode == 0 and 'rror' not in said, said
        return said

    def write(self, lun, pattern, offset, length):
        self.io(lun, f'write -P {pattern} {offset} {length}', 'flush')

    def holds(self, lun, pattern, offset, length):
        said = self.io(lun, f'read -P {pattern} {offset} {length}',
                       check=False)
        assert f'read {length}/{length}' in said, said
        return 'verification failed' not in said.lower()

    def inquire(self, lun, *options):
        return subprocess.run(
            ['iscsi-inq', '-i', self._iqn, *options, self.url(lun)],
            capture_output=True, text=True, timeout=_TIMEOUT_S).stdout


def checksum(path):
    with open(path, 'rb') as stream:
        return hashlib.file_digest(stream, 'sha256').hexdigest()
