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
"""Fixtures: a fleet worth looking at, and a browser to look with.

A missing browser is an error, not a reason to skip: `make test` installs the
Debian packages chromium and chromium-driver.
"""

import shutil

import pytest
import requests
from selenium import webdriver
from selenium.webdriver.chrome import service
from selenium.webdriver.support import wait

import flasharray_sim
from tests import arrays

WAIT_S = 60
_FLAGS = (
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic',
    '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync',
    '--disable-dev-shm-usage', '--window-size=1360,1700')


def program(*names):
    for name in names:
        found = shutil.which(name)
        if found:
            return found
    raise FileNotFoundError(
        f'{names[0]} is not installed (Debian packages: chromium, '
        f'chromium-driver)')


@pytest.fixture
def simulator():
    """Two arrays, so that there is something to choose."""
    with flasharray_sim.Simulator(arrays=2) as running:
        yield running


@pytest.fixture
def array(simulator):
    return simulator.arrays[0]


@pytest.fixture
def connect(simulator):
    """SDK clients: ``connect(array)``."""
    def make(array):
        return arrays.client_of(array, simulator.certificate_path)
    return make


@pytest.fixture
def client(connect, array):
    return connect(array)


@pytest.fixture
def http(simulator):
    """``http('/control/snapshot')`` gives the reply."""
    with requests.Session() as session:
        session.trust_env = False

        def get(path, **kwargs):
            return session.get(simulator.control_address + path,
                               timeout=30, **kwargs)
        yield get


@pytest.fixture(scope='session')
def chromium(tmp_path_factory):
    options = webdriver.ChromeOptions()
    options.binary_location = program('chromium', 'chromium-browser')
    profile = tmp_path_factory.mktemp('chromium')
    for flag in (*_FLAGS, f'--user-data-dir={profile}'):
        options.add_argument(flag)
    options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
    driver = webdriver.Chrome(options, service.Service(
        program('chromedriver')))
    driver.set_page_load_timeout(WAIT_S)
    yield driver
    driver.quit()


class Window:
    """The page in a browser, in the words of who looks at it."""

    def __init__(self, chromium):
        self.chromium = chromium

    def open(self, address):
        self.chromium.get(address)
        self.wait_for(lambda: self.text('#live') == 'live')
        return self

    def find(self, selector):
        return self.chromium.find_elements('css selector', selector)

    def text(self, selector):
        """Visible text, '' when there is no such element."""
        return self.chromium.execute_script(
            'const found = document.querySelector(arguments[0]);'
            'return found ? found.innerText : "";', selector).strip()

    def rows(self, kind):
        """Texts of all cells of a section, row by row."""
        return self.chromium.execute_script(
            'return [...document.querySelectorAll(arguments[0])].map(row =>'
            ' [...row.cells].map(cell => cell.innerText.trim()));',
            f'#{kind} tbody tr')

    def names(self, kind):
        return [row[0] for row in self.rows(kind)]

    def click(self, selector):
        """Click what is there now; the page may draw itself anew."""
        assert self.chromium.execute_script(
            'const found = document.querySelector(arguments[0]);'
            'if (found) found.click(); return Boolean(found);', selector)

    def wait_for(self, probe):
        wait.WebDriverWait(self.chromium, WAIT_S, 0.05).until(
            lambda _driver: probe())

    def complaints(self):
        """What the browser's console says since the last call."""
        return [entry['message'] for entry in self.chromium.get_log('browser')]


@pytest.fixture
def window(chromium, simulator):
    chromium.get('about:blank')
    found = Window(chromium)
    found.complaints()
    return found.open(simulator.window_address)
