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
"""Users of the array and their API tokens."""

import secrets
import uuid

from pure_cinder.simulator import errors
from pure_cinder.simulator.rules import core as cores
from pure_cinder.simulator.state import rows


class Admins:
    """The users of one array."""

    def __init__(self, core: cores.Core):
        self._core = core
        self._db = core.db

    def add(self, name: str, password: str, role: str,
            api_token: str | None) -> rows.Admin:
        return self._db.admins.insert(rows.Admin(
            self._db.next_id(), name, role, password, api_token,
            self._core.now_s() if api_token else None))

    def get(self, name: str) -> rows.Admin:
        found = self._db.admins.find('name', name.lower())
        if found is None:
            raise errors.refuse('admin_missing', ctx=name)
        return found

    def authenticate(self, api_token: str) -> str:
        """Name of the user who has this token."""
        found = self._db.admins.find('api_token', api_token)
        if found is None:
            raise errors.refuse('token_invalid')
        return found.name

    def login(self, name: str, password: str) -> str:
        """API token of a user, made when there is none yet."""
        found = self._db.admins.find('name', name.lower())
        if found is None or not secrets.compare_digest(
                found.password.encode(), password.encode()):
            raise errors.refuse('credentials_invalid')
        if found.api_token is None:
            found = self._give_token(found)
        return found.api_token

    def create_token(self, name: str) -> rows.Admin:
        found = self.get(name)
        if found.api_token is not None:
            raise errors.refuse('api_token_exists', ctx=name)
        return self._give_token(found)

    def delete_token(self, name: str) -> rows.Admin:
        found = self.get(name)
        if found.api_token is None:
            raise errors.refuse('api_token_missing', ctx=name)
        return self._db.admins.change(
            found, api_token=None, token_created_s=None)

    def _give_token(self, admin):
        return self._db.admins.change(
            admin, api_token=str(uuid.uuid4()),
            token_created_s=self._core.now_s())
