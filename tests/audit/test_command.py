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
"""pure-cinder-audit as a program, and with arrays down."""

import contextlib
import re

from cinder import coordination
from cinder import objects
import pytest

import flasharray_sim
from pure_cinder.cmd import audit
from pure_cinder import findings
from tests import failovers
from tests import world as world_module


@contextlib.contextmanager
def offline(array):
    fault = array.faults.add(flasharray_sim.Fault('offline'))
    yield
    array.faults.remove(fault)


@pytest.fixture
def pair(cloud_of):
    """Two arrays with a stretched pod, and a volume in that."""
    cloud = cloud_of('sync')
    kind = world_module.replicated_type('sync')
    cloud.volume = cloud.create(volume_type_id=kind.id)
    return cloud


@pytest.mark.parametrize('arguments, told', [
    (['--wrong'], 'unrecognized'), (['--backend', 'gold'], '[gold]')])
def test_exit_code_if_nothing_can_be_said(cloud, arguments, told):
    cloud.operator.write(gold={'volume_backend_name': 'gold'})
    code, out, err = cloud.operator.type(audit.main, *arguments)
    assert (code, out, told in err) == (findings.UNKNOWN, '', True)


def test_section_that_is_wrong_is_told(cloud):
    cloud.operator.write(pure=cloud.operator.section(
        cloud.array, pure_iscsi_cidr='office'))
    [_service, finding] = cloud.audit()
    assert finding['subject'] == 'pure_iscsi_cidr' and cloud.code == 2


def test_progress_is_told_apart_from_findings(cloud):
    volume = cloud.create()
    cloud.client.destroy_volume(volume.provider_id)
    code, out, err = cloud.operator.type(audit.main)
    assert code == 2
    assert re.search(r'^pure: 1 volumes read$', err, re.MULTILINE)
    assert 'error    volumes: alpha: volume %s' % volume.id in out
    assert '$ purevol recover %s\n' % volume.provider_id in out
    assert out.endswith('\n1 error\n')


def test_repair_is_told_in_the_text(cloud):
    cloud.world.create()
    code, out, _err = cloud.operator.type(audit.main, '--repair')
    assert (code, '  repaired tags: alpha: volume ' in out) == (0, True)
    assert out.endswith('\n1 repaired\n')


@pytest.mark.parametrize('arguments', [[], ['--debug'], ['--repair']])
def test_no_secret_is_printed(cloud, arguments, caplog):
    cloud.world.create()
    _code, out, err = cloud.operator.type(audit.main, *arguments)
    assert cloud.array.api_token not in out + err + caplog.text


def test_locks_are_given_back(cloud):
    cloud.repair()
    assert not coordination.COORDINATOR.started
    coordination.COORDINATOR.start()


def test_repair_that_the_array_refuses(cloud):
    cloud.world.create()
    cloud.array.faults.add(flasharray_sim.Fault(
        'status', path='volume/*', method='PUT', status=400, text='No.'))
    cloud.array.faults.add(flasharray_sim.Fault(
        'status', path='volume/*', method='POST', status=400, text='No.'))
    [finding] = cloud.repair()
    assert not finding['is_repaired'] and cloud.code == 1
    assert 'could not be put right' in finding['remedy']
    assert 'No.' in finding['remedy']


def test_volumes_in_a_stretched_pod(pair):
    assert pair.audit() == []


def test_orphan_in_a_stretched_pod_is_told_once(pair):
    pair.volume.destroy()
    [finding] = pair.audit()
    assert finding['subject'] == pair.volume.provider_id


def test_array_that_is_down_is_told_and_the_other_compared(pair):
    orphan = 'volume-%s-cinder' % ('0' * 8 + '-0000' * 3 + '-' + '0' * 12)
    pair.client.create_volume(orphan, '1G')
    with offline(pair.operator.arrays[1]):
        found = pair.audit()
    assert [finding['subject'] for finding in found] == ['at-beta', orphan]
    assert pair.code == 2
    with offline(pair.array):
        [finding] = pair.audit()
    assert finding['subject'] == 'pure'


@pytest.mark.parametrize('path, skip', [('host', 0), ('volume', 2)])
def test_array_that_stops_answering_meanwhile(cloud, path, skip):
    cloud.create()
    cloud.array.faults.add(flasharray_sim.Fault(
        'status', path=path, skip=skip, status=400, text='Not now.'))
    [finding] = cloud.audit()
    assert finding['check'] == 'arrays' and cloud.code == 2
    assert 'could not be compared' in finding['cause']
    assert 'Not now.' in finding['cause']


def test_array_that_stops_answering_when_it_is_looked_at_again(cloud):
    volume = cloud.create()
    cloud.client.destroy_volume(volume.provider_id)
    cloud.array.faults.add(flasharray_sim.Fault(
        'status', path='volume/*', status=403, text='Not now.'))
    found = cloud.audit()
    assert 'Not now.' in found[0]['cause'] and cloud.code == 2


def test_backend_that_is_failed_over(pair):
    snapshot = pair.world.snapshot(pair.volume)
    stayed = pair.create()
    service = failovers.Service(pair.world)
    row = objects.Service.get_by_args(world_module.CONTEXT, 'node@pure',
                                      'cinder-volume')
    with offline(pair.array):
        service.fail_over('at-beta')
        row.active_backend_id = 'at-beta'
        row.save()
        found = pair.audit()
    assert [finding['subject'] for finding in found] == ['pure']
    partner = pair.operator.client(pair.operator.arrays[1])
    partner.destroy_volume('%s.%s' % (pair.volume.provider_id,
                                      snapshot.name))
    with offline(pair.array):
        found = pair.audit()
    assert [finding['subject'] for finding in found] == [
        'pure', 'snapshot %s' % snapshot.id]
    assert found[1]['array'] == 'beta'
    assert stayed.id not in str(found)
