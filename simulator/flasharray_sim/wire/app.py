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
"""The WSGI application of one array: /api/api_version and /api/1.x/..."""

import dataclasses
import json
import logging
import re
import threading
from typing import Any

from werkzeug import wrappers

from flasharray_sim import errors
from flasharray_sim import faults as faults_module
from flasharray_sim.state import keeping
from flasharray_sim.wire import decoding
from flasharray_sim.wire import operation
from flasharray_sim.wire import requestlog
from flasharray_sim.wire import routing
from flasharray_sim.wire import server
from flasharray_sim.wire import sessions as sessions_module
from flasharray_sim.wire import traffic

LOG = logging.getLogger(__name__)

VERSION_LIST = 'api_version'
_URL = re.compile(r'([0-9]{1,4}\.[0-9]{1,4})/(.+)\Z', re.DOTALL)
_PIECES = 11
_AUTH_PATHS = ('auth/apitoken', 'auth/session')


class _Reset(Exception):
    """The connection ends without an answer, the request without effect."""


@dataclasses.dataclass
class _Exchange:
    """One request on its way through the application.

    :ivar path: below /api/1.x/, still percent-encoded
    :ivar raw: query merged with body, not decoded to kinds
    :ivar session: set once it is known whose cookie came or was made
    :ivar fault: kind of the injected fault that it met last
    :ivar conditions: faults.CONDITIONS that it finds the array in
    :ivar body_s: how long the answer's body is to take
    :ivar begun: what `traffic.Traffic.begin` gave when it came
    """
    request: wrappers.Request
    begun: float
    rest_version: str = ''
    path: str = ''
    raw: dict[str, Any] = dataclasses.field(default_factory=dict)
    session: sessions_module.Session | None = None
    fault: str | None = None
    conditions: set[str] = dataclasses.field(default_factory=set)
    body_s: float = 0.0

    @property
    def method(self) -> str:
        return self.request.method

    @property
    def plain_path(self) -> str:
        return '/'.join(routing.split_path(self.path))

    @property
    def cookie(self) -> str | None:
        return self.request.cookies.get(sessions_module.COOKIE_NAME)


class ArrayApp:
    """Answers the HTTP requests for one array.

    :param model: rules and state of the array
    :param router: the routes that the array serves
    :param faults: has take(method, path)
    :param rest_versions: what the array serves, ascending; may be replaced
        while it runs, as by an upgrade
    :param strict: refuse parameters that a route does not declare
    :param clock: has now(), the time that answers and records bear
    """

    def __init__(self, model, router: routing.Router,
                 sessions: sessions_module.Sessions, faults,
                 rest_versions: tuple[str, ...], strict: bool, clock):
        self.rest_versions = rest_versions
        # Off, the SDK loses its session with the first reply it reads.
        self.refreshes_cookie = True
        self.requests = requestlog.RequestLog()
        self.traffic = traffic.Traffic()
        # Set while the array leaves the network.
        self.closing = threading.Event()
        self._strict = strict
        self._model = model
        self._router = router
        self._sessions = sessions
        self._faults = faults
        self._clock = clock

    def __call__(self, environ, start_response):
        exchange = _Exchange(wrappers.Request(environ), self.traffic.begin())
        connection = environ[server.CONNECTION_KEY]
        try:
            response = self._respond(exchange)
        except _Reset:
            self._record(exchange, None, 0)
            connection.reset()
        response.date = self._clock.now()
        self._record(exchange, response.status_code,
                     response.content_length)
        if exchange.fault == 'reset_after':
            connection.reset()
        if exchange.body_s:
            self._slow_down(response, exchange.body_s, connection)
        return response(environ, start_response)

    def _respond(self, exchange: _Exchange) -> wrappers.Response:
        try:
            self._read(exchange)
            self._suffer(exchange)
            reply = self._answer(exchange)
            response = _render(reply.body, 200)
        except errors.PurityError as exc:
            return _refusal(exc, exchange.path in _AUTH_PATHS)
        except _Reset:
            raise
        except keeping.NotKeptError as exc:
            LOG.error('%s %r not kept: %s', exchange.method, exchange.path,
                      exc)
            return _refusal(errors.refuse('state_unkept', reason=exc), False)
        except Exception:
            LOG.exception('%s %r failed', exchange.method, exchange.path)
            return _refusal(errors.refuse('internal'), False)
        response.headers.extend(reply.headers)
        if exchange.session and (
                self.refreshes_cookie or exchange.path == 'auth/session'):
            response.set_cookie(
                sessions_module.COOKIE_NAME, exchange.session.cookie,
                secure=True, httponly=True)
        return response

    def _read(self, exchange: _Exchange) -> None:
        environ = exchange.request.environ
        uri = environ['REQUEST_URI'].encode('latin-1').decode(
            'utf-8', 'replace')
        below = uri.partition('?')[0].removeprefix('/api/')
        matched = _URL.match(below)
        if matched:
            exchange.rest_version, exchange.path = matched.groups()
        else:
            exchange.path = below
        exchange.raw = decoding.parse_form(environ['QUERY_STRING'])
        exchange.raw |= decoding.read_body(
            exchange.request.stream, environ.get('CONTENT_TYPE', ''))

    def _suffer(self, exchange: _Exchange) -> None:
        """Let the injected faults happen that come before the operation."""
        faults = self._faults.take(exchange.method, exchange.plain_path)
        for fault in faults:
            exchange.fault = fault.kind
            if fault.kind in faults_module.CONDITIONS:
                exchange.conditions.add(fault.kind)
            if fault.kind == 'slow_body':
                exchange.body_s += fault.delay_s
            if (fault.kind == 'latency'
                    and self.closing.wait(fault.next_delay_s())):
                raise _Reset
        for fault in faults:
            exchange.fault = fault.kind
            if fault.kind == 'reset_before':
                raise _Reset
            if fault.kind == 'status':
                raise errors.PurityError(fault.status, fault.text)
            if fault.kind == 'reset_after':
                return

    def _slow_down(self, response: wrappers.Response, body_s: float,
                   connection) -> None:
        """Let the body come in pieces, the first one with the headers."""
        body = response.get_data()
        size = -(-len(body) // _PIECES)

        def pieces():
            yield body[:size]
            for start in range(size, len(body), size):
                if self.closing.wait(body_s / (_PIECES - 1)):
                    connection.reset()
                yield body[start:start + size]

        response.headers['Content-Length'] = str(len(body))
        response.response = pieces()

    def _answer(self, exchange: _Exchange) -> routing.Reply:
        if not exchange.rest_version:
            return self._list_versions(exchange)
        if exchange.rest_version not in self.rest_versions:
            raise errors.refuse('version_unsupported',
                                version=exchange.rest_version)
        if exchange.path == 'auth/apitoken':
            return self._obtain_token(exchange)
        if exchange.path == 'auth/session' and exchange.method == 'POST':
            return self._open_session(exchange)
        exchange.session = self._sessions.touch(exchange.cookie)
        if exchange.session is None:
            raise errors.refuse('session_missing')
        if exchange.path == 'auth/session':
            return self._close_session(exchange)
        return self._operate(exchange)

    def _list_versions(self, exchange: _Exchange) -> routing.Reply:
        if exchange.path != VERSION_LIST:
            raise errors.refuse('path_unknown', ctx=exchange.plain_path)
        _allow(exchange, 'GET')
        exchange.session = self._sessions.touch(exchange.cookie)
        return routing.Reply({'version': list(self.rest_versions)})

    def _obtain_token(self, exchange: _Exchange) -> routing.Reply:
        _allow(exchange, 'POST')
        username = exchange.raw.get('username')
        password = exchange.raw.get('password')
        if not isinstance(username, str) or not isinstance(password, str):
            raise errors.refuse('credentials_invalid')
        # A wrong password is counted, so the refusal undoes nothing.
        token = self._model.login(username, password)
        return routing.Reply({'api_token': token})

    def _open_session(self, exchange: _Exchange) -> routing.Reply:
        api_token = exchange.raw.get('api_token')
        if not isinstance(api_token, str):
            raise errors.refuse('token_invalid')
        with self._model.transaction():
            user = self._model.authenticate(api_token)
        exchange.session = self._sessions.open(user)
        return routing.Reply({'username': user})

    def _close_session(self, exchange: _Exchange) -> routing.Reply:
        _allow(exchange, 'DELETE')
        session, exchange.session = exchange.session, None
        self._sessions.close(session)
        return routing.Reply({'username': session.user})

    def _operate(self, exchange: _Exchange) -> routing.Reply:
        rest_version = routing.parse_version(exchange.rest_version)
        with self._model.transaction():
            self._model.tick()
            route, names = self._router.find(
                exchange.method, exchange.path, rest_version,
                self._model.has_volume)
            params = decoding.decode(
                route, exchange.raw, rest_version, self._strict)
            call = routing.Call(
                names, params, rest_version, exchange.session.user)
            with self._model.under(exchange.conditions):
                reply = operation.perform(self._model, route, call)
        return reply if isinstance(reply, routing.Reply) else (
            routing.Reply(reply))

    def _record(self, exchange: _Exchange, status: int | None,
                reply_size_bytes: int) -> None:
        self.traffic.end(exchange.begun, status)
        record = self.requests.append(requestlog.Record(
            method=exchange.method, path=exchange.plain_path,
            params=exchange.raw, status=status,
            rest_version=exchange.rest_version,
            user_agent=exchange.request.headers.get('User-Agent', ''),
            reply_size_bytes=reply_size_bytes, fault=exchange.fault,
            time=self._clock.now().isoformat(timespec='milliseconds')))
        LOG.debug('%s %s %r %r -> %s', record.rest_version, record.method,
                  record.path, record.params, record.status)


def _allow(exchange: _Exchange, method: str) -> None:
    if exchange.method != method:
        raise errors.refuse('method_unknown', ctx=exchange.plain_path)


def _render(body: dict | list, status: int) -> wrappers.Response:
    return wrappers.Response(
        json.dumps(body), status, content_type='application/json')


def error_body(error: errors.PurityError) -> list[dict]:
    """Purity's error body; 'pure_err_key' has to be the first key."""
    return [{'pure_err_key': 'err.friendly', 'code': failure.code,
             'ctx': failure.ctx, 'pure_err_code': 1, 'msg': failure.text}
            for failure in error.failures]


def _refusal(error: errors.PurityError, is_auth: bool) -> wrappers.Response:
    """The answer to a request that was refused.

    A list with one element for each object, but a plain object where
    authentication failed (delfin reads it so).
    """
    body = error_body(error)
    if is_auth or error.status == 401:
        return _render(body[0], error.status)
    return _render(body, error.status)
