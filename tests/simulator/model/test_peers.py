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
"""The fleet mechanism: one transaction, one course of time, links."""

import pytest

from flasharray_sim import errors


@pytest.fixture
def pair(make_fleet):
    return make_fleet('alpha', 'beta')


@pytest.fixture
def reopen(make_fleet, tmp_path):
    """The same pair on the same files, at each call."""
    paths = {name: tmp_path / name for name in ('alpha', 'beta')}
    return lambda: make_fleet(*paths, paths=paths)


def volumes_of(array):
    return [row.name for row in array.db.volumes.select(
        'state', ('volume', 'live'))]


def test_one_transaction_keeps_the_changes_of_both(reopen):
    alpha, beta = reopen()
    with alpha.transaction():
        alpha.volumes.create('v1', '1G')
        with beta.transaction():
            beta.volumes.create('v2', '1G')
    alpha, beta = reopen()
    assert volumes_of(alpha) == ['v1']
    assert volumes_of(beta) == ['v2']


def test_failure_undoes_the_changes_of_both(reopen):
    alpha, beta = reopen()
    with pytest.raises(errors.PurityError):
        with alpha.transaction():
            with beta.transaction():
                beta.volumes.create('v1', '1G')
            alpha.volumes.create('v1', '1G')
            alpha.volumes.create('v1', '1G')
    assert volumes_of(alpha) == volumes_of(beta) == []
    assert [volumes_of(array) for array in reopen()] == [[], []]


def test_arrays_find_each_other(pair):
    alpha, beta = pair
    assert alpha.fleet.find(beta.id) is beta
    assert alpha.fleet.find('nobody') is None
    assert alpha.fleet.peers(alpha) == [beta]


def test_a_tick_does_what_is_due_on_every_array(pair, clock):
    alpha, beta = pair
    with alpha.transaction():
        beta.volumes.create('v1', '1G')
        beta.volumes.destroy('v1')
    clock.advance(86400)
    with alpha.transaction():
        alpha.tick()
    assert not beta.has_volume('v1')


def test_timers_run_in_order_of_time_and_see_it(pair, clock):
    seen = []
    for array in pair:
        array.timers = [(array.db.volumes, 'due', lambda row, array=array: (
            seen.append((row.name, array.core.now_s())),
            array.volumes.remove(row)))]
    alpha, beta = pair
    start_s = alpha.core.now_s()
    for array, name in ((alpha, 'v1'), (beta, 'v2'), (alpha, 'v3')):
        with array.transaction():
            array.volumes.create(name, '1G')
            array.volumes.destroy(name)
        clock.advance(100)
    clock.advance(10 ** 6)
    with beta.transaction():
        beta.tick()
    assert seen == [('v1', start_s + 86400), ('v2', start_s + 86500),
                    ('v3', start_s + 86600)]
    assert alpha.core.now_s() == start_s + 10 ** 6 + 300


def test_arrays_are_linked_unless_one_is_offline(pair):
    alpha, beta = pair
    fleet = alpha.fleet
    assert fleet.is_linked(alpha, beta)
    beta.set_online(False)
    assert not fleet.is_linked(alpha, beta)
    assert not fleet.is_online(beta)
    assert fleet.is_online(alpha)
    beta.set_online(True)
    assert fleet.is_linked(alpha, beta)


def test_a_cut_link_leaves_both_online(pair):
    alpha, beta = pair
    fleet = alpha.fleet
    fleet.cut(beta, alpha)
    assert not fleet.is_linked(alpha, beta)
    assert fleet.is_online(alpha) and fleet.is_online(beta)
    fleet.mend(alpha, beta)
    assert fleet.is_linked(beta, alpha)


def test_every_array_hears_of_a_changed_link(pair):
    alpha, beta = pair
    heard = []
    for array in pair:
        array.on_links_changed.append(
            lambda array=array: heard.append(
                (array.name, array.fleet.is_linked(*pair))))
    beta.set_online(False)
    beta.set_online(True)
    assert heard == [('alpha', False), ('beta', False),
                     ('alpha', True), ('beta', True)]


def test_what_was_due_is_done_before_a_link_changes(pair, clock):
    alpha, beta = pair
    with alpha.transaction():
        alpha.volumes.create('v1', '1G')
        alpha.volumes.destroy('v1')
    heard = []
    alpha.on_links_changed.append(
        lambda: heard.append(alpha.has_volume('v1')))
    clock.advance(86400)
    beta.set_online(False)
    assert heard == [False]
