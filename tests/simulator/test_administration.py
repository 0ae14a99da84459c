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
"""Roles, lockouts, releases: as clients meet them over HTTPS."""

import purestorage
import pytest

import flasharray_sim


@pytest.fixture
def sdk(simulator):
    """Make a client: sdk(username='bob', password='secret')."""
    def made(array=None, **credentials):
        return purestorage.FlashArray(
            (array or simulator.arrays[0]).address, **credentials,
            request_kwargs={'verify': simulator.certificate_path,
                            'timeout': 30})
    return made


def test_a_readonly_token_reads_and_does_not_write(client, sdk):
    client.create_admin('bob', password='secret', role='readonly')
    token = client.create_api_token('bob')['api_token']
    reader = sdk(api_token=token)
    client.create_volume('v1', '1G')
    assert [row['name'] for row in reader.list_volumes()] == ['v1']
    with pytest.raises(purestorage.PureHTTPError) as caught:
        reader.destroy_volume('v1')
    assert caught.value.code == 403
    assert 'Operation not permitted.' in caught.value.text
    assert [row['name'] for row in client.list_volumes()] == ['v1']


def test_wrong_passwords_are_counted_though_they_are_refused(client, sdk):
    client.create_admin('bob', password='secret')
    client.set_global_admin_attributes(
        max_login_attempts=2, lockout_duration=60)
    for _number in range(2):
        with pytest.raises(purestorage.PureHTTPError):
            sdk(username='bob', password='wrong')
    [locked] = client.list_locked_admins_lockout_info()
    assert (locked['name'], locked['lockout_remaining']) == ('bob', 60)
    with pytest.raises(purestorage.PureHTTPError):
        sdk(username='bob', password='secret')
    client.unlock_admin('bob')
    assert sdk(username='bob', password='secret').list_volumes() == []


def test_a_user_who_is_deleted_loses_the_session(client, sdk):
    client.create_admin('bob', password='secret')
    user = sdk(username='bob', password='secret')
    client.delete_admin('bob')
    with pytest.raises(purestorage.PureHTTPError) as caught:
        user.list_volumes()
    assert caught.value.code == 401


def test_the_audit_log_has_no_secrets(client):
    client.create_admin('bob', password='the-secret')
    client.connect_s3_offload('s3', access_key_id='a', bucket='b',
                              secret_access_key='the-secret')
    rows = client.list_messages(audit=True)
    assert [(row['user'], row['component_name']) for row in rows] == [
        ('pureuser', 'bob'), ('pureuser', 's3')]
    assert 'the-secret' not in str(rows)


def test_an_array_of_purity_5_3_offers_what_it_had():
    with flasharray_sim.Simulator(arrays=[
            {'name': 'old', 'purity_version': '5.3.0'}]) as running:
        [array] = running.arrays
        assert array.rest_versions[-1] == '1.17'
        options = {'api_token': array.api_token, 'request_kwargs': {
            'verify': running.certificate_path, 'timeout': 30}}
        client = purestorage.FlashArray(array.address, **options)
        assert client.get_rest_version() == '1.17'
        assert client.get()['version'] == '5.3.0'
        client.create_volume('v1', '1G')
        with pytest.raises(purestorage.PureHTTPError) as caught:
            client.add_tag_to_volume('v1', 'key', 'value')
        # To this version the path is a volume of volume group v1.
        assert caught.value.code == 400
        with pytest.raises(purestorage.PureHTTPError) as caught:
            client.demote_volume('v1')
        assert 'requested_promotion_state' in caught.value.text
        with pytest.raises(ValueError, match='Array is incompatible'):
            purestorage.FlashArray(
                array.address, rest_version='1.19', **options)
