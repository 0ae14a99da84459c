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
"""docs/developers/architecture.rst shows what there is."""

import ast
import re

import pytest

from tests.compliance import figure
from tests.compliance import test_wings as wings
from tests import failovers
from tests import world as world_module

DOCS = wings.ROOT / 'docs' / 'developers'
PLACE = re.compile(r'    (\S+\.py) +([\w.]+)')
REQUEST = re.compile(r'        -> (\w+ \S+)')


def test_figure_is_current():
    """Made anew with tools/architecture-figure."""
    assert (DOCS / 'architecture-wings.svg').read_text() == figure.draw()


def walks():
    """:returns: list of the lines of each walk"""
    text = (DOCS / 'architecture.rst').read_text()
    [section] = re.findall(r'\nThree walks\n=+\n(.*?)\n\S+[^\n]*\n===', text,
                           re.DOTALL)
    return [block.splitlines() for block in re.findall(
        r'code-block:: none\n\n((?: {4}.*\n)+)', section)]


def places():
    return [match.groups() for walk in walks()
            for match in map(PLACE.fullmatch, walk) if match]


@pytest.mark.parametrize('path, name', places())
def test_walks_lead_to_what_there_is(path, name):
    tree = ast.parse((wings.ROOT / 'pure_cinder' / path).read_text())
    for part in name.split('.'):
        [tree] = [node for node in tree.body if isinstance(
            node, (ast.ClassDef, ast.FunctionDef)) and node.name == part]


def test_walks_tell_each_request(async_fleet):
    service = failovers.Service(async_fleet.start())
    world = service.world
    kind = world_module.replicated_type('async')

    def requests():
        text = '\n'.join('%s %s' % (record.method, record.path)
                         for array in async_fleet.arrays
                         for record in array.requests)
        async_fleet.forget_requests()
        for pattern, name in ((r'/volume-[^/\n]+', '/VOLUME'),
                              (r'/compute-1-[^/\n]+', '/HOST'),
                              ('/cinder-group', '/PGROUP')):
            text = re.sub(pattern, name, text)
        return text.splitlines()

    requests()
    volume = world.create(volume_type_id=kind.id)
    made = [requests()]
    world.attach(volume, world_module.connector())
    made.append(requests())
    async_fleet.replicate()
    # Sessions have ended meanwhile; a report starts them again.
    world.driver.get_volume_stats(refresh=True)
    requests()
    service.fail_over('at-beta')
    made.append(requests())
    assert made == [
        [match[1] for match in map(REQUEST.fullmatch, walk) if match]
        for walk in walks()]
