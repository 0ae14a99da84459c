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
"""nova-compute with the fake driver, whose connector has initiators.

usage: python -m tools.stack.compute_main --config-file FILE

Its servers attach nothing: Nova asks Cinder for attachments, and Cinder the
array, and nobody connects.
"""

from nova.cmd import compute
from nova.virt import driver
from nova.virt import fake
from nova.virt import node

from tools.initiator import connector
from tools.stack import stand_in

CONNECTOR = fake.FakeDriver.get_volume_connector
RESOURCES = fake.FakeDriver.get_available_resource


def get_volume_connector(self, instance):
    """What a machine with adapters of every kind tells of itself."""
    told = CONNECTOR(self, instance)
    name = told['host']
    return {**told,
            **connector.properties_of(connector.initiator_of(name), True),
            **stand_in.properties_of(name)}


def get_available_resource(self, nodename):
    """With the identity that the host keeps.

    The fake one takes another at each start, which Nova refuses.
    """
    return {**RESOURCES(self, nodename), 'uuid': node.get_local_node_uuid()}


def main():
    """Run until SIGTERM."""
    fake.FakeDriver.get_volume_connector = get_volume_connector
    fake.FakeDriver.get_available_resource = get_available_resource
    fake.FakeDriver.get_nodenames_by_uuid = \
        driver.ComputeDriver.get_nodenames_by_uuid
    compute.main()


if __name__ == '__main__':
    main()
