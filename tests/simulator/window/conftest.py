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

import pytest
import requests
from selenium import webdriver
from selenium.webdriver.common import keys
from selenium.webdriver.support import wait

import flasharray_sim
from tests import arrays
from tools import browser

WAIT_S = 60
WIDTH, HEIGHT = 1360, 1700
MOST_TABS = 200


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
def running_chromium(tmp_path_factory):
    with browser.started(tmp_path_factory.mktemp('chromium'), WIDTH,
                         HEIGHT) as driver:
        yield driver


@pytest.fixture
def chromium(running_chromium):
    """As wide as a desk's, unless the test changes that."""
    browser.resize(running_chromium, WIDTH, HEIGHT)
    return running_chromium


class Window:
    """The page in a browser, in the words of who looks at it."""

    def __init__(self, chromium):
        self.chromium = chromium

    def open(self, address):
        self.chromium.get(address)
        self.wait_for(lambda: self.text('#live') == 'live'
                      and self.text('#place'))
        return self

    def find(self, selector):
        return self.chromium.find_elements('css selector', selector)

    def text(self, selector):
        """Visible text, '' when there is no such element."""
        return self.chromium.execute_script(
            'const found = document.querySelector(arguments[0]);'
            'return found ? found.innerText : "";', selector).strip()

    def attributes(self, selector, name):
        return self.chromium.execute_script(
            'return [...document.querySelectorAll(arguments[0])].map('
            'found => found.getAttribute(arguments[1]));', selector, name)

    def freeze(self):
        """Let the page wait for an answer, and stay as it is."""
        self.chromium.execute_script(
            'window.fetch = () => new Promise(() => {});')

    def rows(self, place='rows'):
        """Texts of all cells of a table, row by row."""
        return self.chromium.execute_script(
            'return [...document.querySelectorAll(arguments[0])].map(row =>'
            ' [...row.cells].map(cell => cell.innerText.trim()));',
            f'#{place} tbody tr')

    def names(self):
        return [row[0] for row in self.rows()]

    def click(self, selector):
        """Click what is there now; the page may draw itself anew."""
        assert self.chromium.execute_script(
            'const found = document.querySelector(arguments[0]);'
            'if (found) found.click(); return Boolean(found);', selector)

    def show(self, kind):
        self.click(f'#kind-{kind}')
        self.wait_for(lambda: self.find(f'#kind-{kind}[aria-pressed=true]'))

    def press(self, *keys):
        """Type keys into whatever has the focus."""
        actions = webdriver.ActionChains(self.chromium)
        for key in keys:
            actions.send_keys(key)
        actions.perform()

    def focus(self):
        """Id of what has the focus."""
        return self.chromium.execute_script(
            'return document.activeElement.id;')

    def tab_to(self, wanted):
        """Go on with the tabulator; gives the ids on the way."""
        way = []
        while wanted not in way:
            assert len(way) < MOST_TABS, way
            self.press(keys.Keys.TAB)
            way.append(self.focus())
        return way

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
