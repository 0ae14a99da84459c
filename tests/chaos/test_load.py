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
"""An operation has an outcome, and what is in doubt is not used again."""

import threading

from cinderclient import exceptions
import pytest

from tools.chaos import load
from tools.chaos import schedule
from tools.chaos import tally as tallies


class Row:
    def __init__(self, status, **values):
        self.id, self.status = 'an-id', status
        self.__dict__.update(values)


class Volumes:
    """Answers with one status after the other."""

    def __init__(self, *statuses):
        self._statuses = list(statuses)

    def create(self, size, **source):
        return Row('creating')

    def get(self, name):
        status = self._statuses.pop(0)
        if status == load.GONE:
            raise exceptions.NotFound(404)
        return Row(status)


class Cinder:
    def __init__(self, *statuses):
        self.volumes = Volumes(*statuses)


@pytest.fixture
def tally():
    return tallies.Tally()


@pytest.fixture
def run(tally, monkeypatch):
    """Runs some kinds of operations; what came of each."""
    monkeypatch.setattr(load, 'POLL_S', 0)

    def run(cinder, *kinds):
        worker = load.Worker(cinder, tally, threading.Event())
        worker.run([schedule.Step(kind, (0, 0)) for kind in kinds])
        return dict(tally.outcomes)
    return run


def test_settled_is_done(run):
    assert run(Cinder('creating', 'available'), 'create') == {
        ('create', tallies.DONE): 1}


def test_error_is_failed(run, tally):
    assert run(Cinder('error'), 'create') == {('create', tallies.FAILED): 1}
    assert tally.reasons == {'create: error': 1}


def test_never_settled_is_unknown(run, monkeypatch):
    monkeypatch.setattr(load, 'SETTLE_S', 0)
    assert run(Cinder(), 'create') == {('create', tallies.UNKNOWN): 1}


def test_refusal_is_told(run, monkeypatch):
    monkeypatch.setattr(load, 'REFUSED_PAUSE_S', 0)
    cinder = Cinder(load.GONE)
    cinder.volumes.create = lambda size, **source: cinder.volumes.get('it')
    assert run(cinder, 'create') == {('create', tallies.REFUSED): 1}


def test_what_has_failed_is_not_used_again(run):
    # The snapshot has no volume to be of, so another one is made.
    assert run(Cinder('error', 'available'), 'create', 'snapshot') == {
        ('create', tallies.FAILED): 1, ('create', tallies.DONE): 1}


def test_waiting_ends_with_the_operations(tally):
    tally.begin()
    assert tally.wait_for(1)
    tally.end()
    assert not tally.wait_for(2)


@pytest.mark.parametrize('name, other', [
    ('async', 'async-plain'), ('async-plain', 'async'),
    ('sync', 'sync-plain')])
def test_retype_stays_on_the_backend(name, other):
    assert load.other_type(name) == other
