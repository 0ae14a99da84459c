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
"""Everything that is logged, at DEBUG: told enough, and told no secret."""

import contextlib
import logging

from cinder.db import api as db_api
from oslo_log import log as oslo_logging
import sqlalchemy

# Where Cinder itself keeps what machines need to log in.
KEEPERS = {('volume_attachment', 'connection_info'),
           ('volumes', 'provider_auth'), ('snapshots', 'provider_auth'),
           ('driver_initiator_data', 'value')}


class Log(logging.Handler):
    """All that was logged.

    :ivar complaints: warnings and errors since they were cleared
    :ivar leftovers: lines that tell what is left on an array
    :ivar interrupted: those that tell of interrupted retypes
    :ivar lines: all that was not searched yet
    """

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.complaints = []
        self.leftovers = []
        self.interrupted = []
        self.lines = []
        self._formatter = logging.Formatter()

    def emit(self, record):
        line = self._formatter.format(record)
        self.lines.append(line)
        if record.levelno >= logging.WARNING:
            self.complaints.append(line)
            if 'Left on array' in line:
                self.leftovers.append(line)
            elif 'that was interrupted' in line:
                self.interrupted.append(line)


@contextlib.contextmanager
def captured():
    """:returns: context manager of a Log; nothing is printed meanwhile"""
    log, root = Log(), logging.getLogger()
    usual = dict(each.split('=')
                 for each in oslo_logging.get_default_log_levels())
    levels = {name: logging.getLogger(name).level for name in usual}
    before, handlers = root.level, root.handlers[:]
    root.handlers[:] = [log]
    root.setLevel(logging.DEBUG)
    for name, level in usual.items():
        logging.getLogger(name).setLevel(
            {'WARN': 'WARNING'}.get(level, level))
    try:
        yield log
    finally:
        root.handlers[:] = handlers
        root.setLevel(before)
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def search(world):
    """No secret is in what was logged, or in an error that was raised."""
    world.secrets |= _secrets(world)
    lines, world.log.lines = world.log.lines, []
    lines += ['%r %s' % (error, error) for error in world.cloud.bus.errors]
    text = '\n'.join(lines)
    for kind, secret in world.secrets:
        if secret in text:
            line = next(line for line in lines if secret in line)
            world.problem('%s in: %s', kind, line.replace(secret, '***'))


def _secrets(world):
    """:returns: set of pairs of what it is, and the secret"""
    found = set()
    for array in world.fleet.arrays.values():
        found.add(('an API token', array.api_token))
        found |= {('a cookie', cookie) for cookie in array.sessions._sessions}
        for host in array.model.db.hosts.select('all', 'all'):
            found |= {('a CHAP secret', secret) for secret in (
                host.host_password, host.target_password) if secret}
    return found


def search_database(world):
    """Nor in a field of the database where Cinder does not keep it."""
    engine = db_api.get_engine()
    tables = sqlalchemy.MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        for table in tables.tables.values():
            for row in connection.execute(table.select()).mappings():
                for column, value in row.items():
                    if (table.name, column) in KEEPERS:
                        continue
                    for kind, secret in world.secrets:
                        if secret in str(value):
                            world.problem('%s in %s.%s', kind, table.name,
                                          column)
