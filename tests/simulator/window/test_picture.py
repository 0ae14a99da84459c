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
"""The picture of the window, for the documentation."""

import pathlib
import struct
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
LIMIT_BYTES = 200_000


def size_of(picture):
    """Width and height of a PNG."""
    content = picture.read_bytes()
    assert content.startswith(b'\x89PNG\r\n\x1a\n')
    return struct.unpack('>II', content[16:24])


def test_picture_can_be_made_anew(tmp_path):
    made = tmp_path / 'window.png'
    done = subprocess.run(
        [sys.executable, ROOT / 'tools' / 'window-picture', '--seconds', '0',
         '--width', '800', '--height', '600', made], cwd=tmp_path,
        capture_output=True, text=True, timeout=110)
    assert (done.returncode, done.stderr) == (0, '')
    assert size_of(made) == (800, 600)


def test_picture_of_the_documentation_is_small():
    kept = ROOT / 'docs' / 'pictures' / 'window.png'
    assert kept.stat().st_size < LIMIT_BYTES
    assert size_of(kept)[0] > 1000
