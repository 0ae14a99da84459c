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
"""Portals of this machine for arrays that were not given any."""

import contextlib
import errno
import hashlib
import json
import os
import socket

from flasharray_sim.data_plane import gate


class Portals:
    """The portals of all arrays of a simulator, which no other one takes.

    They are addresses of 127.0.0.0/8 that follow from the array's name.

    :param directory: where they are remembered, so that an array has the
        same at each start
    :param count: how many an array has
    :param tcp_port: where they listen, unless other programs do
    """

    def __init__(self, directory: str, count: int, tcp_port: int):
        self._count = count
        self._tcp_port = tcp_port
        self._path = os.path.join(directory, 'portals.json')
        self._claims = contextlib.ExitStack()
        self._known: dict[str, list[str]] = {}
        if os.path.exists(self._path):
            with open(self._path, encoding='utf-8') as stream:
                self._known = json.load(stream)

    def of(self, name: str) -> tuple[str, ...]:
        """The portals of an array.

        :raises OSError: another simulator has those that are remembered
        """
        if name in self._known:
            for portal in self._known[name]:
                self._claims.enter_context(_claimed(portal))
        else:
            self._known[name] = self._choose(name)
            with open(self._path, 'w', encoding='utf-8') as stream:
                json.dump(self._known, stream)
        return tuple(self._known[name])

    def release(self):
        """Let other simulators have them."""
        self._claims.close()

    def _choose(self, name):
        digest = hashlib.sha256(name.encode()).digest()
        addresses = [f'127.{digest[0] % 254 + 1}.{digest[1]}.{20 + at}'
                     for at in range(self._count)]
        try:
            return self._claim(addresses, self._tcp_port)
        except OSError as exc:
            if exc.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
        return self._claim(addresses, 0)

    def _claim(self, addresses, port):
        """Portals that can be listened at; with port 0 any is taken."""
        with contextlib.ExitStack() as claims:
            found = []
            for address in addresses:
                with gate.listen(f'{address}:{port}') as listener:
                    portal = '%s:%d' % listener.getsockname()
                    claims.enter_context(_claimed(portal))
                    found.append(portal)
            self._claims.enter_context(claims.pop_all())
        return found


def _claimed(portal: str) -> socket.socket:
    """A mark, gone with this process, that a portal is taken.

    A portal that is closed for now has no listener that would keep others
    away.
    """
    mark = socket.socket(socket.AF_UNIX)
    try:
        mark.bind(f'\0pure-flasharray-sim/{portal}')
    except OSError as exc:
        mark.close()
        raise OSError(
            exc.errno, f'another simulator has the portal {portal}') from None
    return mark
