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
"""A plugin for pytest: ``-p tests.explorer.with_fault --fault A1 TEST...``.

The tests run with a mend taken back, see tests.explorer.faults.
"""

import pytest


def pytest_addoption(parser):
    parser.addoption('--fault', help='id of a fault of tests.explorer.faults')


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session):
    # Cinder is prepared by conftest before anything imports the driver.
    from tests.explorer import faults

    with faults.BY_ID[session.config.getoption('fault')].applied():
        return (yield)
