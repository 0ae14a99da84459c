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
"""What each REST version offers (2.11): no route or parameter earlier.

The table is written from the specification, apart from the declarations
that it is compared with; a new route finds its place by its path.
"""

import fnmatch

import pytest

from flasharray_sim import errors
from flasharray_sim import resources
from flasharray_sim.rules import config
from flasharray_sim.wire import decoding
from flasharray_sim.wire import routing

VERSIONS = [routing.parse_version(text)
            for text in config.ALL_REST_VERSIONS]
ROUTER = routing.Router(resources.ROUTES)

# Method and path -> the REST version that introduced it; the last match
# counts, and what matches nothing was always there.
PATHS = (
    ('* pgroup*', '1.2'),
    ('* array/connection*', '1.2'), ('PUT array/connection/*', '1.5'),
    ('* array/phonehome', '1.2'), ('* array/remoteassist', '1.2'),
    ('* array/eula', '1.17'),
    ('* volume/{volume}/diff', '1.3'), ('* cert*', '1.3'),
    ('* cert/{cert}', '1.12'),
    ('* cert/certificate_signing_request/{cert}', '1.12'),
    ('* subnet*', '1.5'), ('* network/vif/*', '1.5'),
    ('DELETE network/*', '1.5'),
    ('* volume/{volume}/pgroup/*', '1.7'),
    ('* host/{host}/pgroup/*', '1.7'),
    ('* hgroup/{hgroup}/pgroup/*', '1.7'),
    ('* app', '1.10'), ('* app/*', '1.10'), ('* software/*', '1.10'),
    ('* kmip*', '1.12'),
    ('* pod*', '1.13'), ('* vgroup*', '1.13'),
    ('POST admin/{admin}', '1.14'), ('DELETE admin/{admin}', '1.14'),
    ('* smtp', '1.14'), ('* offload*', '1.14'), ('* nfs_offload*', '1.14'),
    ('* admin/settings', '1.16'), ('* admin/{admin}/lockout', '1.16'),
    ('* directoryservice/role', '1.16'), ('* s3_offload*', '1.16'),
    ('* azure_offload*', '1.17'), ('* maintenance_window', '1.17'),
    ('* volume/{volume}/tags*', '1.19'), ('* pod/replica-link', '1.19'),
)
# Method, path and parameter -> first and last version, in the same way.
PARAMETERS = (
    *((f'* * {name}', '1.7', None)
      for name in ('limit', 'start', 'token', 'sort', 'filter')),
    ('* * protect', '1.2', None), ('* array connection_key', '1.2', None),
    ('* pgroup* limit', '1.7', None),
    ('GET volume/{volume} pgroup', '1.0', '1.3'),
    ('GET array/connection throttle', '1.5', None),
    ('* network/* subnet', '1.5', None),
    ('* volume* protocol_endpoint', '1.6', None),
    ('* * mirrored', '1.13', None), ('* * remote', '1.13', None),
    ('PUT volume/{volume} container', '1.13', None),
    ('* * bandwidth_limit', '1.14', None), ('* volume* qos', '1.14', None),
    ('* volume* tags', '1.14', None),
    ('GET volume* namespace', '1.14', None),
    ('* host* personality', '1.14', None), ('* admin/* role', '1.14', None),
    ('* pgroup* on', '1.14', None),
    ('* host* preferred_array', '1.15', None),
    ('GET directoryservice groups', '1.0', '1.15'),
    *((f'PUT directoryservice {name}', '1.0', '1.15')
      for name in ('group_base', 'readonly_group', 'storage_admin_group',
                   'array_admin_group')),
    ('* host* *nqnlist', '1.16', None), ('* * latency', '1.16', None),
    ('GET admin* lockout', '1.16', None), ('POST pgroup to', '1.16', None),
    ('POST pgroup name', '1.16', None),
    ('POST pgroup action', '1.16', None),
    ('* * iops_limit', '1.17', None),
    ('* volume* host_encryption_key', '1.17', None),
    ('* vgroup* qos', '1.17', None),
    ('* vgroup* bandwidth_limit', '1.17', None),
    ('PUT directoryservice user_*', '1.17', None),
    ('* s3_offload/* placement_strategy', '1.17', None),
    ('* volume/{volume} requested_promotion_state', '1.18', None),
    *((f'PUT pod/{{pod}} {name}', '1.19', None)
      for name in ('requested_promotion_state', 'promote_from', 'quiesce',
                   'skip_quiesce')),
)


def last_match(table, text, default):
    found = default
    for pattern, *values in table:
        if fnmatch.fnmatchcase(text, pattern):
            found = values
    return found


def span(since, until):
    """Which of all versions lie between two, the ends included."""
    return [version for version in VERSIONS
            if routing.parse_version(since) <= version
            and (until is None or version <= routing.parse_version(until))]


def label(route):
    return f'{route.method} {route.pattern}'


def path_of(route):
    return '/'.join('x' if part.startswith('{') else part
                    for part in route.pattern.split('/'))


def expected_route(route):
    return span(*last_match(PATHS, label(route), ['1.0']), None)


def is_found(route, version):
    try:
        found, _names = ROUTER.find(
            route.method, path_of(route), version, lambda name: False)
    except errors.PurityError as error:
        assert error.status in (404, 405)
        return False
    return found is route


def is_taken(route, parameter, version):
    try:
        decoding.decode(route, {parameter.name: None}, version, True)
    except errors.PurityError as error:
        assert (error.status, error.ctx) == (400, '')
        assert parameter.name in error.text
        return False
    return True


@pytest.mark.parametrize('route', resources.ROUTES, ids=label)
def test_a_route_is_there_from_its_version_on(route):
    assert [version for version in VERSIONS
            if is_found(route, version)] == expected_route(route)


@pytest.mark.parametrize('route', resources.ROUTES, ids=label)
def test_a_parameter_is_taken_in_its_versions(route):
    served = expected_route(route)
    for parameter in route.parameters:
        expected = span(*last_match(
            PARAMETERS, f'{label(route)} {parameter.name}', ['1.0', None]))
        assert [version for version in served
                if is_taken(route, parameter, version)] == [
            version for version in served if version in expected], (
            parameter.name)


@pytest.mark.parametrize('table, texts', [
    (PATHS, [label(route) for route in resources.ROUTES]),
    (PARAMETERS, [f'{label(route)} {parameter.name}'
                  for route in resources.ROUTES
                  for parameter in route.parameters])])
def test_each_line_of_the_table_is_about_something(table, texts):
    assert [pattern for pattern, *_values in table
            if not fnmatch.filter(texts, pattern)] == []


# Path -> keys that its reply has from a version on.
KEYS = (
    ('host/h1', 'nqn', '1.16'), ('admin/pureuser', 'type', '1.14'),
    ('cert', 'name', '1.12'), ('directoryservice', 'user_object_class',
                               '1.17'))
ROW_KEYS = (
    ('port', {}, 'nqn', '1.16'),
    ('array', {'controllers': True}, 'type', '1.17'),
    ('array', {'space': True}, 'provisioned', '1.17'),
    ('array', {'action': 'monitor'}, 'san_usec_per_read_op', '1.10'),
    ('array', {'action': 'monitor'}, 'local_queue_usec_per_op', '1.16'),
    ('volume', {'action': 'monitor'}, 'san_usec_per_read_op', '1.10'),
    ('volume', {'qos': True}, 'iops_limit', '1.17'))


@pytest.mark.parametrize('path, key, since', KEYS)
def test_keys_of_a_dict_by_version(client, path, key, since):
    client.post('host/h1')
    seen = []
    for text in config.ALL_REST_VERSIONS:
        reply = client.as_version(text).get(path) if (
            path != 'cert' or text not in ('1.0', '1.1', '1.2')) else {}
        if key in (reply[0] if isinstance(reply, list) else reply):
            seen.append(routing.parse_version(text))
    assert seen == span(since, None)


@pytest.mark.parametrize('path, params, key, since', ROW_KEYS)
def test_keys_of_a_list_by_version(client, path, params, key, since):
    client.post('volume/v1', size='1G')
    first = '1.14' if 'qos' in params else '1.0'
    assert [version for version in span(first, None)
            if key in client.as_version('%d.%d' % version).get(
                path, **params)[0]] == span(since, None)


def test_snapshots_are_renamed_since_1_4(client):
    client.post('volume/v1', size='1G')
    client.post('volume', snap=True, source=['v1'], suffix='a')
    assert client.as_version('1.3').refusal(
        'PUT', 'volume/v1.a', name='v1.b') == (
        'Invalid combination of parameters specified.')
    assert client.as_version('1.4').put('volume/v1.a', name='v1.b') == {
        'name': 'v1.b'}
