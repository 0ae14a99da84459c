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
"""Every refusal of the array has one type, provoked for real."""

import pytest
import requests

from pure_cinder.array import errors

GIB = 1024 ** 3
CONTEXT = {'array': 'array-1', 'request': 'POST volume/v',
           'request_id': 'pure-1'}


def destroyed_volume(gateway):
    gateway.volumes.create('v', GIB)
    gateway.volumes.destroy('v')
    gateway.volumes.extend('v', 2 * GIB)


def same_volume_twice(gateway):
    gateway.volumes.create('v', GIB)
    gateway.volumes.create('v', GIB)


def not_connected(gateway):
    gateway.volumes.create('v', GIB)
    gateway.hosts.create('h', 'iqn', ['iqn.2001-01.org.example:h'])
    gateway.connections.remove('h', 'v')


def initiator_of_another(gateway):
    gateway.hosts.create('h', 'iqn', ['iqn.2001-01.org.example:h'])
    gateway.hosts.create('i', 'iqn', ['iqn.2001-01.org.example:h'])


def host_in_use(gateway):
    gateway.volumes.create('v', GIB)
    gateway.hosts.create('h', 'iqn', ['iqn.2001-01.org.example:h'])
    gateway.connections.ensure('h', 'v')
    gateway.hosts.delete('h')


def connect_to_missing_host(gateway):
    gateway.volumes.create('v', GIB)
    gateway.connections.ensure('h', 'v')


def connect_missing_volume(gateway):
    gateway.hosts.create('h', 'iqn', ['iqn.2001-01.org.example:h'])
    gateway.connections.ensure('h', 'v')


def shrink(gateway):
    gateway.volumes.create('v', 2 * GIB)
    gateway.volumes.extend('v', GIB)


@pytest.mark.parametrize('provoke, expected', [
    (lambda gateway: gateway.volumes.destroy('v'),
     errors.ArrayNotFoundError),
    (lambda gateway: gateway.volumes.destroy('v.s'),
     errors.ArrayNotFoundError),
    (lambda gateway: gateway.hosts.delete('h'),
     errors.ArrayHostNotFoundError),
    (connect_to_missing_host, errors.ArrayHostNotFoundError),
    (connect_missing_volume, errors.ArrayNotFoundError),
    (destroyed_volume, errors.ArrayPendingEradicationError),
    (same_volume_twice, errors.ArrayAlreadyExistsError),
    (not_connected, errors.ArrayNotConnectedError),
    (initiator_of_another, errors.ArrayInitiatorInUseError),
    (host_in_use, errors.ArrayHasConnectionsError),
    (shrink, errors.ArrayRefusedError),
    (lambda gateway: gateway.volumes.create('-', GIB),
     errors.ArrayRefusedError)])
def test_refusal(gateway, array, provoke, expected):
    with pytest.raises(errors.ArrayError) as caught:
        provoke(gateway)
    assert type(caught.value) is expected
    assert array.address in str(caught.value)
    assert caught.value.status == 400


@pytest.mark.parametrize('status, body, expected', [
    (403, '<html>No.</html>', errors.ArrayPermissionError),
    (403, '[{"ctx": "v", "msg": "No."}]', errors.ArrayPermissionError),
    (404, '<html>No.</html>', errors.ArrayProtocolError),
    (404, '[{"ctx": "v", "msg": "No."}]', errors.ArrayRefusedError)])
def test_status(status, body, expected):
    error = errors.from_response(status, body, array='a', request='GET v',
                                 request_id='1')
    assert type(error) is expected


@pytest.mark.parametrize('status', [403, 404, 409, 422])
def test_words_of_purity_count_with_any_status(status):
    error = errors.from_response(
        status, '[{"ctx": "v", "msg": "Volume does not exist."}]', **CONTEXT)
    assert type(error) is errors.ArrayNotFoundError


@pytest.mark.parametrize('body', [
    '<html>The page does not exist.</html>', '{"msg": "does not exist"}',
    '["does not exist"]', ''])
def test_404_without_words_of_purity_is_somebody_else(body):
    error = errors.from_response(404, body, **CONTEXT)
    assert type(error) is errors.ArrayProtocolError


@pytest.mark.parametrize('text, expected', [
    ('Eradication is disabled.', errors.ArrayEradicationDisabledError),
    ('Volume limit reached.', errors.ArrayLimitReachedError),
    ('Connection does not exist.', errors.ArrayNotConnectedError),
    ('No such volume or snapshot.', errors.ArrayNotFoundError),
    ('LUN is already in use.', errors.ArrayLunInUseError),
    ('Volume already belongs to pg.', errors.ArrayAlreadyMemberError),
    ('Volume could not be found in pg.', errors.ArrayNotMemberError),
    ('Protection group already includes array-2.',
     errors.ArrayTargetKnownError),
    ('Protection group is already allowed on array-2.',
     errors.ArrayAlreadyAllowedError),
    ('Something that nobody has seen.', errors.ArrayRefusedError)])
def test_text(text, expected):
    body = '[{"ctx": "v", "msg": "%s"}]' % text
    error = errors.from_response(400, body, **CONTEXT)
    assert type(error) is expected
    assert 'v: ' + text in str(error)
    assert 'pure-1' in str(error)


@pytest.mark.parametrize('text', [
    '', '<html>Bad gateway</html>', '[]', '{"odd": 1}', '[1]',
    '[{"msg": "Something new."}]', 'null'])
def test_any_body_makes_an_error(text):
    error = errors.from_response(400, text, **CONTEXT)
    assert type(error) is errors.ArrayRefusedError
    assert 'POST volume/v' in str(error)


def test_error_text_masks_a_token():
    error = errors.from_response(
        400, '{"msg": "bad", "ctx": "api_token=902fdca3-7e3f"}', **CONTEXT)
    assert '902fdca3' not in str(error)


@pytest.mark.parametrize('error, expected', [
    (requests.ConnectTimeout('slow'), errors.ArrayUnreachableError),
    (requests.ReadTimeout('slow'), errors.ArrayOutcomeUnknownError),
    (requests.ConnectionError('reset'), errors.ArrayOutcomeUnknownError),
    (requests.exceptions.ChunkedEncodingError('cut'),
     errors.ArrayOutcomeUnknownError)])
def test_transport(error, expected):
    assert type(errors.from_transport(error, **CONTEXT)) is expected


def test_transport_error_with_a_number_tells_its_text():
    error = errors.from_transport(OSError(24, 'Too many open files'),
                                  **CONTEXT)
    assert 'Too many open files' in str(error)
