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
"""The pytest plugin, in a pytest of its own."""

import os
import pathlib
import subprocess
import sys

import pytest

pytest_plugins = ['pytester']

SIMULATOR = pathlib.Path(__file__).resolve().parents[2] / 'simulator'
CLIENT = '''
    import purestorage
    import pytest

    def client_of(simulator, array):
        return purestorage.FlashArray(
            array.address, api_token=array.api_token,
            request_kwargs={'verify': simulator.certificate_path})
'''


@pytest.fixture
def run(pytester, monkeypatch):
    """Run a test file with the plugin: ``run(text)``."""
    monkeypatch.setenv('PYTHONPATH', str(SIMULATOR))
    monkeypatch.setenv('PYTEST_DISABLE_PLUGIN_AUTOLOAD', '1')

    def tests(text, *arguments):
        pytester.makepyfile(CLIENT + text)
        return pytester.runpytest_subprocess(
            '-p', 'flasharray_sim.pytest_plugin', '--strict-markers',
            *arguments, timeout=60)
    return tests


def test_one_array_is_there_and_gone_after_the_test(run):
    run('''
    seen = []

    @pytest.mark.parametrize('number', [1, 2])
    def test_it(flasharray_simulator, flasharray, flasharrays, number):
        client = client_of(flasharray_simulator, flasharray)
        assert client.list_volumes() == []
        client.create_volume('v', '1G')
        assert flasharrays == [flasharray]
        seen.append(flasharray)

    def test_none_is_left():
        assert len(seen) == 2
        assert not any(array.is_online for array in seen)
''').assert_outcomes(passed=3)


def test_marker_says_what_there_is(run):
    run('''
    @pytest.mark.flasharray(arrays=2, purity_version='5.3.0')
    class TestTwo:

        def test_it(self, flasharrays):
            assert [array.name for array in flasharrays] == [
                'pure01', 'pure02']
            assert flasharrays[0].rest_versions[-1] == '1.17'

        @pytest.mark.flasharray(arrays=[{'name': 'mine'}])
        def test_nearest_marker(self, flasharray):
            assert flasharray.name == 'mine'

    @pytest.mark.flasharray(purity_version='5.3.0')
    @pytest.mark.parametrize(
        'flasharray_simulator', [{}, {'purity_version': '6.1.11'}],
        indirect=True)
    def test_parameter(flasharray, request):
        newest = flasharray.rest_versions[-1]
        assert newest == ('1.19' if '1' in request.node.name[-2] else '1.17')
''').assert_outcomes(passed=4)


def test_marker_that_makes_no_sense_is_an_error(run):
    result = run('''
    @pytest.mark.flasharray(2)
    def test_it(flasharray):
        pass

    @pytest.mark.flasharray(arrays=0)
    def test_none(flasharray):
        pass
''')
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(['*takes settings by name only*'])
    result.stdout.fnmatch_lines(['*cannot simulate 0 arrays*'])


def test_faults_are_undone_after_the_test(run):
    run('''
    import flasharray_sim

    @pytest.fixture(scope='module')
    def flasharray_simulator():
        with flasharray_sim.Simulator(arrays=2) as running:
            yield running

    def test_faults(flasharray_simulator, flasharrays, flasharray_faults):
        client = client_of(flasharray_simulator, flasharrays[0])
        lost = flasharray_faults.inject(
            'reset_after', method='POST', path='volume/*')
        flasharray_faults.inject('offline', flasharrays[1])
        with pytest.raises(purestorage.PureError):
            client.create_volume('v', '1G')
        assert lost.hits == 1
        assert not flasharrays[1].is_online
        flasharray_faults.restore(lost)
        client.create_volume('w', '1G')
        assert [len(list(array.faults)) for array in flasharrays] == [0, 1]
        flasharrays[0].faults.add(flasharray_sim.Fault('mediator_down'))
        flasharray_faults.inject('link_down')

    def test_after(flasharrays):
        assert flasharrays[1].is_online
        assert [[fault.kind for fault in array.faults]
                for array in flasharrays] == [['mediator_down'], []]

    def test_restore_all(flasharrays, flasharray_faults):
        gone = flasharray_faults.inject('link_down')
        flasharrays[0].faults.remove(gone)
        flasharray_faults.inject('offline')
        flasharray_faults.restore()
        assert flasharrays[0].is_online
        with pytest.raises(ValueError, match='unknown fault kind'):
            flasharray_faults.inject('earthquake')
''').assert_outcomes(passed=3)


def test_fixtures_and_marker_are_told(run):
    told = '\n'.join(run('', option).stdout.str()
                     for option in ('--fixtures', '--markers'))
    for name in ('flasharray ', 'flasharrays ', 'flasharray_faults ',
                 'flasharray_simulator '):
        assert f'\n{name}' in told
    assert '@pytest.mark.flasharray(**settings)' in told


def test_who_does_not_use_it_does_not_import_the_simulator(run):
    run('''
    import sys

    def test_it():
        assert 'flasharray_sim.pytest_plugin' in sys.modules
        assert 'flasharray_sim.fleet' not in sys.modules
''').assert_outcomes(passed=1)


def test_simulator_does_not_import_pytest():
    done = subprocess.run(
        [sys.executable, '-c', 'import sys\n'
         'from flasharray_sim import cli, Simulator\n'
         'assert not {"pytest", "_pytest"} & set(sys.modules)'],
        env={**os.environ, 'PYTHONPATH': str(SIMULATOR)}, timeout=60,
        capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, '')
