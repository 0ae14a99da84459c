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
"""All of these pages, by their names."""

import pathlib

from tools.reference_pages import extra_specs
from tools.reference_pages import options
from tools.reference_pages import stats
from tools.reference_pages import troubleshooting

DIRECTORY = (pathlib.Path(__file__).parents[2] / 'docs' / 'operators'
             / 'reference')
PAGES = {'options': options.page, 'extra-specs': extra_specs.page,
         'stats': stats.page, 'troubleshooting': troubleshooting.page}


def path_of(name):
    return DIRECTORY / (name + '.rst')
