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
"""Full arrays: what an audit costs, counted in requests."""

import collections
import uuid

import pytest

import flasharray_sim
from pure_cinder.array import link
from pure_cinder.volumes import tags
from tests import schema
from tests import world as world_module

DELAY_S = 0.005
# A tag is a row, and there are three of each volume.
TAGS = 3


def ids(count):
    return [str(uuid.UUID(int=number + 1)) for number in range(count)]


def seed_of(count):
    """An array with so many volumes, each with a snapshot."""
    volumes = [{'name': 'volume-%s-cinder' % each, 'size': '1G',
                'snapshots': ['snapshot-%s' % each]} for each in ids(count)]
    connector = world_module.connector()
    return {'volumes': volumes, 'hosts': [
        {'name': 'compute', 'iqns': [connector['initiator']]}]}


def fill(cloud, count):
    """Let the database have the rows of these, and the array their tags."""
    with cloud.array.model.transaction():
        for each in ids(count):
            for key, value in (('VolType', 'Data'), ('ProjectId', 'project'),
                               ('DataStoreType', tags.DATA_STORE_TYPE)):
                cloud.array.model.tags.put('volume-%s-cinder' % each, key,
                                           value, tags.NAMESPACE)
    array_id = cloud.client.get()['id']
    serials = {row['name']: row['serial']
               for row in cloud.client.list_volumes()}
    kind = world_module.new_type()
    rows = [{'id': each, 'name': 'volume-%s-cinder' % each}
            for each in ids(count)]
    with schema.api.get_engine().begin() as connection:
        connection.execute(schema.models.Volume.__table__.insert(), [{
            'id': row['id'], 'provider_id': row['name'], 'size': 1,
            'provider_location': '%s:%s' % (array_id, serials[row['name']]),
            'host': world_module.HOST, 'status': 'available', 'deleted': False,
            'volume_type_id': kind.id, 'bootable': False, 'use_quota': True,
            'project_id': 'project', 'multiattach': False} for row in rows])
        connection.execute(schema.models.Snapshot.__table__.insert(), [{
            'id': row['id'], 'volume_id': row['id'], 'status': 'available',
            'deleted': False, 'volume_size': 1, 'volume_type_id': kind.id,
            'use_quota': True} for row in rows])


@pytest.mark.parametrize('count', [
    1200, pytest.param(20000, marks=[
        pytest.mark.exhaustive, pytest.mark.timeout(600)])])
def test_requests_are_as_many_as_there_are_pages(cloud_of, count):
    cloud = cloud_of(array={'seed': seed_of(count)})
    fill(cloud, count)
    cloud.array.faults.add(flasharray_sim.Fault('latency', delay_s=DELAY_S))
    assert cloud.audit() == []
    pages = -(-count // link.PAGE_SIZE)
    asked = collections.Counter(
        record.path for record in cloud.array.requests
        if not record.path.startswith('auth/'))
    # Volumes, snapshots, limits; connections, of which there are none; tags.
    # A last page that is full is asked for what follows it.
    assert asked['volume'] <= (3 + TAGS) * pages + 5
    assert asked.total() - asked['volume'] <= 8


def test_requests_do_not_grow_with_what_is_not_there(cloud):
    for number in range(3):
        cloud.client.create_volume('volume-%s-cinder' % ids(9)[number], '1G')
    assert len(cloud.audit()) == 3
    assert [record.path for record in cloud.array.requests].count(
        'volume') <= 5, 'each one that is missing is looked at once more'
