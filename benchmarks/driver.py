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
"""The process of one driver: Cinder's rows, and operations one by one.

``python -m benchmarks.driver CLASS_MODULE``; what it needs to know of the
arrays comes in the first question.
"""

import gc
import importlib
import itertools
import json
import logging
import sys
import tempfile
import time
import types
import urllib.request

import sqlalchemy

from benchmarks import lines
from benchmarks import work
from tests import arrays as sdk_arrays
from tests import database
from tests import fixtures
from tests import fleet as fleet_module
from tests import groups
from tests import stage as stage_module
from tests import world as world_module

TIMEOUT_S = 60
# Of the machines of all stages: they share arrays.
NUMBERS = itertools.count(1)


class Array:
    """An array as far as a Stage needs one.

    :ivar model: takes what machines write, and forgets it, so that all
        volumes hold the same
    """

    def __init__(self, row, address):
        self.name = row['name']
        self.own_address = row['address']
        self.address = address
        self.api_token = row['api_token']
        self.model = types.SimpleNamespace(write=lambda *_args: None,
                                           read=lambda _name: None)


class Fleet(fleet_module.Fleet):
    """Arrays in another process, some of which replicate to each other."""

    def __init__(self, conf, rows, addresses, certificate, control, kinds):
        self._control = control
        super().__init__(conf, types.SimpleNamespace(
            certificate_path=certificate, clock=None,
            control_address=control, arrays=[
                Array(row, addresses[row['address']]) for row in rows]),
            kinds)

    def connect(self, source, target, kind):
        sdk_arrays.connect(self.client(source), self.client(target),
                           target.own_address, kind)

    def pass_time(self, seconds):
        urllib.request.urlopen(urllib.request.Request(
            self._control + '/control/clock/advance', method='POST',
            data=json.dumps({'seconds': seconds}).encode(),
            headers={'Content-Type': 'application/json'}), timeout=TIMEOUT_S)


class Stage(stage_module.Stage):
    """A stage whose arrays are in another process."""

    def __init__(self, fleet, operation, driver_class, section):
        self.fleet = fleet
        self.world = world_module.World(
            world_module.backend_configuration(
                fleet._conf, section, driver_class,
                **fleet.section(**operation.options)), driver_class).start()
        self.groups = groups.Groups(self.world)
        self.types = stage_module._types()
        self.arrays = [types.SimpleNamespace(
            client=fleet.client(array), model=array.model)
            for array in fleet.arrays]
        self._numbers = NUMBERS
        self._default_kind = 'none'


class Driver:
    """Answers the benchmark.

    :ivar statements: of SQL, so far
    """

    def __init__(self, module, conf):
        self._module = importlib.import_module(module)
        self._conf = conf
        self._stages = {}
        self._prepared = None
        self._statements = 0
        self._sections = map('section-%d'.__mod__, itertools.count())

    def answer(self, do, **values):
        return getattr(self, do)(**values) or {}

    def arrays(self, rows, addresses, certificate, control):
        """Take note of what there is.

        :param rows: dict of kinds, joined with commas, to list of arrays
        """
        self._fleets = {
            kinds: Fleet(self._conf, some, addresses, certificate, control,
                         tuple(filter(None, kinds.split(','))))
            for kinds, some in rows.items()}
        for fleet in self._fleets.values():
            fleet.connect_arrays()

    def prepare(self, name):
        operation = work.OPERATIONS[name]
        stage = self._stage(operation)
        self._prepared = operation, stage, operation.prepare(stage)

    def act(self):
        operation, stage, prepared = self._prepared
        gc.collect()
        gc.disable()
        before = self._statements
        cpu_s, start_s = time.process_time(), time.perf_counter()
        try:
            operation.act(stage, prepared)
        finally:
            gc.enable()
        return {'wall_s': time.perf_counter() - start_s,
                'cpu_s': time.process_time() - cpu_s,
                'statements': self._statements - before}

    def count_statement(self, *_args):
        self._statements += 1

    def _stage(self, operation):
        """One backend for each kind of backend, started once."""
        key = (operation.targets, operation.driver_class.__name__,
               json.dumps(operation.options))
        if key not in self._stages:
            driver_class = getattr(self._module,
                                   operation.driver_class.__name__)
            self._stages[key] = Stage(
                self._fleets[','.join(operation.targets)], operation,
                driver_class, next(self._sections))
        return self._stages[key]


def main(module):
    logging.disable(logging.CRITICAL)
    with (tempfile.TemporaryDirectory() as directory,
          fixtures.configured(directory) as conf,
          fixtures.serving(conf, database.Database()) as engine,
          fixtures.coordinating()):
        driver = Driver(module, conf)
        sqlalchemy.event.listen(engine, 'before_cursor_execute',
                                driver.count_statement)
        lines.serve({}, driver.answer)


if __name__ == '__main__':
    main(sys.argv[1])
