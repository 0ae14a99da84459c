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
"""The page itself, as a browser gets it."""

import base64
import functools
import hashlib
import importlib.resources
import re

from werkzeug import wrappers

_INLINE = re.compile(r'<(script|style)>(.*?)</\1>', re.DOTALL)


def response() -> wrappers.Response:
    """window.html; nothing in it can run or load but what it came with."""
    html, policy = _page()
    return wrappers.Response(html, content_type='text/html; charset=utf-8',
                             headers={'Content-Security-Policy': policy,
                                      'Cache-Control': 'no-store',
                                      'X-Content-Type-Options': 'nosniff'})


@functools.cache
def _page() -> tuple[str, str]:
    html = importlib.resources.files(__package__).joinpath(
        'window.html').read_text(encoding='utf-8')
    hashes = {kind: base64.b64encode(
        hashlib.sha256(text.encode()).digest()).decode()
        for kind, text in _INLINE.findall(html)}
    return html, (
        f"default-src 'none'; connect-src 'self'; img-src data:; "
        f"script-src 'sha256-{hashes['script']}'; "
        f"style-src 'sha256-{hashes['style']}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
