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
"""Who is killed in the midst of what, and what counts as that."""

import types

from cinderclient import exceptions
import pytest

from tools.chaos import cluster
from tools.chaos import load
from tools.chaos import report
from tools.chaos import settings
from tools.chaos import works
from tools.demo import console


@pytest.fixture
def rehearsal(tmp_path):
    logs = types.SimpleNamespace(log=lambda name: tmp_path / name)
    return cluster.Rehearsal(types.SimpleNamespace(
        layout=logs, cinder=lambda: None), console.Console())


def test_log_tells_who_is_at_work(rehearsal, tmp_path):
    for node, text in zip(settings.NODES, ('[req-1 req-9 admin]', 'req-2')):
        (tmp_path / node).write_text(text)
    assert rehearsal._at_work({'clone': 'req-1', 'extend': 'req-2',
                               'retype': 'req-3'}) == {
        'clone': 'volume-a', 'extend': 'volume-b'}


@pytest.mark.parametrize('manager, status, is_unfinished', [
    ('volumes', 'creating', True), ('volumes', 'retyping', True),
    ('volumes', 'available', False), ('volumes', 'error', False),
    ('volumes', load.GONE, False), ('attachments', 'attached', True),
    ('attachments', load.GONE, False)])
def test_what_is_over_was_not_interrupted(manager, status, is_unfinished):
    assert works.is_unfinished(works.Row(manager, 'an-id'), status) \
        is is_unfinished


def test_row_that_was_made_is_looked_at():
    made = types.SimpleNamespace(id='made')
    assert works.row_of(works.WORKS['clone'], 'source', made) == works.Row(
        'volumes', 'made')
    assert works.row_of(works.WORKS['clone'], 'source', None) is None


def test_row_that_was_there_is_looked_at():
    assert works.row_of(works.WORKS['join group'], ('group', 'volume'),
                        None) == works.Row('groups', 'group')


def test_what_is_not_there_is_gone():
    def get(name):
        raise exceptions.NotFound(404)
    cinder = types.SimpleNamespace(volumes=types.SimpleNamespace(get=get))
    assert works.status_of(cinder, works.Row('volumes', 'x')) == load.GONE


def test_migration_is_told_in_place_of_the_status():
    def status(**values):
        found = types.SimpleNamespace(status='available', **values)
        cinder = types.SimpleNamespace(volumes=types.SimpleNamespace(
            get=lambda name: found))
        return works.status_of(cinder, works.Row('volumes', 'x'))
    assert status(migration_status='migrating') == 'migrating'
    assert status(migration_status='success') == 'available'
    assert status() == 'available'


def test_report_tells_each_kind():
    text = report.cluster_text(cluster.Result(
        killed=[{'work': 'clone', 'node': 'volume-a', 'after': 'creating',
                 'clean_up': 'error'}], shortfalls=['volume x: error']))
    assert 'clone                  volume-a; status then: creating; after ' \
        'the clean-up: error' in text
    assert 'shortfalls: 1\n  volume x: error' in text
