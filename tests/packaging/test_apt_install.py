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
"""Debian packages are installed by root, and asked for by anybody else."""

import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture
def run(tmp_path):
    """Run it as a user: ``run('0', 'chromium')``; apt-get takes notes."""
    def script(name, text):
        path = tmp_path / name
        path.write_text(f'#!/bin/bash\n{text}\n')
        path.chmod(0o700)

    def as_user(number, *packages):
        script('id', f'echo {number}')
        script('apt-get', f'echo "$*" >> {tmp_path}/notes')
        return subprocess.run(
            [ROOT / 'tools' / 'apt-install', *packages], text=True,
            capture_output=True, timeout=60,
            env={'PATH': f'{tmp_path}:/usr/bin:/bin'})
    return as_user


def test_root_installs(run, tmp_path):
    done = run('0', 'chromium', 'chromium-driver')
    assert (done.returncode, done.stderr) == (0, '')
    update, install = (tmp_path / 'notes').read_text().splitlines()
    assert update.startswith('update')
    assert install.startswith('install -y')
    assert install.endswith(' chromium chromium-driver')


def test_anybody_else_is_told_what_to_install(run, tmp_path):
    done = run('1000', 'chromium', 'chromium-driver')
    assert done.returncode == 1
    assert done.stderr.startswith('error: ')
    assert 'chromium chromium-driver' in done.stderr
    assert not (tmp_path / 'notes').exists()
