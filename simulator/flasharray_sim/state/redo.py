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
"""Writing to the files of several arrays all or nothing.

SQLite in WAL mode has no transaction over several files. What goes to more
than one is first kept whole in a file of its own; a start after a kill in
between finishes what was begun.
"""

import contextlib
import json
import os

from flasharray_sim.state import keeping
from flasharray_sim.state import store as stores

# As for Store.save: {(kind, row id): fields or None}
Changes = dict[tuple[str, int], dict | None]


class RedoLog:
    """What is being written to several stores at once.

    :param path: file, created with mode 0600 while it is needed; None keeps
        nothing
    """

    def __init__(self, path: str | os.PathLike | None = None):
        self._path = None if path is None else os.fspath(path)
        self._unfinished = self._load()

    def finish(self, name: str, store: stores.Store):
        """Write to a store what an earlier process may have left out."""
        store.save({(kind, row_id): fields for kind, row_id, fields
                    in self._unfinished.get(name, ())})

    @contextlib.contextmanager
    def writing(self, changes: dict[str, Changes]):
        """Keep the changes of each store while they are written to it."""
        if self._path is None or len(changes) < 2:
            yield
            return
        with keeping.keeping(self._path):
            self._write(changes)
        try:
            yield
        finally:
            os.unlink(self._path)

    def _write(self, changes):
        fresh = f'{self._path}.new'
        # It holds what the stores hold: tokens and passwords.
        descriptor = os.open(
            fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, 'w', encoding='utf-8') as stream:
            json.dump({name: [(*key, fields)
                              for key, fields in rows.items()]
                       for name, rows in changes.items()}, stream)
        os.replace(fresh, self._path)

    def clear(self):
        """Forget; to be called when every store has been finished."""
        self._unfinished = {}
        if self._path is not None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._path)

    def _load(self) -> dict:
        if self._path is None or not os.path.exists(self._path):
            return {}
        with open(self._path, encoding='utf-8') as stream:
            return json.load(stream)
