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
"""The page of the commands shows what this one prints, and all checks."""

import pathlib
import re

from pure_cinder.check import examination
from pure_cinder.cmd import check

PAGE = (pathlib.Path(__file__).parents[2] / 'docs'
        / 'operators' / 'commands.rst').read_text()
# What differs from run to run, in the order of the page.
VARIABLE = (
    (r'127\.0\.0\.(\d):\d+', r'192.0.2.\1:3260'), (r'\d+ ms', '4 ms'),
    (r'in \d+ days, on [-\d]+', 'in 3649 days, on 2036-11-26'),
    (r'\d+ s (ahead of|behind)', '0 s behind'))


def sample(command):
    """:returns: what the page has the command print"""
    [block] = re.findall(
        r'    \$ %s\n((?:    .*\n|\n)+)' % command, PAGE)
    return block


def comparable(text):
    """A text as it would be on another machine, without its lines."""
    words = ' '.join(text.split())
    for pattern, replacement in VARIABLE:
        words = re.sub(pattern, replacement, words)
    return words


def test_sample_is_what_is_printed(checks, monkeypatch):
    monkeypatch.setattr(examination, 'CHECKS', tuple(
        (name, each) for name, each in examination.CHECKS
        if each.__name__ != 'check_node'))
    checks.operator.write(
        default={'enabled_backends': 'pure-1', 'host': 'node'},
        **{'pure-1': checks.operator.section(
            checks.array, driver_ssl_cert_verify='false',
            pure_iscsi_cdir='192.0.2.0/24')})
    _code, out, _err = checks.operator.type(check.main)
    assert comparable(sample('pure-cinder-check')) == comparable(out)


def test_every_check_is_in_the_table():
    told = set(re.findall(r'\n   \* - ``(\w+)``\n', PAGE))
    assert {name for name, _check in examination.CHECKS} <= told
    assert {'service', 'types', 'initiators'} <= told
