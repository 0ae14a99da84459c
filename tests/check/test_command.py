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
"""pure-cinder-check as a program: what it prints, and its exit code."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

from pure_cinder.check import examination
from pure_cinder.cmd import check
from pure_cinder import findings

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture
def healthy(monkeypatch):
    """A node that has what os-brick needs."""
    monkeypatch.setattr(examination, 'CHECKS', tuple(
        (name, each) for name, each in examination.CHECKS
        if name != 'node'))


@pytest.mark.parametrize('values, code', [
    ({}, 0), ({'driver_ssl_cert_verify': 'false'}, 1),
    ({'pure_iscsi_cdir': '192.0.2.0/24'}, 2)])
def test_exit_code_is_the_worst_finding(checks, healthy, values, code):
    checks.findings(**values)
    assert checks.code == code


@pytest.mark.parametrize('arguments, told', [
    (['--backend', 'lvm'], '[lvm]'), (['--wrong'], 'unrecognized'),
    (['--config-file', '/no/such.conf'], '/no/such.conf')])
def test_exit_code_if_nothing_can_be_said(checks, arguments, told):
    checks.operator.write(pure=checks.operator.section(checks.array),
                          lvm={'volume_backend_name': 'lvm'})
    code, out, err = checks.operator.type(check.main, *arguments)
    assert (code, out, told in err) == (findings.UNKNOWN, '', True)


def test_cinder_without_backends_of_ours(checks):
    checks.operator.write(lvm={
        'volume_driver': 'cinder.volume.drivers.lvm.LVMVolumeDriver'})
    code, out, err = checks.operator.type(check.main)
    assert (code, out) == (findings.UNKNOWN, '')
    assert err == ('pure-cinder-check: No section names a driver of '
                   'pure_cinder.\n')


def test_fault_of_the_program_is_no_warning(checks, monkeypatch):
    monkeypatch.setattr(examination, 'CHECKS', [('fault', lambda _: 1 / 0)])
    checks.operator.write(pure=checks.operator.section(checks.array))
    code, _out, err = checks.operator.type(check.main)
    assert code == findings.UNKNOWN and 'ZeroDivisionError' in err


def test_one_backend_alone(checks):
    checks.operator.write(pure=checks.operator.section(checks.array),
                          gold=checks.operator.section(checks.array))
    _code, found = checks.operator.findings(check.main, '--backend', 'gold')
    assert {finding['section'] for finding in found} <= {'gold', ''}


def test_text_has_what_json_has_and_fits_a_terminal(checks):
    told = checks.findings(pure_iscsi_cdir='192.0.2.0/24')
    code, out, err = checks.operator.type(check.main)
    words = ' '.join(out.split())
    for finding in told:
        assert finding['cause'] in words, finding
        assert finding['remedy'] in words, finding
    assert max(map(len, out.splitlines())) <= findings.WIDTH
    assert out.startswith('[pure]\n')
    assert re.search(r'\n1 error, \d+ warning, \d+ ok\n$', out)
    assert (code, err) == (2, '')


@pytest.mark.parametrize('arguments', [[], ['--json'], ['--debug']])
def test_no_secret_is_printed_and_nothing_written(checks_of, arguments,
                                                  caplog):
    checks = checks_of(arrays=2)
    operator = checks.operator
    first, second = operator.arrays
    operator.write(pure=operator.section(
        first, replication_device=operator.device(second, 'sync'),
        use_chap_auth='true'))
    _code, out, err = operator.type(check.main, *arguments)
    for array in operator.arrays:
        assert array.api_token not in out + err + caplog.text
        assert {record.method for record in array.requests
                if not record.path.startswith('auth/')} == {'GET'}


def test_console_script_is_declared_and_runs(checks):
    [module, function] = re.search(
        r'^    pure-cinder-check = (\S+):(\S+)$',
        (ROOT / 'setup.cfg').read_text(), re.MULTILINE).groups()
    checks.operator.write(
        default={'enabled_backends': 'pure'},
        database={'connection': 'sqlite://'},
        oslo_concurrency={'lock_path': '/tmp'},
        pure=checks.operator.section(checks.array))
    ran = subprocess.run(
        [sys.executable, '-c', 'import sys; from %s import %s as main; '
         'sys.exit(main())' % (module, function), '--config-file',
         checks.operator.path], capture_output=True, text=True, timeout=60,
        env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)})
    assert ran.stdout.startswith('[pure]\n')
    assert ran.returncode == 1, ran.stderr
    assert 'no such table' in ran.stdout and 'SELECT' not in ran.stdout
