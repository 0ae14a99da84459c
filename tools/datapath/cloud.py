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
"""What the scenarios ask of Cinder, Glance and hosts."""

import contextlib

from cinderclient import client as cinder_client
from cinderclient.contrib import noauth
from cinderclient import exceptions
import glanceclient
from keystoneauth1 import session

from tools.datapath import contents
from tools.demo import console
from tools.demo import flasharray
from tools.demo import stack as demo_stack
from tools.initiator import connector

WAIT_S = 180


class Cloud:
    """The clients, and the waiting for what they asked.

    :ivar cinder: client of an administrator
    :ivar images: Glance's images
    :ivar arrays: flasharray.FlashArrays by the name of their backend
    :ivar scratch: pathlib.Path of a directory for files
    """

    def __init__(self, stack, printer, endpoint, simulator):
        """:param simulator: content of the simulator's ready file"""
        self.stack = stack
        self._printer = printer
        self.scratch = stack.directory / 'scratch'
        self.scratch.mkdir()
        auth = noauth.CinderNoAuthPlugin(
            demo_stack.USER_ID, demo_stack.PROJECT_ID, endpoint=endpoint)
        self.cinder = cinder_client.Client(
            demo_stack.API_MICROVERSION, session=session.Session(auth=auth))
        self.images = glanceclient.Client('2', stack.image_endpoint).images
        self.arrays = {
            backend.name: flasharray.FlashArray(
                array['address'], array['api_token'],
                simulator['certificate'])
            for backend in stack.backends
            for array in [simulator['arrays'][backend.array]]}

    def wait_until_up(self):
        """Until every service and pool is there."""
        self._wait('services coming up', self._are_services_up)

    def make_type(self, name, encryption=None, **extra_specs):
        """A volume type.

        :param encryption: dict of its encryption, or None
        """
        made = self.cinder.volume_types.create(name)
        made.set_keys(extra_specs)
        if encryption:
            self.cinder.volume_encryption_types.create(made, encryption)
        return made

    def make_volume(self, volume_type, **source):
        """A volume of 1 GiB that is available."""
        made = self.cinder.volumes.create(
            1, volume_type=volume_type.id, **source)
        return self.settled(self.cinder.volumes, made, 'available')

    def make_image(self, path, disk_format):
        """Upload a file.

        :returns: the image, active
        """
        made = self.images.create(name=path.name, disk_format=disk_format,
                                  container_format='bare')
        with path.open('rb') as data:
            self.images.upload(made.id, data)
        return self.images.get(made.id)

    def settled(self, manager, item, status):
        """Wait until an item is in a status.

        :returns: it, as it is then
        :raises DemoFailure: if it ends in an error
        """
        def probe():
            found = manager.get(item.id)
            if found.status.startswith('error'):
                raise console.DemoFailure('%s %s is %s: %s' % (
                    type(found).__name__, item.id, found.status,
                    self._reasons(item.id)))
            return found if found.status == status else None
        return self._wait('%s of %s' % (status, item.id), probe)

    def delete(self, manager, item):
        """Delete an item, and wait until it is gone."""
        manager.delete(item)

        def probe():
            with contextlib.suppress(exceptions.NotFound):
                found = manager.get(item.id)
                if found.status.startswith('error'):
                    raise console.DemoFailure(
                        '%s is %s' % (item.id, found.status))
                return None
            return True
        self._wait('end of %s' % item.id, probe)

    def wait(self, what, probe):
        """Wait until a probe returns something else than None."""
        return self._wait(what, probe)

    @contextlib.contextmanager
    def attachment(self, volume, host):
        """An attachment of a host, without the connection.

        :param host: os-brick connector
        :returns: dict of connection properties
        """
        made = self.cinder.attachments.create(volume.id, connector=None)['id']
        try:
            info = self.cinder.attachments.update(
                made, connector.properties_of(host.initiator)).connection_info
            self.cinder.attachments.complete(made)
            yield info
        finally:
            self.cinder.attachments.delete(made)

    @contextlib.contextmanager
    def attached(self, volume, host):
        """A volume that a host can read and write.

        :returns: path of the device
        """
        with self.attachment(volume, host) as properties:
            device = host.connect_volume(properties)
            try:
                yield device['path']
            finally:
                host.disconnect_volume(properties, device)

    def checksum(self, volume, host, size_bytes=contents.GIB):
        """What a host reads of a volume.

        :returns: checksum
        """
        with self.attached(volume, host) as device:
            return contents.checksum(device, size_bytes)

    def fill(self, volume, host):
        """Let a host write to a volume.

        :returns: checksum of the whole volume, if that was never written to
        """
        with self.attached(volume, host) as device:
            return contents.fill(device, contents.GIB)

    def _wait(self, what, probe):
        def checked():
            self.stack.processes.check_alive()
            return probe()
        return self._printer.wait_for(what, checked, WAIT_S)

    def _reasons(self, item_id):
        found = self.cinder.messages.list(
            search_opts={'resource_uuid': item_id})
        return '; '.join(message.user_message for message in found) or \
            'see cinder.log'

    def _are_services_up(self):
        services = self.cinder.services.list()
        pools = self.cinder.pools.list()
        binaries = {service.binary for service in services}
        return len(pools) == len(self.stack.backends) and len(binaries) == 3 \
            and all(service.state == 'up' for service in services) or None
