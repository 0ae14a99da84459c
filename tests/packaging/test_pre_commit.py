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
"""Hooks of pre-commit take nothing from elsewhere, and name what is there."""

import pathlib
import re
import shlex

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
REPOSITORIES = yaml.safe_load(
    (ROOT / '.pre-commit-config.yaml').read_text())['repos']
HOOKS = [hook for repository in REPOSITORIES for hook in repository['hooks']]


def test_hooks_are_local():
    assert [repository['repo'] for repository in REPOSITORIES] == ['local']
    assert {hook['language'] for hook in HOOKS} == {'system'}


@pytest.mark.parametrize('hook', HOOKS, ids=lambda hook: hook['id'])
def test_files_of_a_hook_are_there(hook):
    files = [str(path.relative_to(ROOT)) for place in (
        ROOT.glob('*'), *((ROOT / name).rglob('*') for name in (
            'etc', 'pure_cinder', 'releasenotes'))) for path in place]
    assert 'files' not in hook or any(
        re.search(hook['files'], name) for name in files)
    for word in shlex.split(hook['entry']):
        assert not word.startswith('tests/') or (ROOT / word).exists(), word
