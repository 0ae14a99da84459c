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
"""Build through pbr; the version is the one that setup.cfg declares.

pbr would derive it from git tags, and refuse a tree without git. The declared
one is the same in a clone, in an exported tree and in an sdist.
"""

import configparser
import os
import pathlib

import setuptools

metadata = configparser.ConfigParser()
metadata.read(pathlib.Path(__file__).with_name('setup.cfg'))
os.environ.setdefault('PBR_VERSION', metadata['metadata']['version'])

setuptools.setup(setup_requires=['pbr'], pbr=True)
