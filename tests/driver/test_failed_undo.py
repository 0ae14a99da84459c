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
"""An array that takes no more requests in the middle of an operation.

What was done until then cannot be undone. The log says what is left, on which
array, and the commands that remove it; here they are carried out, and then
the arrays are as they were.
"""

import itertools
import re
import shlex

import pytest

import flasharray_sim
from pure_cinder.array import errors
from pure_cinder.volumes import ghost_pods
from tests import operations
from tests import products
from tests import reconciliation
from tests import stage as stage_module

LEFT = re.compile(r'Left on array (\S+): (.+)\. Undo it there with "(.+)"\.')

NAMES = (
    'create in a volume group', 'create in a group', 'clone and grow',
    'clone into limits', 'clone into a volume group', 'clone into a group',
    'extend limited per GB', 'retype into a volume group',
    'retype out of a volume group', 'manage as limited',
    'snapshot group', 'create group from snapshot', 'clone group',
    'attach, iSCSI', 'attach, CHAP', 'attach, iSCSI over two arrays',
    'retype into, async', 'unmanage, async', 'create group, async',
    'retype into, sync', 'retype out of, sync')


def _exchange(stage, prepared):
    volume, copy = prepared
    update = stage.world.driver.update_migrated_volume(
        stage_module.CONTEXT, volume, copy, 'available')
    assert update['_name_id'] is None, 'the copy keeps its name'


OPERATIONS = [
    *(operation for operation in operations.OPERATIONS
      if operation.name in NAMES),
    operations.Operation('finish a migration', _exchange,
                         lambda stage: (stage.volume(), stage.volume()))]


class CommandLine:
    """As much of Purity's command line as the driver speaks of."""

    def __init__(self, client, wait):
        """:param wait: lets arrays get in sync"""
        self._client = client
        self._wait = wait

    def run(self, line):
        command, verb, *words = shlex.split(line)
        options = dict(zip(words[:-1:2], words[1::2])) if (
            words[0].startswith('--')) else {}
        getattr(self, '_%s_%s' % (command, verb))(
            *(words[len(options) * 2:]), **{
                name.strip('-').replace('-', '_'): value
                for name, value in options.items()})

    def _purevol_destroy(self, name):
        self._client.destroy_volume(name)

    def _purevol_rename(self, name, new_name):
        self._client.rename_volume(name, new_name)

    def _purevol_move(self, name, container):
        try:
            self._client.move_volume(name, container)
        except errors.ArrayRefusedError as error:
            assert 'stretched' in error.reason
            self._move_through_another_pod(name, container)

    def _move_through_another_pod(self, name, container):
        pod, _colons, leaf = name.rpartition('::')
        own = self._client.get()['array_name']
        [other] = [row['name'] for row in self._client.get_pod(
            pod or container)['arrays'] if row['name'] != own]
        self._client.create_pod('passage')
        if pod:
            self._purepod_add('passage', other)
            self._client.move_volume(name, 'passage')
            self._client.remove_pod('passage', other)
        else:
            self._client.move_volume(name, 'passage')
            self._purepod_add('passage', other)
        self._client.move_volume('passage::' + leaf, container)
        if not pod:
            self._client.remove_pod('passage', other)
        self._client.destroy_pod('passage')
        self._client.eradicate_pod('passage')

    def _purevol_setattr(self, name, iops_limit, bw_limit):
        self._client.set_volume(name, iops_limit=iops_limit,
                                bandwidth_limit=bw_limit)

    def _purevgroup_destroy(self, name):
        if not self._client.get_vgroup(name)['volumes']:
            self._client.destroy_vgroup(name)

    def _purepgroup_destroy(self, name):
        self._client.destroy_pgroup(name)

    def _purepgroup_setattr(self, name, **lists):
        self._client.set_pgroup(name, **{
            key: [value] for key, value in lists.items()})

    def _purepod_destroy(self, name):
        self._client.destroy_pod(name)

    def _purepod_add(self, name, array):
        self._client.add_pod(name, array)
        self._wait()

    def _purepod_remove(self, name, array):
        self._client.remove_pod(name, array)

    def _purehost_disconnect(self, host, vol):
        self._client.disconnect_host(host, vol)

    def _purehost_delete(self, name):
        self._client.delete_host(name)


@pytest.mark.parametrize('operation', products.every(3, OPERATIONS))
def test_log_tells_what_is_left_and_how_to_remove_it(
        fleet_of, caplog, operation):
    stage = stage_module.Stage(
        fleet_of(*operation.targets, limits={'pods': 1000}), operation)
    told = []
    for array in stage.fleet.arrays:
        for number in itertools.count():
            known = stage.known()
            prepared = operation.prepare(stage)
            before = stage.state()
            caplog.clear()
            fault = array.faults.add(flasharray_sim.Fault(
                'status', skip=number, status=400, text='Read only.'))
            error = stage.attempt(operation, prepared)
            array.faults.remove(fault)
            if not fault.hits:
                break
            left = [found.groups() for found in map(
                LEFT.search, caplog.messages) if found]
            for name, _what, commands in left:
                [client] = [each.client for each in stage.arrays
                            if each.name == name]
                for command in commands.split('; '):
                    CommandLine(client, lambda: stage.fleet.pass_time(
                        ghost_pods.RESYNC_LIMIT_S)).run(command)
            told += left
            if error:
                for then, now in zip(before, stage.state()):
                    assert reconciliation.changes(then, now) == [], left
            stage.delete_failed(known)
    assert told
