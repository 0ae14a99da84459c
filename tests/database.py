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
"""Cinder's database, made once in a process and put back for each test.

What SQLAlchemy compiles belongs to an engine; with an engine for each test it
would be compiled for each test, too.
"""

import contextlib
from multiprocessing import util
import os
import sqlite3
import tempfile
from unittest import mock

from oslo_db.sqlalchemy import enginefacade

from pure_cinder.service import housekeeping
from tests import schema
from tests import world as world_module

Housekeeping = housekeeping.Housekeeping
# Files there are never written to a disk.
MEMORY = '/dev/shm'
# What it is outside of tests.
START = Housekeeping.start


class Database:
    """A database in SQLite.

    In a file: one in memory has one connection, which threads that use it at
    once lose, and the tables with it.
    """

    def __init__(self):
        self._directory = tempfile.TemporaryDirectory(
            prefix='cinder-database-', dir=MEMORY if os.path.isdir(
                MEMORY) else None)
        # Processes of multiprocessing end without what atexit would do.
        util.Finalize(self, self._directory.cleanup, exitpriority=0)
        self.url = 'sqlite:///%s/cinder.sqlite' % self._directory.name
        self._engines = enginefacade.transaction_context()
        # A yield after each statement lets threads in that have nothing to do.
        self._engines.configure(connection=self.url, thread_checkin=False)
        self._initial = None

    @contextlib.contextmanager
    def serving(self):
        """Let Cinder use it, empty but for the default volume type.

        What the driver does beside a report is done within it, so that a
        test knows when.

        :returns: the SQLAlchemy engine
        """
        leave = schema.api.main_context_manager.patch_factory(self._engines)
        try:
            engine = schema.api.get_engine()
            self._reset(engine)
            with mock.patch.object(Housekeeping, 'start', Housekeeping.run):
                yield engine
        finally:
            leave()

    def _reset(self, engine):
        if self._initial is None:
            schema.models.BASE.metadata.create_all(engine)
            world_module.new_type('__DEFAULT__')
            self._initial = saved(engine)
        else:
            restore(engine, self._initial)


def saved(engine):
    """:returns: a copy of the database, as ``restore`` takes it"""
    copy = sqlite3.connect(':memory:')
    with _connection(engine) as connection:
        connection.backup(copy)
    return copy


def restore(engine, copy):
    """Let the database hold what it held then, and nothing else."""
    with _connection(engine) as connection:
        copy.backup(connection)


@contextlib.contextmanager
def _connection(engine):
    with contextlib.closing(engine.raw_connection()) as pooled:
        yield pooled.driver_connection
