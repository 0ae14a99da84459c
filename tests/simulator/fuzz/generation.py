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
"""Requests of every kind, made from the routes that the arrays declare."""

import dataclasses
import json
import urllib.parse

from hypothesis import strategies

from flasharray_sim import resources
from flasharray_sim.rules import config
from flasharray_sim.wire import routing

ROUTES = resources.ROUTES
# What the arrays of these tests have, and forms of names that they lack.
KNOWN = ('v1', 'v2', 'V1', 'gone', 'v1.a', 'v2.a', 'gone.a', 'h1', 'h2',
         'hg1', 'hg2', 'pureuser', 'pure01', 'pure02', 'ct0.eth0', 'CT0',
         'vg1', 'vg1/v1', 'pod1', 'pod1::v1', 'pg1', 'pg1.1', 'pg1.1.v1',
         'pod1::pg1', 'POD1')
FRESH = ('new', 'new-1', 'v1.new', 'vg1/new', 'pod1::new', 'pure02:pg1',
         'pure02:pg1.1.v1', 'pod1::pg1.1', 'vg2', 'pod2')
_ABSURD = (
    '\0', 'a\0b', 'x' * 10240, '.', '..', '...', 'a.b.c', 'v1.', '.a', '/',
    'a/b/c', 'v1/', '%', '%41', '%zz', '%2e%2e', '::', ':', 'a::', '::a',
    'a::b::c', 'a:b:c', '*', 'v*', '?', '[a]', 'é', '名前', '💥', '\u202e',
    'İ', '\u212a1', ' ', ' v1', 'v1 ', '\n', '\r\n', '"', "'", '`', '\\',
    '<b>', 'a,b', ',', '#', '&', '=', '+', '-', '_', '0', '1', '-1', '~',
    'null', 'true', 'None', 'pure_err_key', '../../etc/passwd', '{}', '\x7f',
    'v1/host', 'host', 'http://a', 'a' * 64, 'v1.' + '9' * 64)
ABSURD_NAMES = strategies.sampled_from(_ABSURD) | strategies.text(
    strategies.characters(exclude_categories=['Cs']), max_size=70)
NAMES = strategies.sampled_from((*KNOWN, *FRESH))
VERSIONS = strategies.sampled_from(
    ('1.19', '1.19', '1.19', *config.ALL_REST_VERSIONS))
_JSON = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers()
    | strategies.floats(allow_nan=False, allow_infinity=False)
    | strategies.text(max_size=20),
    lambda inner: strategies.lists(inner, max_size=3)
    | strategies.dictionaries(strategies.text(max_size=5), inner,
                              max_size=3), max_leaves=6)
_NUMBERS = strategies.sampled_from((
    0, 1, -1, 2, 4095, 4096, 300, 86400, 1 << 20, 1 << 30, 1 << 50, 1 << 52,
    2 ** 63, -2 ** 63, 10 ** 30, 100000000)) | strategies.integers()
_WORDS = strategies.sampled_from((
    'recover', 'monitor', 'promoted', 'demoted', 'send', 'test', 'refresh',
    'connect', 'disconnect', '1h', '24h', 'aix', 'name-', 'size', 'enabled',
    "name = 'v*'", 'not (', "size > 1 or name = 'x'", 'aWQgPSA5ODA1Mg==',
    '2018-05-12T10:55:21Z', 'iqn.2020-01.com.example:1',
    'nqn.2020-01.com.example:1', '1111222233334444', '10.1.2.3',
    '10.1.2.0/24', 'array_admin', 'readonly', ''))
_TEXTS = NAMES | _WORDS | ABSURD_NAMES
_GOOD = {
    'string': _TEXTS,
    'integer': _NUMBERS | _NUMBERS.map(str),
    'boolean': strategies.sampled_from(
        (True, False, 'true', 'False', 1, 0, '1')),
    'list': strategies.lists(_TEXTS, max_size=4) | _TEXTS,
    'size': strategies.sampled_from(
        ('1M', '2G', '1t', '100K', '', '5X', 'G', '1.5G', '-1G',
         '9' * 30 + 'P', '0', '1 G', '١G')) | _NUMBERS,
    'any': _JSON,
}
_OBJECTS = strategies.sampled_from(({}, {'a': 1}, [[]], [{}], [None]))
# No reading makes these values of the kind.
WRONG = {
    'string': _OBJECTS | strategies.booleans(),
    'integer': _OBJECTS | strategies.booleans() | strategies.sampled_from(
        ('', 'x', '1.5', 1.5, '0x10', '1e3', [], '1_0', '١')),
    'boolean': _OBJECTS | strategies.sampled_from(
        ('yes', 'enabled', 2, -1, 1.5, 'null', [])),
    'list': _OBJECTS.filter(lambda value: value != []) | (
        strategies.booleans() | strategies.integers()),
    'size': _OBJECTS | strategies.booleans() | strategies.sampled_from(
        (1.5, [], [1])),
}
UNKNOWN_PARAMETERS = strategies.sampled_from(
    ('bogus', 'Name', 'SIZE', '', ' ', 'size ', 'naïve', '\0', 'names[]',
     '__class__', 'self', 'array', 'call', 'x' * 5000))
NOT_JSON = strategies.sampled_from((
    b'{', b'}', b'{"size"', b'{"size":}', b"{'size': 1}", b'{"size": 1,}',
    b'[]', b'[1]', b'"size"', b'1', b'-', b'true', b'nul', b'NaN',
    b'{"size": NaN}', b'{"size": Infinity}', b'{"size": 01}',
    b'{"a": ' * 5000, b'[' * 200000, b'\xff\xfe', b'\0', b'{"a": "\0"}',
    b'\xef\xbb\xbf{}', b'{} {}', b'{"a": "\xc3"}', b'{"size": 1' * 3,
    b'{"size": ' + b'9' * 5000 + b'}', b'<xml/>', b'--boundary\r\n'))


@dataclasses.dataclass(frozen=True)
class Request:
    """:ivar target: path and query as they go over the line"""
    method: str
    target: bytes
    body: bytes = b''
    content_type: str = 'application/json'


def encoded(name: str, is_raw: bool) -> bytes:
    """A name in a path; raw, only what HTTP cannot carry is escaped."""
    if is_raw:
        return b''.join(
            b'%%%02X' % byte if byte <= 0x20 or byte >= 0x7f or byte in b'?#%'
            else bytes([byte]) for byte in name.encode())
    return urllib.parse.quote(name, safe='').encode()


def path(draw, route: routing.Route, names) -> bytes:
    parts = [encoded(draw(names), draw(strategies.booleans()))
             if token.startswith('{') else token.encode()
             for token in route.pattern.split('/')]
    return b'/api/%s/%s' % (draw(VERSIONS).encode(), b'/'.join(parts))


def carried(draw, method: str, target: bytes, params: dict) -> Request:
    """The parameters in the query, in a form or as JSON."""
    way = draw(strategies.sampled_from(('json', 'json', 'query', 'form')))
    if way == 'json' or not params:
        body = json.dumps(params, ensure_ascii=draw(strategies.booleans()))
        return Request(method, target, body.encode())
    form = urllib.parse.urlencode(params, doseq=True).encode()
    if way == 'query':
        return Request(method, target + b'?' + form)
    return Request(method, target, form,
                   'application/x-www-form-urlencoded')


@strategies.composite
def any_requests(draw, route: routing.Route) -> Request:
    """What a client might send, right or wrong."""
    target = path(draw, route, NAMES | NAMES | ABSURD_NAMES)
    chosen = draw(strategies.lists(
        strategies.sampled_from(route.parameters), max_size=4, unique=True)
    ) if route.parameters else []
    params = {parameter.name: draw(_values(parameter.kind))
              for parameter in chosen}
    return carried(draw, route.method, target, params)


@strategies.composite
def mistyped_requests(draw, route: routing.Route) -> Request:
    """One parameter has a value that is not of its kind."""
    parameter = draw(strategies.sampled_from(
        [one for one in route.parameters if one.kind in WRONG]))
    return Request(
        route.method, path(draw, route, NAMES),
        json.dumps({parameter.name: draw(WRONG[parameter.kind])}).encode())


@strategies.composite
def undeclared_requests(draw, route: routing.Route) -> Request:
    """One parameter is none that the route has."""
    target = path(draw, route, NAMES)
    return carried(draw, route.method, target, {
        draw(UNKNOWN_PARAMETERS): draw(_TEXTS)})


def malformed_requests(route: routing.Route):
    return strategies.composite(lambda draw: Request(
        route.method, path(draw, route, NAMES), draw(NOT_JSON)))()


def _values(kind):
    values = _GOOD[kind] | _GOOD[kind] | strategies.none() | _JSON
    return values | WRONG[kind] if kind in WRONG else values
