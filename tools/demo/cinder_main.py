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
"""Entry point of the services' process.

usage: python -m tools.demo.cinder_main READY_FILE --config-file cinder.conf

Cinder patches the standard library before anything else is imported, unless
``OS_CINDER_DISABLE_EVENTLET_PATCHING`` asks for native threads. So the
services are a module of their own that is imported after the patching.
"""

import importlib

from cinder import monkey_patch

if __name__ == '__main__':
    monkey_patch.patch()
    importlib.import_module('tools.demo.cinder_services').main()
