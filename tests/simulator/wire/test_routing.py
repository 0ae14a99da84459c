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
"""From a verb and a path to a route and the names in the path."""

import pytest

from flasharray_sim import errors
from flasharray_sim.wire import routing

PATTERNS = (
    ('GET', 'volume'), ('GET', 'volume/{volume}'),
    ('POST', 'volume/{volume}'), ('DELETE', 'volume/{volume}'),
    ('GET', 'volume/{volume}/host'), ('POST', 'volume/{volume}/tags'),
    ('DELETE', 'volume/{volume}/tags/{key}'),
    ('POST', 'volume/{volume}/pgroup/{pgroup}'),
    ('GET', 'host/{host}'), ('GET', 'host/{host}/volume'),
    ('POST', 'host/{host}/volume/{volume}'),
    ('GET', 'pod/{pod}'), ('POST', 'pod/{pod}/array/{array}'),
    ('GET', 'pod/replica-link'),
    ('DELETE', 'network/{interface}'), ('POST', 'network/vif/{interface}'))
LATEST = (1, 19)


@pytest.fixture
def router():
    return routing.Router(tuple(
        routing.Route(method, pattern, lambda array, call: {})
        for method, pattern in PATTERNS))


def find(router, method, path, volumes=()):
    route, names = router.find(
        method, path, LATEST, lambda name: name in volumes)
    return route.pattern, names


@pytest.mark.parametrize('method,path,pattern,names', [
    ('GET', 'volume', 'volume', {}),
    ('GET', 'volume/', 'volume', {}),
    ('GET', 'volume/v1', 'volume/{volume}', {'volume': 'v1'}),
    ('GET', 'volume/v1.snap', 'volume/{volume}', {'volume': 'v1.snap'}),
    ('GET', 'volume/pod::v1', 'volume/{volume}', {'volume': 'pod::v1'}),
    ('GET', 'volume/pod%3A%3Av1', 'volume/{volume}', {'volume': 'pod::v1'}),
    ('GET', 'volume/pod%3a%3av1', 'volume/{volume}', {'volume': 'pod::v1'}),
    ('GET', 'volume/vg/v1', 'volume/{volume}', {'volume': 'vg/v1'}),
    ('GET', 'volume/vg%2Fv1', 'volume/{volume}', {'volume': 'vg/v1'}),
    ('GET', 'volume/vg%2fv1/host', 'volume/{volume}/host',
     {'volume': 'vg/v1'}),
    ('GET', 'volume/v1/host', 'volume/{volume}/host', {'volume': 'v1'}),
    ('GET', 'volume/vg/v1/host', 'volume/{volume}/host',
     {'volume': 'vg/v1'}),
    ('DELETE', 'volume/v/tags/k', 'volume/{volume}/tags/{key}',
     {'volume': 'v', 'key': 'k'}),
    ('DELETE', 'volume/vg/v/tags/k', 'volume/{volume}/tags/{key}',
     {'volume': 'vg/v', 'key': 'k'}),
    ('POST', 'volume/vg/v/pgroup/pod::pg', 'volume/{volume}/pgroup/{pgroup}',
     {'volume': 'vg/v', 'pgroup': 'pod::pg'}),
    ('POST', 'host/h/volume/vg/v', 'host/{host}/volume/{volume}',
     {'host': 'h', 'volume': 'vg/v'}),
    ('GET', 'host/h/volume', 'host/{host}/volume', {'host': 'h'}),
    ('GET', 'pod/replica-link', 'pod/replica-link', {}),
    ('POST', 'pod/p/array/a', 'pod/{pod}/array/{array}',
     {'pod': 'p', 'array': 'a'}),
    ('POST', 'network/vif/ct0.eth0', 'network/vif/{interface}',
     {'interface': 'ct0.eth0'})])
def test_path(router, method, path, pattern, names):
    assert find(router, method, path) == (pattern, names)


@pytest.mark.parametrize('volumes,pattern,volume', [
    (('vg',), 'volume/{volume}/host', 'vg'),
    (('vg/host',), 'volume/{volume}', 'vg/host'),
    (('vg', 'vg/host'), 'volume/{volume}/host', 'vg'),
    ((), 'volume/{volume}/host', 'vg')])
def test_sub_resource_or_volume_in_a_group(router, volumes, pattern, volume):
    assert find(router, 'GET', 'volume/vg/host', volumes) == (
        pattern, {'volume': volume})


def test_sub_resource_without_that_verb_is_a_volume_in_a_group(router):
    assert find(router, 'POST', 'volume/vg/host', ('vg',)) == (
        'volume/{volume}', {'volume': 'vg/host'})


@pytest.mark.parametrize('path', [
    '', '/', 'nonsense', 'volume/a/b/c', 'volume//v', 'host/a/b',
    'host/a%2Fb/c', 'Volume', 'volume/v/tags/k/more'])
def test_unknown_path(router, path):
    with pytest.raises(errors.PurityError) as caught:
        find(router, 'GET', path)
    assert caught.value.status == 404


@pytest.mark.parametrize('method,path', [
    ('PUT', 'volume'), ('PATCH', 'volume/v'), ('PUT', 'pod/p'),
    ('GET', 'volume/v/tags/k')])
def test_unknown_verb(router, method, path):
    with pytest.raises(errors.PurityError) as caught:
        find(router, method, path)
    assert caught.value.status == 405


@pytest.mark.parametrize('rest_version,is_found', [
    ((1, 2), False), ((1, 9), False), ((1, 10), True), ((1, 19), True)])
def test_route_is_there_since_its_version(rest_version, is_found):
    router = routing.Router((routing.Route(
        'GET', 'app', lambda array, call: [], since='1.10'),))
    try:
        router.find('GET', 'app', rest_version, lambda name: False)
    except errors.PurityError as exc:
        assert not is_found
        assert exc.status == 404
    else:
        assert is_found


def test_route_that_is_declared_twice_is_a_mistake():
    route = routing.Route('GET', 'app', lambda array, call: [])
    with pytest.raises(ValueError, match='twice'):
        routing.Router((route, route))


@pytest.mark.parametrize('make', [
    lambda: routing.Parameter('a', 'text'),
    lambda: routing.Route('PATCH', 'a', lambda array, call: [])])
def test_declaration_that_makes_no_sense(make):
    with pytest.raises(ValueError, match='unknown'):
        make()
