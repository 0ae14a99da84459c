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
"""cinder-api, cinder-scheduler and cinder-volume in one process.

They are Cinder's own service objects, started as ``cinder.cmd`` starts them.
One process, because ``fake://`` carries messages within a process only, and
a demo should not need a message broker.
"""

import json
import os
import pathlib
import shlex
import signal
import sys
import threading

from cheroot import wsgi as cheroot_wsgi
from cinder.cmd import volume as volume_command
from cinder.common import config as cinder_config
from cinder.common import constants
from cinder import coordination
from cinder import monkey_patch
from cinder import objects
from cinder import rpc
from cinder import service
from cinder import utils
from cinder import version
import os_brick
from oslo_config import cfg
from oslo_log import log as logging
from oslo_messaging._drivers import impl_fake
from oslo_privsep import priv_context
from oslo_serialization import jsonutils
from oslo_service import wsgi
import sqlalchemy

CONF = cfg.CONF
LOG = logging.getLogger(__name__)


class SerializingDriver(impl_fake.FakeDriver):
    """``fake://`` that hands over copies through JSON, as a broker does.

    The original passes live objects. Cinder changes what it receives, which
    it may do with a broker only.
    """

    def _send(self, target, ctxt, message, *args, **kwargs):
        return _through_json(super()._send(
            target, _through_json(ctxt), _through_json(message),
            *args, **kwargs))


class SharedProcessService(service.Service):
    """A service beside others in its process.

    ``Service`` keeps its database id in a class attribute, where the last one
    started wins and is then the only one whose heartbeat is written.
    """

    _heartbeat = threading.Lock()

    def report_state(self):
        with self._heartbeat:
            service.Service.service_id = self.origin_service_id
            super().report_state()


@sqlalchemy.event.listens_for(sqlalchemy.Engine, 'begin')
def begin_as_writer(connection):
    """Let transactions on SQLite wait for each other.

    oslo.db begins them as readers. One that then writes, while another does
    so too, is refused at once with "database is locked".
    """
    connection.execute(sqlalchemy.text('BEGIN IMMEDIATE'))
    # oslo.db's mark of a transaction that needs no BEGIN any more
    connection.info['in_transaction'] = True


def main(has_backup=False):
    """Run the services until SIGTERM.

    :param has_backup: whether to run cinder-backup, too
    """
    ready_path = pathlib.Path(sys.argv[1])
    _initialize(sys.argv[2:])
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_args: ended.set())
    for backend in CONF.enabled_backends:
        _start_volume(backend)
    if has_backup:
        _start_backup()
    # The volume services come first: a scheduler waits for their reports.
    _start(constants.SCHEDULER_BINARY)
    is_eventlet = monkey_patch.is_patched()
    port = _serve_with_eventlet() if is_eventlet else _serve_with_threads()
    unfinished = ready_path.with_suffix('.new')
    unfinished.write_text(json.dumps({
        'endpoint': 'http://%s:%d/v3' % (CONF.osapi_volume_listen, port),
        'mode': 'eventlet' if is_eventlet else 'native threads'}))
    unfinished.replace(ready_path)
    ended.wait()
    # Under native threads, Service.stop() takes more than ten seconds.
    os._exit(0)


def _initialize(arguments):
    objects.register_all()
    CONF(arguments, project='cinder', version=version.version_string())
    cinder_config.set_middleware_defaults()
    logging.setup(CONF, 'cinder')
    priv_context.init(root_helper=shlex.split(utils.get_root_helper()))
    os_brick.setup(CONF)
    impl_fake.FakeDriver = SerializingDriver
    rpc.init(CONF)
    coordination.COORDINATOR.start()


def _start(binary, **kwargs):
    started = SharedProcessService.create(binary=binary, coordination=True,
                                          **kwargs)
    started.start()


def _start_volume(backend):
    CONF.register_opt(volume_command.host_opt, group=backend)
    _start(constants.VOLUME_BINARY, service_name=backend,
           host='%s@%s' % (CONF.host, backend))


def _start_backup():
    for name in ('backup_max_operations', 'backup_workers'):
        CONF.import_opt(name, 'cinder.cmd.backup')
    _start(constants.BACKUP_BINARY, service_name='backup',
           process_number=1, semaphore=utils.semaphore_factory(
               CONF.backup_max_operations, CONF.backup_workers))


def _serve_with_eventlet():
    api = service.WSGIService('osapi_volume')
    api.start()
    return api.port


def _serve_with_threads():
    application = wsgi.Loader(CONF).load_app('osapi_volume')
    server = cheroot_wsgi.Server(
        (CONF.osapi_volume_listen, CONF.osapi_volume_listen_port), application)
    server.prepare()
    threading.Thread(target=server.serve, daemon=True).start()
    return server.bind_addr[1]


def _through_json(value):
    return jsonutils.loads(jsonutils.dumps(value))
