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
"""Two cinder-volume processes of one cluster fail over together.

They share the database and the lock service and nothing else. This process
is the message bus between them.
"""

import json
import subprocess
import sys

from cinder import objects
import pytest

from tests import failovers
from tests import world as world_module

CONTEXT = failovers.CONTEXT
CLUSTER = 'cluster@pure'
HOSTS = ('node1@pure', 'node2@pure')


class Node:
    """A process of the cluster."""

    def __init__(self, host, settings):
        self._process = subprocess.Popen(
            [sys.executable, '-W', 'ignore', '-m', 'tests.node',
             json.dumps(dict(settings, host=host, cluster=CLUSTER))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)

    def ask(self, command, *arguments):
        """:returns: the answer"""
        self.send(command, *arguments)
        line = self._process.stdout.readline()
        assert line, self._process.stderr.read()
        return json.loads(line)

    def send(self, command, *arguments):
        print(json.dumps([command, *arguments]), flush=True,
              file=self._process.stdin)

    def wait(self):
        """:returns: exit status; the process has ended"""
        self._process.communicate()
        return self._process.returncode

    def end(self):
        if self._process.poll() is None:
            self._process.communicate()


class Cluster:
    """Two nodes, and what they share."""

    def __init__(self, fleet, settings):
        self.fleet = fleet
        self._settings = dict(settings, section=fleet.section(),
                              control=fleet.control_address)
        self._nodes = []
        objects.Cluster(CONTEXT, name=CLUSTER, binary='cinder-volume',
                        replication_status='enabled').create()
        for host in HOSTS:
            objects.Service(
                CONTEXT, host=host, cluster_name=CLUSTER,
                binary='cinder-volume', topic='cinder-volume',
                replication_status='enabled').create()
        self.type = world_module.replicated_type('async')
        self.nodes = [self.start(host) for host in HOSTS]

    @property
    def row(self):
        return objects.Cluster.get_by_id(CONTEXT, None, name=CLUSTER)

    def start(self, host):
        """Start a node; at that, Cinder copies the cluster's row."""
        service = objects.Service.get_by_args(CONTEXT, host, 'cinder-volume')
        service.active_backend_id = self.row.active_backend_id
        service.save()
        node = Node(host, self._settings)
        self._nodes.append(node)
        return node

    def fail_over(self, node, target):
        """Fail over on one node, and complete it on all."""
        updates = node.ask('fail_over', target)
        for each in self.nodes:
            each.ask('failover_completed', updates)
        return self.row.replication_status

    def create(self, node):
        """:returns: the volume"""
        return objects.Volume.get_by_id(
            CONTEXT, node.ask('create', self.type.id))

    def places(self):
        """Ids of the arrays where the nodes make volumes."""
        return [self.create(node).provider_location.partition(':')[0]
                for node in self.nodes]

    def end(self):
        for node in self._nodes:
            node.end()


@pytest.fixture
def cluster(async_fleet, database, tmp_path):
    running = Cluster(async_fleet, {'database': str(database.url),
                                    'lock_path': str(tmp_path)})
    yield running
    running.end()


def test_failover_on_one_node_switches_all(cluster):
    [alpha, beta] = cluster.fleet.arrays
    [first, second] = cluster.nodes
    volumes = [cluster.create(node) for node in cluster.nodes]
    held = [failovers.write(alpha, volume) for volume in volumes]
    cluster.fleet.replicate()
    alpha.stop()

    assert cluster.fail_over(first, 'at-beta') == 'failed-over'

    assert cluster.places() == [beta.id] * 2
    for node, volume, content in zip([second, first], volumes, held):
        volume = failovers.reload(volume)
        assert volume.status == 'available'
        assert failovers.content(beta, volume.provider_id) == content
        node.ask('attach_and_detach', volume.id)
    assert cluster.fleet.client(beta).list_hosts() == []


def test_failback_on_the_other_node_switches_all(cluster):
    [alpha, beta] = cluster.fleet.arrays
    [first, second] = cluster.nodes
    volume = cluster.create(first)
    cluster.fleet.replicate()
    cluster.fail_over(first, 'at-beta')
    held = failovers.write(beta, volume)

    assert cluster.fail_over(second, 'default') == 'enabled'

    assert cluster.places() == [alpha.id] * 2
    assert failovers.content(alpha, volume.provider_id) == held


def test_failover_that_was_refused_leaves_all_where_they_are(cluster):
    [alpha, beta] = cluster.fleet.arrays
    cluster.create(cluster.nodes[0])
    beta.stop()
    assert cluster.fail_over(cluster.nodes[0], 'at-beta') == 'enabled'
    beta.start()
    assert cluster.places() == [alpha.id] * 2


@pytest.mark.parametrize('count', [
    pytest.param(0, marks=pytest.mark.exhaustive), 5,
    pytest.param(9, marks=pytest.mark.exhaustive)])
def test_other_node_takes_over_from_one_that_was_killed(cluster, count):
    [alpha, beta] = cluster.fleet.arrays
    [first, second] = cluster.nodes
    volume = cluster.create(first)
    held = failovers.write(alpha, volume)
    cluster.fleet.replicate()
    alpha.stop()
    first.ask('die_after', count)
    first.send('fail_over', 'at-beta')
    assert first.wait() == -9

    cluster.nodes = [second]
    assert cluster.fail_over(second, 'at-beta') == 'failed-over'

    cluster.nodes = [second, cluster.start(HOSTS[0])]
    assert cluster.places() == [beta.id] * 2
    assert failovers.content(beta, volume.provider_id) == held
