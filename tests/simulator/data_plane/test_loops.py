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
"""Loop devices of this machine."""

import os

import pytest

from flasharray_sim.data_plane import loops

MIB = 1 << 20

pytestmark = pytest.mark.skipif(
    not os.access('/dev/loop-control', os.W_OK),
    reason='no loop devices here, or not the right to have one')


@pytest.fixture
def file(tmp_path):
    path = tmp_path / 'disk'
    path.write_bytes(bytes(MIB))
    return path


def size_of(descriptor):
    return os.lseek(descriptor, 0, os.SEEK_END)


def backing_file(device):
    path = f'/sys/block/{os.path.basename(device)}/loop/backing_file'
    if not os.path.exists(path):
        return None
    with open(path, encoding='utf-8') as stream:
        return stream.read().strip()


def test_what_is_written_to_a_device_is_in_its_file(file):
    with loops.attached(str(file)) as device:
        with open(device, 'r+b', buffering=0) as stream:
            stream.write(b'x' * 512)
            os.fsync(stream.fileno())
    assert file.read_bytes()[:513] == b'x' * 512 + b'\0'


def test_a_device_grows_with_its_file(file):
    with loops.attached(str(file)) as device, open(device, 'rb') as stream:
        assert size_of(stream.fileno()) == MIB
        os.truncate(file, 2 * MIB)
        loops.resize(device)
        assert size_of(stream.fileno()) == 2 * MIB


def test_a_device_stays_as_long_as_it_is_open(file):
    with loops.attached(str(file)) as device:
        stream = open(device, 'rb')
    with stream:
        assert backing_file(device) == str(file)
    assert backing_file(device) != str(file)


def test_two_files_have_two_devices(file):
    with loops.attached(str(file)) as one, loops.attached(str(file)) as two:
        assert one != two
