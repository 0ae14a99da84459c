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
"""Answers that no FlashArray gives are told as such."""

import json
import re

import pytest
import requests
from requests import adapters

from pure_cinder.array import errors

VOLUME = {'name': 'v', 'serial': 'A' * 24, 'size': 1, 'source': None}


@pytest.fixture
def answer(gateway, monkeypatch):
    """Let the array answer everything with this from now on."""
    gateway.get_array()

    def use(body):
        def send(adapter, request, **kwargs):
            response = requests.Response()
            response.status_code, response.url = 200, request.url
            response.request = request
            response._content = json.dumps(body).encode()
            return response

        monkeypatch.setattr(adapters.HTTPAdapter, 'send', send)

    return use


@pytest.mark.parametrize('body, act, told', [
    ({'name': 'v'}, lambda gateway: gateway.volumes.get('v'),
     "without 'serial'"),
    ({}, lambda gateway: gateway.volumes.create('v', 1), "without 'name'"),
    ([VOLUME], lambda gateway: gateway.volumes.get('v'), 'a list'),
    ([VOLUME | {'serial': None}, {}],
     lambda gateway: list(gateway.volumes.list_all()), "without 'name'"),
    (VOLUME, lambda gateway: list(gateway.volumes.list_all()), 'no list'),
    (VOLUME, lambda gateway: gateway.list_ports(), 'no list'),
    (VOLUME, lambda gateway: gateway.volumes.pgroups_of('v'), 'no list'),
    ([], lambda gateway: gateway.volumes.create_snapshot('v', 's'),
     'an empty list'),
    ([], lambda gateway: gateway.pgroups.create_snapshot('pg', 's'),
     'an empty list'),
    ([], lambda gateway: gateway.get_space(), 'an empty list'),
    (['v'], lambda gateway: list(gateway.volumes.list_all()),
     'neither an object nor a list of objects'),
    (None, lambda gateway: gateway.hosts.find('h'),
     'neither an object nor a list of objects'),
    ('v', lambda gateway: gateway.volumes.get('v'),
     'neither an object nor a list of objects'),
    ({'name': 'pod', 'arrays': [{}]}, lambda gateway: gateway.pods.get('pod'),
     "without 'name'"),
    ([{'name': 'v'}], lambda gateway: gateway.volumes.list_protected(),
     "without 'protection_group'")])
def test_odd_answer(gateway, answer, body, act, told):
    answer(body)
    with pytest.raises(errors.ArrayProtocolError,
                       match=re.escape('The answer is ' + told)) as caught:
        act(gateway)
    assert caught.value.request_id.startswith('pure-')


def test_fields_that_not_every_array_shows(gateway, answer):
    answer(VOLUME)
    found = gateway.volumes.get('v')
    assert (found.created, found.is_destroyed) == (None, False)
