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
"""What the driver raises, apart from what the array refused.

::

    cinder.exception.VolumeDriverException
      PureDriverException             every error of this driver
        PureConfigurationError        cinder.conf cannot work as written
        PureUnsupportedError          asked for something not served
        PureConnectorError            the compute node's connector is unusable
        PureHostConflictError         host objects that cannot be used
        PureNoTargetPortError         the array offers no usable target port
        PureSharedVolumeError         host groups have the volume
        PureGroupError                volumes do not make up a group
        PureUnknownArrayError         a volume is on none of the arrays
        PureUnfinishedSwitchError     a failover is not finished here
        PureReplicationError          the arrays do not replicate as configured
        PureNoAnswerInTimeError       an array was not waited for any longer
        pure_cinder.array.errors.ArrayError    the array refused or is away
"""

import dataclasses

from cinder import exception
from cinder.i18n import _


@dataclasses.dataclass(frozen=True)
class Problem:
    """One thing that is wrong; as a text, cause and remedy.

    :ivar subject: the option, or the object, that it is about
    :ivar cause: one sentence or more
    :ivar remedy: the same; may be empty
    """

    subject: str
    cause: str
    remedy: str = ''

    def __str__(self):
        return '%s %s' % (self.cause, self.remedy) if self.remedy else (
            str(self.cause))


def problem_of(error):
    """What is wrong by an exception of Cinder's or of the driver's.

    :returns: Problem
    """
    return getattr(error, 'problem', None) or Problem('', str(error))


class PureDriverException(exception.VolumeDriverException):
    """Base of everything the driver raises.

    :param text: cause and remedy
    :param problem: the same as a Problem, in place of the text
    """

    def __init__(self, text=None, problem=None, **kwargs):
        self.problem = problem or Problem('', text)
        self._text = text if problem is None else str(problem)
        super().__init__(self._text, **kwargs)

    def at_start(self, section):
        """Tell, too, which backend section it is that does not start.

        :param section: its name in cinder.conf
        :returns: the same error
        """
        super().__init__(
            _('Backend section [%(section)s] is not usable: %(error)s')
            % {'section': section, 'error': self._text})
        return self


class PureConfigurationError(PureDriverException):
    """The backend section of cinder.conf is wrong; lists every problem.

    :param section: name of the backend section
    :param problems: a Problem for each one

    :remedy: Each problem names its option and what to write;
        pure-cinder-check tells the same before the service starts.
    """

    def __init__(self, section, problems):
        self.problems = tuple(problems)
        super().__init__(' '.join(map(str, self.problems)))
        self.at_start(section)


class PureUnsupportedError(PureDriverException):
    """A volume type or a request asks for what this release does not do.

    :remedy: Change the volume type or the request as the text says;
        pure-cinder-check names types that no backend serves.
    """


class PureConnectorError(PureDriverException):
    """The connector of the attaching machine lacks what is needed.

    :remedy: Install what the text names on that machine and give its
        initiator a name; then attach again.
    """


class PureHostConflictError(PureDriverException):
    """The array's host objects do not fit the machine; names them.

    :remedy: Put right on the array which host has the initiators that the
        text names; each machine is one host there.
    """


class PureNoTargetPortError(PureDriverException):
    """No port of the array can serve this attachment.

    :remedy: Compare the ports of the array with pure_iscsi_cidr,
        pure_nvme_cidr and pure_nvme_transport; pure-cinder-check lists
        both.
    """


class PureSharedVolumeError(PureDriverException, exception.VolumeIsBusy):
    """Host groups are connected to the volume; names them.

    Cinder makes a busy volume available again and does not say why.

    :remedy: Disconnect the volume from the host groups that the text
        names, or keep it.
    """


class PureReplicationError(PureDriverException):
    """The arrays do not, or cannot, replicate as configured.

    :remedy: Do what the text says; pure-cinder-check tells the state of
        each array, and replication_readiness of the stats what keeps a
        failover from working.
    """


class PureUnknownArrayError(PureReplicationError):
    """A volume is on an array that is none of the backend's.

    :remedy: Add the array to the section again as a replication_device, or
        remove the volume from Cinder if the array is gone for good.
    """


class PureUnfinishedSwitchError(PureReplicationError):
    """A volume is where a failover took it, but that array does not serve.

    This process has not heard of the failover, or was ended in it.

    :remedy: Do the failover again, or restart this process if another one
        of the cluster did it.
    """


class PureGroupError(PureDriverException):
    """The volumes of a group are not together on the array.

    :remedy: Put the volumes back into the protection group on the array,
        or take the missing ones out of the group in Cinder.
    """


class PureNoAnswerInTimeError(PureDriverException):
    """An array has not answered yet, and is not waited for any longer.

    :remedy: See to the network and the load of that array; the others go
        on.
    """


def cause_of(error):
    """What went wrong, in words that are the same as often as it does.

    The text of an array's error bears the id of the one request.
    """
    return getattr(error, 'reason', None) or str(error)
