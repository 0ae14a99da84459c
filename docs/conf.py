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
"""How Sphinx builds the documentation: ``make docs``."""

import configparser
import pathlib

_metadata = configparser.ConfigParser()
_metadata.read(pathlib.Path(__file__).parents[1] / 'setup.cfg')

project = _metadata['metadata']['name']
author = _metadata['metadata']['author']
version = release = _metadata['metadata']['version']
html_theme = 'furo'
html_title = project
html_show_copyright = False
nitpicky = True
# An option with two hyphens has two hyphens.
smartquotes = False
# Shell sessions have output that no lexer knows.
highlight_language = 'none'
