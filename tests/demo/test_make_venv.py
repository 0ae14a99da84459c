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
"""What ``make`` says when it makes the virtual environment."""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# pip refuses such a setting before it asks a registry.
REFUSED = {'PIP_TIMEOUT': 'soon'}


def test_failure_shows_the_end_of_the_log_and_keeps_the_status(tmp_path):
    finished = subprocess.run(
        [ROOT / 'tools' / 'make-venv', 'made'], cwd=tmp_path,
        env={**os.environ, **REFUSED, 'PYTHON': sys.executable},
        capture_output=True, text=True, timeout=120)
    log = (tmp_path / 'build' / 'reports' / 'venv.log').read_text()
    refused = subprocess.run(
        [tmp_path / 'made' / 'bin' / 'python', '-m', 'pip', 'list'],
        env={**os.environ, **REFUSED}, capture_output=True, text=True,
        timeout=120)
    assert finished.returncode == refused.returncode != 0
    assert refused.stderr.strip() in log
    assert refused.stderr.strip() in finished.stderr
    assert 'build/reports/venv.log' in finished.stdout
    assert len(finished.stdout.splitlines()) == 1
