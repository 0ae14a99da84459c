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
"""The stand-in for Fibre Channel and NVMe asks the array what a host sees."""

import json

from os_brick import exception
import pytest

from flasharray_sim import fleet
from pure_cinder.attachments.protocols import base
from tools.initiator import connector
from tools.initiator import storage_daemon
from tools.stack import stand_in

HOST = 'node-1'
OWN = stand_in.properties_of(HOST)


@pytest.fixture
def arrays(tmp_path):
    """Two arrays, of which the second has a volume for each transport."""
    with fleet.Simulator(arrays=2) as simulator:
        ready = tmp_path / 'arrays.json'
        ready.write_text(json.dumps({
            'certificate': str(simulator.certificate_path),
            'arrays': [{'address': array.address,
                        'api_token': array.api_token}
                       for array in simulator.arrays]}))
        stand_in.StandInConnector.arrays_path = ready
        stand_in.StandInConnector.host_name = HOST
        stand_in.StandInConnector.directory = tmp_path / 'host'
        yield [stand_in.Array(array.address, array.api_token,
                              simulator.certificate_path)
               for array in simulator.arrays]


@pytest.fixture
def host():
    return stand_in.StandInConnector()


def connected(array, volume, **initiators):
    """:returns: ``(LUN, serial)`` of a volume that a host sees"""
    made = array.ask('POST', 'volume/' + volume, json={'size': '1G'})
    array.ask('POST', 'host/' + HOST, json=initiators)
    told = array.ask('POST', 'host/%s/volume/%s' % (HOST, volume))
    return told['lun'], made['serial']


def fibre_channel(array, lun, serial):
    return {'target_wwns': [port['wwn'].replace(':', '')
                            for port in array.get('port') if port['wwn']],
            'target_lun': lun, 'wwn': base.wwn(serial)}


def nvme(array, serial):
    [nqn] = {port['nqn'] for port in array.get('port') if port['nqn']}
    return {'target_nqn': nqn, 'volume_nguid': base.nguid(serial)}


def stand_in_hosts(array):
    return [row['name'] for row in array.get('host')
            if row['name'].startswith('stand-in')]


def test_finds_a_volume_at_its_lun(arrays, host):
    lun, serial = connected(arrays[1], 'one', wwnlist=OWN['wwpns'])
    array, volume = host._find_volume(fibre_channel(arrays[1], lun, serial))
    assert (array.name, volume) == (arrays[1].name, 'one')


def test_another_lun_is_refused(arrays, host):
    lun, serial = connected(arrays[1], 'one', wwnlist=OWN['wwpns'])
    with pytest.raises(exception.VolumeDeviceNotFound,
                       match='at LUN %d; host node-1 sees it at %d' % (
                           lun + 1, lun)):
        host.connect_volume(fibre_channel(arrays[1], lun + 1, serial))
    assert stand_in_hosts(arrays[1]) == []


def test_target_of_another_array_is_refused(arrays, host):
    lun, serial = connected(arrays[1], 'one', wwnlist=OWN['wwpns'])
    properties = fibre_channel(arrays[1], lun, serial)
    properties['target_wwns'] = fibre_channel(
        arrays[0], lun, serial)['target_wwns']
    with pytest.raises(exception.VolumeDeviceNotFound):
        host.connect_volume(properties)


def test_namespace_of_another_volume_is_refused(arrays, host):
    _lun, serial = connected(arrays[1], 'one', nqnlist=[OWN['nqn']])
    other = arrays[1].ask('POST', 'volume/two', json={'size': '1G'})
    with pytest.raises(exception.VolumeDeviceNotFound, match='two'):
        host.connect_volume(nvme(arrays[1], other['serial']))


def test_what_cannot_be_connected_is_withdrawn(arrays, host, monkeypatch):
    """No bytes are served here, so nobody lets the stand-in in."""
    _lun, serial = connected(arrays[1], 'one', nqnlist=[OWN['nqn']])

    def refused(*_args):
        raise storage_daemon.DaemonError('nobody listens')

    monkeypatch.setattr(connector.lun_connection.LunConnection, 'open',
                        refused)
    monkeypatch.setattr(connector.lun_connection.LunConnection, 'close',
                        lambda _self: None)
    with pytest.raises(exception.VolumeDeviceNotFound,
                       match='nobody listens'):
        host.connect_volume(nvme(arrays[1], serial))
    [name] = stand_in_hosts(arrays[1])
    assert arrays[1].get('host/%s/volume' % name) == []
