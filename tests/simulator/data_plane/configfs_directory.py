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
"""A directory in place of configfs, for targets of the kernel.

It differs from configfs in that attributes do not come with the directories
that they are in, nor go with them.
"""

import os


def write(directory, name, value):
    """Set an attribute, which is made here."""
    path = os.path.join(directory, name)
    assert os.path.isdir(directory), directory
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as stream:
        stream.write(value)


def tree(root):
    """Paths below the root, of links and attributes what is in them."""
    found = {}
    for folder, names, attributes in os.walk(root):
        for name in (*names, *attributes):
            path = os.path.join(folder, name)
            key = os.path.relpath(path, root)
            if os.path.islink(path):
                found[key] = os.path.relpath(os.readlink(path), root)
            elif name in attributes:
                with open(path, encoding='utf-8') as stream:
                    found[key] = stream.read()
            else:
                found[key] = None
    return found
