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
"""shellcheck finds nothing in what is written in bash."""

import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLACES = ('.ci', 'devstack', 'tests/devstack', 'tools')
FIRST_LINES = ('#!/usr/bin/env bash', '# shellcheck shell=bash')
SCRIPTS = sorted(
    path.relative_to(ROOT) for place in PLACES
    for path in (ROOT / place).iterdir()
    if path.is_file() and path.open('rb').readline().decode().strip()
    in FIRST_LINES)


def test_scripts_are_found():
    assert len(SCRIPTS) >= 10
    assert pathlib.Path('devstack/plugin.sh') in SCRIPTS


@pytest.mark.parametrize('path', SCRIPTS, ids=str)
def test_shellcheck_finds_nothing(path):
    if shutil.which('shellcheck') is None:
        pytest.skip('shellcheck is not installed; make test does it')
    # Files that one reads are looked at by themselves.
    done = subprocess.run(
        ['shellcheck', '--exclude', 'SC1091', path], cwd=ROOT, text=True,
        capture_output=True, timeout=100)
    assert done.stdout == ''
