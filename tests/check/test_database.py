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
"""What Cinder's database has that backends cannot serve."""

from cinder import objects
from cinder.objects import fields
from oslo_db import exception as db_exception
import pytest

from pure_cinder.cmd import check
from tests import world as world_module

SCOPED = 'flasharray:maxIOPS'


def attached(**connector):
    """An attachment of a volume to a machine."""
    volume = objects.Volume(
        world_module.CONTEXT, size=1, host='other@lvm#lvm', status='in-use')
    volume.create()
    objects.VolumeAttachment(
        world_module.CONTEXT, volume_id=volume.id,
        attach_status=fields.VolumeAttachStatus.ATTACHED,
        connector=world_module.connector(**connector)).create()


@pytest.mark.parametrize('kind', ['async', 'sync', 'trisync'])
def test_replicated_type_without_devices(checks, kind):
    world_module.replicated_type(kind, {'volume_backend_name': 'pure'},
                                 name='gold')
    [finding] = checks.findings('types')
    assert finding['severity'] == 'error'
    assert finding['subject'] == 'volume type gold'
    assert kind in finding['cause'] and '[pure]' in finding['cause']
    assert 'use another type' in finding['remedy']


@pytest.mark.parametrize('extra_specs', [
    {'replication_enabled': '<is> True', 'replication_type': 'both',
     'volume_backend_name': 'pure'}, {SCOPED: 'many'}, {SCOPED: '1'}])
def test_type_that_means_nothing(checks, extra_specs):
    world_module.new_type('odd', extra_specs)
    [finding] = checks.findings('types')
    assert finding['subject'] == 'volume type odd'
    assert finding['cause'].startswith('Volume type odd: ')


@pytest.mark.parametrize('extra_specs, qos, what', [
    ({SCOPED: '1000'}, None, 'limits of IOPS'),
    ({'volume_backend_name': 'pure'}, {'maxBWS': '100'},
     'limits of bandwidth'),
    ({'flasharray:vg_name': 'group'}, None, 'volume groups'),
    ({'flasharray:vg_name': 'group', 'flasharray:vg_maxBWS': '5'}, None,
     'limits of volume groups')])
def test_type_that_the_array_is_too_old_for(checks_of, extra_specs, qos,
                                            what):
    checks = checks_of(rest_versions=('1.12',))
    world_module.new_type('new', extra_specs, qos)
    [finding] = checks.findings('types')
    assert what in finding['cause'] and finding['remedy']


def test_type_that_one_of_two_backends_serves(checks_of):
    checks = checks_of(arrays=2)
    first, second = checks.operator.arrays
    world_module.replicated_type('async')
    checks.operator.write(
        one=checks.operator.section(first, volume_backend_name='a'),
        two=checks.operator.section(
            second, volume_backend_name='b',
            replication_device=checks.operator.device(first)))
    _code, found = checks.operator.findings(check.main)
    assert [finding for finding in found
            if finding['check'] == 'types'] == []


@pytest.mark.parametrize('extra_specs', [
    {}, {'volume_backend_name': 'pure'}, {'volume_backend_name': 'lvm'},
    {'netapp:dedup': 'true', 'volume_backend_name': 'netapp'}])
def test_type_that_somebody_serves(checks, extra_specs):
    world_module.new_type('fine', extra_specs)
    assert checks.findings('types') == []


def test_type_for_a_backend_that_there_is_not(checks):
    world_module.new_type('lost', {SCOPED: '1000',
                                   'volume_backend_name': 'pur'})
    [finding] = checks.findings('types')
    assert finding['severity'] == 'warning'
    assert 'a backend pur,' in finding['cause']


@pytest.mark.parametrize('number, count', [(1, 1), (2, 0)])
def test_machines_with_one_initiator(checks, number, count):
    attached(host='compute-1', number=1, wwpns=[], nqn=None)
    attached(host='compute-1', number=1, wwpns=[], nqn=None)
    attached(host='compute-2', number=number, wwpns=[], nqn=None)
    found = checks.findings('initiators')
    assert len(found) == count
    for finding in found:
        assert finding['subject'].startswith('iqn.')
        assert 'compute-1, compute-2' in finding['cause']
        assert 'iscsi-iname' in finding['remedy']


def test_machines_with_one_wwpn_however_spelled(checks):
    attached(host='compute-1', number=1, wwpns=['10000000000000AB'])
    attached(host='compute-2', number=2,
             wwpns=['10:00:00:00:00:00:00:ab', '10000000000000ac'])
    [finding] = checks.findings('initiators')
    assert finding['subject'] == '10000000000000ab'


def test_database_that_is_away(checks, monkeypatch):
    def fail(*args, **values):
        raise db_exception.DBConnectionError(OSError('Connection refused'))

    monkeypatch.setattr(objects.VolumeTypeList, 'get_all', fail)
    monkeypatch.setattr(objects.Service, 'get_by_args', fail)
    [service] = checks.findings('service')
    [finding] = [finding for finding in checks.all
                 if finding['check'] == 'database']
    assert 'Connection refused' in service['cause']
    assert finding['severity'] == 'warning'
    assert finding['subject'] == 'connection'
    assert checks.ok('reach')
