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
"""The drivers that can be rehearsed: how Cinder is told to use each."""

import contextlib
import dataclasses
from unittest import mock

from oslo_utils import importutils


@dataclasses.dataclass(frozen=True)
class Backend:
    """A driver.

    The arrays' clock is its clock, too, so that no time is lost.

    :ivar driver: its class, as ``volume_driver`` names it
    :ivar sleep: the function that it waits with
    :ivar memory: a class that it remembers things in for some time
    """

    name: str
    driver: str
    sleep: str
    memory: str | None = None

    @contextlib.contextmanager
    def on_clock(self, fleet):
        """Meanwhile time passes for the driver as it does for the arrays."""
        with contextlib.ExitStack() as stack:
            stack.enter_context(mock.patch(self.sleep, fleet.pass_time))
            if self.memory:
                stack.enter_context(mock.patch(
                    self.memory, _timed_by(self.memory, fleet.clock)))
            yield

    def section(self, fleet):
        """Options of a backend that replicates as the fleet's kind says."""
        section = {
            'volume_driver': self.driver,
            'volume_backend_name': fleet.primary.name,
            'san_ip': fleet.primary.address,
            'pure_api_token': fleet.primary.api_token,
            'driver_ssl_cert_verify': True,
            'driver_ssl_cert_path': fleet.certificate_path,
            **self.replicating(fleet, fleet.kind.devices)}
        if fleet.kind.replication == 'trisync':
            section['pure_trisync_enabled'] = True
        return section

    def replicating(self, fleet, devices):
        """:param devices: iterable of fleet.Device"""
        return {'replication_device': [
            self._device(fleet, device) for device in devices]}

    @staticmethod
    def _device(fleet, device):
        array = fleet.arrays[device.site]
        values = {'backend_id': device.site, 'san_ip': array.address,
                  'api_token': array.api_token, 'type': device.kind,
                  'uniform': device.is_uniform, 'ssl_cert_verify': True,
                  'ssl_cert_path': fleet.certificate_path}
        return ','.join('%s:%s' % value for value in values.items())


def _timed_by(class_path, clock):
    """A cachetools class as it is, but for whose time it goes by."""
    class OnClock(importutils.import_class(class_path)):
        def __init__(self, *args, **kwargs):
            super().__init__(
                *args, timer=lambda: clock.now().timestamp(), **kwargs)

    return OnClock


OURS = Backend('pure_cinder', 'pure_cinder.driver.PureISCSIDriver',
               'pure_cinder.polling.sleep', 'cachetools.TTLCache')
IN_TREE = Backend('in-tree', 'cinder.volume.drivers.pure.PureISCSIDriver',
                  'tenacity.nap.sleep')
BACKENDS = {backend.name: backend for backend in (OURS, IN_TREE)}
