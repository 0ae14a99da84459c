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
"""Fixtures: an operator who runs pure-cinder-check."""

import contextlib

import pytest

from pure_cinder.cmd import check
from tests import operator_commands


class Checks:
    """What the command tells of one cinder.conf."""

    def __init__(self, operator):
        self.operator = operator
        self.array = operator.arrays[0]

    def findings(self, name=None, section=None, **values):
        """Run the command.

        :param name: of the check whose findings are wanted; None for all
        :param section: of cinder.conf, in place of one without fault
        :param values: options of the section
        :returns: list of findings that are not ``ok``
        """
        self.operator.write(pure=section or self.operator.section(
            self.array, **values))
        self.code, told = self.operator.findings(check.main)
        assert self.operator.writes() == []
        self.all = told
        return [finding for finding in told if finding['severity'] != 'ok'
                and name in (None, finding['check'])]

    def ok(self, name):
        """:returns: causes of what is well, as the last run told it"""
        return [finding['cause'] for finding in self.all
                if finding['severity'] == 'ok' and finding['check'] == name]


@pytest.fixture
def checks_of(database, coordinator, tmp_path, capsys):
    """Make an operator: ``checks_of(arrays=1, **values)``."""
    with contextlib.ExitStack() as stack:
        yield lambda **values: Checks(stack.enter_context(
            operator_commands.working(tmp_path, capsys, **values)))


@pytest.fixture
def checks(checks_of):
    return checks_of()
