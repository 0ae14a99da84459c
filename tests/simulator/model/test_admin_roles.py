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
"""Users, roles, passwords, lockouts (2.10)."""

import pytest

from flasharray_sim import errors

ROLES = ('array_admin', 'ops_admin', 'readonly', 'storage_admin')


@pytest.fixture
def client_as(client, client_of):
    """Make a client whose user has a role."""
    def made(role):
        client.post(f'admin/{role.replace("_", "-")}', password='secret',
                    role=role)
        return client_of(client.array, user=role.replace('_', '-'))
    return made


def is_allowed(client, method, path, **params):
    """Whether a request is not refused with 403."""
    try:
        client._ask(method, path, params)
    except errors.PurityError as error:
        assert (error.status, error.text) == (
            403, 'Operation not permitted.')
        return False
    return True


@pytest.mark.parametrize('role, allowed', [
    ('array_admin', {'volume', 'host', 'alert', 'assist'}),
    ('ops_admin', {'assist'}),
    ('readonly', set()),
    ('storage_admin', {'volume', 'host'})])
def test_what_a_role_may_write(client_as, role, allowed):
    client = client_as(role)
    attempts = {
        'volume': ('POST', 'volume/v1', {'size': '1G'}),
        'host': ('POST', 'host/h1', {}),
        'alert': ('POST', 'alert/a@example.com', {}),
        'assist': ('PUT', 'array/remoteassist', {'action': 'connect'})}
    assert {name for name, (method, path, params) in attempts.items()
            if is_allowed(client, method, path, **params)} == allowed


@pytest.mark.parametrize('role', ROLES)
def test_everyone_may_read(client_as, role):
    client = client_as(role)
    for path in ('volume', 'admin', 'message', 'array', 'cert'):
        assert is_allowed(client, 'GET', path)


def test_a_refused_write_changes_nothing_and_is_not_noted(client_as):
    client = client_as('readonly')
    before = client.get('message', audit=True)
    assert not is_allowed(client, 'POST', 'volume/v1', size='1G')
    assert client.get('volume') == []
    assert client.get('message', audit=True) == before


def test_own_accounts_are_for_everyone(client, client_as):
    readonly = client_as('readonly')
    assert readonly.post('admin/readonly/apitoken')['api_token']
    assert readonly.put('admin/Readonly', password='another',
                        old_password='secret') == {'name': 'readonly'}
    for method, path, params in (
            ('PUT', 'admin/readonly', {'role': 'array_admin'}),
            ('DELETE', 'admin/readonly', {}),
            ('DELETE', 'admin/pureuser/apitoken', {})):
        assert not is_allowed(readonly, method, path, **params)


def test_a_new_role_counts_at_once_and_a_lost_user_has_no_session(
        client, client_as):
    user = client_as('readonly')
    client.put('admin/readonly', role='storage_admin')
    assert is_allowed(user, 'POST', 'volume/v1', size='1G')
    client.delete('admin/readonly')
    with pytest.raises(errors.PurityError) as caught:
        user.get('volume')
    assert caught.value.status == 401


def test_life_of_a_user(client):
    assert client.post('admin/bob', password='b', role='ops_admin') == {
        'name': 'bob', 'role': 'ops_admin', 'type': 'local'}
    assert client.post('admin/eve', password='e')['role'] == 'readonly'
    assert client.names('admin') == ['pureuser', 'bob', 'eve']
    assert client.put('admin/bob', role='readonly')['role'] == 'readonly'
    assert client.get('admin/BOB')['role'] == 'readonly'
    assert client.put('admin/bob', action='refresh', clear=True)[
        'name'] == 'bob'
    assert client.put('admin', action='refresh', clear=True) == {
        'name': '[ALL]', 'role': None}
    assert client.delete('admin/bob') == {'name': 'bob'}
    for method, path, params, text in (
            ('GET', 'admin/bob', {}, 'User does not exist.'),
            ('POST', 'admin/EVE', {'password': 'x'}, 'User already exists.'),
            ('POST', 'admin/x', {'password': 'x', 'role': 'king'},
             'Invalid role.'),
            ('POST', 'admin/x', {}, 'Password must be between 1 and 100 '
                                    'characters.'),
            ('DELETE', 'admin/pureuser', {},
             'Built-in user cannot be deleted.'),
            ('PUT', 'admin/eve', {}, 'No attribute specified.'),
            ('PUT', 'admin/eve', {'password': 'n', 'old_password': 'x'},
             'Old password is incorrect.')):
        assert client.refusal(method, path, **params) == text


def test_a_new_password_is_for_logins(array, client):
    client.put('admin/pureuser', password='new', old_password='pureuser')
    with pytest.raises(errors.PurityError):
        array.login('pureuser', 'pureuser')
    assert array.login('pureuser', 'new')


def test_public_keys_are_hidden(client):
    assert client.get('admin', publickey=True) == []
    hidden = {'name': 'pureuser', 'publickey': '****'}
    assert client.put('admin/pureuser', publickey='ssh-rsa AAAA') == hidden
    assert client.get('admin', publickey=True) == [hidden]
    assert client.get('admin/pureuser', publickey=True) == hidden


def test_tokens_may_expire(array, client, clock):
    client.post('admin/bob', password='b')
    made = client.post('admin/bob/apitoken', timeout=60)
    assert made['expires'] > made['created']
    assert array.authenticate(made['api_token']) == 'bob'
    clock.advance(60)
    with pytest.raises(errors.PurityError):
        array.authenticate(made['api_token'])


def fail_to_log_in(array, times):
    for _number in range(times):
        with pytest.raises(errors.PurityError,
                           match='invalid credentials'):
            array.login('pureuser', 'wrong')


def test_wrong_passwords_lock_a_user_out_for_a_while(array, client, clock):
    client.put('admin/settings', max_login_attempts=3, lockout_duration=300)
    fail_to_log_in(array, 2)
    assert array.login('pureuser', 'pureuser')
    fail_to_log_in(array, 2)
    assert client.get('admin', lockout=True) == []
    fail_to_log_in(array, 1)
    locked = {'name': 'pureuser', 'type': 'local', 'locked': True,
              'lockout_remaining': 300}
    assert client.get('admin', lockout=True) == [locked]
    with pytest.raises(errors.PurityError):
        array.login('pureuser', 'pureuser')
    clock.advance(300)
    assert client.get('admin/pureuser', lockout=True)['locked'] is False
    assert array.login('pureuser', 'pureuser')


def test_a_user_can_be_unlocked(array, client):
    client.put('admin/settings', max_login_attempts=1, lockout_duration=300)
    fail_to_log_in(array, 1)
    assert client.delete('admin/pureuser/lockout')['locked'] is False
    assert array.login('pureuser', 'pureuser')


def test_settings_of_all_users(client):
    assert client.get('admin/settings') == {
        'min_password_length': 1, 'max_login_attempts': None,
        'lockout_duration': None}
    assert client.put('admin/settings', min_password_length=8)[
        'min_password_length'] == 8
    assert client.refusal('POST', 'admin/bob', password='short') == (
        'Password must be between 8 and 100 characters.')
    assert client.refusal('PUT', 'admin/settings', min_password_length=0
                          ) == ('Invalid value for parameter '
                                'min_password_length.')
