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
"""Replication with content: each array has the bytes that it should have."""

import contextlib

import pytest

from flasharray_sim import errors
from tests.simulator.data_plane import worlds

MIB = worlds.MIB
ONE, TWO, THREE = b'1' * 4096, b'2' * 4096, b'3' * 4096


@pytest.fixture
def make_pair(tmp_path):
    """Make two arrays, 'one' and 'two', connected for a kind."""
    with contextlib.ExitStack() as stack:
        def made(*types):
            world = worlds.World(tmp_path, 'one', 'two')
            stack.callback(world.close)
            one, two = world.arrays
            with one.transaction():
                one.array_connections.connect(
                    'two', two.core.setting('connection_key'),
                    list(types) or None, None)
            return world
        yield made


def content(*pieces):
    return worlds.filled(4 * MIB, *pieces)


class TestAsync:
    @pytest.fixture
    def world(self, make_pair):
        world = make_pair()
        one, two = world.clients
        one.post('volume/v1', size=4 * MIB)
        one.post('pgroup/pg', vollist=['v1'], targetlist=['two'])
        two.put('pgroup/one:pg', allowed=True)
        world.attach('v1')
        return world

    def replicate(self, world):
        name = world.clients[0].post(
            'pgroup', snap=True, source=['pg'], replicate_now=True,
            )[0]['name']
        return f'one:{name}.v1'

    def test_the_target_has_exactly_the_last_replicated_state(self, world):
        world.write('v1', 0, ONE)
        first = self.replicate(world)
        world.clock.advance(60)
        world.write('v1', 0, TWO)
        world.write('v1', MIB, TWO)
        second = self.replicate(world)
        world.clock.advance(60)
        world.write('v1', 0, THREE)
        third = self.replicate(world)
        world.arrays[0].set_online(False)
        assert world.seen_in_copy(first, at=1) == content((0, ONE))
        assert world.seen_in_copy(second, at=1) == content(
            (0, TWO), (MIB, TWO))
        with pytest.raises(errors.PurityError):
            world.seen_in_copy(third, at=1)

    def test_what_came_costs_no_second_file_until_it_is_written(self, world):
        world.write('v1', 0, ONE)
        name = self.replicate(world)
        world.clock.advance(60)
        world.clients[1].post('volume/back', source=name)
        paths = list((world.data_dir / 'contents').iterdir())
        assert len({path.stat().st_ino for path in paths}) == 1
        world.attach('back', at=1)
        world.write('back', 0, TWO, at=1)
        assert world.seen_in_copy(name, at=1) == content((0, ONE))
        assert world.read('v1') == content((0, ONE))

    def test_and_back_again(self, world):
        world.write('v1', 0, ONE)
        name = self.replicate(world)
        world.clock.advance(60)
        one, two = world.clients
        two.post('volume/v1', source=name)
        world.attach('v1', at=1)
        world.write('v1', MIB, TWO, at=1)
        two.post('pgroup/back', vollist=['v1'], targetlist=['one'])
        one.put('pgroup/two:back', allowed=True)
        [sent] = two.post('pgroup', snap=True, source=['back'],
                          replicate_now=True)
        world.clock.advance(60)
        one.post('volume/v1', source=f'two:{sent["name"]}.v1',
                 overwrite=True)
        assert world.read('v1') == content((0, ONE), (MIB, TWO))


class TestActiveCluster:
    @pytest.fixture
    def world(self, make_pair):
        world = make_pair('sync')
        one, _two = world.clients
        one.post('pod/pod1')
        one.post('volume/pod1::v1', size=4 * MIB)
        world.attach('pod1::v1')
        world.write('pod1::v1', 0, ONE)
        one.post('pod/pod1/array/two')
        world.clock.advance(3600)
        world.attach('pod1::v1', at=1)
        return world

    def test_a_write_to_one_is_on_the_other_at_once(self, world):
        assert world.read('pod1::v1', at=1) == content((0, ONE))
        world.write('pod1::v1', MIB, TWO, at=1)
        assert world.read('pod1::v1') == content((0, ONE), (MIB, TWO))
        one, two = world.arrays
        assert one.read('pod1::v1') == two.read('pod1::v1')
        # Looking does not make it another content.
        assert one.read('pod1::v1') == two.read('pod1::v1')

    def test_a_snapshot_is_on_both(self, world):
        one, two = world.clients
        two.post('volume', snap=True, source=['pod1::v1'], suffix='s')
        world.write('pod1::v1', 0, TWO)
        for at in (0, 1):
            assert world.seen_in_copy('pod1::v1.s', at) == content((0, ONE))

    def test_reverting_on_one_reverts_both(self, world):
        one, _two = world.clients
        one.post('volume', snap=True, source=['pod1::v1'], suffix='s')
        world.write('pod1::v1', 0, TWO, at=1)
        one.post('volume/pod1::v1', source='pod1::v1.s', overwrite=True)
        for at in (0, 1):
            assert world.read('pod1::v1', at) == content((0, ONE))

    @pytest.mark.parametrize('lost', [0, 1])
    def test_the_survivor_has_all_and_the_lost_one_gets_it(self, world,
                                                           lost):
        stays = 1 - lost
        world.write('pod1::v1', MIB, TWO, at=lost)
        world.arrays[lost].set_online(False)
        assert world.read('pod1::v1', stays) == content((0, ONE), (MIB, TWO))
        world.write('pod1::v1', 2 * MIB, THREE, at=stays)
        world.clients[stays].post(
            'volume', snap=True, source=['pod1::v1'], suffix='alone')
        world.arrays[lost].set_online(True)
        world.clock.advance(3600)
        world.clients[lost].get('pod')
        whole = content((0, ONE), (MIB, TWO), (2 * MIB, THREE))
        for at in (0, 1):
            assert world.read('pod1::v1', at) == whole
            assert world.seen_in_copy('pod1::v1.alone', at) == whole
        world.write('pod1::v1', 0, TWO, at=lost)
        assert world.read('pod1::v1', stays)[:4096] == TWO

    def test_an_old_copy_stays_as_it_was(self, world):
        one, two = world.arrays
        one.fleet.cut(one, two)
        world.write('pod1::v1', 0, TWO)
        world.clients[0].get('volume')
        assert world.path('pod1::v1', at=1) != world.path('pod1::v1')
        assert world.read('pod1::v1', at=1) == content((0, ONE))

    def test_unstretching_leaves_the_volume_where_it_stays(self, world):
        world.clients[0].delete('pod/pod1/array/two')
        world.write('pod1::v1', 0, TWO)
        assert world.read('pod1::v1') == content((0, TWO))
        assert world.present()[1] == 1


class TestActiveDR:
    @pytest.fixture
    def world(self, make_pair):
        world = make_pair()
        one, two = world.clients
        one.post('pod/here')
        one.post('volume/here::v1', size=4 * MIB)
        world.attach('here::v1')
        world.write('here::v1', 0, ONE)
        two.post('pod/there')
        two.put('pod/there', requested_promotion_state='demoted')
        one.post('pod/replica-link', local_pod_name='here',
                 remote_pod_name='there')
        world.clock.advance(60)
        two.get('pod')
        return world

    def test_the_target_follows_moments_behind(self, world):
        _one, two = world.clients
        world.attach('there::v1', at=1)
        assert world.read('there::v1', at=1) == content((0, ONE))
        world.write('here::v1', 0, TWO)
        two.get('pod')
        assert world.read('there::v1', at=1) == content((0, ONE))
        world.clock.advance(60)
        two.get('pod')
        assert world.read('there::v1', at=1) == content((0, TWO))

    def test_promotion_finds_what_was_replicated_last(self, world):
        _one, two = world.clients
        world.write('here::v1', 0, TWO)
        world.arrays[0].set_online(False)
        two.put('pod/there', requested_promotion_state='promoted')
        world.attach('there::v1', at=1)
        assert world.read('there::v1', at=1) == content((0, ONE))
        world.write('there::v1', MIB, THREE, at=1)
        assert world.read('there::v1', at=1) == content(
            (0, ONE), (MIB, THREE))

    def test_the_undo_pod_brings_back_what_demoting_dropped(self, world):
        one, two = world.clients
        world.write('here::v1', 0, TWO)
        one.put('pod/here', requested_promotion_state='demoted',
                skip_quiesce=True)
        two.put('pod/there', requested_promotion_state='promoted')
        world.clock.advance(60)
        one.get('pod')
        assert world.read('here::v1') == content((0, ONE))
        two.put('pod/there', requested_promotion_state='demoted',
                skip_quiesce=True)
        one.put('pod/here', requested_promotion_state='promoted',
                promote_from='here.undo-demote')
        assert world.read('here::v1') == content((0, TWO))
