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
"""The modules of Cinder's database, wherever this release has them."""

import importlib
import importlib.util

_PACKAGE = ('cinder.db' if importlib.util.find_spec('cinder.db.models')
            else 'cinder.db.sqlalchemy')
api = importlib.import_module(_PACKAGE + '.api')
models = importlib.import_module(_PACKAGE + '.models')
