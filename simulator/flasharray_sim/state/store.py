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
"""Where the rows of one array are kept between runs.

SQLite in WAL mode: a transaction is in the file whole or not at all, also
when the process is killed in the middle of it.
"""

from collections.abc import Iterator
import json
import os
import sqlite3

from flasharray_sim.state import keeping

_SCHEMA = """
CREATE TABLE IF NOT EXISTS rows (
    kind TEXT NOT NULL, id INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (kind, id)) WITHOUT ROWID
"""
_FORMAT = 1


class StoreError(Exception):
    """The file is not one that this release can read."""


class Store:
    """The rows of one array as JSON, in a file or nowhere.

    :param path: SQLite file, created with mode 0600 when missing; None
        keeps nothing
    """

    def __init__(self, path: str | os.PathLike | None = None):
        self._path = path
        self._connection = None if path is None else _open(path)

    def load(self) -> Iterator[tuple[str, int, dict]]:
        """Yield (kind, id, fields) of every row, by kind and id."""
        if self._connection is None:
            return
        for kind, row_id, body in self._connection.execute(
                'SELECT kind, id, body FROM rows ORDER BY kind, id'):
            yield kind, row_id, json.loads(body)

    def save(self, changes: dict[tuple[str, int], dict | None]):
        """Write the changed rows in one transaction; None removes one.

        :raises NotKeptError: nothing was written
        """
        if self._connection is None or not changes:
            return
        with keeping.keeping(self._path), self._connection:
            self._connection.execute('BEGIN')
            self._connection.executemany(
                'DELETE FROM rows WHERE kind = ? AND id = ?',
                [key for key, fields in changes.items() if fields is None])
            self._connection.executemany(
                'INSERT OR REPLACE INTO rows VALUES (?, ?, ?)',
                [(*key, json.dumps(fields))
                 for key, fields in changes.items() if fields is not None])

    def close(self):
        if self._connection is not None:
            self._connection.close()


def _open(path):
    # It holds API tokens and CHAP passwords.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    # Threads take turns under the array's lock.
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False)
    connection.execute('PRAGMA journal_mode = WAL')
    connection.execute('PRAGMA synchronous = NORMAL')
    connection.execute(_SCHEMA)
    found = connection.execute('PRAGMA user_version').fetchone()[0]
    if found not in (0, _FORMAT):
        connection.close()
        raise StoreError(f'{path} has format {found}, not {_FORMAT}')
    connection.execute(f'PRAGMA user_version = {_FORMAT}')
    return connection
