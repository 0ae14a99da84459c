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
"""The transport: few connections, bounded retries, one log in, no secrets."""

import concurrent.futures
import dataclasses
import io
import logging
import socket
import subprocess
import sys
import warnings

from oslo_utils import strutils
import pytest
import requests
from requests import adapters
from urllib3 import exceptions as urllib3_exceptions

import flasharray_sim
from pure_cinder.array import errors
from pure_cinder.array import gateway as gateway_module
from pure_cinder.array import session
from pure_cinder import parallel

GIB = 1024 ** 3
# Default of executor_thread_pool_size.
CINDER_THREADS = 64


def paths(array, method):
    return [record.path for record in array.requests
            if record.method == method]


def test_nothing_is_sent_before_it_is_needed(gateway, array):
    assert array.connection_count == 0
    gateway.get_array()
    assert array.connection_count == 1


def test_connecting_costs_three_requests(gateway, array):
    gateway.get_array()
    gateway.get_array()
    assert [record.path for record in array.requests] == [
        'api_version', 'auth/session', 'array']


def test_one_connection_for_many_calls(gateway, array):
    for number in range(10):
        gateway.volumes.create('v%d' % number, GIB)
    assert array.connection_count == 1


def test_connections_of_all_of_cinders_threads_are_kept(
        gateway, array, caplog):
    gateway.get_array()
    array.faults.add(flasharray_sim.Fault(kind='latency', delay_s=0.5))
    with concurrent.futures.ThreadPoolExecutor(CINDER_THREADS) as pool:
        list(pool.map(lambda _number: gateway.get_space(),
                      range(CINDER_THREADS)))
    assert 'pool is full' not in caplog.text


def test_ended_session_is_renewed(gateway, array):
    gateway.volumes.create('v1', GIB)
    array.sessions.expire_all()
    array.requests.clear()

    gateway.volumes.create('v2', GIB)

    assert [(record.path, record.status) for record in array.requests] == [
        ('volume/v2', 401), ('auth/session', 200), ('volume/v2', 200)]


def test_many_threads_meet_an_ended_session_and_log_in_once(gateway, array):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: gateway.volumes.create(
            'a%d' % number, GIB), range(8)))
        array.sessions.expire_all()
        array.requests.clear()
        volumes = list(pool.map(lambda number: gateway.volumes.create(
            'b%d' % number, GIB), range(8)))

    assert {volume.name for volume in volumes} == {
        'b%d' % number for number in range(8)}
    assert paths(array, 'POST').count('auth/session') == 1


def test_token_that_was_withdrawn_ends_in_one_error(gateway, array):
    gateway.get_array()
    array.faults.add(flasharray_sim.Fault(kind='status', status=401))
    array.requests.clear()

    with pytest.raises(errors.ArrayAuthenticationError):
        gateway.volumes.create('v', GIB)

    assert len(array.requests) == 2


def test_read_is_repeated(gateway, array):
    gateway.volumes.create('v', GIB)
    array.faults.add(flasharray_sim.Fault(
        kind='reset_before', method='GET', count=2))
    assert gateway.volumes.get('v').size_bytes == GIB


def test_read_is_repeated_only_so_often(gateway, array):
    gateway.get_array()
    fault = flasharray_sim.Fault(kind='status', status=503, method='GET')
    array.faults.add(fault)
    with pytest.raises(errors.ArrayNoAnswerError):
        gateway.volumes.get('v')
    assert fault.hits == 3


def test_array_that_comes_back_is_used_again(gateway, array):
    gateway.volumes.create('v1', GIB)
    array.stop()
    with pytest.raises(errors.ArrayUnreachableError):
        gateway.volumes.create('v2', GIB)
    array.start()
    assert gateway.volumes.create('v3', GIB).name == 'v3'


def test_rest_version_that_goes_away_is_negotiated_again(gateway, array):
    gateway.volumes.create('v1', GIB)
    array.faults.add(flasharray_sim.Fault(
        kind='status', status=450, path='volume/v2'))
    with pytest.raises(errors.ArrayVersionError):
        gateway.volumes.create('v2', GIB)
    assert 'api_version' in paths(array, 'GET')


def test_only_the_warning_about_this_array_is_switched_off(endpoint):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        gateway_module.Gateway(dataclasses.replace(endpoint, verify=False),
                               'test').get_array()
        warnings.warn('Unverified HTTPS request is being made to host '
                      "'192.0.2.1'.",
                      urllib3_exceptions.InsecureRequestWarning)
    assert ['192.0.2.1' in str(warning.message) for warning in caught
            if warning.category is urllib3_exceptions.InsecureRequestWarning
            ] == [True]


def test_redirection_is_not_followed(gateway, monkeypatch):
    sent = []

    def redirect(adapter, request, **kwargs):
        sent.append(request.url)
        response = requests.Response()
        response.status_code, response.url = 307, request.url
        response.request, response.raw = request, io.BytesIO()
        response.headers['Location'] = 'https://192.0.2.1/elsewhere'
        return response

    monkeypatch.setattr(adapters.HTTPAdapter, 'send', redirect)
    with pytest.raises(errors.ArrayProtocolError, match='san_ip'):
        gateway.get_array()
    assert len(sent) == 1


def test_array_that_knows_no_rest_1_any_more(gateway, array):
    gateway.volumes.create('v1', GIB)
    array.faults.add(flasharray_sim.Fault(kind='status', status=450))
    with pytest.raises(errors.ArrayVersionError, match='Purity'):
        gateway.volumes.create('v2', GIB)


def test_write_after_a_lost_log_in_is_told_as_not_sent(gateway, array):
    gateway.get_array()
    array.sessions.expire_all()
    array.faults.add(flasharray_sim.Fault(kind='reset_before',
                                          path='auth/session'))
    with pytest.raises(errors.ArrayNoAnswerError, match='auth/session'):
        gateway.volumes.create('v', GIB)


def test_no_secret_is_logged(endpoint, caplog):
    with caplog.at_level(logging.DEBUG):
        gateway = gateway_module.Gateway(endpoint, 'test')
        gateway.volumes.create('v', GIB)
        with pytest.raises(errors.ArrayAuthenticationError) as caught:
            gateway_module.Gateway(
                dataclasses.replace(endpoint, api_token='x' * 36),
                'test').get_array()

    assert 'volume/v' in caplog.text
    assert 'auth/session' in caplog.text
    for secret in (endpoint.api_token, 'x' * 36, 'session='):
        assert secret not in caplog.text
        assert secret not in str(caught.value)
        assert secret not in repr(endpoint)


def test_nothing_is_masked_for_a_log_that_is_not_written(
        gateway, monkeypatch):
    gateway.volumes.create('v', GIB)
    masked = []
    monkeypatch.setattr(strutils, 'mask_dict_password', masked.append)
    gateway.volumes.get('v')
    assert masked == []


def test_log_and_error_share_a_request_id(gateway, caplog):
    with caplog.at_level(logging.DEBUG, 'pure_cinder'):
        with pytest.raises(errors.ArrayNotFoundError) as caught:
            gateway.volumes.get('missing')
    assert caught.value.request_id in str(caught.value)
    assert caplog.text.count(caught.value.request_id) == 2


@pytest.fixture
def dead_proxy(monkeypatch):
    """Name a proxy in the environment where nobody listens."""
    def name():
        with socket.create_server(('127.0.0.1', 0)) as listener:
            monkeypatch.setenv(
                'HTTPS_PROXY',
                'http://127.0.0.1:%d' % listener.getsockname()[1])
    monkeypatch.setenv('NO_PROXY', '')
    return name


def test_proxy_of_the_environment_is_used(gateway, array, dead_proxy):
    dead_proxy()
    with pytest.raises(errors.ArrayUnreachableError):
        gateway.get_array()
    assert array.connection_count == 0


def test_array_can_be_excepted_from_the_proxy(gateway, dead_proxy,
                                              monkeypatch):
    dead_proxy()
    monkeypatch.setenv('NO_PROXY', '127.0.0.1')
    gateway.get_array()


def test_environment_is_looked_at_once(gateway, dead_proxy):
    gateway.volumes.create('v', GIB)
    dead_proxy()
    gateway.volumes.get('v')


def test_settings_are_merged_once_for_a_session(endpoint, monkeypatch):
    merged = []
    merge = requests.Session.merge_environment_settings

    def count(session, url, *args):
        merged.append(url)
        return merge(session, url, *args)

    monkeypatch.setattr(requests.Session, 'merge_environment_settings', count)
    gateway = gateway_module.Gateway(endpoint, 'test')
    gateway.volumes.create('v', GIB)
    gateway.volumes.get('v')
    assert merged == ['https://' + endpoint.address]


def test_bundle_of_the_environment_is_used(endpoint, monkeypatch):
    monkeypatch.setenv('REQUESTS_CA_BUNDLE', endpoint.verify)
    gateway_module.Gateway(dataclasses.replace(endpoint, verify=True),
                           'test').get_array()


def test_sdk_imports_without_distutils():
    code = ('import sys\n'
            'class NoDistutils:\n'
            '    def find_spec(self, name, path=None, target=None):\n'
            '        if name.partition(".")[0] == "distutils":\n'
            '            raise ModuleNotFoundError(name)\n'
            'sys.meta_path.insert(0, NoDistutils())\n'
            'from pure_cinder.array import sdk\n'
            'assert "distutils" not in sys.modules\n'
            'print(sdk.FlashArray.__name__)\n')
    done = subprocess.run([sys.executable, '-W', 'ignore', '-c', code],
                          capture_output=True, text=True)
    assert done.stdout == 'FlashArray\n', done.stderr


def test_no_more_connections_than_allowed(endpoint, array):
    gateway = gateway_module.Gateway(
        dataclasses.replace(endpoint, max_connections=2), 'test')
    gateway.volumes.create('v', GIB)
    parallel.Workers(8).run([lambda: gateway.volumes.get('v')] * 40)
    assert array.connection_count <= 2


def test_request_without_a_connection_to_use_was_not_sent(
        endpoint, array, monkeypatch):
    monkeypatch.setattr(session, 'MIN_ATTEMPT_S', 0)
    client = session.ArraySession(
        dataclasses.replace(endpoint, max_connections=1), 'test')
    monkeypatch.setattr(client, '_endpoint', dataclasses.replace(
        endpoint, connect_timeout_s=0.1, read_timeout_s=0.1))
    array.requests.clear()
    client._turns.acquire()
    with pytest.raises(errors.ArrayUnreachableError,
                       match='pure_max_connections'):
        client.get()
    assert list(array.requests) == []
