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
"""Names on the array are the in-tree driver's names."""

import hypothesis
from hypothesis import strategies
import pytest

from pure_cinder import naming

UUID = '1d0f5b9c-3e1c-4b43-9a73-6a2b3f1c9d10'
IQN = 'iqn.1993-08.org.debian:01:abc'
SYSTEM_UUID = '4C4C4544-0038-4410-8031-B7C04F4E3432'


def test_volume_name_is_cinders_name_and_suffix():
    assert naming.volume_name('volume-%s' % UUID, 'volume-%s') == (
        'volume-%s-cinder' % UUID)


def test_long_volume_name_keeps_its_end():
    name = 'volume-' + 'a' * 30 + UUID

    shortened = naming.volume_name(name, 'volume-%s')

    assert shortened == 'volume-' + name[-47:] + '-cinder'
    assert len(shortened) == 61


@pytest.mark.parametrize('length, expected_length', [
    (56, 63), (57, 61), (200, 61)])
def test_volume_name_length(length, expected_length):
    name = 'volume-'.ljust(length, 'x')
    assert len(naming.volume_name(name, 'volume-%s')) == expected_length


@hypothesis.given(names=strategies.lists(
    strategies.text('ab', min_size=60, max_size=64), unique=True,
    min_size=2, max_size=2))
def test_shortened_names_have_a_second_form_that_no_other_has(names):
    one, other = [naming.volume_names('volume-' + name, 'volume-%s')
                  for name in names]
    assert one[1] != other[1]
    assert one[1] not in other
    assert one[0] == naming.volume_name('volume-' + names[0], 'volume-%s')
    assert all(len(name) == 61 for name in one + other)


def test_name_that_fits_has_one_form():
    assert naming.volume_names('volume-%s' % UUID, 'volume-%s') == (
        'volume-%s-cinder' % UUID,)


@pytest.mark.parametrize('text, name', [
    ('gold', 'gold'), ('gold tier_1', 'gold-tier-1')])
def test_volume_group_name(text, name):
    assert naming.volume_group_name(text) == name


def test_snapshot_name_is_volume_dot_suffix():
    name = naming.snapshot_name('volume-1-cinder', 'snapshot-2')
    assert name == 'volume-1-cinder.snapshot-2'
    assert naming.is_snapshot_name(name)
    assert not naming.is_snapshot_name('volume-1-cinder')


def test_host_name_carries_the_system_uuid():
    first, second = naming.host_names(
        {'host': 'compute-1.example.org', 'system uuid': SYSTEM_UUID}, [IQN])
    assert first == (
        'compute-1-example-org-4c4c4544003844108031b7c04f4e3432-cinder')
    assert second != first


def test_host_name_is_the_same_every_time():
    connector = {'host': 'compute-1'}
    assert naming.host_names(connector, [IQN]) == naming.host_names(
        connector, [IQN.upper()])


def test_machines_with_one_placeholder_uuid_differ_in_the_second_name():
    connector = {'host': 'localhost', 'system uuid': SYSTEM_UUID}
    one = naming.host_names(connector, [IQN])
    other = naming.host_names(connector, [IQN + 'd'])
    assert one[0] == other[0]
    assert one[1] != other[1]


@hypothesis.given(host=strategies.text(max_size=80),
                  system_uuid=strategies.one_of(
                      strategies.none(), strategies.text(max_size=50),
                      strategies.uuids().map(str)))
def test_every_host_name_is_valid_and_recognised(host, system_uuid):
    connector = {'host': host, 'system uuid': system_uuid}
    for name in naming.host_names(connector, [IQN]):
        assert len(name) <= 63
        assert set(name) <= set('abcdefghijklmnopqrstuvwxyz'
                                'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-')
        assert name[0].isalnum() and name[-1].isalnum()
        assert naming.is_generated_host_name(name)


@pytest.mark.parametrize('name', [
    'esx-1', 'compute-1-cinder',
    'array-2:compute-1-4c4c4544003844108031b7c04f4e3432-cinder'])
def test_foreign_host_is_not_ours(name):
    assert not naming.is_generated_host_name(name)


@pytest.mark.parametrize('name, host, is_theirs', [
    ('compute-1-' + 'a' * 32 + '-cinder', 'compute-1', True),
    ('compute-1-' + 'a' * 32 + '-cinder', 'compute-10', False),
    ('compute-10-' + 'a' * 32 + '-cinder', 'compute-1', False),
    ('compute-1-cinder', 'compute-1', False),
    ('esx-1', 'esx-1', False),
    # The name of the machine is cut, so that its UUID has to tell.
    ('compute-1-example-openst-' + 'a' * 32 + '-cinder',
     'compute-1.example.openstack.org', False),
    ('compute-1-example-opens-4c4c4544003844108031b7c04f4e3432-cinder',
     'compute-1.example.openstack.org', True)])
def test_host_is_a_machines_by_its_name(name, host, is_theirs):
    assert naming.is_host_of(name, {
        'host': host, 'system uuid': SYSTEM_UUID}) is is_theirs
