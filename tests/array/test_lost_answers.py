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
"""A write whose answer is lost is resolved by looking, never repeated."""

import concurrent.futures
import threading

import purestorage
import pytest

import flasharray_sim
from pure_cinder.array import errors
from pure_cinder import options
from tests.array.writes import GIB
from tests.array.writes import IQN
from tests.array.writes import WRITES
from tests import middleman as middleman_module
from tests import products

# The array answers a look within that, more or less.
SILENCE_S = 1
THREADS = 8
LOST = ('html', 'cut JSON', 'empty', 'other shape', 'reset', 'silence')


@pytest.fixture
def simulator(staged_simulator):
    return staged_simulator


def writes(array):
    return [record for record in array.requests if record.method != 'GET'
            and not record.path.startswith('auth/')]


def fail_next_write(array, **fault):
    for method in ('POST', 'PUT', 'DELETE'):
        array.faults.add(flasharray_sim.Fault(method=method, count=1,
                                              **fault))


def picture(client):
    """All that verbs can change."""
    lists = [client.list_volumes(pending=True),
             client.list_volumes(pending=True, snap=True),
             client.list_volumes(qos=True),
             client.list_volumes(tags=True, namespace='*'),
             client.list_hosts(), client.list_hosts(connect=True),
             client.list_hosts(preferred_array=True),
             client.list_pgroups(pending=True),
             client.list_pgroups(pending=True, snap=True),
             client.list_pgroups(schedule=True),
             client.list_pgroups(retention=True),
             client.list_pods(pending=True),
             client.list_vgroups(pending=True),
             client.list_vgroups(qos=True)]
    return [[{key: value for key, value in row.items()
              if key != 'time_remaining'} | {
                  'is_destroyed': row.get('time_remaining') is not None}
             for row in rows] for rows in lists]


@pytest.mark.parametrize('verb, lost', products.diagonal(WRITES, LOST))
def test_write_that_took_effect_succeeds(
        gateway_through, middleman, client, verb, lost):
    act, took_effect = WRITES[verb]
    assert not is_true(took_effect, client)
    gateway = gateway_through(read_timeout_s=SILENCE_S if lost == 'silence'
                              else options.READ_TIMEOUT_S)
    gateway.get_array()
    middleman.fail_next_write(middleman_module.FAULTS[lost])

    act(gateway)

    assert took_effect(client)
    assert len(middleman.writes()) == 1


def is_true(took_effect, client):
    try:
        return took_effect(client)
    except purestorage.PureHTTPError as error:
        assert error.code == 400
        return False


@pytest.mark.parametrize('verb', WRITES)
def test_write_without_effect_is_told_and_not_repeated(
        gateway, array, client, verb):
    act, _took_effect = WRITES[verb]
    before = picture(client)
    gateway.get_array()
    fail_next_write(array, kind='status', status=500)
    array.requests.clear()

    with pytest.raises(errors.ArrayNoEffectError, match='try again'):
        act(gateway)

    assert len(writes(array)) == 1
    array.faults.clear()
    assert picture(client) == before


@pytest.mark.parametrize('verb', WRITES)
def test_write_is_sent_again_after_an_idle_connection_was_cut_off(
        gateway_through, middleman, client, verb):
    act, took_effect = WRITES[verb]
    gateway = gateway_through()
    gateway.get_array()
    middleman.forget()

    act(gateway)

    assert took_effect(client)
    assert len(middleman.writes()) == 1
    assert middleman.connection_count == 2


@pytest.mark.parametrize('verb', WRITES)
def test_answered_write_is_not_looked_after(
        gateway, array, client, verb):
    act, took_effect = WRITES[verb]
    gateway.get_array()
    array.requests.clear()

    act(gateway)

    looks = 1 if verb.startswith('overwrite') else 0
    assert len(array.requests) == 1 + looks
    assert took_effect(client)


@pytest.mark.parametrize('verb', [
    verb for verb in WRITES if verb.startswith(('rename', 'move'))])
def test_new_name_is_given_though_the_array_got_that_twice(
        gateway_through, middleman, client, verb):
    act, took_effect = WRITES[verb]
    gateway = gateway_through()
    gateway.get_array()

    def pass_on_twice(exchange):
        exchange.pass_on()
        exchange.pass_on().send()

    middleman.fail_request(0, pass_on_twice)
    act(gateway)
    assert took_effect(client)


@pytest.mark.parametrize('refusal', [400, 403])
def test_new_name_that_is_refused_is_told(
        gateway_through, middleman, client, refusal):
    before = picture(client)
    gateway = gateway_through()
    gateway.get_array()
    middleman.fail_request(0, lambda exchange: exchange.refuse(
        refusal, 'Not now.'))
    with pytest.raises(errors.ArrayRefusal, match='Not now'):
        gateway.volumes.rename('old', 'new')
    assert picture(client) == before


def test_result_is_that_of_an_answered_write(gateway, array, client):
    array.faults.add(flasharray_sim.Fault(kind='reset_after', count=1,
                                          method='POST', path='volume/v'))
    created = gateway.volumes.create('v', GIB)
    assert created.serial == client.get_volume('v')['serial']

    gateway.hosts.create('h', 'iqn', [IQN])
    array.faults.add(flasharray_sim.Fault(kind='reset_after', count=1,
                                          path='host/h/volume/v'))
    connection = gateway.connections.ensure('h', 'v')
    assert connection.lun == client.list_host_connections('h')[0]['lun']


@pytest.mark.parametrize('kind, told', [
    ('reset_before', errors.ArrayAlreadyExistsError),
    ('reset_after', errors.ArrayAlreadyExistsError),
    ('status', errors.ArrayNoEffectError)])
def test_host_of_another_machine_is_no_result(
        gateway, array, client, kind, told):
    client.create_host('h', iqnlist=[IQN + '-other'])
    array.faults.add(flasharray_sim.Fault(kind=kind, count=1,
                                          method='POST', path='host/h'))
    with pytest.raises(told):
        gateway.hosts.create('h', 'iqn', [IQN])


def test_outcome_stays_unknown_if_the_array_cannot_be_asked(gateway, array):
    gateway.get_array()
    array.faults.add(flasharray_sim.Fault(kind='reset_after'))
    with pytest.raises(errors.ArrayOutcomeUnknownError, match='Look'):
        gateway.volumes.create('v', GIB)


@pytest.mark.parametrize('make, commands', [
    (lambda gateway: gateway.volumes.create('new', GIB),
     ['purevol destroy new']),
    (lambda gateway: gateway.volumes.copy('old', 'new'),
     ['purevol destroy new']),
    (lambda gateway: gateway.volumes.create_snapshot('old', 'new'),
     ['purevol destroy old.new']),
    (lambda gateway: gateway.volumes.create_snapshots(['old', 'spare'],
                                                      'new'),
     ['purevol destroy old.new', 'purevol destroy spare.new']),
    (lambda gateway: gateway.pgroups.create('new'),
     ['purepgroup destroy new']),
    (lambda gateway: gateway.pgroups.create_snapshot('group', 'new'),
     ['purepgroup destroy group.new']),
    (lambda gateway: gateway.volume_groups.create('new'),
     ['purevgroup destroy new']),
    (lambda gateway: gateway.pods.create('new'), ['purepod destroy new'])])
def test_what_may_have_been_made_is_told(gateway, array, caplog, make,
                                         commands):
    gateway.get_array()
    array.faults.add(flasharray_sim.Fault(kind='reset_after'))
    with pytest.raises(errors.ArrayOutcomeUnknownError):
        make(gateway)
    told = [record.getMessage() for record in caplog.records
            if 'Left on array' in record.getMessage()]
    assert len(told) == len(commands)
    for text, command in zip(told, commands):
        assert 'It is not known whether' in text
        assert text.endswith('Undo it there with "%s".' % command)


@pytest.mark.parametrize('lost', middleman_module.FAULTS)
def test_any_answer_that_cannot_be_understood_is_lost(
        gateway_through, middleman, client, lost):
    gateway = gateway_through(read_timeout_s=SILENCE_S)
    gateway.get_array()
    middleman.fail_next_write(middleman_module.FAULTS[lost])
    created = gateway.volumes.create('v', GIB)
    assert created.serial == client.get_volume('v')['serial']


@pytest.mark.parametrize('lost', ['html', 'cut JSON', 'empty', 'cut body'])
def test_read_whose_answer_cannot_be_understood_is_repeated(
        gateway_through, middleman, lost):
    gateway = gateway_through()
    gateway.get_array()
    middleman.fail_next_read(middleman_module.FAULTS[lost], count=2)
    assert gateway.volumes.get('old').size_bytes == GIB


def test_outcome_stays_unknown_if_no_look_can_be_understood(
        gateway_through, middleman):
    gateway = gateway_through()
    gateway.get_array()
    middleman.fail_next_write(middleman_module.FAULTS['html'])
    middleman.fail_next_read(middleman_module.FAULTS['html'], count=3)
    with pytest.raises(errors.ArrayOutcomeUnknownError,
                       match='is not JSON. Look on the array'):
        gateway.volumes.create('v', GIB)


def test_write_that_a_new_connection_lost_is_not_sent_again(gateway, array):
    gateway.get_array()
    # So that there is no connection any more that could have been cut off.
    array.stop()
    array.start()
    fail_next_write(array, kind='reset_before')
    array.requests.clear()
    with pytest.raises(errors.ArrayNoEffectError):
        gateway.volumes.create('v', GIB)
    assert len(writes(array)) == 1


def test_write_is_sent_again_only_once(gateway, array):
    gateway.get_array()
    array.faults.add(flasharray_sim.Fault(
        kind='reset_before', method='POST', count=2))
    array.requests.clear()
    with pytest.raises(errors.ArrayNoEffectError):
        gateway.volumes.create('v', GIB)
    assert len(writes(array)) == 2


def test_many_connections_that_were_cut_off(gateway_through, middleman):
    gateway = gateway_through()
    gateway.get_array()
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        barrier = threading.Barrier(THREADS)

        def read(_number):
            barrier.wait()
            gateway.get_space()

        list(pool.map(read, range(THREADS)))
    kept = middleman.connection_count
    assert kept > 3
    middleman.forget()

    assert gateway.volumes.get('old').size_bytes == GIB
    gateway.volumes.create('v', GIB)

    assert middleman.connection_count == kept + 1


@pytest.mark.parametrize('lost', [
    middleman_module.FAULTS['reset'], middleman_module.FAULTS['html']])
def test_credentials_are_set_again_when_the_answer_is_lost(
        gateway_through, middleman, client, lost):
    gateway = gateway_through()
    gateway.get_array()
    middleman.fail_next_write(lost)
    gateway.hosts.set_chap('idle', 'user', 'a-long-password')
    assert client.get_host('idle', chap=True)['host_user'] == 'user'
    assert len(middleman.writes()) == 2


def test_credentials_that_cannot_be_set_again_may_be_set(gateway, array):
    gateway.get_array()
    array.faults.add(flasharray_sim.Fault(
        kind='status', status=500, method='PUT'))
    with pytest.raises(errors.ArrayOutcomeUnknownError):
        gateway.hosts.set_chap('idle', 'user', 'a-long-password')
