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
"""Every page of the documentation is in it, once; Sphinx looks at the rest.

``make docs`` has it do that.
"""

import collections
import pathlib
import re

from tests import documents

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCS = ROOT / 'docs'
TOCTREE = re.compile(r'^\.\. toctree::\n((?:   .*\n|\n)+)', re.MULTILINE)
INCLUDE = re.compile(r'^\.\. include:: (\S+)$', re.MULTILINE)


def test_every_page_is_in_one_table_of_contents():
    listed = collections.Counter(
        (path.parent / line.strip()).relative_to(DOCS)
        for path in DOCS.rglob('*.rst')
        for body in TOCTREE.findall(path.read_text())
        for line in body.splitlines()
        if line.strip() and not line.strip().startswith(':'))
    assert listed == collections.Counter(
        path.relative_to(DOCS).with_suffix('') for path in DOCS.rglob('*.rst')
        if path != DOCS / 'index.rst')


def test_all_of_the_simulators_manual_is_included():
    included = {(path.parent / name).resolve()
                for path in (DOCS / 'simulator').glob('*.rst')
                for name in INCLUDE.findall(path.read_text())}
    assert included == {ROOT / 'simulator' / 'README.rst',
                        *(ROOT / 'simulator' / 'docs').glob('*.rst')}


def test_readme_shows_steps_of_the_demo():
    shown = documents.demo_steps(
        re.sub('^    ', '', (ROOT / 'README.rst').read_text(), flags=re.M))
    whole = documents.demo_steps((DOCS / 'pictures' / 'demo.txt').read_text())
    assert shown and set(shown) <= set(whole)
