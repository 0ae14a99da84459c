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
"""Extra specs with the scope of the driver, as Cinder is told of them."""

from pure_cinder.types import specs
from tools.reference_pages import rst

INTRODUCTION = """\
Keys that the driver defines. How they go together, and which of Cinder's own
keys count, is told in :doc:`/operators/volume-types`.

"""


def page():
    return rst.title('Extra specs') + INTRODUCTION + rst.definitions(
        (rst.literal(key), _kind(found), [rst.plain('%s. %s' % (
            found['title'], found['description']))])
        for key, found in specs.vendor_properties().items())


def _kind(found):
    return '%(type)s, %(minimum)d to %(maximum)d' % found if (
        'minimum' in found) else found['type']
