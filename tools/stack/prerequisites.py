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
"""What a stack needs of the machine, and who has taken it."""

import errno
import socket

import psutil

from tools.initiator import machine
from tools.stack import layout

PROGRAMS = ('mariadbd', 'mariadb-install-db', 'rabbitmq-server', 'memcached')


def missing():
    """What the machine lacks, in words.

    :returns: list, empty where it lacks nothing
    """
    return machine.missing(*PROGRAMS)


def taken(ports):
    """Ports that somebody else listens at, in words.

    :param ports: dict of what it is for to port
    :returns: list, empty if all are free
    """
    return ['%s:%d, for %s, %s' % (
        layout.ADDRESS, port, purpose, _holder(port))
        for purpose, port in ports.items() if _is_taken(port)]


def _is_taken(port):
    with socket.socket() as probe:
        # Connections that have ended do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((layout.ADDRESS, port))
        except OSError as exc:
            if exc.errno != errno.EADDRINUSE:
                raise
            return True
    return False


def _holder(port):
    for connection in psutil.net_connections('tcp'):
        if connection.laddr and connection.laddr.port == port and \
                connection.status == psutil.CONN_LISTEN and connection.pid:
            try:
                return 'taken by process %d (%s)' % (
                    connection.pid, psutil.Process(connection.pid).name())
            except psutil.NoSuchProcess:
                break
    return 'taken'
