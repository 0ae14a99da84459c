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
"""The arrays that have, or present, one volume.

A volume in a pod may be on two arrays. One that answers is enough.
"""

import functools

from oslo_log import log as logging

from pure_cinder.array import errors
from pure_cinder import exceptions
from pure_cinder import naming

LOG = logging.getLogger(__name__)

# For these, another array may do what one does not.
ERRORS = (errors.ArrayError, exceptions.PureNoTargetPortError)


class Sides:
    """Finds the arrays of a volume, and asks them."""

    def __init__(self, fleet):
        self._fleet = fleet

    def presenting(self, member, volume_name):
        """The arrays that present a volume, the one that serves it first."""
        return [member, *(self._fleet.uniform_partners(member)
                          if naming.is_in_pod(volume_name) else ())]

    def holding(self, member, volume_name):
        """The arrays that have a volume, the one that serves it first."""
        return [member, *(self._fleet.pod_partners(member)
                          if naming.is_in_pod(volume_name) else ())]

    def ask(self, sides, act, is_one_enough=False):
        """Do something on several arrays, at once unless one is enough.

        :param sides: of Member; the first one is asked even if it was away a
            moment ago
        :param is_one_enough: stop at the first one that does it
        :returns: list of Member and result, dict of Member that refused to
            its error
        :raises ERRORS: the first one's, if all refuse
        """
        if not is_one_enough:
            return concluded(*self.ask_all(sides, act))
        done, refused = [], {}
        for side in sides:
            done, failed = self.ask_all([side], act, is_first=not refused)
            refused |= failed
            if done:
                break
        return concluded(done, refused)

    def ask_all(self, sides, act, is_first=True):
        """Do something on several arrays at once.

        :param is_first: whether the first one is asked even if it was away a
            moment ago
        :returns: as of ask
        """
        asked = self._fleet.workers.run(
            functools.partial(self._outcome, side, act,
                              is_first and number == 0)
            for number, side in enumerate(sides))
        done = [(side, result) for side, result, error in asked
                if error is None]
        return done, {side: error for side, _result, error in asked if error}

    def _outcome(self, side, act, is_first):
        """:returns: Member, and result and None or None and error"""
        try:
            if not is_first:
                self._fleet.outages.check(side)
            return side, act(side), None
        except ERRORS as error:
            self._fleet.outages.note(side, error)
            return side, None, error


def concluded(done, refused):
    """Take what arrays answered for a whole; those that refused are told.

    Parameters are what it returns, and so does Sides.ask.

    :raises ERRORS: the first one's, if all refused
    """
    if not done:
        raise next(iter(refused.values()))
    for side, error in refused.items():
        LOG.warning('Array %(array)s of a pod does not take part in '
                    'attaching or detaching a volume: %(error)s',
                    {'array': side.backend_id, 'error': error})
    return done, refused
