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
"""CHAP: one secret for each initiator, never a path without it."""

import logging

import pytest
import sqlalchemy

import flasharray_sim
from pure_cinder.array import errors
from pure_cinder import exceptions
from tests import world as world_module

IQN = world_module.connector()['initiator']


@pytest.fixture
def world(start):
    return start(use_chap_auth=True)


@pytest.fixture
def chap_of(array, client):
    """User and password that the array demands, by host.

    No client is ever shown a password, so this looks into the simulator.
    """
    def look():
        rows = [array.model.db.hosts.find('name', row['name'])
                for row in client.list_hosts()]
        return {row.name: (row.host_user, row.host_password) for row in rows}
    return look


def credentials(info):
    return info['data']['auth_username'], info['data']['auth_password']


def test_array_demands_what_the_machine_is_told(world, chap_of):
    info = world.attach(world.create(), world_module.connector())

    assert info['data']['auth_method'] == 'CHAP'
    user, secret = credentials(info)
    assert user == 'compute-1'
    assert 12 <= len(secret) <= 255
    assert list(chap_of().values()) == [(user, secret)]


def test_secret_stays_for_an_initiator(world):
    first, second = world.create(), world.create()
    one = world.attach(first, world_module.connector())
    assert credentials(world.attach(second, world_module.connector())) == (
        credentials(one))


def test_secrets_of_two_machines_differ(world):
    volume = world.create()
    one = world.attach(volume, world_module.connector('one', 1))
    two = world.attach(volume, world_module.connector('two', 2))
    assert credentials(one)[1] != credentials(two)[1]


def test_another_process_uses_the_same_secret(world, start):
    first, second = world.create(), world.create()
    one = world.attach(first, world_module.connector())
    other = start(use_chap_auth=True)
    assert credentials(other.attach(second, world_module.connector())) == (
        credentials(one))


def test_secret_of_a_race_is_the_first_one(world, chap_of):
    utils = world.driver.driver_utils
    known = utils.get_driver_initiator_data

    def lose_the_race(initiator):
        utils.get_driver_initiator_data = known
        utils.insert_driver_initiator_data(
            initiator, 'PURE_TARGET_CHAP_SECRET', 'first-secret-16c')
        return []

    utils.get_driver_initiator_data = lose_the_race
    info = world.attach(world.create(), world_module.connector())
    assert credentials(info)[1] == 'first-secret-16c'
    assert list(chap_of().values()) == [('compute-1', 'first-secret-16c')]


def test_chap_that_is_switched_on_later_reaches_the_host(start, chap_of):
    without = start()
    first, second = without.create(), without.create()
    without.attach(first, world_module.connector())

    info = start(use_chap_auth=True).attach(second, world_module.connector())

    assert list(chap_of().values()) == [credentials(info)]


def test_lost_row_gives_a_new_secret_that_reaches_the_host(
        world, start, chap_of, database):
    first, second = world.create(), world.create()
    old = world.attach(first, world_module.connector())
    with database.begin() as connection:
        connection.execute(sqlalchemy.text(
            'DELETE FROM driver_initiator_data'))

    new = start(use_chap_auth=True).attach(second, world_module.connector())

    assert credentials(new) != credentials(old)
    assert list(chap_of().values()) == [credentials(new)]


def test_host_that_was_made_anew_gets_the_secret(world, chap_of, client):
    first, second = world.create(), world.create()
    info = world.attach(first, world_module.connector())
    world.detach(first, world_module.connector())
    assert client.list_hosts() == []

    world.attach(second, world_module.connector())
    assert list(chap_of().values()) == [credentials(info)]


def test_host_of_another_is_refused_and_not_changed(world, chap_of, client):
    client.create_host('esx-7', iqnlist=[IQN])
    volume = world.create()

    with pytest.raises(exceptions.PureHostConflictError, match='esx-7'):
        world.connect(volume, world_module.connector())

    assert chap_of() == {'esx-7': (None, None)}
    assert client.list_volume_private_connections(volume.provider_id) == []


def test_refused_secret_connects_nothing(world, array, client):
    array.faults.add(flasharray_sim.Fault(
        kind='status', status=400, text='Invalid password.', method='PUT',
        path='host/*', count=1))
    volume = world.create()

    with pytest.raises(errors.ArrayRefusedError, match='Invalid password'):
        world.connect(volume, world_module.connector())

    assert client.list_volume_private_connections(volume.provider_id) == []
    assert client.list_hosts() == []


def test_secret_is_in_no_log_and_no_error(world, array, caplog):
    volume = world.create()
    with caplog.at_level(logging.DEBUG):
        info = world.attach(volume, world_module.connector())
        array.faults.add(flasharray_sim.Fault(
            kind='status', status=403, path='host/*', count=1))
        with pytest.raises(errors.ArrayPermissionError) as caught:
            world.connect(world.create(), world_module.connector())
    secret = credentials(info)[1]
    assert 'compute-1' in caplog.text
    assert secret not in caplog.text
    assert secret not in str(caught.value)
