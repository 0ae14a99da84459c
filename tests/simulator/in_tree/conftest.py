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
"""The driver of Cinder 24's tree, unchanged, against simulated arrays.

This suite runs in a virtual environment of its own (``make conformance``),
because release 24 was the last with a driver that speaks REST 1.
``pytest.ini`` beside this file keeps the other suites' fixtures away.
"""

from cinder import objects

# Before the driver is imported: its annotations name these classes.
objects.register_all()

pytest_plugins = ['tests.simulator.in_tree.fixtures']
