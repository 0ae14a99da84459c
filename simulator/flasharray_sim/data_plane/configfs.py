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
"""What all targets of the Linux kernel share: they are made in configfs."""

import contextlib
import os


class Targets:
    """The kernel serves; what it is told to serve stays until it is not."""

    def revive(self):
        """There is no process that could have died."""

    @contextlib.contextmanager
    def paused(self):
        """The kernel cannot be stopped.

        Where files have reflinks each is copied at one moment; otherwise
        what a host writes meanwhile may be in the copy in part.
        """
        yield


def write(directory: str, name: str, value: str):
    """Set an attribute; the kernel has made the file."""
    with open(os.path.join(directory, name), 'w', encoding='utf-8') as stream:
        stream.write(value)


def first_free(taken, start: int = 0) -> int:
    """The lowest number from a start on that is not taken."""
    number = start
    while number in taken:
        number += 1
    return number
