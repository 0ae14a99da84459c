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
"""Options of a backend's section, from their declarations."""

from pure_cinder import options
from tools.reference_pages import rst

INTRODUCTION = """\
In a backend's section of ``cinder.conf``. Names, types and defaults are those
of the in-tree driver. Of Cinder's own options the driver reads %s.
``pure-cinder-check`` names any option that there is not.

"""


def page():
    common = ', '.join(map(rst.literal, options.COMMON_OPTION_NAMES))
    return rst.title('Options') + INTRODUCTION % common + rst.definitions(
        map(_row, options.PURE_OPTS))


def _row(option):
    default = 'no default' if option.default is None else rst.literal(
        str(option.default).lower() if isinstance(option.default, bool)
        else option.default)
    return (rst.literal(option.name), '%s, %s' % (_type(option), default),
            [rst.plain(option.help), *_choices(option)])


def _type(option):
    name = type(option).__name__.removesuffix('Opt').lower()
    return 'secret string' if option.secret else {
        'str': 'string', 'int': 'integer', 'bool': 'boolean'}.get(name, name)


def _choices(option):
    choices = [choice for choice in getattr(option.type, 'choices', None) or ()
               if choice is not None]
    return ['One of %s.' % ', '.join(map(rst.literal, choices))] if (
        choices) else []
