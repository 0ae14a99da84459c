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
"""What setup.cfg allows, constraints.txt pins, and is installed agree."""

import configparser
import importlib.metadata
import pathlib

from packaging import requirements
from packaging import utils
from packaging import version
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Its major versions come every few months, and other distributions want the
# newest; `make bounds` tries it.
UNCAPPED = {'cryptography'}


def lines(text):
    return [line.partition('#')[0].strip() for line in text.splitlines()
            if line.partition('#')[0].strip()]


def declared(*extras):
    """Requirements of requirements.txt and of some extras, or of all."""
    config = configparser.ConfigParser()
    config.read(ROOT / 'setup.cfg')
    found = lines((ROOT / 'requirements.txt').read_text())
    for extra in extras or config['extras']:
        found += lines(config['extras'][extra])
    return [requirements.Requirement(line) for line in found]


def pins():
    found = [line.split('==')
             for line in lines((ROOT / 'constraints.txt').read_text())]
    return {utils.canonicalize_name(name): version.Version(pinned)
            for name, pinned in found}


@pytest.mark.parametrize('requirement', declared(), ids=lambda r: r.name)
def test_requirement_is_bounded_and_pinned_within_its_bounds(requirement):
    operators = {specifier.operator for specifier in requirement.specifier}
    assert operators == ({'>='} if requirement.name in UNCAPPED
                         else {'>=', '<'})
    assert pins()[utils.canonicalize_name(requirement.name)] in \
        requirement.specifier


@pytest.mark.parametrize('requirement', declared('test'),
                         ids=lambda r: r.name)
def test_what_is_installed_is_what_is_pinned(requirement):
    installed = importlib.metadata.version(requirement.name)
    assert version.Version(installed) == \
        pins()[utils.canonicalize_name(requirement.name)]


def test_version_is_the_declared_one():
    config = configparser.ConfigParser()
    config.read(ROOT / 'setup.cfg')
    assert importlib.metadata.version('pure_cinder') == \
        config['metadata']['version']
