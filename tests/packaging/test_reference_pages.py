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
"""docs/operators/reference says what the code does today."""

import pytest

from pure_cinder.array import errors
from pure_cinder.check import examination
from pure_cinder import exceptions
from pure_cinder.service import stats as reported
from tools.reference_pages import options
from tools.reference_pages import pages
from tools.reference_pages import source
from tools.reference_pages import stats
from tools.reference_pages import troubleshooting

ERRORS = [*troubleshooting.errors_of(errors),
          *troubleshooting.errors_of(exceptions)]


@pytest.mark.parametrize('name', pages.PAGES)
def test_page_is_current(name):
    assert pages.path_of(name).read_text() == pages.PAGES[name](), (
        'run python -m tools.reference_pages')


def test_every_key_of_a_report_has_a_meaning(sync_fleet):
    world = sync_fleet.start()
    report = world.driver.get_volume_stats(refresh=True)
    [pool] = report['pools']
    told = {key for keys in stats.MEANINGS.values() for key in keys}
    # An array tells of a queue only if there is one.
    assert told == {*report, *pool, *reported.QUEUE_KEYS} - {'pools'}


def test_there_are_errors():
    assert len(ERRORS) > 30


@pytest.mark.parametrize('error', ERRORS)
def test_error_has_a_cause_and_a_remedy(error):
    assert troubleshooting.cause_of(error)
    assert troubleshooting.remedy_of(error)


@pytest.mark.parametrize('error', troubleshooting.errors_of(exceptions))
def test_error_of_the_driver_is_told_with_its_texts(error):
    # The texts of a section are its problems, which the check finds, too.
    assert bool(troubleshooting.texts_of(error)) == (
        error is not exceptions.PureConfigurationError)


def test_every_check_that_has_a_remedy_is_told():
    told = {check for check, _cause, _remedy in troubleshooting.findings()}
    # Those of a role and of a target's readiness are told by the error and by
    # the driver.
    assert told == {name for name, _check in examination.CHECKS} - {
        'role'} | {'types', 'initiators'}


@pytest.mark.parametrize('code, text', [
    ("_('Host %(host)s has %d %%.') % {}", 'Host {host} has ... %.'),
    ("REMEDY", 'Wait.'), ("_('a') if found else _('b')", 'a'),
    ("'' if found else _('b')", 'b'), ("told(1)", 'It is ....'),
    ("error.cause", ''), ("8", '')])
def test_text_of_code(tmp_path, code, text):
    path = tmp_path / 'code.py'
    path.write_text(
        "REMEDY = _('Wait.')\n"
        "def told(what):\n    return _('It is %%s.') %% what\n"
        "problem = Problem('', %s)\n" % code)
    module = source.Module(path)
    [call] = module.calls('Problem')
    assert module.problem(call) == (text, '')


def test_secret_option_is_told_as_one():
    assert 'secret string' in options.page()
