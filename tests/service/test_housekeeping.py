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
"""What was put off until the stats report fails neither it nor the rest."""

from oslo_db import exception as db_exception
import pytest

from pure_cinder.attachments import sweep
from pure_cinder.volumes import tags
from tests import world as world_module


def fail(*args, **values):
    raise db_exception.DBConnectionError('The database is away.')


@pytest.fixture
def tagged_at_once(monkeypatch):
    monkeypatch.setattr(tags, 'SETTLING_S', 0)


def tags_of(client, volume):
    return client.get_volume(volume.provider_id, tags=True,
                             namespace=tags.NAMESPACE)


def test_step_that_fails_is_done_with_the_next_report(
        world, client, monkeypatch, tagged_at_once, caplog):
    volume = world.create()
    with monkeypatch.context() as patch:
        patch.setattr(tags.TagService, '_write', fail)
        assert world.driver.get_volume_stats(refresh=True)[
            'backend_state'] == 'up'
    assert tags_of(client, volume) == []
    assert 'The database is away.' in caplog.text

    world.driver.get_volume_stats(refresh=True)

    assert tags_of(client, volume)


@pytest.mark.parametrize('owner, name', [
    (tags.TagService, '_write'), (sweep.ConnectionSweep, 'run')])
def test_step_that_fails_leaves_the_others_theirs(
        world, client, monkeypatch, tagged_at_once, owner, name):
    volume = world.create()
    world.connect(volume, world_module.connector())
    world.restart()
    world.driver.accept_transfer(None, volume, None, None)
    monkeypatch.setattr(owner, name, fail)

    world.driver.get_volume_stats(refresh=True)

    has_tags = bool(tags_of(client, volume))
    is_connected = bool(client.list_hosts())
    assert has_tags is is_connected is (owner is sweep.ConnectionSweep)
