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
"""Attaching and detaching: as they were before they were mended."""

import contextlib

from cinder.zonemanager import utils as fczm_utils

from pure_cinder.attachments import records
from pure_cinder.attachments import users

_is_left_to_others = users.MachineUsers.is_left_to_others
_attachments = users.MachineUsers.attachments


def take_nothing(self, name, volumes, reading):
    """A connection that nobody uses stays."""


def add_nothing(self, volume, reading, partners):
    """A path that is missing is not made."""


def is_one_of_several_rows(self, volume, connector, there):
    """Two detaches at once find each other's attachment."""
    return len(there) > 1


def attachments_without_doubt(self, volume, connector):
    """Which of several attachments goes is not looked at afterwards."""
    found = _attachments(self, volume, connector)
    return found if connector is None else found[:1]


def is_left_to_failed_ones(self, volume, connector):
    """Each row on the machine is a user, be it in error."""
    if volume.get('multiattach', False):
        return _is_left_to_others(self, volume, connector)
    return len([
        attachment for attachment in volume.volume_attachment or ()
        if attachment.attach_status not in records.GONE_STATUSES
        and self._is_on_machine(attachment, connector)]) > 1


@contextlib.contextmanager
def leaving_nothing_over(self, host, initiators=()):
    """A host that could not be looked at is forgotten."""
    yield


def close_reachable_paths(self, targets, initiators):
    """The zones of a machine that is logged out stay."""
    closed = self._reachable(targets, initiators)
    fczm_utils.remove_fc_zone(self._detachment(targets, closed))
    return targets, closed


def leave_nobody(self, member, volume_name, attachments):
    """Arrays that a volume left are not looked at when it is detached."""
    return []


def delete_unused_once(self, unused):
    """What could not be closed stays open."""
    return self._protocol.detachment_info([
        closed for member, host in unused
        for closed in self._at(member).delete_unused(host)])


def unguarded(step):
    """What fails in housekeeping leaves the report."""
    step()


def is_owner(connector, host):
    """A machine is known by its adapters alone."""
    return bool(
        host.owned('iqn', filter(None, [connector.get('initiator')]))
        or host.owned('wwn', connector.get('wwpns') or ())
        or host.owned('nqn', filter(None, [connector.get('nqn')])))


def lowest_lun(self, host, volume_name, connector, refused=()):
    """The array gives the lowest LUN that is free."""
    return None


def unconnected(self, name):
    """Nobody has what is to be managed."""
    return False


def note_nothing(self, member, name):
    """What an array refused to disconnect is not looked at."""
