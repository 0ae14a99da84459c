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
"""Answers and refusals of arrays: as they were taken before."""

import contextlib

from pure_cinder.array import errors
from pure_cinder.array import link
from pure_cinder.attachments import connections
from pure_cinder.moves import kept_connections

_as_side = connections.Presentation.as_side


def write_once(cls, act, landed):
    """A connection that was cut off while it was idle fails the write."""
    return cls._do(act, landed)


def read_for_ever(self, buffer):
    """The time-out is for the next bytes, and not for the answer."""
    return self._stream.readinto(buffer)


def no_attribute(rows):
    """A list is read as if it were the object."""
    raise AttributeError("'list' object has no attribute 'get'")


def outermost_reason(causes):
    """The text of the exception that shows objects of the program."""
    return str(causes[0])


def discard_like_a_delete(self, verbs, made, destroy=None):
    """What was made just now stays as a tombstone under its name."""
    self._remove(verbs, made.name, destroy, self._is_eradicating)


def undo_by_its_function(leftover):
    """A leftover is told as the function that was to remove it."""
    return 'undo of _remove (Member(...), ...)'


def is_lun_in_use(error):
    """Only the known words tell of a LUN that is taken."""
    return isinstance(error, errors.ArrayLunInUseError)


def as_side_with_lun(self, needs_lun):
    """Each connection has a LUN, also those of NVMe."""
    return _as_side(self, True)


def pages_with_wildcard(list_rows, pattern, **flags):
    """Each array understands a ``*``."""
    return link._fitting(pattern,
                         link.pages(list_rows, names=pattern, **flags))


def destroy_group(groups, name):
    """The array sees to it that no volume goes with its group."""
    groups.destroy(name)


@contextlib.contextmanager
def kept_by_the_array(member, row, name):
    """The array sees to it that a volume that moves stays connected."""
    yield kept_connections.Volume(name)
