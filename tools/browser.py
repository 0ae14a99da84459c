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
"""A browser without a screen, for tests and for pictures."""

import contextlib
import shutil

from selenium import webdriver
from selenium.webdriver.chrome import service

LOAD_TIMEOUT_S = 60
_FLAGS = (
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic',
    '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync',
    '--disable-dev-shm-usage', '--hide-scrollbars')


@contextlib.contextmanager
def started(profile, width, height):
    """A selenium driver of Chromium.

    :param profile: directory of its own
    :raises FileNotFoundError: it is not installed
    """
    options = webdriver.ChromeOptions()
    options.binary_location = _program('chromium', 'chromium-browser')
    for flag in (*_FLAGS, f'--window-size={width},{height}',
                 f'--user-data-dir={profile}'):
        options.add_argument(flag)
    options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
    driver = webdriver.Chrome(options, service.Service(
        _program('chromedriver')))
    try:
        driver.set_page_load_timeout(LOAD_TIMEOUT_S)
        yield driver
    finally:
        driver.quit()


def resize(driver, width, height):
    """Be a page of that size, as on a telephone; narrower than a window."""
    driver.execute_cdp_cmd('Emulation.setDeviceMetricsOverride', {
        'width': width, 'height': height, 'deviceScaleFactor': 1,
        'mobile': False})


def prefer(driver, scheme):
    """Show pages as who prefers 'light' or 'dark' sees them."""
    driver.execute_cdp_cmd('Emulation.setEmulatedMedia', {'features': [
        {'name': 'prefers-color-scheme', 'value': scheme}]})


def _program(*names):
    for name in names:
        found = shutil.which(name)
        if found:
            return found
    raise FileNotFoundError(
        f'{names[0]} is not installed (Debian packages: chromium, '
        f'chromium-driver)')
