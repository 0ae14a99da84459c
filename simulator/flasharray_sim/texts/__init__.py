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
"""What the array says when it refuses, by area.

Every text that the simulator can answer stands here once, with its provenance.
"""

from flasharray_sim.texts import administration
from flasharray_sim.texts import containers
from flasharray_sim.texts import hosts
from flasharray_sim.texts import protection
from flasharray_sim.texts import requests
from flasharray_sim.texts import text
from flasharray_sim.texts import volumes

AREAS = (requests, volumes, containers, hosts, protection, administration)

TEXTS: dict[str, text.Text] = {
    name: entry for area in AREAS for name, entry in area.TEXTS.items()}
