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
"""Users of the array, their roles, passwords and API tokens."""

import secrets
import uuid

from flasharray_sim import errors
from flasharray_sim.rules import administration
from flasharray_sim.rules import core as cores
from flasharray_sim.rules import messages as message_rules
from flasharray_sim.rules import names
from flasharray_sim.rules import roles
from flasharray_sim.state import rows

LONGEST_NAME = 32
_LONGEST_PASSWORD = 100


class Admins:
    """The users of one array."""

    def __init__(self, core: cores.Core,
                 items: administration.Administration,
                 messages: message_rules.Messages):
        self._core = core
        self._db = core.db
        self._items = items
        self._messages = messages

    def add(self, name: str, password: str, role: str,
            api_token: str | None) -> rows.Admin:
        """A user that the array is set up with."""
        _check_role(name, role)
        return self._db.admins.insert(rows.Admin(
            self._db.next_id(), name, role, password, api_token,
            self._core.now_s() if api_token else None))

    def create(self, name: str, password: str | None, role: str
               ) -> rows.Admin:
        names.check('User', name, LONGEST_NAME)
        if self._db.admins.find('name', name.lower()):
            raise errors.refuse('admin_exists', ctx=name)
        self._check_password(name, password)
        return self.add(name, password, role, None)

    def delete(self, name: str) -> rows.Admin:
        """The users that the array is set up with stay (inferred)."""
        found = self.get(name)
        if found.name.lower() in {
                user.name.lower() for user in self._core.config.users}:
            raise errors.refuse('admin_built_in', ctx=name)
        self._db.admins.remove(found)
        return found

    def get(self, name: str) -> rows.Admin:
        found = self._db.admins.find('name', name.lower())
        if found is None:
            raise errors.refuse('admin_missing', ctx=name)
        return found

    def set_role(self, name: str, role: str) -> rows.Admin:
        _check_role(name, role)
        return self._db.admins.change(self.get(name), role=role)

    def set_password(self, name: str, password: str,
                     old_password: str | None) -> rows.Admin:
        """Refused unless the old one is right."""
        found = self.get(name)
        if not _is_same(found.password, old_password or ''):
            raise errors.refuse('password_wrong', ctx=name)
        self._check_password(name, password)
        return self._db.admins.change(found, password=password)

    def set_public_key(self, name: str, key: str | None) -> rows.Admin:
        return self._db.admins.change(
            self.get(name), public_key=key or None)

    def check_permission(self, user: str, method: str, pattern: str,
                         path_names: dict[str, str], params):
        """Refuse what the role of a user does not allow; see roles."""
        found = self._db.admins.find('name', user.lower())
        if found is None:
            raise errors.refuse('session_missing')
        role = (roles.READONLY if 'read_only' in self._core.conditions
                else found.role)
        if not roles.may(role, found.name, method, pattern,
                         path_names, params):
            raise errors.refuse('permission_denied', ctx=user)

    def authenticate(self, api_token: str) -> str:
        """Name of the user who has this token, which opens a session."""
        found = self._db.admins.find('api_token', api_token)
        if found is None or (
                found.token_expires_s is not None
                and found.token_expires_s <= self._core.now_s()):
            raise errors.refuse('token_invalid')
        self._messages.log_in(found.name)
        return found.name

    def login(self, name: str, password: str) -> str | None:
        """API token of a user, made when there is none yet.

        None when the credentials are wrong or the user is locked out;
        what a wrong password changes has to be kept.
        """
        found = self._db.admins.find('name', name.lower())
        if found is None or self.is_locked(found):
            return None
        if not _is_same(found.password, password):
            self._count_failure(found)
            return None
        self._db.admins.change(found, failed_logins=0, locked_until_s=None)
        return self.token(name)

    def token(self, name: str) -> str:
        """API token of a user, made when there is none yet."""
        found = self.get(name)
        if found.api_token is None:
            found = self._give_token(found, None)
        return found.api_token

    def is_locked(self, admin: rows.Admin) -> bool:
        return (admin.locked_until_s is not None
                and admin.locked_until_s > self._core.now_s())

    def unlock(self, name: str) -> rows.Admin:
        return self._db.admins.change(
            self.get(name), failed_logins=0, locked_until_s=None)

    def create_token(self, name: str, lifetime_s: int | None = None
                     ) -> rows.Admin:
        found = self.get(name)
        if found.api_token is not None:
            raise errors.refuse('api_token_exists', ctx=name)
        return self._give_token(found, lifetime_s)

    def delete_token(self, name: str) -> rows.Admin:
        found = self.get(name)
        if found.api_token is None:
            raise errors.refuse('api_token_missing', ctx=name)
        return self._db.admins.change(
            found, api_token=None, token_created_s=None,
            token_expires_s=None)

    def _give_token(self, admin, lifetime_s):
        now_s = self._core.now_s()
        return self._db.admins.change(
            admin, api_token=str(uuid.uuid4()), token_created_s=now_s,
            token_expires_s=lifetime_s and now_s + lifetime_s)

    def _count_failure(self, admin):
        attempts = self._items.setting('admin_settings',
                                       'max_login_attempts')
        lockout_s = self._items.setting('admin_settings',
                                        'lockout_duration')
        failed = admin.failed_logins + 1
        is_locking = bool(attempts and lockout_s and failed >= attempts)
        self._db.admins.change(
            admin, failed_logins=0 if is_locking else failed,
            locked_until_s=self._core.now_s() + lockout_s
            if is_locking else None)
        self._messages.log_in(admin.name, 'failed login')

    def _check_password(self, name, password):
        shortest = self._items.setting(
            'admin_settings', 'min_password_length')
        if not shortest <= len(password or '') <= _LONGEST_PASSWORD:
            raise errors.refuse(
                'password_invalid', ctx=name, shortest=shortest,
                longest=_LONGEST_PASSWORD)


def _check_role(name, role):
    if role not in roles.NAMES:
        raise errors.refuse('role_invalid', ctx=name)


def _is_same(kept, given):
    return secrets.compare_digest(kept.encode(), given.encode())
