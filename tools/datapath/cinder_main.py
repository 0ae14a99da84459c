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
"""Entry point of the services' process: the demo's, with a data path.

usage: python -m tools.datapath.cinder_main READY_FILE --config-file FILE
"""

import importlib

from cinder import monkey_patch

if __name__ == '__main__':
    monkey_patch.patch()
    importlib.import_module('tools.datapath.connected_services').main()
