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
"""Users, tokens and login (1.2, 2.10)."""

import pytest

from flasharray_sim import errors
from flasharray_sim.rules import config

TOKEN = '11111111-2222-3333-4444-555555555555'


def test_the_first_user_has_a_token_that_follows_from_the_name(make_array):
    token = make_array().login('pureuser', 'pureuser')
    assert make_array().authenticate(token) == 'pureuser'
    assert make_array(name='other').login('pureuser', 'pureuser') != token


def test_configured_users(make_array):
    array = make_array(users=(
        config.User('alice', 'a-password', api_token=TOKEN),
        config.User('bob', 'b-password', 'readonly')))
    assert array.authenticate(TOKEN) == 'alice'
    assert array.login('alice', 'a-password') == TOKEN
    assert array.authenticate(array.login('bob', 'b-password')) == 'bob'


@pytest.mark.parametrize('user, password', [
    ('pureuser', 'wrong'), ('nobody', 'pureuser'), ('pureuser', ''),
    ('pureuser', 'ä')])
def test_a_bad_login_is_refused(array, user, password):
    with pytest.raises(errors.PurityError, match='invalid credentials'):
        array.login(user, password)


def test_a_bad_token_is_refused_with_401(array):
    with pytest.raises(errors.PurityError) as caught:
        array.authenticate('none')
    assert caught.value.status == 401


def test_tokens_are_shown_once_deleted_and_made_again(array, client):
    old = array.login('pureuser', 'pureuser')
    assert client.refusal('POST', 'admin/pureuser/apitoken') == (
        'API token already created')
    assert client.delete('admin/pureuser/apitoken') == {
        'name': 'pureuser', 'api_token': None}
    assert client.refusal('DELETE', 'admin/pureuser/apitoken') == (
        'API token does not exist.')
    assert client.get('admin/pureuser/apitoken')['api_token'] is None
    assert client.get('admin', api_token=True) == []
    with pytest.raises(errors.PurityError):
        array.authenticate(old)
    made = client.post('admin/pureuser/apitoken')
    assert made['api_token'] != old
    assert array.authenticate(made['api_token']) == 'pureuser'
    hidden = made | {'api_token': '****'}
    assert client.get('admin/pureuser/apitoken') == hidden
    assert client.get('admin', api_token=True) == [hidden]
    assert client.get('admin', api_token=True, expose=True) == [made]


def test_login_makes_a_missing_token(array, client):
    client.delete('admin/pureuser/apitoken')
    token = array.login('pureuser', 'pureuser')
    assert array.login('pureuser', 'pureuser') == token


def test_users_see_only_their_own_token(array, client, client_of):
    client.post('admin/bob', password='bob', role='readonly')
    token = client_of(array, user='bob').get(
        'admin/pureuser/apitoken', expose=True)['api_token']
    assert token == '****'


def test_users_are_listed(client):
    assert client.get('admin') == [
        {'name': 'pureuser', 'role': 'array_admin', 'type': 'local'}]
    assert client.as_version('1.13').get('admin/pureuser') == {
        'name': 'pureuser', 'role': 'array_admin'}
    assert client.refusal('GET', 'admin/none') == 'User does not exist.'


def test_secrets_stay_out_of_reprs(array):
    user = config.User('alice', 'the-password', api_token=TOKEN)
    assert not {'the-password', TOKEN} & set(repr(user).split("'"))
    row = array.db.admins.find('name', 'pureuser')
    assert row.api_token not in repr(row)
    assert 'password' not in repr(row)
