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
"""A seed repeats what is done and what is killed."""

import collections

from tools.chaos import load
from tools.chaos import outages
from tools.chaos import schedule
from tools.chaos import settings


def test_same_seed_same_schedule():
    assert schedule.make(7, 500, 16) == schedule.make(7, 500, 16)


def test_other_seed_other_schedule():
    one, other = schedule.make(7, 500, 16), schedule.make(8, 500, 16)
    assert one.steps != other.steps
    assert one.outages != other.outages


def test_every_operation_is_given_to_a_worker():
    steps = schedule.make(1, 1000, 16).steps
    assert len(steps) == 16
    assert sum(map(len, steps)) == 1000
    assert {step.kind for some in steps for step in some} == set(
        schedule.WEIGHTS)


def test_workers_can_do_each_operation():
    assert set(load.KINDS) == set(schedule.WEIGHTS)


def test_every_outage_happens_even_in_a_short_run():
    found = schedule.make(3, 40, 16).outages
    assert collections.Counter(outage.kind for outage in found) == (
        dict.fromkeys(schedule.OUTAGES, 1))


def test_outages_are_in_order_and_while_operations_go_on():
    after = [outage.after for outage in schedule.make(3, 1000, 16).outages]
    assert len(after) == 1000 // schedule.OPERATIONS_PER_OUTAGE
    assert after == sorted(after)
    assert 0 < after[0] and after[-1] < 1000


def test_outage_kills_what_it_is_called():
    found = {outage.kind: outages.victims(outage)
             for outage in schedule.make(3, 40, 16).outages
             if outage.kind != 'array'}
    assert found.pop('one cinder-volume')[0] in settings.NODES
    assert found == {'both cinder-volume': settings.NODES,
                     'simulator': ('arrays',), 'MariaDB': ('mariadb',),
                     'RabbitMQ': ('rabbitmq',)}
