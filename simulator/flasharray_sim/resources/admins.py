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
"""Users, their roles, keys, lockouts and API tokens: `admin` (2.10)."""

from flasharray_sim import errors
from flasharray_sim.resources import listing
from flasharray_sim.resources import parameters
from flasharray_sim.resources import shapes
from flasharray_sim.rules import array as arrays
from flasharray_sim.rules import roles
from flasharray_sim.wire import routing

_HIDDEN = '****'
# Purity's name for all users at once.
_EVERYONE = '[ALL]'


def list_admins(array: arrays.Array, call: routing.Call):
    """GET admin: users, or those who have what a flag asks for."""
    shown, has = _view(array, call)
    admins = listing.chosen(
        call, array.db.admins.select('all', 'all'), array.admins.get)
    return listing.reply(
        array, call, [admin for admin in admins if has(admin)],
        lambda admin: shown(array, call, admin))


def get_admin(array: arrays.Array, call: routing.Call):
    """GET admin/A."""
    shown, _has = _view(array, call)
    return shown(array, call, array.admins.get(call.names['admin']))


def create_admin(array: arrays.Array, call: routing.Call):
    """POST admin/A with `password` and `role`."""
    return _admin(array, call, array.admins.create(
        call.names['admin'], call.get('password'),
        call.get('role') or roles.READONLY))


def change_admin(array: arrays.Array, call: routing.Call):
    """PUT admin/A: role, password, public key, or `action=refresh`."""
    name = call.names['admin']
    admin = array.admins.get(name)
    if call.get('action') is not None:
        if call.get('action') != 'refresh' or set(call.params) > {
                'action', 'clear'}:
            raise errors.refuse('parameters_invalid', ctx=name)
        return _admin(array, call, admin)
    if not call.params:
        raise errors.refuse('no_attribute', ctx=name)
    body = {'name': admin.name}
    if call.get('password') is not None:
        array.admins.set_password(
            name, call.get('password'), call.get('old_password'))
    elif 'old_password' in call.params:
        raise errors.refuse('parameters_invalid', ctx=name)
    if 'publickey' in call.params:
        body |= _public_key(array, call, array.admins.set_public_key(
            name, call.get('publickey')))
    if call.get('role') is not None:
        body |= _admin(array, call, array.admins.set_role(
            name, call.get('role')))
    return body


def refresh_admins(array: arrays.Array, call: routing.Call):
    """PUT admin: forget what the directory said; there is no cache."""
    if call.get('action') != 'refresh' or not call.flag('clear'):
        raise errors.refuse('parameters_invalid')
    return {'name': _EVERYONE, 'role': None}


def delete_admin(array: arrays.Array, call: routing.Call):
    """DELETE admin/A."""
    return {'name': array.admins.delete(call.names['admin']).name}


def unlock_admin(array: arrays.Array, call: routing.Call):
    """DELETE admin/A/lockout."""
    return _lockout(array, call, array.admins.unlock(call.names['admin']))


def create_token(array: arrays.Array, call: routing.Call):
    """POST admin/A/apitoken: the one reply with the whole token."""
    lifetime_s = call.get('timeout')
    if lifetime_s is not None and lifetime_s < 1:
        raise errors.refuse('parameter_value', parameter='timeout')
    admin = array.admins.create_token(call.names['admin'], lifetime_s)
    return _token(array, call, admin) | {'api_token': admin.api_token}


def get_token(array: arrays.Array, call: routing.Call):
    """GET admin/A/apitoken."""
    return _token(array, call, array.admins.get(call.names['admin']))


def delete_token(array: arrays.Array, call: routing.Call):
    """DELETE admin/A/apitoken."""
    return {'name': array.admins.delete_token(call.names['admin']).name,
            'api_token': None}


def _admin(array, call, admin):
    body = {'name': admin.name, 'role': admin.role}
    if call.rest_version >= (1, 14):
        body['type'] = 'local'
    return body


def _public_key(array, call, admin):
    return {'name': admin.name,
            'publickey': _HIDDEN if admin.public_key else None}


def _lockout(array, call, admin):
    """The keys are inferred."""
    is_locked = array.admins.is_locked(admin)
    return {'name': admin.name, 'type': 'local', 'locked': is_locked,
            'lockout_remaining': admin.locked_until_s - array.core.now_s()
            if is_locked else None}


def _token(array, call, admin):
    """Users see their own token in clear when they ask with `expose`."""
    is_exposed = call.flag('expose') and call.user == admin.name
    token = admin.api_token
    expires_s = admin.token_expires_s
    return {'name': admin.name,
            'api_token': token if is_exposed or token is None else _HIDDEN,
            'created': None if token is None
            else shapes.iso(admin.token_created_s),
            'expires': None if expires_s is None else shapes.iso(expires_s)}


_VIEWS = {
    'api_token': (_token, lambda array, admin: admin.api_token),
    'publickey': (_public_key, lambda array, admin: admin.public_key),
    'lockout': (_lockout, lambda array, admin:
                array.admins.is_locked(admin)),
}


def _view(array, call):
    wanted = [flag for flag in _VIEWS if call.flag(flag)]
    if len(wanted) > 1:
        raise errors.refuse('parameters_invalid')
    if not wanted:
        return _admin, lambda admin: True
    shown, has = _VIEWS[wanted[0]]
    return shown, lambda admin: has(array, admin)


_EXPOSE = parameters.flags('expose')
_FLAGS = (*parameters.flags('api_token', 'publickey'), *_EXPOSE,
          routing.Parameter('lockout', 'boolean', since='1.16'))
_ROLE = routing.Parameter('role', 'string', since='1.14')
_ACTION = (*parameters.texts('action'), *parameters.flags('clear'))

ROUTES = (
    routing.Route('GET', 'admin', list_admins,
                  (*_FLAGS, *parameters.COLLECTION)),
    routing.Route('PUT', 'admin', refresh_admins, _ACTION),
    routing.Route('GET', 'admin/{admin}', get_admin, _FLAGS),
    routing.Route('POST', 'admin/{admin}', create_admin,
                  (*parameters.texts('password'), _ROLE), since='1.14'),
    routing.Route('PUT', 'admin/{admin}', change_admin,
                  (*parameters.texts('password', 'old_password',
                                     'publickey'), _ROLE, *_ACTION)),
    routing.Route('DELETE', 'admin/{admin}', delete_admin, since='1.14'),
    routing.Route('DELETE', 'admin/{admin}/lockout', unlock_admin,
                  since='1.16'),
    routing.Route('POST', 'admin/{admin}/apitoken', create_token,
                  (routing.Parameter('timeout', 'integer'),)),
    routing.Route('GET', 'admin/{admin}/apitoken', get_token, _EXPOSE),
    routing.Route('DELETE', 'admin/{admin}/apitoken', delete_token),
)
