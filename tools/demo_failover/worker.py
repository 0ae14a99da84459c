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
"""What a process of its own does: one rehearsal after the other."""

import logging
import pathlib
import signal
import tempfile

from cinder import i18n
from cinder import objects

FORMAT = '%(asctime)s %(levelname)s %(name)s %(message)s'


def initialize():
    """What Cinder's services do before a driver is imported."""
    # The first process ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    i18n.enable_lazy()
    objects.register_all()
    # Whoever logged first has made a handler that writes to stderr.
    logging.basicConfig(level=logging.INFO, handlers=[logging.NullHandler()],
                        force=True)


def rehearse(disaster, kind, driver, directory):
    """One rehearsal, its log in a file of its own; a list of Cells."""
    from tests.scenarios import backends
    from tests.scenarios import rehearsal

    handler = logging.FileHandler(directory / (
        '%s_%s.log' % (disaster, kind)).replace(' ', '-'))
    handler.setFormatter(logging.Formatter(FORMAT))
    logging.getLogger().addHandler(handler)
    try:
        with tempfile.TemporaryDirectory() as path:
            return list(rehearsal.play(
                disaster, kind, backends.BACKENDS[driver],
                pathlib.Path(path)))
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()
