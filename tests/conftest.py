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
"""What Cinder's services do at their start, before a driver is imported."""

import gc
import logging
import signal

from cinder import i18n
from cinder import objects
import pytest

# Texts are objects from here on, which "+" refuses.
i18n.enable_lazy()
objects.register_all()

pytest_plugins = ['tests.fixtures', 'tests.fleet']


def pytest_collection_finish():
    """Cinder and the tests stay; no look for garbage goes through them."""
    gc.freeze()


def pytest_collection_modifyitems(items):
    """What may take long comes first, so that no worker waits for it."""
    items.sort(key=lambda item: item.get_closest_marker('timeout') is None)


def _of_the_process():
    return logging.getLogger().level, *map(signal.getsignal, (
        signal.SIGINT, signal.SIGTERM))


@pytest.fixture(autouse=True)
def process_stays_as_it_was():
    """A test that left another log level would change what others capture.

    And one that left signals ignored, what others can interrupt.
    """
    before = _of_the_process()
    yield
    assert _of_the_process() == before
