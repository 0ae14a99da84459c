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
"""Environments of other programs are made once, whoever wants them."""

from concurrent import futures
import sys

from tools.conformance import environments


def test_environment_is_made_once_for_two_who_want_it(tmp_path, capfd):
    requirements = tmp_path / 'requirements.txt'
    requirements.write_text('')
    directory = tmp_path / 'environments' / 'one'
    with futures.ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda _number: environments.make_venv(
            directory, requirements, sys.executable), range(2)))
    assert made == [directory / 'bin' / 'python'] * 2
    assert made[0].exists()
    assert capfd.readouterr().out.count('== making') == 1
