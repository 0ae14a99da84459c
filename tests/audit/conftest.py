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
"""Fixtures: a cloud, and an operator who runs pure-cinder-audit."""

import contextlib

from cinder import objects
import pytest

from pure_cinder.cmd import audit
from pure_cinder.volumes import tags
from tests import arrays
from tests import operator_commands
from tests import world as world_module


class Cloud:
    """A backend with volumes, and what the command tells of it.

    :ivar world: tests.world.World, the driver's
    :ivar client: the first array by the SDK
    """

    def __init__(self, operator, conf, kind=None, **values):
        """:param kind: of the replication to the second array, if any"""
        self.operator = operator
        self.array = operator.arrays[0]
        self.client = operator.client(self.array)
        devices = [operator.device(array, *kind.split())
                   for array in operator.arrays[1:]]
        objects.Service(world_module.CONTEXT, host='node@pure',
                        binary='cinder-volume', topic='cinder-volume').create()
        for array in operator.arrays[1:]:
            arrays.connect(self.client, operator.client(array), array.address,
                           kind.split()[0])
        section = operator.section(self.array, **values,
                                   replication_device=devices)
        operator.write(default={'enabled_backends': 'pure', 'host': 'node'},
                       pure=section)
        self.world = world_module.World(world_module.backend_configuration(
            conf, 'pure', **{
                **{key: value for key, value in section.items()
                   if key != 'volume_driver'},
                'replication_device': [
                    dict(pair.split(':', 1) for pair in device.split(','))
                    for device in devices]})).start()

    def write_tags(self, *volumes):
        """As the driver does after some time."""
        for volume in volumes:
            self.world.driver.backend.tags.touch(volume)
        self.world.driver.backend.tags.write_due()

    def create(self, **fields):
        volume = self.world.create(**fields)
        self.write_tags(volume)
        return volume

    def audit(self, *arguments):
        """:returns: list of findings; nothing is written unless repaired"""
        self.operator.forget_requests()
        self.code, found = self.operator.findings(audit.main, *arguments)
        if '--repair' not in arguments:
            assert self.operator.writes() == []
        return found

    def repair(self):
        return self.audit('--repair')


@pytest.fixture
def cloud_of(conf, database, coordinator, tmp_path, capsys, monkeypatch):
    """Make a cloud: ``cloud_of(kind, **values)`` as of Cloud."""
    monkeypatch.setattr(tags, 'SETTLING_S', 0)
    with contextlib.ExitStack() as stack:
        def make(kind=None, array=None, **values):
            return Cloud(stack.enter_context(operator_commands.working(
                tmp_path, capsys, 2 if kind else 1, **(array or {}))), conf,
                kind, **values)
        yield make


@pytest.fixture
def cloud(cloud_of):
    return cloud_of()
