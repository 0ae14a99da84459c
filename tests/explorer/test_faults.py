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
"""Each fault can be had, is one that a test sees, and leaves no trace."""

import os
import subprocess
import sys

import pytest

from tests.compliance import test_wings as wings
from tests.explorer import faults

FAILED = 1


def named(fault):
    return pytest.param(fault, id=fault.id)


def had(fault):
    return [vars(owner)[name] for owner, name, _faulty in fault.patches]


@pytest.mark.parametrize('fault', list(map(named, faults.FAULTS)))
def test_fault_is_had_and_taken_back(fault):
    before = had(fault)
    with fault.applied():
        assert had(fault) == [faulty for _owner, _name, faulty
                              in fault.patches]
    assert had(fault) == before


@pytest.mark.exhaustive
@pytest.mark.parametrize('fault', list(map(named, faults.FAULTS)))
def test_fault_is_seen(fault):
    run = subprocess.run(
        [sys.executable, '-m', 'pytest', '-q', '-x', '-n0',
         '-p', 'no:cacheprovider', '-p', 'tests.explorer.with_fault',
         '--fault', fault.id, fault.seen_by],
        cwd=wings.ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, 'PYTHONPATH': os.pathsep.join(
            [str(wings.ROOT), str(wings.ROOT / 'simulator')])})
    assert run.returncode == FAILED, run.stdout + run.stderr
