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
"""From query string and body to parameters of the declared kinds.

Clients differ: the SDK sends JSON also with GET and 'null' for nothing,
others send strings in the query or forms that claim to be JSON.
"""

import json
import re
from typing import Any
import urllib.parse

from flasharray_sim import errors
from flasharray_sim.wire import routing

BODY_LIMIT_BYTES = 8 * 1024 * 1024
_DEEPEST = 32
_FORM_TYPE = 'application/x-www-form-urlencoded'
_FORM = re.compile(r'[^\s{}\[\]"=&]+=')
_INTEGER = re.compile(r'[+-]?[0-9]{1,20}\Z')
# A bare '?space' is a flag that is set (INF).
_TRUE = frozenset(('true', '1', ''))
_FALSE = frozenset(('false', '0'))


def read_body(stream, content_type: str) -> dict[str, Any]:
    """Read what a request carries as an object of raw parameters.

    :raises PurityError: too large, or neither a JSON object nor a form
    """
    body = stream.read(BODY_LIMIT_BYTES + 1)
    if len(body) > BODY_LIMIT_BYTES:
        raise errors.refuse('body_too_large')
    try:
        text = body.decode('utf-8').strip()
    except UnicodeDecodeError:
        raise errors.refuse('body_malformed', reason='not UTF-8') from None
    if not text:
        return {}
    if _FORM_TYPE in content_type or _FORM.match(text):
        return parse_form(text)
    return _parse_json(text)


def _parse_json(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise errors.refuse('body_malformed', reason='not JSON') from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise errors.refuse('body_malformed', reason='not an object')
    if _is_deep(value):
        raise errors.refuse('body_malformed', reason='nested too deeply')
    if '\\u' in text:
        _check_unicode(value)
    return value


def _check_unicode(value: dict[str, Any]) -> None:
    """Refuse half a surrogate pair, which JSON can write: "\\ud800"."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise errors.refuse('body_malformed', reason='not Unicode') from None


def _is_deep(value: dict[str, Any]) -> bool:
    level = [value]
    for _ in range(_DEEPEST):
        level = [inner for outer in level
                 for inner in (outer.values() if isinstance(outer, dict)
                               else outer)
                 if isinstance(inner, (dict, list))]
    return bool(level)


def _refuse_constant(name: str):
    raise ValueError(f'{name} is not JSON')


def parse_form(text: str) -> dict[str, Any]:
    """Parameters of a query string or form; a repeated one is a list."""
    params: dict[str, Any] = {}
    try:
        pairs = urllib.parse.parse_qsl(
            text, keep_blank_values=True, max_num_fields=10000)
    except ValueError:
        raise errors.refuse(
            'body_malformed', reason='too many fields') from None
    for name, value in pairs:
        if name not in params:
            params[name] = value
        elif isinstance(params[name], list):
            params[name].append(value)
        else:
            params[name] = [params[name], value]
    return params


def decode(route: routing.Route, raw: dict[str, Any],
           rest_version: tuple[int, int], strict: bool) -> dict[str, Any]:
    """Turn raw parameters into those that the route declares.

    :raises PurityError: a value of another kind; in strict mode also a
        parameter that the route does not have in this REST version
    """
    served = {parameter.name: parameter for parameter in route.parameters
              if parameter.is_served_by(rest_version)}
    if strict:
        for name in raw:
            if name not in served:
                raise errors.refuse('parameter_unknown', parameter=name)
    return {name: _convert(served[name], value)
            for name, value in raw.items() if name in served}


def _convert(parameter: routing.Parameter, value: Any) -> Any:
    if value is None or parameter.kind == 'any':
        return value
    try:
        return _CONVERTERS[parameter.kind](value)
    except ValueError:
        raise errors.refuse(
            'parameter_value', parameter=parameter.name) from None


def _string(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    raise ValueError('not a string')


def _integer(value: Any) -> int:
    if isinstance(value, str) and _INTEGER.match(value):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError('not an integer')


def _boolean(value: Any) -> bool:
    text = str(value).lower()
    if isinstance(value, (bool, int, str)):
        if text in _TRUE:
            return True
        if text in _FALSE:
            return False
    raise ValueError('not a boolean')


def _list(value: Any) -> list[str]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(',')] if value else []
    if isinstance(value, list):
        return [_string(part) for part in value]
    raise ValueError('not a list')


def _size(value: Any) -> int | str:
    return value if isinstance(value, str) else _integer(value)


_CONVERTERS = {
    'string': _string,
    'integer': _integer,
    'boolean': _boolean,
    'list': _list,
    'size': _size,
}
