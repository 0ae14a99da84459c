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
"""One of the cinder-volume processes of a cluster.

usage: python -m tests.node SETTINGS, a JSON object; see ``main``.
Reads commands, a JSON list in each line, and answers each with a line of
JSON. What it would broadcast to the cluster is in the answer.
"""

import json
import os
import signal
import sys

from cinder import i18n
from cinder import objects
import requests

i18n.enable_lazy()
objects.register_all()


def main(settings):
    """Do what the lines from standard input say.

    :param settings: ``section`` (options of the backend), ``lock_path``,
        ``database`` (a URL), ``cluster`` and ``host`` (names), ``control``
        (URL of the simulator's control API, which moves the arrays' clock)
    """
    from cinder import coordination
    from cinder.db import api as db_api
    from oslo_config import cfg
    from oslo_db.sqlalchemy import enginefacade

    from pure_cinder import polling
    from tests import fixtures

    polling.sleep = lambda seconds: requests.post(
        settings['control'] + '/control/clock/advance',
        json={'seconds': seconds}, timeout=60).raise_for_status()
    overrides = fixtures.Overrides()
    cfg.CONF([], project='cinder', default_config_files=[])
    overrides.set('coordination',
                  backend_url='file://%s' % settings['lock_path'])
    overrides.set('database', connection=settings['database'])
    context_manager = enginefacade.transaction_context()
    context_manager.configure(connection=settings['database'])
    db_api.main_context_manager.patch_factory(context_manager)
    coordination.COORDINATOR.start()
    node = Node(overrides, settings)
    for line in sys.stdin:
        command, *arguments = json.loads(line)
        answer = getattr(node, command)(*arguments)
        print(json.dumps(answer), flush=True)


class Node:
    """The commands."""

    def __init__(self, overrides, settings):
        from tests import failovers
        from tests import world

        self._cluster = settings['cluster']
        self._manager = failovers.ClusterManager(
            settings['cluster'], settings['host'])
        self._world = world.World(
            world.backend_configuration(overrides, 'pure',
                                        **settings['section']),
            active_backend_id=self._manager.row.active_backend_id).start()
        self._manager.driver = self._world.driver

    def fail_over(self, target):
        """:returns: what all nodes are to be told"""
        from tests import failovers

        self._manager.failover(failovers.CONTEXT, target)
        return self._manager.broadcast

    def failover_completed(self, updates):
        from tests import failovers

        self._manager.failover_completed(failovers.CONTEXT, updates)

    def create(self, type_id):
        """:returns: id of the new volume"""
        return self._world.create(
            cluster_name=self._cluster + '#pure',
            host=self._manager.host + '#pure', volume_type_id=type_id).id

    def attach_and_detach(self, volume_id):
        from tests import world

        volume = objects.Volume.get_by_id(world.CONTEXT, volume_id)
        self._world.attach(volume, world.connector())
        self._world.detach(volume, world.connector())

    def die_after(self, count):
        """Be killed instead of the request after so many more."""
        from pure_cinder.array import session

        send = session.ArraySession._send
        left = iter(range(count))

        def send_or_die(*args):
            if next(left, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            return send(*args)

        session.ArraySession._send = send_or_die


if __name__ == '__main__':
    main(json.loads(sys.argv[1]))
