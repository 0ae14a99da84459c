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
"""The page of the commands shows what this one prints, and all findings."""

import pathlib
import re

from pure_cinder.cmd import audit
from tests import world as world_module

PAGE = (pathlib.Path(__file__).parents[2] / 'docs'
        / 'operators' / 'commands.rst').read_text()
UUID = re.compile('[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')
HEX = re.compile('[0-9a-f]{32}')


def comparable(text):
    """A text as it would be for other volumes, without its lines."""
    words = ' '.join(text.split())
    return HEX.sub('HEX', UUID.sub('UUID', words))


def output(cloud):
    """What is printed for three volumes that differ."""
    lost, connected, renamed = (cloud.create() for _number in range(3))
    cloud.client.destroy_volume(lost.provider_id)
    cloud.world.connect(connected, world_module.connector())
    cloud.client.rename_volume(renamed.provider_id, 'database')
    return cloud.operator.type(audit.main, '--repair')[1]


def test_sample_is_what_is_printed(cloud):
    [block] = re.findall(
        r'    \$ pure-cinder-audit --repair\n((?:    .*\n|\n)+)', PAGE)
    assert sorted(comparable(block).split()) == sorted(
        comparable(output(cloud)).split())


def test_every_finding_is_in_the_table():
    names = {name for path in pathlib.Path(
        audit.run.__file__).parent.glob('*.py') for name in re.findall(
            r"finding\(\s*'(\w+)'", path.read_text())}
    told = set(re.findall(r'\n   \* - ``(\w+)``\n', PAGE))
    assert len(names) >= 7 and names <= told
