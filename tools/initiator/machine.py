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
"""What the data path needs of the machine."""

import os
import pathlib
import shutil

PROGRAMS = ('tgtd', 'tgtadm', 'setpriv', 'qemu-img', 'qemu-storage-daemon',
            'fusermount3', 'losetup', 'umount', 'blkdiscard')
DEVICES = ('/dev/fuse', '/dev/loop-control')


def missing(*programs):
    """What is missing, in words; empty where the data path works.

    :param programs: that are needed besides
    :returns: list
    """
    found = missing_programs(*PROGRAMS, *programs)
    found += [path for path in DEVICES if not pathlib.Path(path).exists()]
    if os.geteuid():
        found.append('root')
    return found


def missing_programs(*names):
    """:returns: list of those that are not there"""
    return [name for name in names if not shutil.which(name)]
