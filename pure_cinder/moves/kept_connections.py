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
"""Machines that have a volume while it moves to another place.

That Purity keeps the connections of a volume that moves into a pod, out of
it or into a volume group is not known.
"""

import contextlib

from oslo_log import log as logging

from pure_cinder import exceptions

LOG = logging.getLogger(__name__)


class Volume:
    """The volume that moves.

    :ivar name: full name that it has by now
    """

    def __init__(self, name):
        self.name = name


@contextlib.contextmanager
def kept(member, row, name):
    """Have a volume connected after the block as it was before.

    A volume that nobody has attached costs nothing, and one that stays where
    it is no look afterwards.

    :param member: roster.Member
    :param row: objects.Volume
    :param name: its full name on the array
    :returns: context manager that gives the Volume, to be told its new name
    """
    volume = Volume(name)
    before = (member.gateway.connections.of_volume(name)
              if row.volume_attachment else [])
    try:
        yield volume
    except Exception:
        _restore(member, before, name)
        raise
    if volume.name != name:
        _restore(member, before, volume.name)


def _restore(member, before, name):
    try:
        connections = member.gateway.connections
        there = {connection.host
                 for connection in connections.of_volume(name)
                 } if before else ()
        for lost in before:
            if lost.host not in there:
                connections.ensure(lost.host, name, lost.lun)
                LOG.warning('Volume %(name)s had lost its connection to host '
                            '%(host)s on array %(array)s when it moved, and '
                            'is connected again.',
                            {'name': name, 'host': lost.host,
                             'array': member.gateway.array_name})
    except exceptions.PureDriverException as error:
        LOG.error('Whether volume %(name)s is still connected to %(hosts)s on '
                  'array %(array)s, or can be again, is not known. If it is '
                  'not, detach it and attach it again: %(error)s',
                  {'name': name, 'error': error,
                   'hosts': ', '.join(lost.host for lost in before),
                   'array': member.gateway.array_name})
