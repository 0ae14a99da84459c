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
"""The one import of the ``purestorage`` SDK.

SDK 1.19.0 is the last of its line and imports ``distutils``, which Python
3.12 removed. Of it, the SDK uses ``LooseVersion`` to compare REST versions;
``packaging`` does the same. The stand-in lives for the import only.
"""

import importlib
import sys
import types

from packaging import version


def _import_sdk():
    try:
        importlib.import_module('distutils.version')
    except ImportError:
        return _import_with_stand_in()
    return importlib.import_module('purestorage.purestorage')


def _import_with_stand_in():
    stand_in = types.ModuleType('distutils.version')
    stand_in.LooseVersion = version.Version
    sys.modules['distutils'] = types.ModuleType('distutils')
    sys.modules['distutils.version'] = stand_in
    try:
        return importlib.import_module('purestorage.purestorage')
    finally:
        del sys.modules['distutils'], sys.modules['distutils.version']


_sdk = _import_sdk()
FlashArray = _sdk.FlashArray
PureError = _sdk.PureError
ResponseDict = _sdk.ResponseDict
ResponseList = _sdk.ResponseList
