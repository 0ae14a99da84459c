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
"""Answers that no FlashArray gives are told as such, whoever reads them."""

import copy
import json
import re

import pytest
import requests
from requests import adapters

from pure_cinder.array import errors
from pure_cinder.array import gateway as gateway_module
from pure_cinder.array import session
from pure_cinder import parallel

VOLUME = {'name': 'v', 'serial': 'A' * 24, 'size': 1, 'source': None}
TAGS = 'tags.example'


@pytest.fixture
def simulator(staged_simulator):
    return staged_simulator


@pytest.fixture
def answer(gateway, monkeypatch):
    """Let the array answer with this from now on.

    ``answer(body, path)``: what asks for the path; everything without one
    """
    gateway.get_array()
    monkeypatch.setattr(session, 'MAX_BACK_OFF_S', 0)
    pass_on = adapters.HTTPAdapter.send

    def use(body, path='', headers=()):
        def send(adapter, request, **kwargs):
            if not request.url.endswith(path):
                return pass_on(adapter, request, **kwargs)
            response = requests.Response()
            response.status_code, response.url = 200, request.url
            response.request = request
            response.headers.update(headers)
            response._content = body if isinstance(body, bytes) else (
                json.dumps(body).encode())
            return response

        monkeypatch.setattr(adapters.HTTPAdapter, 'send', send)

    return use


@pytest.mark.parametrize('body, act, told', [
    ({'name': 'v'}, lambda gateway: gateway.volumes.get('v'),
     "is without 'serial'"),
    ([VOLUME], lambda gateway: gateway.volumes.get('v'), 'is a list'),
    ([VOLUME, {}], lambda gateway: list(gateway.volumes.list_all()),
     "is without 'name'"),
    (VOLUME | {'size': '1'}, lambda gateway: gateway.volumes.get('v'),
     """has "1" as 'size'"""),
    (VOLUME | {'size': True}, lambda gateway: gateway.volumes.get('v'),
     "has true as 'size'"),
    (VOLUME, lambda gateway: list(gateway.volumes.list_all()), 'is no list'),
    (VOLUME, lambda gateway: gateway.list_ports(), 'is no list'),
    (VOLUME, lambda gateway: gateway.volumes.pgroups_of('v'), 'is no list'),
    ([], lambda gateway: gateway.get_space(), 'is an empty list'),
    (['v'], lambda gateway: list(gateway.volumes.list_all()),
     'is neither an object nor a list of objects'),
    (None, lambda gateway: gateway.hosts.find('h'),
     'is neither an object nor a list of objects'),
    (b'[' * 100000, lambda gateway: gateway.volumes.get('v'), 'is not JSON'),
    ({'name': 'pod', 'arrays': [{}]}, lambda gateway: gateway.pods.get('pod'),
     "is without 'name'"),
    ({'name': 'pod', 'arrays': ['a']},
     lambda gateway: gateway.pods.get('pod'), """has ["a"] as 'arrays'"""),
    ([{'name': 'v'}], lambda gateway: gateway.volumes.list_protected(),
     "is without 'protection_group'")])
def test_odd_answer(gateway, answer, body, act, told):
    answer(body)
    with pytest.raises(errors.ArrayProtocolError,
                       match=re.escape('The answer %s.' % told)) as caught:
        act(gateway)
    assert caught.value.request_id.startswith('pure-')
    assert caught.value.request.startswith('GET ')


def test_count_that_is_none(gateway, answer):
    answer([], headers={'x-total-item-count': 'many'})
    with pytest.raises(errors.ArrayProtocolError, match="counts 'many'"):
        gateway.count_volumes()


def test_fields_that_not_every_array_shows(gateway, answer):
    answer(VOLUME)
    found = gateway.volumes.get('v')
    assert (found.created, found.is_destroyed) == (None, False)


# Every verb that reads, for what ``tests.array.writes`` puts on the array.
READS = {
    'read_array': lambda gateway: gateway.read_array(),
    'get_space': lambda gateway: gateway.get_space(),
    'get_performance': lambda gateway: gateway.get_performance(),
    'count_volumes': lambda gateway: gateway.count_volumes(),
    'count_snapshots': lambda gateway: gateway.count_snapshots(),
    'count_hosts': lambda gateway: gateway.count_hosts(),
    'count_pgroups': lambda gateway: gateway.count_pgroups(),
    'list_ports': lambda gateway: gateway.list_ports(),
    'list_array_connections': (
        lambda gateway: gateway.list_array_connections()),
    'list_interface_services': (
        lambda gateway: gateway.list_interface_services()),
    'get_volume': lambda gateway: gateway.volumes.get('old'),
    'find_volume': lambda gateway: gateway.volumes.find('old'),
    'find_destroyed_volume': (
        lambda gateway: gateway.volumes.find_destroyed('destroyed')),
    'find_destroyed_snapshot': (
        lambda gateway: gateway.volumes.find_destroyed('old.gone')),
    'is_volume_taken': lambda gateway: gateway.volumes.is_taken('old'),
    'list_volumes': lambda gateway: list(gateway.volumes.list_all()),
    'list_fitting_volumes': (
        lambda gateway: gateway.volumes.list_fitting('o*')),
    'find_snapshot': lambda gateway: gateway.volumes.find_snapshot('old.s'),
    'list_snapshots': lambda gateway: gateway.volumes.snapshots_of('old'),
    'list_at_once': (
        lambda gateway: gateway.volumes.list_at_once(parallel.Workers(0))),
    'list_connected': lambda gateway: gateway.volumes.list_connected(),
    'is_connected': lambda gateway: gateway.volumes.is_connected('connected'),
    'list_protected': lambda gateway: gateway.volumes.list_protected(),
    'pgroups_of': lambda gateway: gateway.volumes.pgroups_of('old'),
    'get_volume_qos': lambda gateway: gateway.volumes.get_qos('old'),
    'list_tags': lambda gateway: gateway.volumes.list_tags('old', TAGS),
    'find_host': lambda gateway: gateway.hosts.find('busy'),
    'list_hosts': lambda gateway: list(gateway.hosts.list_all()),
    'connections_of_host': lambda gateway: gateway.connections.of_host('busy'),
    'connections_of_volume': (
        lambda gateway: gateway.connections.of_volume('connected')),
    'all_connections': lambda gateway: gateway.connections.list_all(),
    'connections_of_one_volume': (
        lambda gateway: gateway.connections.list_all('connected')),
    'groups_of_volume': (
        lambda gateway: gateway.connections.groups_of_volume('connected')),
    'get_pgroup': lambda gateway: gateway.pgroups.get('targeted'),
    'list_pgroups': lambda gateway: list(gateway.pgroups.list_all()),
    'find_destroyed_pgroup': (
        lambda gateway: gateway.pgroups.find_destroyed('pg-destroyed')),
    'get_schedule': lambda gateway: gateway.pgroups.get_schedule('pg'),
    'get_retention': lambda gateway: gateway.pgroups.get_retention('pg'),
    'list_pgroup_snapshots': (
        lambda gateway: gateway.pgroups.list_snapshots('pg', True)),
    'find_pgroup_snapshot': (
        lambda gateway: gateway.pgroups.find_snapshot('pg.s')),
    'snapshot_volumes': lambda gateway: gateway.pgroups.snapshot_volumes(
        'pg.s'),
    'get_pod': lambda gateway: gateway.pods.get('stretched'),
    'list_pods': lambda gateway: list(gateway.pods.list_all()),
    'get_volume_group': lambda gateway: gateway.volume_groups.get('vg'),
    'list_volume_groups': (
        lambda gateway: list(gateway.volume_groups.list_all())),
    'get_volume_group_qos': lambda gateway: gateway.volume_groups.get_qos(
        'vg'),
}
ODD = ([], {}, None, [{}], 'x', 3, True, [[]], ['x'])


FIELDS = (None, [], {}, 'x', 3, 1.5, True, [3], [None], [{}])


def altered(body):
    """What else could come in place of an answer, one after the other."""
    yield from ODD
    for path in paths(body):
        *parents, key = path
        for value in FIELDS:
            changed = copy.deepcopy(body)
            within(changed, parents)[key] = value
            yield changed
        changed = copy.deepcopy(body)
        del within(changed, parents)[key]
        yield changed


def paths(body, path=()):
    """:returns: iterator of tuples of keys, those of all fields"""
    rows = (body.items() if isinstance(body, dict)
            else enumerate(body) if isinstance(body, list) else ())
    for key, value in rows:
        if isinstance(body, dict):
            yield *path, key
        yield from paths(value, (*path, key))


def within(body, path):
    for key in path:
        body = body[key]
    return body


@pytest.fixture
def answered(monkeypatch):
    """What the array answered so far: list of decoded bodies."""
    bodies = []
    send = requests.Session.send

    def record(*args, **kwargs):
        response = send(*args, **kwargs)
        bodies.append(response.json())
        return response

    monkeypatch.setattr(requests.Session, 'send', record)
    return bodies


@pytest.fixture
def connected(gateway, client):
    """Connections of the kinds that no verb makes."""
    gateway.volumes.create('pod::v', 1024 ** 3)
    gateway.connections.ensure('busy', 'pod::v')
    client.create_hgroup('group')
    client.connect_hgroup('group', 'connected')


@pytest.mark.parametrize('verb', READS)
def test_any_answer_to_a_read_is_understood_or_told(
        gateway, connected, answered, answer, verb):
    READS[verb](gateway)
    body = answered[-1]
    assert body
    for odd in altered(body):
        answer(odd)
        try:
            READS[verb](gateway)
        except errors.ArrayProtocolError as error:
            assert 'GET' in str(error)


@pytest.mark.parametrize('path', ['api_version', 'auth/session', 'array'])
def test_any_answer_to_the_log_in_is_understood_or_told(
        endpoint, answered, answer, path):
    gateway_module.Gateway(endpoint, 'test').get_array()
    body = answered[['api_version', 'auth/session', 'array'].index(path)]
    for odd in altered(body):
        answer(odd, path)
        try:
            gateway_module.Gateway(endpoint, 'test').get_array()
        except errors.ArrayError as error:
            assert endpoint.address in str(error)
