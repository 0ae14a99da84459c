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
"""The virtual environments of the releases."""

import pathlib
import sys

from tools.conformance import environments

_HERE = pathlib.Path(__file__).parent


def install_openstack(layout):
    """The environment of all services.

    :raises EnvironmentProblem: if it cannot be had
    """
    return _install(layout, 'openstack')


def install_tempest(layout):
    """:returns: pathlib.Path of the Python of tempest's environment"""
    return _install(layout, 'tempest')


def _install(layout, name):
    layout.environments.mkdir(parents=True, exist_ok=True)
    return environments.make_venv(
        layout.environments / name, _HERE / ('requirements-%s.txt' % name),
        sys.executable, is_large=True)
