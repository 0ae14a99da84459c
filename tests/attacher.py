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
"""One of several cinder-volume processes: attaches and detaches volumes.

usage: python -m tests.attacher SETTINGS, a JSON object; see ``main``.
Prints a JSON list of ``[host, lun]``, one for each attachment.
"""

import concurrent.futures
import json
import sys
import uuid

from cinder import i18n
from cinder import objects

i18n.enable_lazy()
objects.register_all()

THREADS = 8


def main(settings):
    """Attach and detach each volume on each of its hosts.

    :param settings: ``section`` (options of the backend), ``lock_path``,
        ``work`` (list of volume name, serial, number of the host)
    """
    from cinder import coordination
    from oslo_config import cfg

    from tests import fixtures
    from tests import world

    overrides = fixtures.Overrides()
    cfg.CONF([], project='cinder', default_config_files=[])
    overrides.set('coordination',
                  backend_url='file://%s' % settings['lock_path'])
    coordination.COORDINATOR.start()
    started = world.World(world.backend_configuration(
        overrides, 'pure', **settings['section'])).start()

    def run(item):
        name, serial, number = item
        connector = world.connector('node-%d' % number, number)
        volume = objects.Volume(
            world.CONTEXT, id=str(uuid.uuid4()), provider_id=name,
            provider_location=serial,
            replication_driver_data=None, replication_status='disabled',
            status='in-use',
            volume_attachment=objects.VolumeAttachmentList(objects=[]))
        info = started.driver.initialize_connection(volume, connector)
        started.driver.terminate_connection(volume, connector)
        return number, info['data']['target_luns'][0]

    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        print(json.dumps(list(pool.map(run, settings['work']))))
    coordination.COORDINATOR.stop()


if __name__ == '__main__':
    main(json.loads(sys.argv[1]))
