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
"""What an operator reads: each change in one line, with object and array."""

import logging
import re

import pytest

from tests import failovers
from tests import groups as groups_module
from tests import operations
from tests import products
from tests import stage as stage_module
from tests import world as world_module

VOLUME = r'volume (\S+(::|/))?volume-[0-9a-f-]{36}-cinder'
SNAPSHOT = (r'volume snapshot (\S+(::|/))?volume-[0-9a-f-]{36}-cinder'
            r'\.snapshot-[0-9a-f-]{36}')
SNAPSHOT_COPY = r'volume snapshot-[0-9a-f-]{36}-cinder'
FOREIGN = r'legacy-\d+'
GROUP = r'protection group (\S+::)?consisgroup-[0-9a-f-]{36}-cinder'
GROUP_SNAPSHOT = (r'protection group snapshot consisgroup-[0-9a-f-]{36}'
                  r'-cinder\.cgsnapshot-[0-9a-f-]{36}-cinder')
HOST = r'host node-\d+-\S+-cinder'

# What the name of an operation begins with, and what the line does; the
# first one that fits counts.
LINES = (
    ('create group', 'Created ' + GROUP),
    ('clone group', 'Created ' + GROUP),
    ('update group', 'Updated ' + GROUP),
    ('snapshot group', 'Created ' + GROUP_SNAPSHOT),
    ('delete group snapshot', 'Destroyed ' + GROUP_SNAPSHOT),
    ('delete group', 'Destroyed ' + GROUP),
    ('attach snapshot', 'Connected %s to %s' % (SNAPSHOT_COPY, HOST)),
    ('detach snapshot', 'Disconnected %s from node-' % SNAPSHOT_COPY),
    ('attach', 'Connected %s to %s' % (VOLUME, HOST)),
    ('detach from everything', 'Disconnected %s from every host' % VOLUME),
    ('detach', 'Disconnected %s from node-' % VOLUME),
    ('create from snapshot', 'Created %s' % VOLUME),
    ('clone', 'Created %s' % VOLUME),
    ('create', 'Created %s' % VOLUME),
    ('extend', 'Extended %s' % VOLUME),
    ('delete snapshot', 'Destroyed %s' % SNAPSHOT),
    ('delete', 'Destroyed %s' % VOLUME),
    ('snapshot', 'Created %s' % SNAPSHOT),
    ('revert', 'Reverted %s' % VOLUME),
    ('retype', 'Retyped %s' % VOLUME),
    ('manage snapshot', r'Managed volume snapshot \S+\.nightly'),
    ('unmanage snapshot', 'Unmanaged %s' % SNAPSHOT),
    ('manage', 'Managed volume ' + FOREIGN),
    ('unmanage', 'Unmanaged %s' % VOLUME),
    ('start again', r'Backend section \[pure\] is served by FlashArray'))


@pytest.fixture
def lines(caplog):
    """What the driver logs from INFO on while it is called with something."""
    caplog.set_level(logging.INFO, 'pure_cinder')

    def of(act, *args, **kwargs):
        caplog.clear()
        act(*args, **kwargs)
        return [record.getMessage() for record in caplog.records
                if record.name.startswith('pure_cinder')]
    return of


def _line(name):
    return next(line for start, line in LINES if name.startswith(start))


@pytest.mark.parametrize('operation', products.part(
    operations.OPERATIONS, operations.SAMPLE.__contains__))
def test_each_operation_is_told_in_one_line(fleet_of, lines, operation):
    stage = stage_module.Stage(fleet_of(*operation.targets), operation)
    found = lines(operation.act, stage, operation.prepare(stage))
    assert len([line for line in found if re.match(
        r'%s\b.*\balpha\b' % _line(operation.name), line)]) == 1, found
    assert len(set(found)) == len(found)
    assert [line for line in found if not re.search(
        r"\b(alpha|beta|gamma|Cinder's database)\b", line)] == []


@pytest.fixture
def looked_at(world):
    """A backend with one of everything, reported once."""
    snapshot = world.snapshot(world.create())
    world.attach(snapshot.volume, world_module.connector())
    world.driver.get_volume_stats(refresh=True)
    return world, snapshot


@pytest.mark.parametrize('look', [
    lambda world, snapshot: world.driver.get_volume_stats(refresh=True),
    lambda world, snapshot: world.driver.create_export(
        world_module.CONTEXT, snapshot.volume, world_module.connector()),
    lambda world, snapshot: world.driver.get_manageable_volumes(
        [], None, 10, 0, ['size'], ['asc']),
    lambda world, snapshot: world.driver.update_provider_info(
        [snapshot.volume], [snapshot])],
    ids=['stats', 'export', 'manageable', 'provider info'])
def test_reads_are_not_told(looked_at, lines, look):
    assert lines(look, *looked_at) == []


def test_failover_and_failback_are_told_in_one_line(async_fleet, lines):
    service = failovers.Service(async_fleet.start())
    kind = world_module.replicated_type('async')
    for _number in range(2):
        service.world.create(volume_type_id=kind.id)
    async_fleet.replicate()
    there = lines(service.fail_over, 'at-beta')
    assert there[-2:] == [
        'Failed over 2 volumes to array beta; 0 stayed behind.',
        'Array beta serves the backend now.']
    home = lines(service.fail_back)
    assert home[-2:] == [
        'Failed back 2 volumes to array alpha; 0 stayed behind.',
        'Array alpha serves the backend now.']


def test_replication_of_groups_is_told_in_one_line(async_fleet, lines):
    world = async_fleet.start()
    groups = groups_module.Groups(world)
    group, _volumes = groups.filled(
        2, world_module.replicated_type('async'),
        specs=groups_module.REPLICATED)
    async_fleet.replicate()
    for act, line in (
            (groups.disable_replication,
             'Disabled replication of group %s on array alpha.'),
            (groups.enable_replication,
             'Enabled replication of group %s on array alpha.'),
            (lambda group: groups.failover(group, 'at-beta'),
             'Failed over group %s on array beta.')):
        assert lines(act, group).count(line % group.id) == 1
