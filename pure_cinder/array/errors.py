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
"""Typed errors of the array, and the one place that reads its texts.

::

    ArrayError
      ArrayUnreachableError           no connection: nothing was sent
        ArrayCertificateError       TLS verification failed
      ArrayOutcomeUnknownError        sent, but no answer that says how it went
        ArrayDisconnectedError        a kept connection was cut off while idle
      ArrayNoAnswerError              a request that changes nothing got none
      ArrayNoEffectError              answer lost; a look shows: not done
      ArrayProtocolError              what answers is not FlashArray REST 1.x
        ArrayUnreadableError          a success, but in no words of Purity's
      ArrayVersionError               its REST versions lack what is needed
      ArrayAuthenticationError        API token refused
      ArrayRefusal                    it does not do it, in whatever words
        ArrayPermissionError          the token's user may not do this
        ArrayNotFoundError
          ArrayHostNotFoundError
        ArrayPendingEradicationError  destroyed, not yet eradicated
        ArrayAlreadyExistsError
        ArrayInitiatorInUseError      another host owns the initiator
        ArrayLunInUseError
        ArrayNotConnectedError
        ArrayHasConnectionsError
        ArrayAlreadyMemberError       of the protection group
        ArrayNotMemberError
        ArrayTargetKnownError         the protection group has the target
        ArrayAlreadyAllowedError      the target takes the protection group
        ArrayFullError
        ArrayLimitReachedError
        ArrayEradicationDisabledError SafeMode
        ArrayRefusedError             any other refusal, in Purity's words
"""

import http.client
import json
import re

from cinder.i18n import _
from oslo_utils import strutils
import requests
from urllib3 import exceptions as urllib3_exceptions

from pure_cinder.array import https
from pure_cinder import config
from pure_cinder import exceptions

_MAX_TEXT_LENGTH = 300
_CERTIFICATE = re.compile('certificate', re.IGNORECASE)


class ArrayError(exceptions.PureDriverException):
    """A request to the array did not do what it should.

    :param reason: Purity's own words, or the transport's
    :param array: address of the array
    :param request: ``<method> <path>``, which names the object
    :param request_id: the id under which the log has the request
    :param status: HTTP status, None if there was no answer
    :param options: config.EndpointOptions, for the remedy
    """

    remedy = ''
    # Of config.EndpointOptions, that to look at.
    subject = 'address'

    def __init__(self, reason, array, request='connect', request_id='-',
                 status=None, options=config.EndpointOptions()):
        self.reason = reason
        self.options = options
        self.remedy = self.remedy % vars(options)
        self.array = array
        self.request = request
        self.request_id = request_id
        self.status = status
        super().__init__(
            _('FlashArray %(array)s: %(request)s failed: %(reason)s '
              '%(remedy)s [%(request_id)s]')
            % {'array': array, 'request': request, 'reason': reason,
               'remedy': self.remedy, 'request_id': request_id})
        self.problem = exceptions.Problem(
            getattr(options, self.subject),
            _('FlashArray %(array)s: %(request)s failed: %(reason)s')
            % {'array': array, 'request': request, 'reason': reason},
            self.remedy)

    def as_a(self, cls):
        """What happened to the same request, told as another ArrayError."""
        return cls(self.reason, array=self.array, request=self.request,
                   request_id=self.request_id, status=self.status,
                   options=self.options)


class ArrayUnreachableError(ArrayError):
    """No connection to the management address: nothing was sent."""

    remedy = _('Check %(address)s, the network and that the array is up.')


class ArrayCertificateError(ArrayUnreachableError):
    """The array's certificate is not trusted."""

    subject = 'ca_path'
    remedy = _('Set %(ca_path)s to the CA that signed the '
               "array's certificate, and %(address)s to a name that it "
               'bears.')


class ArrayOutcomeUnknownError(ArrayError):
    """The request was sent; whether it took effect is not known."""

    remedy = _('Look on the array whether it took effect.')


class ArrayDisconnectedError(ArrayOutcomeUnknownError):
    """A connection that had served before ended without an answer.

    As a rule, a firewall had forgotten it, and nothing was done.
    """


class ArrayNoAnswerError(ArrayError):
    """A read or a log-in got no answer; it was tried several times."""

    remedy = _('Nothing was changed. Check %(address)s, the network and '
               'that the array is up.')


class ArrayNoEffectError(ArrayError):
    """The answer was lost, and the array shows that nothing was done."""

    remedy = _('Nothing was changed; try again.')


class ArrayProtocolError(ArrayError):
    """The address does not answer as a FlashArray does."""

    remedy = _("Check that %(address)s is a FlashArray's management "
               'address.')


class ArrayUnreadableError(ArrayProtocolError):
    """A success that does not say of what; a write may have taken effect."""


# Errors after which only a look shows whether a write took effect.
LOST = (ArrayOutcomeUnknownError, ArrayUnreadableError)


class ArrayVersionError(ArrayError):
    """The array's REST versions lack what is asked of it."""

    remedy = _('Upgrade Purity.')


class ArrayAuthenticationError(ArrayError):
    """The array does not know the API token."""

    subject = 'api_token'
    remedy = _('Set %(api_token)s to a token that "pureadmin list '
               '--api-token" shows on this array.')


class ArrayRefusal(ArrayError):
    """The array has answered that it does not do it; nothing was changed.

    What the words say, the subclasses tell. For many words there is no
    evidence, so that what depends on them looks at the array after any
    refusal.
    """


class ArrayPermissionError(ArrayRefusal):
    """The token's user lacks the role for this request."""

    subject = 'api_token'
    remedy = _('The user of %(api_token)s needs the role storage_admin or '
               'array_admin.')


class ArrayNotFoundError(ArrayRefusal):
    """The object does not exist."""

    remedy = _('It was removed or renamed outside Cinder.')


class ArrayHostNotFoundError(ArrayNotFoundError):
    """The host object does not exist."""


class ArrayPendingEradicationError(ArrayRefusal):
    """The object is destroyed and waits for its eradication."""

    remedy = _('Recover it on the array, or eradicate it to free its name.')


class ArrayAlreadyExistsError(ArrayRefusal):
    """The name, or the connection, is there already.

    :remedy: Rename what has the name on the array, unless it is what
        Cinder wanted to make.
    """


class ArrayInitiatorInUseError(ArrayRefusal):
    """An IQN, WWN or NQN belongs to another host."""

    remedy = _('Remove the initiator from the other host on the array.')


class ArrayLunInUseError(ArrayRefusal):
    """Another volume has the LUN on this host.

    :remedy: Try again; the driver takes another LUN.
    """


class ArrayNotConnectedError(ArrayRefusal):
    """Host and volume, or the two arrays, are not connected.

    :remedy: Connect the arrays; of host and volume, nothing has to be
        done.
    """


class ArrayHasConnectionsError(ArrayRefusal):
    """The object is in use by connections."""

    remedy = _('Disconnect it first.')


class ArrayAlreadyMemberError(ArrayRefusal):
    """A volume is in the protection group already.

    :remedy: Nothing has to be done: it is as it should be.
    """


class ArrayNotMemberError(ArrayRefusal):
    """The protection group has no such volume or target.

    :remedy: Nothing has to be done if it was to be taken out;
        pure-cinder-audit tells volumes that should be in.
    """


class ArrayTargetKnownError(ArrayRefusal):
    """The protection group has the target already.

    :remedy: Nothing has to be done: it is as it should be.
    """


class ArrayAlreadyAllowedError(ArrayRefusal):
    """The target takes the protection group already.

    :remedy: Nothing has to be done: it is as it should be.
    """


class ArrayFullError(ArrayRefusal):
    """The array is out of space."""

    remedy = _('Free or add capacity; destroyed volumes use space until they '
               'are eradicated.')


class ArrayLimitReachedError(ArrayRefusal):
    """The array holds as many objects of this kind as it can."""

    remedy = _('Eradicate what is no longer needed; destroyed objects count.')


class ArrayEradicationDisabledError(ArrayRefusal):
    """SafeMode forbids eradication.

    :remedy: Nothing has to be done: the array eradicates it when its delay
        has passed.
    """


class ArrayRefusedError(ArrayRefusal):
    """A refusal that the driver knows no better name for.

    :remedy: Purity's words tell what it does not like; the log has the
        request under the id in brackets.
    """


# First match wins, so the order matters: "has been destroyed. It can be
# recovered ..." names no missing object, and a missing connection is not a
# missing host. simulator/docs/error-texts.rst tells where each was seen.
REFUSALS = tuple((re.compile(pattern, re.IGNORECASE), error) for
                 pattern, error in (
    (r'has been destroyed', ArrayPendingEradicationError),
    (r'is not connected|connection does not exist', ArrayNotConnectedError),
    (r'host does not exist', ArrayHostNotFoundError),
    (r'does not exist|no such volume or snapshot|has been deleted',
     ArrayNotFoundError),
    (r'(iqn|wwn|nqn)\b.*already in use', ArrayInitiatorInUseError),
    (r'lun\b.*already in use', ArrayLunInUseError),
    (r'already exists', ArrayAlreadyExistsError),
    (r'already belongs to', ArrayAlreadyMemberError),
    (r'could not be found', ArrayNotMemberError),
    (r'already includes', ArrayTargetKnownError),
    (r'already allowed on', ArrayAlreadyAllowedError),
    (r'existing connections', ArrayHasConnectionsError),
    (r'limit reached', ArrayLimitReachedError),
    (r'out of space|not enough space|insufficient space', ArrayFullError),
    (r'eradication is disabled', ArrayEradicationDisabledError),
    (r'invalid credentials', ArrayAuthenticationError),
))

_NEVER_SENT = (requests.exceptions.ConnectTimeout,
               urllib3_exceptions.ConnectTimeoutError,
               urllib3_exceptions.NewConnectionError,
               urllib3_exceptions.ProxyError,
               urllib3_exceptions.ClosedPoolError)
_TIME_OUTS = (TimeoutError, urllib3_exceptions.TimeoutError,
              requests.exceptions.Timeout)

_STATUSES = {
    401: ArrayAuthenticationError,
    450: ArrayVersionError,
}
# No FlashArray was seen to say these; without its words, something else did.
_STATUSES_OF_OTHERS = {
    403: ArrayPermissionError,
    404: ArrayProtocolError,
}


def from_response(status, text, **context):
    """The error for an answer other than 200.

    :param status: HTTP status; which one comes with a refusal is not certain,
        400 as a rule, so that the words decide if they are Purity's
    :param text: body; Purity's is a list of ``{"msg", "ctx", ...}``
    :param context: ``array``, ``request``, ``request_id``, ``options`` of
        ArrayError
    """
    reason = (strutils.mask_password(_reason(text))
              or _('HTTP status %s without a text.') % status)
    return _class_for(status, reason, _is_purity(text))(
        reason, status=status, **context)


def from_transport(error, **context):
    """The error for an exception under ``requests``: no usable answer came.

    :param context: ``array``, ``request``, ``request_id``, ``options`` of
        ArrayError
    """
    causes = list(_causes(error))
    return _transport_class(causes)(_transport_reason(causes), **context)


def _transport_class(causes):
    if _CERTIFICATE.search(str(causes[-1])):
        return ArrayCertificateError
    if _was_never_sent(causes):
        return ArrayUnreachableError
    if any(isinstance(cause, https.IdleConnectionLost) for cause in causes):
        return ArrayDisconnectedError
    return ArrayOutcomeUnknownError


def _was_never_sent(causes):
    return any(isinstance(cause, _NEVER_SENT) for cause in causes)


def _class_for(status, reason, is_purity):
    if status in _STATUSES:
        return _STATUSES[status]
    if status < 300:
        return ArrayUnreadableError
    if status < 400:
        return ArrayProtocolError
    if status >= 500:
        return ArrayOutcomeUnknownError
    if not is_purity and status in _STATUSES_OF_OTHERS:
        return _STATUSES_OF_OTHERS[status]
    for pattern, error in REFUSALS:
        if pattern.search(reason):
            return error
    return ArrayPermissionError if status == 403 else ArrayRefusedError


def _is_purity(text):
    """Whether a body is a refusal as Purity words it."""
    rows = _decoded(text)
    return isinstance(rows, list) and any(
        isinstance(row, dict) and 'msg' in row for row in rows)


def _decoded(text):
    """What a body has in JSON; None if it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _reason(text):
    body = _decoded(text)
    if body is None:
        return text.strip()[:_MAX_TEXT_LENGTH]
    # Authentication errors come as one object, all others as a list.
    rows = body if isinstance(body, list) else [body]
    return ' '.join(_row_text(row) for row in rows)[:_MAX_TEXT_LENGTH]


def _row_text(row):
    if not isinstance(row, dict) or 'msg' not in row:
        return str(row)
    return '%s: %s' % (row['ctx'], row['msg']) if row.get('ctx') else str(
        row['msg'])


def _transport_reason(causes):
    """A sentence; the outer exceptions show objects of the program."""
    innermost = causes[-1]
    if isinstance(innermost, _TIME_OUTS):
        return (_('No connection came about within pure_rest_connect_timeout.')
                if _was_never_sent(causes) else
                _('No complete answer came within pure_rest_read_timeout.'))
    if isinstance(innermost, http.client.IncompleteRead):
        return _('The answer was cut off.')
    return str(innermost)[:_MAX_TEXT_LENGTH]


def _causes(error):
    """The exception, and whatever it wraps in turn."""
    while error is not None:
        yield error
        error = next((cause for cause in (
            getattr(error, 'reason', None), *error.args, error.__cause__)
            if isinstance(cause, Exception)), None)
