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
"""tempest itself: which of its tests are run, and how."""

import configparser
import os
import pathlib
import re
import shutil
import subprocess
import time

from tools.conformance import environments
from tools.demo import console
from tools.demo import processes
from tools.stack import layout as layouts
from tools.stack import packages
from tools.stack.settings import common
from tools.tempest import settings

WHOLE = (
    r'^(tempest\.api\.volume\.'
    r'|tempest\.api\.compute\.volumes\.'
    r'|tempest\.api\.compute\.admin\.test_volume'
    r'|cinder_tempest_plugin\.)')
SMOKE = pathlib.Path(__file__).with_name('smoke.txt')
CONCURRENCY = 4
POLL_S = 0.5
PROGRESS_S = 30
LIMIT_S = 3600
_RESULT = re.compile(r' \.\.\. (ok|FAILED|SKIPPED)')


class Tempest:
    """One directory's runs.

    :ivar junit: pathlib.Path of the JUnit report
    """

    def __init__(self, directory, printer):
        self._directory = directory.resolve()
        self._printer = printer
        self._processes = processes.Processes(self._directory)
        self.junit = self._directory / 'tempest.xml'
        self.log = self._directory / 'tempest-run.log'

    def prepare(self, layout):
        """Begin in an empty directory.

        :raises EnvironmentProblem: if tempest cannot be installed
        """
        self._python = packages.install_tempest(layout)
        shutil.rmtree(self._directory, ignore_errors=True)
        (self._directory / 'locks').mkdir(parents=True, mode=0o700)
        layouts.write_private(
            self._directory / 'tempest.conf',
            common.text(settings.sections(layout, self._directory)))
        discovery = self._python.parents[1] / 'lib'
        [discovery] = discovery.glob(
            'python*/site-packages/tempest/test_discover')
        config = configparser.ConfigParser(interpolation=None)
        config['DEFAULT'] = {'test_path': str(discovery),
                             'top_dir': str(discovery.parents[1]),
                             # The tests of a class stay together.
                             'group_regex': r'([^\.]*\.)*'}
        with open(self._directory / 'stestr.conf', 'w') as written:
            config.write(written)

    def run(self, tests, concurrency):
        """Run tests, and write what they came to.

        :param tests: regular expression, or pathlib.Path of a list
        :raises DemoFailure: if there is no result
        """
        subprocess.run(self._stestr('init'), check=True)
        self._total = len(self._listed(tests))
        self._processes.start('tempest', [
            *self._stestr('run'), '--concurrency', str(concurrency),
            *_selection(tests)], self.log, self._environment())
        try:
            self._watch()
        finally:
            self._processes.stop()
        self._write_junit()

    def _watch(self):
        """Tell how far it is, until it has ended.

        :raises DemoFailure: if it does not end
        """
        ends_s = time.monotonic() + LIMIT_S * console.patience()
        told_s = time.monotonic()
        while self._processes.finished('tempest') is None:
            if time.monotonic() > ends_s:
                raise console.DemoFailure('tempest does not end')
            if time.monotonic() > told_s + PROGRESS_S:
                told_s = time.monotonic()
                self._printer.say('    ' + self._progress())
            time.sleep(POLL_S)
        self._printer.say('    ' + self._progress())

    def _progress(self):
        results = _RESULT.findall(self.log.read_text(errors='replace'))
        return '%d of %d tests, %d failed, %d skipped' % (
            len(results), self._total, results.count('FAILED'),
            results.count('SKIPPED'))

    def _write_junit(self):
        stream = subprocess.run(
            self._stestr('last', '--subunit'), env=self._variables(),
            cwd=self._directory, stdout=subprocess.PIPE).stdout
        done = subprocess.run(
            [str(self._python.with_name('subunit2junitxml'))], input=stream,
            env=self._variables(), stdout=subprocess.PIPE)
        if not done.stdout:
            raise console.DemoFailure(
                'tempest left no results; look into %s'
                % console.shown(self.log))
        self.junit.write_bytes(done.stdout)

    def _listed(self, tests):
        done = subprocess.run(
            [*self._stestr('list'), *_selection(tests)],
            env=self._variables(), cwd=self._directory, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        found = done.stdout.splitlines()
        if done.returncode or not found:
            raise environments.EnvironmentProblem(
                'tempest finds no tests: %s' % done.stderr[-1000:])
        return found

    def _stestr(self, action, *options):
        return [str(self._python), '-W', 'ignore', '-m', 'stestr',
                '--config', str(self._directory / 'stestr.conf'),
                '--repo-url', str(self._directory),
                action, *options]

    def _environment(self):
        return {'TEMPEST_CONFIG_DIR': str(self._directory),
                'TEMPEST_CONFIG': 'tempest.conf',
                'PYTHONWARNINGS': 'ignore',
                # tempest keeps a list of its directories there.
                'HOME': str(self._directory),
                'OS_TEST_TIMEOUT': str(4 * settings.timeout_s())}

    def _variables(self):
        return {**os.environ, **self._environment()}


def _selection(tests):
    if isinstance(tests, pathlib.Path):
        return ['--include-list', str(tests)]
    return [tests]
