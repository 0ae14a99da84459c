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
"""What deployment tools write into a backend section is taken as it is.

Each tool is told which module has the driver, and nothing else. ``{0}`` and
``{1}`` stand for arrays.
"""

import pytest

from pure_cinder.cmd import check
from tests import arrays
from tests import deployment
from tests import operator_commands
from tests import world as world_module

SMALLEST = """
volume_backend_name = tool
san_ip = {0.ip}
pure_api_token = {0.token}
"""
IMAGES = """
use_multipath_for_image_xfer = True
image_volume_cache_enabled = True
image_volume_cache_max_size_gb = 0
image_volume_cache_max_count = 50
"""
REPLICATION = """
replication_device = backend_id:second,san_ip:{1.ip},api_token:{1.token}
"""
POLICY = """
pure_replica_interval_default = 3600
pure_replica_retention_short_term_default = 14400
pure_replica_retention_long_term_per_day_default = 3
pure_replica_retention_long_term_default = 7
pure_replication_pg_name = cinder-group
pure_replication_pod_name = cinder-pod
"""

# Tool -> class of the driver, lines of the section.
TOOLS = {
    'puppet-cinder': ('PureISCSIDriver', SMALLEST + IMAGES + REPLICATION + """
backend_availability_zone = az1
reserved_percentage = 5
max_over_subscription_ratio = 15.0
use_chap_auth = True
pure_host_personality = esxi
pure_eradicate_on_delete = False
pure_iscsi_cidr = 0.0.0.0/0
pure_iscsi_cidr_list = 0.0.0.0/0,::/0
pure_nvme_cidr = 0.0.0.0/0
pure_nvme_cidr_list = 0.0.0.0/0,::/0
pure_nvme_transport = roce
"""),
    'charm-cinder-purestorage': (
        'PureISCSIDriver', SMALLEST + IMAGES + REPLICATION + POLICY + """
pure_eradicate_on_delete = True
pure_automatic_max_oversubscription_ratio = True
allowed_direct_url_schemes = cinder
backend_availability_zone = nova
pure_nvme_transport = tcp
pure_nvme_cidr = 0.0.0.0/0
pure_iscsi_cidr = 0.0.0.0/0
use_chap_auth = False
"""),
    'kolla-ansible': ('PureNVMEDriver', SMALLEST + """
pure_nvme_transport = tcp
"""),
    'openstack-helm': ('PureFCDriver', SMALLEST + """
pure_eradicate_on_delete = true
use_multipath_for_image_xfer = true
"""),
    'tripleo': ('PureFCDriver', SMALLEST + IMAGES + """
use_chap_auth = False
pure_iscsi_cidr = 0.0.0.0/0
pure_host_personality = solaris
pure_eradicate_on_delete = False
backend_availability_zone = az1
"""),
    'cinder-operator': ('PureNVMEDriver', SMALLEST + """
pure_nvme_transport = tcp
"""),
    'sunbeam': ('PureISCSIDriver', SMALLEST + REPLICATION + POLICY + """
pure_iscsi_cidr = 0.0.0.0/0
pure_host_personality = hpux
pure_eradicate_on_delete = False
pure_automatic_max_oversubscription_ratio = True
pure_trisync_enabled = False
pure_trisync_pg_name = cinder-trisync
pure_nvme_transport = roce
driver_ssl_cert_verify = False
use_multipath_for_image_xfer = True
"""),
}


# Within which a snapshot is replicated; less than clocks may differ by.
TRANSFER_S = 20
# What the check warns of besides: the machine that the tests run on, and that
# no tool has certificates verified.
OF_NO_TOOL = {'node', 'tls'}


def cinder_conf(tool):
    driver_name, section = TOOLS[tool]
    return '[DEFAULT]\nenabled_backends = tool\n[tool]\nvolume_driver = ' \
        '%s.%s\n%s' % (deployment.IN_TREE_MODULE, driver_name, section)


@pytest.mark.parametrize('tool', TOOLS)
def test_section_of_the_tool_serves(start, places, tool):
    world = start(cinder_conf(tool))['tool']
    volume = world.create()
    world.attach(volume, world_module.connector())
    [row] = places[0].sdk.list_volumes(connect=True)
    assert row['name'] == volume.provider_id


@pytest.fixture
def operator(database, coordinator, tmp_path, capsys):
    with operator_commands.open_ports(4) as portals, operator_commands.working(
            tmp_path, capsys, arrays=2, nvme_portals=portals) as operator:
        alpha, beta = map(operator.client, operator.arrays)
        arrays.connect(alpha, beta, operator.arrays[1].address, 'async')
        yield operator


@pytest.mark.parametrize('tool', TOOLS)
def test_section_of_the_tool_checks_clean(operator, tool):
    """Once it has started, which sets replication up, and replicated once."""
    deployment.start(operator.path.parent, cinder_conf(tool).format(
        *map(deployment.Place, operator.arrays)))
    if REPLICATION in TOOLS[tool][1]:
        operator.client(operator.arrays[0]).create_pgroup_snapshot(
            'cinder-group', replicate_now=True)
        operator.clock.advance(TRANSFER_S)
    code, found = operator.findings(check.main)
    assert code < 2
    assert {finding['check'] for finding in found
            if finding['severity'] != 'ok'} <= OF_NO_TOOL
