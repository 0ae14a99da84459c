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
"""Backends as a cinder.conf describes them, read from a real file."""

import pathlib

from cinder.db import api as db_api
from cinder.volume import configuration
from cinder.volume.flows.manager import create_volume as create_flow
from cinder.volume import manager
from oslo_config import cfg
from oslo_utils import importutils
import purestorage

from tests import groups as groups_module
from tests import world as world_module

IN_TREE_MODULE = 'cinder.volume.drivers.pure'
OUR_MODULE = 'pure_cinder.driver'

ONE_BACKEND = """
[DEFAULT]
enabled_backends = PURE

[PURE]
volume_backend_name = PURE
volume_driver = cinder.volume.drivers.pure.%s
san_ip = {0.ip}
pure_api_token = {0.token}
%s
"""


def start(directory, text):
    """Start every enabled backend of a cinder.conf, as the manager does.

    The one thing that an operator changes is changed, too: the module of the
    drivers.

    :param directory: for the file
    :returns: dict of section to tests.world.World, all started
    """
    return {section: world.start() for section, world
            in load(directory, text).items()}


def load(directory, text):
    """The same without starting them."""
    path = pathlib.Path(directory) / 'cinder.conf'
    path.write_text(text.replace(IN_TREE_MODULE, OUR_MODULE))
    cfg.CONF(['--config-file', str(path)], project='cinder')
    return {section: _load(section) for section in cfg.CONF.enabled_backends}


def _load(section):
    backend = configuration.Configuration(manager.volume_backend_opts,
                                          config_group=section)
    return world_module.World(
        backend, importutils.import_class(backend.volume_driver))


def create_task(world, cache=None):
    """Cinder's own step that makes a volume of an image."""
    return create_flow.CreateVolumeFromSpecTask(
        groups_module.Manager(world.driver), db_api, world.driver, cache)


class Place:
    """One simulated array, as the examples and the tests speak of it."""

    def __init__(self, array):
        self.array = array
        self.name = array.name
        self.ip = array.address
        self.token = array.api_token
        self.sdk = purestorage.FlashArray(array.address,
                                          api_token=array.api_token)

    def requests(self):
        return ['%s %s' % (record.method, record.path)
                for record in self.array.requests]

    def volumes(self):
        return [row['name'] for row in self.sdk.list_volumes()]
