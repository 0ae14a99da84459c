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
"""One scenario while it plays: what it made, and what it found."""

import contextlib
import time

from tools.datapath import contents
from tools.demo import console


class Play:
    """What a scenario needs; all that it makes by it is deleted at the end.

    :ivar cloud: cloud.Cloud
    :ivar facts: dict, what the report tells of it
    """

    def __init__(self, cloud):
        self.cloud = cloud
        self.facts = {}
        self._cleanup = contextlib.ExitStack()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is KeyboardInterrupt:
            # All ends now, and what it would take to wait for it, too.
            self._cleanup.pop_all()
        return self._cleanup.__exit__(kind, error, trace)

    def host(self, name='node-a'):
        return self.cloud.stack.host(name)

    def volume(self, type_name, **source):
        """A volume of 1 GiB; see :data:`tools.datapath.runner.TYPES`."""
        made = self.cloud.make_volume(self.cloud.types[type_name], **source)
        self.owns(self.cloud.cinder.volumes, made)
        return made

    def written_volume(self, type_name):
        """A volume that a host has written to.

        :returns: ``(volume, checksum)``
        """
        made = self.volume(type_name)
        return made, self.cloud.fill(made, self.host())

    def snapshot(self, volume):
        made = self.cloud.cinder.volume_snapshots.create(volume.id)
        self.owns(self.cloud.cinder.volume_snapshots, made)
        return self.cloud.settled(self.cloud.cinder.volume_snapshots, made,
                                  'available')

    def image(self, path, disk_format):
        made = self.cloud.make_image(path, disk_format)
        self.owns_image(made.id)
        return made

    def owns_image(self, image_id):
        self._cleanup.callback(self.cloud.images.delete, image_id)

    def file(self, name):
        """:returns: pathlib.Path of a file that is not there yet"""
        path = self.cloud.scratch / name
        self._cleanup.callback(path.unlink, missing_ok=True)
        return path

    def owns(self, manager, item):
        """Let an item be deleted at the end."""
        self._cleanup.callback(self.cloud.delete, manager, item)

    def same(self, what, written, found):
        """Note a checksum that has to be another one.

        :raises DemoFailure: if it is not
        """
        self.facts[what] = found
        if written != found:
            raise console.DemoFailure(
                '%s: written was %s, found was %s' % (what, written, found))

    def require(self, what, is_so, found):
        """Note a fact.

        :raises DemoFailure: if it is not as it has to be
        """
        self.facts[what] = found
        if not is_so:
            raise console.DemoFailure('%s: %s' % (what, found))

    @contextlib.contextmanager
    def timed(self, what):
        """Note how long something takes."""
        began_s = time.monotonic()
        yield
        self.facts['%s, seconds' % what] = round(time.monotonic() - began_s, 2)

    def same_volume(self, what, written, volume):
        """What a host reads of a whole volume has to be what was written."""
        self.same(what, written, self.cloud.checksum(
            volume, self.host(), contents.GIB))
