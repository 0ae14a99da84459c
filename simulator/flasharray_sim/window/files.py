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
"""The page itself and what belongs to it, as a browser gets them."""

import functools
import importlib.resources

from werkzeug import exceptions
from werkzeug import wrappers

START = 'index.html'
_TYPES = {'html': 'text/html', 'css': 'text/css', 'js': 'text/javascript'}
# Nothing can run or load but the files that are served here.
_HEADERS = {
    'Content-Security-Policy':
        "default-src 'none'; connect-src 'self'; img-src data:; "
        "script-src 'self'; style-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'",
    'Cache-Control': 'no-store',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff'}


def response(name: str) -> wrappers.Response:
    """One of the files; raises NotFound for what is none of them."""
    content = _files().get(name)
    if content is None:
        raise exceptions.NotFound(f'the window has no {name}')
    kind = _TYPES[name.rpartition('.')[2]]
    return wrappers.Response(
        content, content_type=f'{kind}; charset=utf-8', headers=_HEADERS)


def names() -> list[str]:
    return list(_files())


@functools.cache
def _files() -> dict[str, bytes]:
    return {file.name: file.read_bytes()
            for file in importlib.resources.files(__package__).joinpath(
                'page').iterdir()}
