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
"""The transport under the SDK: one subclass, one choke point.

Every SDK method goes through ``_request``. The SDK's own opens a connection
for every call, waits for ever, and loses its cookie at an answer that sets
none; this one pools connections, bounds every wait, logs each exchange once
with secrets masked, and raises :class:`pure_cinder.array.errors.ArrayError`.
"""

import contextlib
import re
import threading
import time
from urllib import parse
import warnings

from oslo_log import log as logging
from oslo_serialization import jsonutils
from oslo_utils import strutils
from oslo_utils import uuidutils
import requests
import tenacity
from urllib3 import exceptions as urllib3_exceptions
from urllib3.util import timeout

from pure_cinder.array import answers
from pure_cinder.array import attempts
from pure_cinder.array import errors
from pure_cinder.array import https
from pure_cinder.array import sdk

LOG = logging.getLogger(__name__)

ATTEMPTS = 3
MAX_BACK_OFF_S = 2
# What is left for an attempt, however late it is.
MIN_ATTEMPT_S = 1


class ArraySession(sdk.FlashArray):
    """An SDK client that is safe to share between threads."""

    def __init__(self, endpoint, user_agent):
        """Log in to the array.

        :param endpoint: :class:`pure_cinder.config.ArrayEndpoint`
        :raises ArrayError: unreachable, untrusted, unknown token, no
            FlashArray
        """
        self._endpoint = endpoint
        self._http = requests.Session()
        self._http.mount('https://', https.Adapter(
            pool_connections=1, pool_maxsize=endpoint.max_connections))
        self._turns = threading.BoundedSemaphore(endpoint.max_connections)
        # Proxy and CA bundle of the environment, which requests would look
        # up at each request.
        environment = self._http.merge_environment_settings(
            'https://' + endpoint.address, {}, None, endpoint.verify, None)
        self._http.proxies = environment['proxies']
        self._http.trust_env = False
        self._http.headers['Content-Type'] = 'application/json'
        self._http.headers['User-Agent'] = user_agent
        self._login = attempts.SharedAttempt(self._log_in_again)
        if not endpoint.verify:
            # The operator was told once, at start; not at every request.
            host = parse.urlsplit('https://' + endpoint.address).hostname
            warnings.filterwarnings(
                'ignore', "[^']*'%s'" % re.escape(host or ''),
                urllib3_exceptions.InsecureRequestWarning)
        super().__init__(
            endpoint.address, api_token=endpoint.api_token,
            request_kwargs={'verify': environment['verify']})

    def _start_session(self):
        """Log in, and keep who that is: ``user``, None if it is not told."""
        reply = self._request(
            'POST', 'auth/session', {'api_token': self._api_token},
            reestablish_session=False)
        self.user = (reply.find('username', str)
                     if isinstance(reply, answers.Row) else None)

    def _list_available_rest_versions(self):
        url = 'https://%s/api/api_version' % self._target
        reply = self._request('GET', url, reestablish_session=False)
        return reply.read_all('version', str)

    def _choose_rest_version(self):
        try:
            return super()._choose_rest_version()
        except sdk.PureError:
            raise errors.ArrayVersionError(
                'It serves none of the REST versions 1.0 to 1.19.',
                array=self._target, options=self._endpoint.options)

    def _request(self, method, path, data=None, reestablish_session=True):
        """One exchange with the array; the SDK calls nothing else.

        :returns: ResponseDict or ResponseList, with ``headers``
        :raises ArrayError: see the tree in :mod:`pure_cinder.array.errors`
        """
        login_count = self._login.count
        try:
            return self._exchange(method, path, data)
        except errors.ArrayAuthenticationError as error:
            if error.status != 401 or not reestablish_session:
                raise
            self._login.make(login_count)
        except errors.ArrayVersionError:
            if path.startswith('https://'):
                # That was the question which versions there are.
                raise
            old_version = self._rest_version
            self._rest_version = self._choose_rest_version()
            if self._rest_version == old_version:
                raise
        return self._request(method, path, data, reestablish_session=False)

    def _log_in_again(self):
        LOG.info('Session with FlashArray %s ended; logging in.',
                 self._target)
        self._start_session()

    def _exchange(self, method, path, data):
        # Reading and logging in can be repeated; a write only if it was
        # provably never sent.
        is_repeatable = method == 'GET' or path.startswith('auth/')
        safe_to_repeat = (errors.ArrayUnreachableError,) + (
            errors.LOST if is_repeatable else ())
        end_s = time.monotonic() + self._endpoint.limit_s
        retrying = tenacity.Retrying(
            reraise=True,
            stop=(tenacity.stop_after_attempt(ATTEMPTS)
                  | tenacity.stop_after_delay(self._endpoint.limit_s)),
            wait=tenacity.wait_random_exponential(
                multiplier=0.1, max=MAX_BACK_OFF_S),
            retry=(tenacity.retry_if_exception_type(safe_to_repeat)
                   & tenacity.retry_if_not_exception_type(
                       errors.ArrayCertificateError)))
        try:
            return retrying(self._send, method, path, data, end_s)
        except errors.ArrayOutcomeUnknownError as error:
            if not is_repeatable:
                raise
            raise error.as_a(errors.ArrayNoAnswerError) from error

    def _send(self, method, path, data, end_s):
        url = (path if path.startswith('https://')
               else self._format_path(path))
        request_id = 'pure-%s' % uuidutils.generate_uuid()[:8]
        context = {'array': self._target, 'request_id': request_id,
                   'request': '%s %s' % (method, path),
                   'options': self._endpoint.options}
        _log_masked(data, '%s > %s %s %s', request_id, self._target,
                    context['request'])
        try:
            with self._turn(end_s, context):
                response = self._http.send(
                    self._prepare(method, url, jsonutils.dump_as_bytes(data)),
                    allow_redirects=False, timeout=self._timeout(end_s),
                    **self._request_kwargs)
        except (OSError, urllib3_exceptions.HTTPError) as error:
            # Those of requests are OSErrors, but not all that leaves it is
            # its own: a missing CA bundle, a name that cannot be one.
            LOG.debug('%s ! %s', request_id, error)
            lost = errors.from_transport(error, **context)
            if isinstance(lost, errors.ArrayDisconnectedError):
                # What cut this connection off has not spared the others.
                self._http.close()
            raise lost
        return _content(response, context)

    @contextlib.contextmanager
    def _turn(self, end_s, context):
        """Hold one of the connections that the array may have."""
        if not self._turns.acquire(timeout=max(
                end_s - time.monotonic(), MIN_ATTEMPT_S)):
            raise errors.ArrayUnreachableError(
                'All connections that pure_max_connections allows were in '
                'use.', **context)
        try:
            yield
        finally:
            self._turns.release()

    def _prepare(self, method, url, body):
        """The request, with the headers and cookies that all have.

        ``Session.request`` would merge all settings of session, request and
        environment each time.
        """
        prepared = requests.PreparedRequest()
        prepared.prepare(method, url, headers=self._http.headers, data=body,
                         cookies=self._http.cookies)
        return prepared

    def _timeout(self, end_s):
        """:param end_s: when the attempts together have to be over"""
        return timeout.Timeout(
            connect=self._endpoint.connect_timeout_s,
            read=self._endpoint.read_timeout_s,
            total=max(end_s - time.monotonic(), MIN_ATTEMPT_S))


def _content(response, context):
    """The decoded body of an answer of 200; anything else raises.

    :returns: answers.Row or answers.Rows
    """
    request_id = context['request_id']
    if response.status_code != 200:
        error = errors.from_response(response.status_code, response.text,
                                     **context)
        LOG.debug('%s < %s %s', request_id, response.status_code,
                  error.reason)
        raise error
    try:
        content = answers.decode(response, context)
    except errors.ArrayUnreadableError as error:
        LOG.debug('%s < 200 %s', request_id, error.reason)
        raise
    _log_masked(content, '%s < 200 in %.3f s %s', request_id,
                response.elapsed.total_seconds())
    return content


def _log_masked(data, message, *args):
    """Log the data without its secrets, last in the message.

    Finding them takes longer than all else that is done with an answer.
    """
    if LOG.isEnabledFor(logging.DEBUG):
        LOG.debug(message, *args, _masked(data))


def _masked(data):
    if isinstance(data, list):
        return [_masked(row) for row in data]
    if isinstance(data, dict):
        return strutils.mask_dict_password(data)
    return data
