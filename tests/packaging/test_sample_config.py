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
"""etc/ holds what the option declarations say today."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_sample_is_what_the_generator_writes(tmp_path):
    written = tmp_path / 'sample'
    generator = pathlib.Path(sys.executable).with_name('oslo-config-generator')
    subprocess.run(
        [generator, '--config-file', 'etc/pure_cinder-config-generator.conf',
         '--output-file', written], cwd=ROOT, check=True, timeout=60)
    kept = (ROOT / 'etc' / 'cinder.conf.pure.sample').read_text()
    assert written.read_text() == kept, 'run tox -e genconfig'
    assert '#pure_api_token' in kept
