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
"""A state directory that cannot be written to is told as such."""

import os

import purestorage
import pytest
import requests

import flasharray_sim
from tests import arrays

FULL = 'database or disk is full'
NO_SPACE = os.strerror(28)


@pytest.fixture
def simulator(tmp_path):
    with flasharray_sim.Simulator(
            arrays=2, state_dir=tmp_path / 'state') as running:
        yield running


def sdk(simulator):
    return arrays.client_of(simulator.arrays[0], simulator.certificate_path)


def limit(simulator, more_pages):
    """Let SQLite have that many more pages than now."""
    connection = simulator.arrays[0].model.db._store._connection
    [pages] = connection.execute('PRAGMA page_count').fetchone()
    connection.execute(f'PRAGMA max_page_count = {pages + more_pages}')


def fill(client):
    """Make volumes until that is refused; what was made, and the refusal."""
    made = []
    while len(made) < 1000:
        try:
            made.append(client.create_volume(f'v{len(made)}', '1G')['name'])
        except purestorage.PureHTTPError as refusal:
            return made, refusal
    raise AssertionError('it was never full')


def leave_no_space_for(path):
    os.symlink('/dev/full', f'{path}.new')


def listed(client):
    return [volume['name'] for volume in client.list_volumes()]


def test_full_disk_is_told_and_nothing_is_half_done(
        simulator, tmp_path, caplog):
    client = sdk(simulator)
    limit(simulator, more_pages=4)
    made, refusal = fill(client)
    assert refusal.code == 500
    assert f'{FULL}: {tmp_path}/state/pure01.sqlite' in refusal.text
    assert 'Internal error' not in refusal.text
    assert [record for record in caplog.records if record.exc_info] == []
    assert listed(client) == made

    limit(simulator, more_pages=1000)
    client.create_volume('more', '1G')
    kept = listed(client)
    simulator.stop()
    with flasharray_sim.Simulator(
            arrays=2, state_dir=tmp_path / 'state') as again:
        assert listed(sdk(again)) == kept == [*made, 'more']


def test_login_is_told_that_the_disk_is_full(simulator):
    limit(simulator, more_pages=0)
    with pytest.raises(purestorage.PureHTTPError) as caught:
        for _number in range(1000):
            sdk(simulator)
    assert FULL in caught.value.text


def test_what_several_arrays_write_is_told(simulator, tmp_path):
    client = sdk(simulator)
    key = simulator.arrays[1].model.core.setting('connection_key')
    leave_no_space_for(tmp_path / 'state' / 'unfinished.json')
    with pytest.raises(purestorage.PureHTTPError) as caught:
        client.connect_array(
            simulator.arrays[1].address, key, ['async-replication'])
    assert NO_SPACE in caught.value.text
    assert client.list_array_connections() == []


def test_clock_that_cannot_be_kept_stands(simulator, tmp_path):
    leave_no_space_for(tmp_path / 'state' / 'clock.json')
    before = simulator.clock.now()
    with requests.Session() as session:
        session.trust_env = False
        reply = session.post(
            f'{simulator.control_address}/control/clock/advance',
            json={'seconds': 86400}, timeout=30)
    assert reply.status_code == 500
    assert NO_SPACE in reply.json()['error']
    assert (simulator.clock.now() - before).total_seconds() < 86400
