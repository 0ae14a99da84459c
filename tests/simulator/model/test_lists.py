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
"""Names, filters, order and pages of collections (1.6)."""

import base64

import pytest

COUNT = 'x-total-item-count'
NEXT = 'x-next-token'


def encoded(text):
    return base64.b64encode(text.encode()).decode()


@pytest.fixture
def volumes(client):
    """v1 .. v7, of 1 to 7 GiB; v7 is destroyed."""
    for number in range(1, 8):
        client.post(f'volume/v{number}', size=f'{number}G')
    client.delete('volume/v7')


def walk(client, path, limit, **params):
    """Follow the tokens to the empty page; returns all pages."""
    pages, token = [], {}
    for _ in range(20):
        pages.append([row['name'] for row in client.get(
            path, limit=limit, **token, **params)])
        assert (NEXT in client.headers) == bool(pages[-1])
        if not pages[-1]:
            return pages
        token = {'token': client.headers[NEXT]}
    raise AssertionError('the pages do not end')


@pytest.mark.parametrize('params, pages', [
    ({}, [['v1', 'v2', 'v3', 'v4'], ['v5', 'v6'], []]),
    ({'pending': True}, [['v1', 'v2', 'v3', 'v4'], ['v5', 'v6', 'v7'], []]),
    ({'sort': ['name-']}, [['v6', 'v5', 'v4', 'v3'], ['v2', 'v1'], []]),
    ({'filter': 'size > 2147483648'}, [['v3', 'v4', 'v5', 'v6'], []]),
    ({'names': ['v3', 'v1']}, [['v3', 'v1'], []]),
    ({'action': 'monitor'}, [['v1', 'v2', 'v3', 'v4'], ['v5', 'v6'], []]),
])
def test_tokens_lead_to_an_empty_page(client, volumes, params, pages):
    assert walk(client, 'volume', 4, **params) == pages


def test_pages_go_on_where_they_were_when_objects_go(client, volumes):
    client.get('volume', limit=2)
    token = client.headers[NEXT]
    client.delete('volume/v2')
    client.post('volume/v0', size='1G')
    assert client.names('volume', token=token, limit=2) == ['v3', 'v4']
    assert client.names('volume', token=token) == [
        'v3', 'v4', 'v5', 'v6', 'v0']


@pytest.fixture
def connected(client, volumes):
    """v2 has two hosts, v4 a group of three, v5 and the endpoint one."""
    for name in ('h1', 'h2', 'a', 'b', 'c'):
        client.post(f'host/{name}')
    client.post('hgroup/g', hostlist=['a', 'b', 'c'])
    client.post('volume/pe', protocol_endpoint=True)
    for path in ('host/h1/volume/v5', 'host/h1/volume/v2', 'host/h1/volume/pe',
                 'host/h2/volume/v2', 'hgroup/g/volume/v4'):
        client.post(path)


CONNECTED = [('v2', 'h1'), ('v2', 'h2'), ('v4', 'a'), ('v4', 'b'),
             ('v4', 'c'), ('v5', 'h1')]


def pairs(rows):
    return [(row['name'], row['host']) for row in rows]


@pytest.mark.parametrize('limit', range(1, 8))
def test_pages_of_views_with_several_rows_of_an_object(
        client, connected, limit):
    found, token = [], {}
    for _ in range(10):
        page = client.get('volume', connect=True, limit=limit, **token)
        assert (NEXT in client.headers) == bool(page)
        if not page:
            break
        assert len(page) == min(limit, len(CONNECTED) - len(found))
        found += pairs(page)
        token = {'token': client.headers[NEXT]}
        assert pairs(client.get('volume', connect=True, **token)) == (
            CONNECTED[len(found):])
    assert found == CONNECTED


def test_such_pages_go_on_where_they_were_when_objects_go(client, connected):
    client.get('volume', connect=True, limit=4)
    token = client.headers[NEXT]
    client.delete('hgroup/g/volume/v4')
    client.delete('host/h1/volume/v2')
    client.post('host/h2/volume/v6')
    assert pairs(client.get('volume', connect=True, token=token)) == [
        ('v5', 'h1'), ('v6', 'h2')]


def test_counting_the_rows_of_such_views(client, connected):
    client.get('volume', connect=True)
    assert client.headers == {COUNT: '6'}
    client.get('volume', connect=True, start=0, limit=1)
    assert client.headers[COUNT] == '6'
    client.get('volume', connect=True, limit=10)
    assert client.headers[COUNT] == '6'
    client.get('volume', connect=True, limit=6)
    assert COUNT not in client.headers
    assert pairs(client.get('volume', connect=True, start=3, limit=2)) == (
        CONNECTED[3:5])
    assert pairs(client.get('volume', connect=True, limit=2,
                            token='aWQgPSA5ODA1Mg==')) == CONNECTED[:2]


def test_counting_by_offset(client, volumes):
    assert client.names('volume', start=0, limit=1) == ['v1']
    assert client.headers[COUNT] == '6'
    assert client.names('volume', start=4, limit=5) == ['v5', 'v6']
    assert client.get('volume', start=9, limit=1) == []
    client.get('volume', start=0, limit=1, pending_only=True)
    assert client.headers[COUNT] == '1'
    client.get('volume', start=0, limit=1, filter="name='v[1]'")
    assert client.headers[COUNT] == '0'
    client.post('volume', snap=True, source=['v1', 'v2'], suffix='s')
    assert client.names('volume', snap=True, start=1, limit=1) == ['v2.s']
    assert client.headers[COUNT] == '2'
    for path in ('host', 'hgroup', 'pgroup', 'port', 'network', 'admin'):
        assert len(client.get(path, start=0, limit=1)) == min(
            1, int(client.headers[COUNT]))


def test_no_token_without_a_limit(client, volumes):
    client.get('volume')
    assert client.headers == {COUNT: '6'}


def test_a_made_up_first_token_is_the_beginning(client, volumes):
    assert client.names('volume', limit=2, token='aWQgPSA5ODA1Mg==') == [
        'v1', 'v2']
    assert client.names('volume', limit=2, sort=['name'],
                        token=encoded('id = 98052')) == ['v1', 'v2']


@pytest.mark.parametrize('token', [
    'x', encoded('id = x'), encoded('ä'), encoded('row = -1'), 'a===',
    encoded('id = ' + '9' * 19)])
def test_bad_tokens_are_refused(client, volumes, token):
    assert client.refusal('GET', 'volume', token=token) == (
        'Invalid continuation token.')


@pytest.mark.parametrize('params', [
    {'limit': 0}, {'limit': -1}, {'start': -1}])
def test_bad_pages_are_refused(client, volumes, params):
    assert client.refusal('GET', 'volume', **params).startswith(
        'Invalid value for parameter ')


@pytest.mark.parametrize('sort, names', [
    (['size-'], ['v6', 'v5', 'v4', 'v3', 'v2', 'v1']),
    (['name+'], ['v1', 'v2', 'v3', 'v4', 'v5', 'v6']),
    (['source', 'name-'], ['v5', 'v4', 'v3', 'v2', 'v1', 'v6']),
])
def test_sorting(client, volumes, sort, names):
    client.post('volume/v6', source='v1', overwrite=True)
    if sort == ['size-']:
        client.put('volume/v6', size='6G')
    assert client.names('volume', sort=sort) == names


def test_sorting_by_what_is_not_there(client, volumes):
    assert client.refusal('GET', 'volume', sort=['colour']) == (
        'Invalid sort key colour.')


@pytest.mark.parametrize('names, found', [
    (['v*'], ['v1', 'v2', 'v3', 'v4', 'v5', 'v6']), (['V3'], ['v3']),
    (['*3', 'v3', '*1'], ['v3', 'v1']), (['x*'], []), ([], []),
    (['v?'], None), (['v7'], None),
])
def test_choosing_by_name(client, volumes, names, found):
    if found is None:
        assert client.refusal('GET', 'volume', names=names) == (
            'Volume does not exist.')
    else:
        assert client.names('volume', names=names) == found


def test_choosing_snapshots_by_name(client, volumes):
    client.post('volume', snap=True, source=['v1', 'v2'], suffix='s')
    client.post('volume', snap=True, source=['v1'], suffix='t')
    for names, found in ((['v1'], ['v1.s', 'v1.t']), (['v2.s'], ['v2.s']),
                         (['*.s'], ['v1.s', 'v2.s']),
                         (['v*'], ['v1.s', 'v1.t', 'v2.s'])):
        assert sorted(client.names('volume', snap=True,
                                   names=names)) == found
    assert client.names('volume/v1*', snap=True) == ['v1.s', 'v1.t']


@pytest.mark.parametrize('text, found', [
    ("name='v1'", ['v1']), ("NAME='v1'", None), ("name = 'V*'", [
        'v1', 'v2', 'v3', 'v4', 'v5', 'v6']), ('name="v2"', ['v2']),
    ('name=v2', ['v2']), ("name!='v*'", []),
    ("name<>'v1' and size<3000000000", ['v2']),
    ("name='v1' or name='v2' and size=9", ['v1']),
    ("(name='v1' or name='v2') and size<=2147483648", ['v1', 'v2']),
    ("not (size >= 2147483648)", ['v1']), ('source = null', [
        'v1', 'v2', 'v3', 'v4', 'v5', 'v6']), ("name > 5", []),
    ('', None), ('name', None), ('name=', None), ("name='v1' and", None),
    ("(name='v1'", None), ("name='v1')", None), ("name='v1", None),
    ('colour=1', None), ('not ' * 60 + 'name=v1', None),
])
def test_filters(client, volumes, text, found):
    if found is None:
        assert client.refusal('GET', 'volume', filter=text).startswith(
            'Invalid filter: ')
    else:
        assert client.names('volume', filter=text) == found


def test_filtering_tags_and_lists(client, volumes):
    client.post('volume/v1/tags', key='a', value='1')
    client.post('volume/v2/tags', key='a', value='2', namespace='other')
    assert client.names('volume', tags=True, namespace='*',
                        filter="value='2'") == ['v2']
    client.post('host/h1', iqnlist=['iqn.a', 'iqn.b'])
    client.post('host/h2', iqnlist=['iqn.c'])
    assert client.names('host', filter="iqn='iqn.b'") == ['h1']
