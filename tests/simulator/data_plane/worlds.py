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
"""Arrays whose contents are files, with hosts that write to these files."""

import itertools
import os

from flasharray_sim import clock as clocks
from flasharray_sim.data_plane import files
from flasharray_sim.rules import array as arrays
from flasharray_sim.rules import peers
from flasharray_sim.state import store as stores
from tests.simulator.model import conftest as model

MIB = 1 << 20


class World:
    """A fleet on a frozen clock, its state and its data in a directory.

    :ivar clients: one of each array
    """

    def __init__(self, directory, *names, **configuration):
        self.clock = clocks.Clock(frozen=True)
        self.data_dir = directory / 'data'
        self.files = files.Files(str(self.data_dir))
        self.stores = [stores.Store(directory / f'{name}.sqlite')
                       for name in names]
        fleet = peers.Fleet(store=self.files)
        self.arrays = [arrays.Array(
            store, self.clock,
            arrays.ArrayConfig(name=name, **configuration), fleet)
            for store, name in zip(self.stores, names)]
        self.files.open(self.arrays)
        self.clients = [model.Client(array) for array in self.arrays]
        self._numbers = itertools.count()

    def close(self):
        for store in self.stores:
            store.close()

    def attach(self, name, at=0):
        """Let a host, which is made when missing, see a volume."""
        client = self.clients[at]
        if 'h1' not in client.names('host'):
            client.post('host/h1', iqnlist=['iqn.2020-01.org.example:h1'])
        client.post(f'host/h1/volume/{name}')

    def path(self, name, at=0):
        [volume] = [row for row in self.arrays[at].db.volumes.select(
            'state', ('any', 'live')) if row.name == name]
        return self.files.path(volume)

    def write(self, name, offset, data, at=0):
        """A host writes to an attached volume, and tells nobody."""
        with open(self.path(name, at), 'r+b') as stream:
            os.pwrite(stream.fileno(), data, offset)

    def read(self, name, at=0):
        """What a host sees in an attached volume."""
        with open(self.path(name, at), 'rb') as stream:
            return stream.read()

    def seen_in_copy(self, name, at=0):
        """What a host sees in a new copy of a volume or snapshot."""
        client = self.clients[at]
        copy = f'copy{next(self._numbers)}'
        client.post(f'volume/{copy}', source=name)
        self.attach(copy, at)
        seen = self.read(copy, at)
        client.delete(f'host/h1/volume/{copy}')
        client.delete(f'volume/{copy}')
        client.delete(f'volume/{copy}', eradicate=True)
        return seen

    def present(self):
        """How many files there are: of contents, to be written to."""
        return tuple(len(os.listdir(self.data_dir / kind))
                     for kind in ('contents', 'working'))


def filled(size_bytes, *pieces):
    """Zeros with pieces of data: (offset, data)."""
    content = bytearray(size_bytes)
    for offset, data in pieces:
        content[offset:offset + len(data)] = data
    return bytes(content)
