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
"""What a process of its own does: one operation after the other."""

import logging
import signal
import tempfile

from tests import database
from tests.failure_matrix import outcomes
from tests.failure_matrix import trial
from tests import fixtures
from tests import fleet
from tests import operations
from tests.scenarios import backends

_databases = []


def initialize():
    """What is made once in a process."""
    # The first process ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Whoever logged first has made a handler that writes to stderr.
    logging.basicConfig(level=logging.INFO, handlers=[logging.NullHandler()],
                        force=True)
    _databases.append(database.Database())


def rehearse(driver, name, faults):
    """One operation with some faults.

    :param name: of the operation
    :param faults: list of names
    :returns: the name, {fault: outcome}, list of texts of what is wrong
    """
    [operation] = [each for each in operations.OPERATIONS
                   if each.name == name]
    with (tempfile.TemporaryDirectory() as directory,
          fixtures.configured(directory) as conf,
          fixtures.serving(conf, _databases[0]), fixtures.coordinating(),
          fleet.running_fleet(conf, operation.targets,
                              **trial.ARRAY) as arrays,
          trial.trial(backends.BACKENDS[driver], operation,
                      arrays) as rehearsed):
        if not rehearsed.is_offered:
            return name, dict.fromkeys(faults, outcomes.ABSENT), []
        cases = {fault: rehearsed.cases(fault) for fault in faults}
    return name, {fault: outcomes.worst(those)
                  for fault, those in cases.items()}, [
        '%s: %s' % (fault, case) for fault, those in cases.items()
        for case in those if case.word not in outcomes.GOOD]
