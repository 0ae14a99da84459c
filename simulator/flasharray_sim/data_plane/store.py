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
"""Where the bytes are that volumes and snapshots hold, behind the rules.

The rules know contents by their identities (see `rules.contents`) and tell a
store what becomes of them. There are two kinds of store: this one keeps
nothing, so a content is its identity and no more; `files.Files` keeps bytes.
"""

from flasharray_sim.state import rows

Extent = tuple[int, int, int]
FORMAT_SETTING = 'contents'


class Identities:
    """Contents without bytes; what every store has to do."""

    def attach(self, array):
        """Follow what becomes of an array's rows from now on."""

    def open(self, arrays: list):
        """Begin with what the arrays hold.

        :raises ValueError: they hold what is kept in files
        """
        for array in arrays:
            if array.db.settings.find('name', FORMAT_SETTING):
                raise ValueError(
                    f'{array.name} has its contents in a data directory: '
                    'give it, and the data plane that serves it')

    def observe(self, arrays: list):
        """Note what hosts have written since this was last asked."""

    def written(self, contents, volume: rows.Volume, content_id: int,
                extent: Extent) -> tuple[int, int] | None:
        """A host's write of new data is simulated.

        :param contents: the volume's array's (a rules.contents.Contents)
        :param content_id: what the volume holds after it
        :returns: `Volume.working` from now on
        """
        return volume.working

    def derived(self, content_id: int, source, source_id: int,
                size_bytes: int | None = None):
        """A new content holds what another one does, up to a size.

        :param source: the contents that the other one is among
        """

    def narrow(self, contents, content_ids: tuple[int, int],
               ranges: list[tuple[int, int]], block_bytes: int
               ) -> list[tuple[int, int]]:
        """Those of the (offset, length) in which two contents differ."""
        return ranges

    def prepare(self, arrays: list):
        """Before a transaction is kept: have all bytes that it needs.

        :raises NotKeptError: there is no room, or the disk is broken
        """

    def finish(self, arrays: list):
        """After a transaction was kept: let go of what it does without."""

    def undo(self):
        """After a transaction was put back: let go of what it made."""
