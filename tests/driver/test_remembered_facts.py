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
"""What a process remembers of an array, changed behind its back.

FACTS has a line for each: what is learnt, how another changes it, what uses
it, what it costs when it is still so, and what it costs to notice that it is
not. Each answer must be right in both cases.
"""

import dataclasses
import pathlib
import time
import typing

import pytest

from pure_cinder.attachments import hosts
from pure_cinder.attachments import luns
from tests import budget
from tests import operations
from tests import stage as stage_module

Stage = stage_module.Stage
OPERATION = operations.Operation('', None)
PACKAGE = pathlib.Path(hosts.__file__).parents[1]
# Memories that time empties, and who changes behind them what they hold.
ELSEWHERE = {
    'attachments.chap': 'tests/attachments/test_chap.py',
    'attachments.connections': 'tests/replication/test_uniform.py',
    'fleet.outages': 'tests/replication/test_uniform.py'}


@dataclasses.dataclass(frozen=True)
class Fact:
    """What is remembered, and what it costs.

    :ivar kept_in: module that remembers it
    :ivar learn: called with the stage, returns what the others are called
        with besides
    :ivar change: by another than this process
    :ivar act: what uses the fact
    :ivar is_right: called with what ``act`` returned, too
    :ivar known: cost while it is so: requests, and those that wait
    :ivar noticed: cost when it is not
    """

    name: str
    kept_in: str
    learn: typing.Callable
    change: typing.Callable
    act: typing.Callable
    is_right: typing.Callable
    known: tuple
    noticed: tuple


def _machine(stage):
    """A machine that has a volume, and the next one for it."""
    _first, connector = stage.attached(stage.volume())
    return connector, stage.volume()


def _attach(stage, machine):
    connector, volume = machine
    return stage.world.attach(volume, connector)['data']


def _host_with(stage, connector):
    """The host that has the machine's initiator."""
    [host] = [host for host in stage.client.list_hosts()
              if connector['initiator'] in host['iqn']]
    return host['name']


def _is_attached(stage, machine, data):
    """The machine finds the volume where it is told to look."""
    connector, volume = machine
    [found] = [each for each in stage.client.list_host_connections(
        _host_with(stage, connector)) if each['vol'] == volume.provider_id]
    return set(data['target_luns']) == {found['lun']}


def _rename_host(stage, machine):
    stage.client.rename_host(_host_with(stage, machine[0]), 'renamed')


def _empty_host(stage, connector):
    name = _host_with(stage, connector)
    for each in stage.client.list_host_connections(name):
        stage.client.disconnect_host(name, each['vol'])
    return name


def _delete_host(stage, machine):
    stage.client.delete_host(_empty_host(stage, machine[0]))


def _move_initiator(stage, machine):
    name, iqns = _empty_host(stage, machine[0]), [machine[0]['initiator']]
    stage.client.set_host(name, remiqnlist=iqns)
    stage.client.create_host('another', iqnlist=iqns)


def _take_its_lun(stage, machine):
    """Another program takes the LUN that the driver would."""
    connector, volume = machine
    stage.client.create_volume('of-another', '1G')
    stage.client.connect_host(
        _host_with(stage, connector), 'of-another',
        lun=next(luns.candidates(volume.provider_id)))


def _two_volumes(stage):
    return stage.attached(stage.volume(), stage.volume())


def _detach_first(stage, prepared):
    first, _second, connector = prepared
    stage.world.detach(first, connector)


def _disconnect_second(stage, prepared):
    _first, second, connector = prepared
    stage.client.disconnect_host(_host_with(stage, connector),
                                 second.provider_id)
    # Cinder has been told of it, by another process.
    for attachment in second.volume_attachment:
        attachment.destroy()


def _is_detached(stage, prepared, _result):
    """And nothing stays of a machine that has no volume."""
    first, second, connector = prepared
    stage.world.driver.get_volume_stats(refresh=True)
    connected = [each['vol'] for host in stage.client.list_hosts()
                 for each in stage.client.list_host_connections(host['name'])]
    return first.provider_id not in connected


def _volume(stage):
    """A volume, and its serial number, which stays."""
    volume = stage.volume()
    return volume, stage.client.get_volume(volume.provider_id)['serial']


def _grow(stage, prepared):
    stage.world.extend(prepared[0], 2)


def _has_grown(stage, prepared, _result):
    [size] = [each['size'] for each in stage.client.list_volumes()
              if each['serial'] == prepared[1]]
    return size == 2 << 30


def _rename_volume(stage, prepared):
    stage.client.rename_volume(prepared[0].provider_id, 'renamed')


def _end_sessions(stage, _prepared):
    stage.fleet.primary.sessions.expire_all()


FACTS = [
    Fact('the name of a host: renamed', 'attachments.hosts', _machine,
         _rename_host, _attach, _is_attached, (1, 1), (5, 5)),
    Fact('that a host is there: deleted', 'attachments.hosts', _machine,
         _delete_host, _attach, _is_attached, (1, 1), (3, 3)),
    Fact('which LUNs are free: taken', 'attachments.luns', _machine,
         _take_its_lun, _attach, _is_attached, (1, 1), (3, 3)),
    Fact('that a machine has other volumes: not any longer',
         'attachments.users', _two_volumes, _disconnect_second, _detach_first,
         _is_detached, (1, 1), (1, 1)),
    Fact('the name of a volume: renamed', 'volumes.records', _volume,
         _rename_volume, _grow, _has_grown, (1, 1), (3, 3)),
    Fact('that there is a session: ended', 'array.session', _volume,
         _end_sessions, _grow, _has_grown, (1, 1), (3, 3)),
]


def _cost(stage, fact, prepared):
    with budget.measured() as cost:
        result = fact.act(stage, prepared)
    assert fact.is_right(stage, prepared, result)
    return cost


@pytest.mark.parametrize('fact', FACTS, ids=lambda fact: fact.name)
def test_answer_is_right_whatever_has_changed(fleet_of, fact):
    stage = Stage(fleet_of(), OPERATION)
    known = _cost(stage, fact, fact.learn(stage))
    prepared = fact.learn(stage)
    fact.change(stage, prepared)
    noticed = _cost(stage, fact, prepared)
    assert (known.figures, noticed.figures) == (fact.known, fact.noticed), (
        known.requests, noticed.requests)


def test_initiator_in_another_host_is_noticed_when_the_memory_is_old(
        fleet_of, monkeypatch):
    """No answer tells of it; whoever asked each time would pay each time."""
    monkeypatch.setattr(hosts, 'MEMORY_S', 1)
    stage = Stage(fleet_of(), OPERATION)
    machine = _machine(stage)
    _move_initiator(stage, machine)
    time.sleep(hosts.MEMORY_S)
    assert _is_attached(stage, machine, _attach(stage, machine))


def test_each_memory_that_time_empties_is_tried():
    keeping = {'.'.join(path.relative_to(PACKAGE).with_suffix('').parts)
               for path in PACKAGE.rglob('*.py')
               if any(word in path.read_text()
                      for word in ('cachetools', 'MEMORY_S'))}
    assert keeping <= {*ELSEWHERE, *(fact.kept_in for fact in FACTS)}
    assert all((PACKAGE.parent / path).exists()
               for path in ELSEWHERE.values())
