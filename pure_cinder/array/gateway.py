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
"""One array in domain verbs; wire formats end here.

``create_`` and ``destroy_`` act once, ``ensure_`` converges, ``find_`` may
return None, ``get_`` and everything else raises
:class:`pure_cinder.array.errors.ArrayError`. A write whose answer was lost is
looked up on the array and concluded from what is there, never repeated.
"""

from email import utils

from oslo_log import log as logging

from pure_cinder.array import errors
from pure_cinder.array import hosts
from pure_cinder.array import link
from pure_cinder.array import models
from pure_cinder.array import pgroups
from pure_cinder.array import pods
from pure_cinder.array import volume_groups
from pure_cinder.array import volumes
from pure_cinder import naming

LOG = logging.getLogger(__name__)

# Roles that may read and do nothing that a backend needs.
POWERLESS_ROLES = ('readonly', 'ops_admin')


class Gateway(link.Area):
    """One array: what it is, and its objects by kind.

    :ivar volumes: volumes.Volumes
    :ivar hosts: hosts.Hosts
    :ivar connections: hosts.Connections
    :ivar pgroups: pgroups.Pgroups
    :ivar pods: pods.Pods
    :ivar volume_groups: volume_groups.VolumeGroups
    """

    def __init__(self, endpoint, user_agent):
        """:param endpoint: :class:`pure_cinder.config.ArrayEndpoint`"""
        super().__init__(link.ArrayLink(endpoint, user_agent))
        self.volumes = volumes.Volumes(self._link)
        self.hosts = hosts.Hosts(self._link)
        self.connections = hosts.Connections(self._link)
        self.pgroups = pgroups.Pgroups(self._link)
        self.pods = pods.Pods(self._link)
        self.volume_groups = volume_groups.VolumeGroups(self._link)
        self._is_role_checked = False

    @property
    def endpoint(self):
        """:returns: config.ArrayEndpoint"""
        return self._link.endpoint

    def get_array(self):
        """Who the array is; asked once.

        :returns: models.ArrayInfo
        :raises ArrayVersionError: older than REST 1.7
        """
        return self._link.info

    def read_array(self):
        """Who the array is now; its name may have changed.

        :returns: models.ArrayInfo
        """
        return self._link.read_info()

    def known_array(self):
        """The same without asking; None as long as nobody asked."""
        return self._link.known_info

    def check_role(self):
        """See that the token's user may do more than read.

        Asked until that is so. Who is not told of, such as a user of a
        directory, or by an array that refuses to tell, is taken for one who
        may.

        :raises ArrayPermissionError: names the user and the role
        """
        if self._is_role_checked:
            return
        role = self.find_role()
        if role in POWERLESS_ROLES:
            raise errors.ArrayPermissionError(
                'The role of user %s is %s, which may change nothing.'
                % (self._client.user, role), array=self._link.address,
                request='check of the role', options=self._link.options)
        self._is_role_checked = True

    @property
    def user(self):
        """Name of the user that the token is of; None if it is not told."""
        return self._client.user

    def find_role(self):
        """The role of that user; None if the array does not tell."""
        try:
            users = link.rows(self._client.list_admins())
            return next((user.read('role', str) for user in users
                         if naming.same_name(user.read('name', str),
                                             self._client.user or '')), None)
        except errors.ArrayError as error:
            LOG.info('What the API token allows is not known: %s', error)
            return None

    def get_space(self):
        """Capacity; the answer has the array's name, which is noted.

        :returns: models.Space
        """
        row = link.only(self._client.get(space=True))
        self._link.note_name(row.find('hostname', str))
        return models.Space.from_wire(row)

    def read_clock(self):
        """What time it is by the array's clock; one small request.

        :returns: datetime, aware; None if the answer bears no time
        """
        date = self._client.get().headers.get('Date')
        try:
            return date and utils.parsedate_to_datetime(date)
        except ValueError:
            return None

    def get_performance(self):
        """The latest sample.

        :returns: dict of Purity's counters, such as ``usec_per_read_op``,
            and from REST 1.16 on ``queue_usec_per_read_op``; empty while the
            array has none
        """
        flags = ({'latency': True}
                 if self.get_array().capabilities.latency else {})
        reply = self._client.get(action='monitor', **flags)
        return {key: value for key, value in (link.first(reply) or {}).items()
                if type(value) in models.NUMBER}

    # Counts include destroyed objects and cost one row each. They are None
    # if the array does not count.

    def count_volumes(self):
        return link.total(self._client.list_volumes(pending=True, limit=1))

    def count_destroyed_volumes(self):
        return link.total(self._client.list_volumes(pending_only=True,
                                                    limit=1))

    def count_snapshots(self):
        return link.total(self._client.list_volumes(snap=True, pending=True,
                                                    limit=1))

    def count_hosts(self):
        return link.total(self._client.list_hosts(limit=1))

    def count_pgroups(self):
        return link.total(self._client.list_pgroups(pending=True, limit=1))

    def list_ports(self):
        """:returns: list of models.Port"""
        return [models.Port.from_wire(row)
                for row in link.rows(self._client.list_ports())]

    def list_array_connections(self):
        """:returns: list of models.ArrayConnection"""
        return [models.ArrayConnection.from_wire(row) for row in link.pages(
            self._client.list_array_connections)]

    def list_interface_services(self):
        """What each network interface is for.

        :returns: dict of lower-case interface name to tuple of services,
            such as ``iscsi`` or ``nvme-roce``
        """
        return {row.read('name', str).lower(): row.find_all('services', str)
                for row in link.rows(
                    self._client.list_network_interfaces())}
