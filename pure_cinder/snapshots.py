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
"""Volume snapshots."""

from pure_cinder import naming


class SnapshotService:
    """Cinder snapshots on one array."""

    def __init__(self, gateway, volumes, trash):
        self._gateway = gateway
        self._volumes = volumes
        self._trash = trash

    def array_name(self, snapshot):
        """Name of a Cinder snapshot on the array."""
        return naming.snapshot_name(
            self._volumes.array_name(snapshot.volume), snapshot.name)

    def create(self, snapshot):
        self._gateway.create_snapshot(
            self._volumes.array_name(snapshot.volume), snapshot.name)

    def delete(self, snapshot):
        self._trash.delete(self.array_name(snapshot))
