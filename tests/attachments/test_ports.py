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
"""Target ports of arrays whose interfaces are laid out in uncommon ways."""

import contextlib

from os_brick.initiator.connectors import iscsi as brick_iscsi
from os_brick.initiator.connectors import nvmeof as brick_nvme
import pytest

import flasharray_sim
from pure_cinder import driver
from tests import world as world_module

PLAIN = {'name': 'ct0.eth4', 'address': '192.0.2.4', 'services': ['iscsi']}
SECOND = {'name': 'ct1.eth4', 'address': '192.0.2.5', 'services': ['iscsi']}
REPLICATION = {'name': 'replbond', 'address': '192.0.2.1',
               'services': ['replication']}
BOND = {'name': 'bond0', 'address': '192.0.2.6',
        'services': ['nvme-tcp'], 'slaves': ['ct0.eth4', 'ct0.eth5']}
VLAN = {'name': 'ct0.eth4.100', 'address': '198.51.100.4',
        'services': ['nvme-tcp']}
BOTH = {'name': 'ct0.eth6', 'address': '192.0.2.7',
        'services': ['iscsi', 'nvme-tcp']}
ROCE = {'name': 'ct0.eth8', 'address': '192.0.2.8',
        'services': ['nvme-roce']}
IPV6 = {'name': 'ct0.eth9', 'address': '2001:db8::9',
        'services': ['iscsi', 'nvme-tcp']}


@pytest.fixture
def attach_with(start):
    """Attach on an array with interfaces: ``attach_with(cls, [...])``.

    The answer is the ``data`` of the connection information.
    """
    with contextlib.ExitStack() as stack:
        def make(driver_class, interfaces, **options):
            running = stack.enter_context(flasharray_sim.Simulator(
                arrays=[{'name': 'laid-out', 'interfaces': interfaces}],
                strict=True))
            [array] = running.arrays
            world = start(driver_class, san_ip=array.address,
                          pure_api_token=array.api_token,
                          driver_ssl_cert_path=str(running.certificate_path),
                          **options)
            return world.attach(world.create(),
                                world_module.connector())['data']
        yield make


@pytest.mark.parametrize('interfaces, options, expected', [
    ([PLAIN, SECOND, REPLICATION], {}, ['192.0.2.4:3260', '192.0.2.5:3260']),
    ([BOTH, ROCE], {}, ['192.0.2.7:3260']),
    ([PLAIN, IPV6], {}, ['192.0.2.4:3260', '[2001:db8::9]:3260']),
    ([PLAIN, IPV6], {'pure_iscsi_cidr': '192.0.2.0/24'}, ['192.0.2.4:3260']),
    ([PLAIN, IPV6], {'pure_iscsi_cidr': '2001:db8::/32'},
     ['[2001:db8::9]:3260']),
    ([PLAIN, SECOND, IPV6],
     {'pure_iscsi_cidr_list': ['192.0.2.5/32', '192.0.0.0/16',
                               '2001:db8::9']},
     ['192.0.2.4:3260', '[2001:db8::9]:3260', '192.0.2.5:3260'])])
def test_iscsi_portals(attach_with, interfaces, options, expected):
    """In the array's order, which is by port."""
    data = attach_with(driver.PureISCSIDriver, interfaces, **options)
    assert data['target_portals'] == expected
    paths = brick_iscsi.ISCSIConnector('sudo')._get_all_targets(data)
    assert [portal for portal, _iqn, _lun in paths] == expected
    assert len(data['target_iqns']) == len(data['target_luns']) == len(paths)


@pytest.mark.parametrize('interfaces, options, expected', [
    ([BOND], {}, [('192.0.2.6', 4420, 'tcp')]),
    ([VLAN, REPLICATION], {}, [('198.51.100.4', 4420, 'tcp')]),
    ([BOTH, ROCE, PLAIN], {}, [('192.0.2.7', 4420, 'tcp')]),
    ([BOTH, ROCE], {'pure_nvme_transport': 'roce'},
     [('192.0.2.8', 4420, 'rdma')]),
    ([{**BOTH, 'services': ['nvme-tcp'], 'tcp_port': 8009}], {},
     [('192.0.2.7', 8009, 'tcp')]),
    ([BOND, IPV6], {}, [('192.0.2.6', 4420, 'tcp'),
                        ('2001:db8::9', 4420, 'tcp')]),
    ([BOND, VLAN, IPV6], {'pure_nvme_cidr_list': ['198.51.100.0/24',
                                                  '2001:db8::/64']},
     [('198.51.100.4', 4420, 'tcp'), ('2001:db8::9', 4420, 'tcp')])])
def test_nvme_portals(attach_with, interfaces, options, expected):
    data = attach_with(driver.PureNVMEDriver, interfaces,
                       **{'pure_nvme_transport': 'tcp', **options})
    [target] = brick_nvme.NVMeOFConnProps(data).targets
    assert sorted((portal.address, int(portal.port), portal.transport)
                  for portal in target.portals) == sorted(expected)
