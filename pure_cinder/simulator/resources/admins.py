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
"""Users and their API tokens: `admin` (2.10), as far as login needs."""

from pure_cinder.simulator.resources import listing
from pure_cinder.simulator.resources import parameters
from pure_cinder.simulator.resources import shapes
from pure_cinder.simulator.rules import array as arrays
from pure_cinder.simulator.wire import routing

_HIDDEN = '****'


def list_admins(array: arrays.Array, call: routing.Call):
    """GET admin: users, or their tokens."""
    admins = listing.chosen(
        call, array.db.admins.select('all', 'all'), array.admins.get)
    if call.flag('api_token'):
        return listing.reply(
            array, call, [admin for admin in admins if admin.api_token],
            lambda admin: _token(call, admin))
    return listing.reply(
        array, call, admins, lambda admin: _admin(call, admin))


def get_admin(array: arrays.Array, call: routing.Call):
    """GET admin/A."""
    return _admin(call, array.admins.get(call.names['admin']))


def create_token(array: arrays.Array, call: routing.Call):
    """POST admin/A/apitoken: the one reply with the whole token."""
    admin = array.admins.create_token(call.names['admin'])
    return _token(call, admin) | {'api_token': admin.api_token}


def get_token(array: arrays.Array, call: routing.Call):
    """GET admin/A/apitoken."""
    return _token(call, array.admins.get(call.names['admin']))


def delete_token(array: arrays.Array, call: routing.Call):
    """DELETE admin/A/apitoken."""
    return {'name': array.admins.delete_token(call.names['admin']).name}


def _admin(call, admin):
    body = {'name': admin.name, 'role': admin.role}
    if call.rest_version >= (1, 14):
        body['type'] = 'local'
    return body


def _token(call, admin):
    """Users see their own token in clear when they ask with `expose`."""
    is_exposed = call.flag('expose') and call.user == admin.name
    token = admin.api_token
    return {'name': admin.name,
            'api_token': token if is_exposed or token is None else _HIDDEN,
            'created': None if token is None
            else shapes.iso(admin.token_created_s),
            'expires': None}


_EXPOSE = parameters.flags('expose')

ROUTES = (
    routing.Route('GET', 'admin', list_admins,
                  (*parameters.flags('api_token'), *_EXPOSE,
                   *parameters.COLLECTION)),
    routing.Route('GET', 'admin/{admin}', get_admin),
    routing.Route('POST', 'admin/{admin}/apitoken', create_token),
    routing.Route('GET', 'admin/{admin}/apitoken', get_token, _EXPOSE),
    routing.Route('DELETE', 'admin/{admin}/apitoken', delete_token),
)
