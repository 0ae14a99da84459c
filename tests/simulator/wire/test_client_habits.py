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
"""How other programs form their requests, against the whole array.

Command-line, Go, PHP, Ruby and monitoring clients send what the SDK never
sends: query strings, form bodies, booleans as text, lists with commas.
"""

import urllib.parse

import purestorage
import pytest
import requests

import flasharray_sim

VERSION = '1.17'
MADE_UP_TOKEN = 'aWQgPSA5ODA1Mg=='
FORM = 'application/x-www-form-urlencoded'


@pytest.fixture(scope='module')
def fleet():
    with flasharray_sim.Simulator(arrays=1, strict=True) as running:
        yield running


@pytest.fixture
def array(fleet):
    """The array; what a test made on it is taken away again."""
    array = fleet.arrays[0]
    yield array
    client = purestorage.FlashArray(
        array.address, api_token=array.api_token,
        request_kwargs={'verify': fleet.certificate_path})
    for host in client.list_hosts():
        for row in client.list_host_connections(host['name'], private=True):
            client.disconnect_host(host['name'], row['vol'])
    for hgroup in client.list_hgroups():
        client.set_hgroup(hgroup['name'], hostlist=[])
        client.delete_hgroup(hgroup['name'])
    for host in client.list_hosts():
        client.delete_host(host['name'])
    for volume in client.list_volumes(pending=True):
        if volume['time_remaining'] is None:
            client.destroy_volume(volume['name'])
        client.eradicate_volume(volume['name'])
    for vgroup in client.list_vgroups():
        client.destroy_vgroup(vgroup['name'])
        client.eradicate_vgroup(vgroup['name'])


class Client:
    """A program with a cookie jar and nothing of the SDK."""

    def __init__(self, fleet, array):
        self.base = f'https://{array.address}/api'
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.verify = fleet.certificate_path

    def __call__(self, method, path, **kwargs):
        reply = self.raw(method, path, **kwargs)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def raw(self, method, path, version=VERSION, **kwargs):
        return self.http.request(
            method, f'{self.base}/{version}/{path}', timeout=30, **kwargs)


@pytest.fixture
def anonymous(fleet, array):
    client = Client(fleet, array)
    yield client
    client.http.close()


@pytest.fixture
def client(anonymous, array):
    anonymous('POST', 'auth/session', json={'api_token': array.api_token})
    return anonymous


@pytest.fixture
def sdk(fleet, array):
    return purestorage.FlashArray(
        array.address, api_token=array.api_token,
        request_kwargs={'verify': fleet.certificate_path})


def names(rows):
    return [row['name'] for row in rows]


def make_volumes(client, *wanted):
    for name in wanted:
        client('POST', f'volume/{name}', json={'size': '1G'})


# Logging in

@pytest.mark.parametrize('form', ['json', 'data'])
def test_user_and_password(anonymous, form):
    reply = anonymous('POST', 'auth/apitoken', **{form: {
        'username': 'pureuser', 'password': 'pureuser'}})
    assert set(reply) == {'api_token'}
    # delfin passes the whole reply on, with more in it than is asked for.
    assert anonymous('POST', 'auth/session', **{form: {
        **reply, 'more': 'than needed'}}) == {'username': 'pureuser'}
    assert anonymous('GET', 'array')['array_name'] == 'pure01'


def test_form_with_the_json_content_type(anonymous, array):
    reply = anonymous(
        'POST', 'auth/session', data=f'api_token={array.api_token}',
        headers={'Content-Type': 'application/json'})
    assert reply == {'username': 'pureuser'}


def test_wrong_password_is_told_by_an_object(anonymous):
    reply = anonymous.raw('POST', 'auth/apitoken', json={
        'username': 'pureuser', 'password': 'wrong'})
    assert reply.status_code in (400, 401)
    assert reply.json().get('msg') == 'invalid credentials'


def test_session_lasts_with_the_first_cookie_alone(anonymous, array):
    reply = anonymous.raw('POST', 'auth/session',
                          json={'api_token': array.api_token})
    cookie = reply.headers['set-cookie'].split(';')[0]
    anonymous.http.cookies.clear()
    for _number in range(2):
        again = anonymous.raw('GET', 'array', headers={'Cookie': cookie})
        assert again.status_code == 200
        assert again.headers['set-cookie'].split(';')[0] == cookie
        anonymous.http.cookies.clear()
    assert 'domain' not in reply.headers['set-cookie'].lower()


def test_session_that_is_closed(client):
    assert client('DELETE', 'auth/session') == {'username': 'pureuser'}
    assert client.raw('GET', 'array').status_code == 401


def test_versions_need_no_login(anonymous):
    reply = anonymous.http.get(f'{anonymous.base}/api_version', timeout=30)
    assert reply.json() == {
        'version': [f'1.{minor}' for minor in range(20)]}


# Parameters

@pytest.mark.parametrize('yes', ['true', 'True', 'TRUE', '1', ''])
def test_booleans_of_a_query(client, yes):
    make_volumes(client, 'v1')
    client('DELETE', 'volume/v1')
    rows = client('GET', f'volume?pending={yes}')
    assert [row['time_remaining'] > 0 for row in rows] == [True]


@pytest.mark.parametrize('no', ['false', 'False', '0'])
def test_booleans_of_a_query_that_say_no(client, no):
    make_volumes(client, 'v1')
    client('DELETE', 'volume/v1')
    assert client('GET', f'volume?pending={no}') == []


def test_booleans_of_a_body_as_text(client):
    make_volumes(client, 'v1')
    client('DELETE', 'volume/v1', json={})
    assert client('DELETE', 'volume/v1', json={'eradicate': 'true'}) == {
        'name': 'v1'}
    assert client('GET', 'volume?pending=true') == []


def test_console_lock_as_terraform_sets_it(client):
    for text, state in (('true', 'enabled'), ('false', 'disabled')):
        assert client('PUT', 'array/console_lock',
                      json={'enabled': text}) == {'console_lock': state}


def test_flag_without_a_value(client):
    assert isinstance(client('GET', 'array?space'), list)


def test_action_in_the_query_of_a_put(client):
    make_volumes(client, 'v1')
    client('DELETE', 'volume/v1')
    assert client('PUT', 'volume/v1?action=recover') == {'name': 'v1'}


@pytest.mark.parametrize('body', [
    {'data': 'null'}, {'data': '{}'}, {'data': ''}, {}])
def test_body_with_nothing_in_it(client, body):
    make_volumes(client, 'v1')
    assert client('DELETE', 'volume/v1', **body) == {'name': 'v1'}


def test_form_bodies(client):
    made = client('POST', 'volume/v1', data={'size': '10G'})
    assert made['size'] == 10 << 30
    assert client('PUT', 'volume/v1', data={
        'size': '20G', 'truncate': 'false'})['size'] == 20 << 30
    host = client('POST', 'host/h1', data={
        'iqnlist': 'iqn.2020-01.test:1,iqn.2020-01.test:2'})
    assert host['iqn'] == ['iqn.2020-01.test:1', 'iqn.2020-01.test:2']


def test_lists_with_commas(client):
    make_volumes(client, 'v1', 'v2', 'v3')
    assert names(client('GET', 'volume?names=v1,v3')) == ['v1', 'v3']
    assert names(client('GET', 'volume?names=v1&names=v2')) == ['v1', 'v2']
    assert names(client('GET', 'volume?names=v*')) == ['v1', 'v2', 'v3']
    made = client('POST', 'volume', data={
        'snap': 'true', 'source': 'v1,v2', 'suffix': 'now'})
    assert names(made) == ['v1.now', 'v2.now']


def test_null_empties_a_list(client):
    client('POST', 'host/h1', json={'iqnlist': ['iqn.2020-01.test:1']})
    client('POST', 'hgroup/hg1', json={'hostlist': ['h1']})
    assert client('PUT', 'hgroup/hg1', json={'hostlist': None}) == {
        'name': 'hg1', 'hosts': []}


def test_body_wins_over_the_query(client):
    make_volumes(client, 'v1', 'v2')
    assert names(client('GET', 'volume?names=v1', json={
        'names': ['v2']})) == ['v2']


# Names

@pytest.mark.parametrize('form', [
    'vg1/v1', 'vg1%2Fv1', 'vg1%2fv1'])
def test_name_in_a_volume_group(client, form):
    client('POST', 'vgroup/vg1')
    client('POST', 'volume/vg1/v1', json={'size': '1G'})
    assert client('GET', f'volume/{form}')['name'] == 'vg1/v1'
    client('POST', 'host/h1')
    assert client('POST', f'host/h1/volume/{form}')['vol'] == 'vg1/v1'
    assert client('GET', f'volume/{form}/host')[0]['host'] == 'h1'
    client('DELETE', f'host/h1/volume/{form}')


@pytest.mark.parametrize('form', [
    'pod1::v1', 'pod1%3A%3Av1', 'pod1%3a%3av1'])
def test_name_in_a_pod(client, sdk, form):
    client('POST', 'pod/pod1')
    client('POST', 'volume/pod1::v1', json={'size': '1G'})
    assert client('GET', f'volume/{form}')['name'] == 'pod1::v1'
    assert names(client('GET', f'volume?names={form}')) == ['pod1::v1']
    sdk.destroy_volume('pod1::v1')
    sdk.eradicate_volume('pod1::v1')
    sdk.destroy_pod('pod1')
    sdk.eradicate_pod('pod1')


def test_snapshot_by_the_name_of_its_volume(client):
    make_volumes(client, 'v1')
    client('POST', 'volume', json={
        'snap': True, 'source': ['v1'], 'suffix': 's1'})
    assert names(client('GET', 'volume/v1?snap=true')) == ['v1.s1']
    assert names(client('GET', 'volume/v1.s1?snap=true')) == ['v1.s1']
    assert names(client('GET', 'volume/v*?snap=true')) == ['v1.s1']


# Pages

def test_paging_by_token(client):
    make_volumes(client, *(f'v{number}' for number in range(5)))
    seen, path = [], 'volume?limit=2'
    for _number in range(5):
        reply = client.raw('GET', path)
        page = reply.json()
        seen += names(page)
        if 'x-next-token' not in reply.headers:
            break
        token = urllib.parse.quote(reply.headers['x-next-token'])
        path = f'volume?limit=2&token={token}'
    assert page == []
    assert sorted(seen) == ['v0', 'v1', 'v2', 'v3', 'v4']


@pytest.mark.parametrize('path', ['volume', 'host', 'message'])
def test_token_that_a_client_made_up(client, path):
    """The first one of delfin, whose `==` stands unescaped."""
    make_volumes(client, 'v1', 'v2')
    client('POST', 'host/h1')
    everything = client('GET', f'{path}?limit=500')
    assert client('GET', f'{path}?limit=500&token={MADE_UP_TOKEN}'
                  ) == everything


def test_following_tokens_as_delfin_does(client):
    make_volumes(client, *(f'v{number}' for number in range(5)))
    seen, token = [], MADE_UP_TOKEN
    for _number in range(10):
        reply = client.raw('GET', f'volume?limit=2&token={token}')
        seen += names(reply.json())
        token = reply.headers.get('X-Next-Token')
        if token is None:
            break
    assert token is None
    assert sorted(seen) == ['v0', 'v1', 'v2', 'v3', 'v4']


def test_paging_by_offset(client):
    make_volumes(client, *(f'v{number}' for number in range(3)))
    pages = [names(client('GET', f'volume?start={start}&limit=1'))
             for start in range(4)]
    assert pages[3] == []
    assert sorted(name for page in pages for name in page) == [
        'v0', 'v1', 'v2']


@pytest.mark.parametrize('path,count', [
    ('volume', 2), ('host', 1), ('volume?pending_only=true', 1),
    ('volume?snap=true', 1)])
def test_counting_by_a_header(client, path, count):
    make_volumes(client, 'v1', 'v2', 'v3')
    client('DELETE', 'volume/v3')
    client('POST', 'host/h1')
    client('POST', 'volume', json={'snap': True, 'source': ['v1']})
    joint = '&' if '?' in path else '?'
    reply = client.raw('GET', f'{path}{joint}start=0&limit=1', '1.7')
    assert reply.headers['x-total-item-count'] == str(count)
    assert len(reply.json()) == 1


def test_order(client):
    make_volumes(client, 'v2', 'v1', 'v3')
    assert names(client('GET', 'volume?sort=name')) == ['v1', 'v2', 'v3']
    assert names(client('GET', 'volume?sort=name-')) == ['v3', 'v2', 'v1']


@pytest.mark.parametrize('count', [0, 1, 4, 5])
def test_page_through_of_the_sdk(client, sdk, count):
    make_volumes(client, *(f'v{number}' for number in range(count)))
    answers = list(sdk.page_through(2, sdk.list_volumes))
    assert [error for _page, error in answers if error] == []
    pages = [page for page, _error in answers]
    assert all(1 <= len(page) <= 2 for page in pages)
    assert len([name for page in pages for name in names(page)]) == count


# Refusals

def test_refusal_is_recognised_by_its_first_key(client):
    reply = client.raw('POST', 'volume/copy', json={
        'source': 'remote_host_logs_volume'})
    assert reply.status_code == 400
    body = reply.json()
    assert str(body)[3:15] == 'pure_err_key'
    assert body == [{
        'pure_err_key': 'err.friendly', 'code': 6,
        'ctx': 'remote_host_logs_volume', 'pure_err_code': 1,
        'msg': 'Volume does not exist.'}]


def test_every_refusal_is_json(client):
    for method, path, status in (
            ('GET', 'volume/nothing', 400), ('GET', 'host/nothing', 400),
            ('GET', 'nonsense', 404), ('PUT', 'volume', 405)):
        reply = client.raw(method, path)
        assert reply.status_code == status
        assert reply.headers['content-type'].startswith('application/json')
        assert reply.json()[0]['pure_err_code'] == 1
