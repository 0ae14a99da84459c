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
"""Parameters in all the encodings that clients use."""

import io
import json

import pytest

from flasharray_sim import errors
from flasharray_sim.wire import decoding
from flasharray_sim.wire import routing

ROUTE = routing.Route('GET', 'volume', lambda array, call: [], (
    routing.Parameter('text', 'string'),
    routing.Parameter('lun', 'integer'),
    routing.Parameter('pending', 'boolean'),
    routing.Parameter('names', 'list'),
    routing.Parameter('size', 'size'),
    routing.Parameter('whatever', 'any'),
    routing.Parameter('pgroup', 'boolean', until='1.3'),
    routing.Parameter('qos', 'boolean', since='1.14')))


def decode(raw, rest_version=(1, 13), strict=True):
    return decoding.decode(ROUTE, raw, rest_version, strict)


def read(body, content_type='application/json'):
    return decoding.read_body(io.BytesIO(body), content_type)


@pytest.mark.parametrize('value,expected', [
    (True, True), ('true', True), ('True', True), ('TRUE', True), (1, True),
    ('1', True), ('', True), (False, False), ('false', False), (0, False),
    ('False', False), ('0', False)])
def test_boolean(value, expected):
    assert decode({'pending': value}) == {'pending': expected}
    assert type(decode({'pending': value})['pending']) is bool


@pytest.mark.parametrize('value,expected', [
    ('a,b', ['a', 'b']), ('a, b', ['a', 'b']), ('a', ['a']), ('', []),
    (['a', 'b'], ['a', 'b']), ([], []), ([1], ['1']), (None, None)])
def test_list(value, expected):
    assert decode({'names': value}) == {'names': expected}


@pytest.mark.parametrize('value,expected', [
    (7, 7), ('7', 7), ('-1', -1), (7.0, 7), (None, None)])
def test_integer(value, expected):
    assert decode({'lun': value}) == {'lun': expected}


@pytest.mark.parametrize('value', [1024, '1024', '10G', None])
def test_size_is_passed_on_as_it_came(value):
    assert decode({'size': value}) == {'size': value}


@pytest.mark.parametrize('value,expected', [
    ('a', 'a'), ('', ''), (7, '7'), (None, None)])
def test_string(value, expected):
    assert decode({'text': value}) == {'text': expected}


@pytest.mark.parametrize('value', [{'start': 1}, [1], 'a', 1.5, None, True])
def test_any_is_not_looked_at(value):
    assert decode({'whatever': value}) == {'whatever': value}


@pytest.mark.parametrize('name,value', [
    ('pending', 'yes'), ('pending', 2), ('pending', []), ('pending', 1.0),
    ('names', 7), ('names', {'a': 1}), ('names', [['a']]),
    ('lun', 'seven'), ('lun', 1.5), ('lun', True), ('lun', []),
    ('lun', '7 '), ('lun', '9' * 30),
    ('size', True), ('size', 1.5), ('size', []), ('size', {}),
    ('text', True), ('text', []), ('text', {})])
def test_value_of_another_kind_is_refused(name, value):
    with pytest.raises(errors.PurityError, match=name) as caught:
        decode({name: value})
    assert caught.value.status == 400


@pytest.mark.parametrize('rest_version,accepted', [
    ((1, 3), {'pgroup'}), ((1, 4), set()), ((1, 13), set()),
    ((1, 14), {'qos'}), ((1, 19), {'qos'})])
def test_parameter_is_there_from_one_version_to_another(
        rest_version, accepted):
    for name in ('pgroup', 'qos'):
        if name in accepted:
            assert decode({name: True}, rest_version) == {name: True}
        else:
            with pytest.raises(errors.PurityError, match=name) as caught:
                decode({name: True}, rest_version)
            assert caught.value.status == 400


def test_lenient_ignores_what_it_does_not_know():
    assert decode({'pgroup': True, 'nonsense': 1, 'lun': 3},
                  strict=False) == {'lun': 3}


def test_lenient_still_refuses_a_wrong_value():
    with pytest.raises(errors.PurityError, match='lun'):
        decode({'lun': 'x'}, strict=False)


@pytest.mark.parametrize('body', [b'', b'  ', b'null', b'{}', b' null\n'])
def test_body_of_nothing(body):
    assert read(body) == {}


def test_json_body():
    assert read(b'{"names": ["a"], "size": null}') == {
        'names': ['a'], 'size': None}


@pytest.mark.parametrize('content_type', [
    'application/x-www-form-urlencoded', 'application/json', ''])
def test_form_body(content_type):
    assert read(b'username=a%40b&password=c+d&empty=', content_type) == {
        'username': 'a@b', 'password': 'c d', 'empty': ''}


def test_repeated_form_field_is_a_list():
    assert decoding.parse_form('names=a&names=b&names=c&lun=1') == {
        'names': ['a', 'b', 'c'], 'lun': '1'}


def test_equals_signs_stay_in_a_value():
    assert decoding.parse_form('token=aWQgPSA5ODA1Mg==') == {
        'token': 'aWQgPSA5ODA1Mg=='}


@pytest.mark.parametrize('body', [
    b'{', b'[1]', b'"text"', b'7', b'true', b'{"a": NaN}', b'\xff\xfe',
    b'{"a": 1} x', b'plain words', b'[' * 100000, b'{"a": 1,}',
    b'1' * 5000])
def test_malformed_body_is_refused(body):
    with pytest.raises(errors.PurityError) as caught:
        read(body)
    assert caught.value.status == 400


def test_too_many_form_fields_are_refused():
    with pytest.raises(errors.PurityError):
        read(b'a=1&' * 20000)


def test_body_that_is_too_large_is_refused():
    with pytest.raises(errors.PurityError) as caught:
        read(b'a' * (decoding.BODY_LIMIT_BYTES + 1))
    assert caught.value.status == 400


def test_largest_body_is_read():
    names = ['a' * 63] * 100000
    body = json.dumps({'names': names}).encode()
    assert len(body) < decoding.BODY_LIMIT_BYTES
    assert read(body) == {'names': names}
