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
"""What users of each role may do (names from Ansible, the rest inferred).

Everyone may read, and look after their own account.
"""

ARRAY_ADMIN = 'array_admin'
READONLY = 'readonly'
# Role -> first parts of the paths that it may write to; None is all.
_WRITES: dict[str, frozenset[str] | None] = {
    ARRAY_ADMIN: None,
    'ops_admin': frozenset(('array/remoteassist',)),
    READONLY: frozenset(),
    'storage_admin': frozenset((
        'volume', 'host', 'hgroup', 'pgroup', 'pod', 'vgroup')),
}
NAMES = tuple(_WRITES)
_OWN_ACCOUNT = ('admin/{admin}', 'admin/{admin}/apitoken')
_OWN_FIELDS = frozenset(('password', 'old_password', 'publickey', 'timeout'))


def may(role: str, user: str, method: str, pattern: str,
        names: dict[str, str], params) -> bool:
    """Whether a user with this role may send such a request.

    :param pattern: of the route, e.g. 'host/{host}/volume/{volume}'
    """
    if method == 'GET':
        return True
    allowed = _WRITES[role]
    if allowed is None or pattern.partition('/')[0] in allowed or (
            pattern in allowed):
        return True
    return (pattern in _OWN_ACCOUNT
            and names['admin'].lower() == user.lower()
            and set(params) <= _OWN_FIELDS
            and (method, pattern) != ('DELETE', 'admin/{admin}'))
