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
"""Tags, compared as the driver writes them."""

import functools

from cinder import exception
from cinder.i18n import _

from pure_cinder.audit import rows
from pure_cinder import naming
from pure_cinder.volumes import tags


def check_tags(audit):
    """See that tags tell whose a volume is and where it is attached."""
    for volume in audit.database.volumes.values():
        if not volume.is_settled:
            continue
        try:
            contents = audit.home(volume)
        except exception.CinderException:
            # check_volumes tells it.
            continue
        key = naming.name_key(volume.provider_id)
        if contents is None or contents.tags is None or (
                key not in contents.volumes):
            continue
        wanted, has = tags.wanted_tags(volume), contents.tags.get(key, {})
        differing = sorted(name for name in wanted.keys() | has.keys()
                           if wanted.get(name) != has.get(name))
        if differing:
            yield audit.finding(
                'tags', contents.member, rows.described(volume),
                _('Tags of %(name)s are old: %(tags)s.') % {
                    'name': volume.provider_id,
                    'tags': ', '.join(differing)},
                repair=functools.partial(audit.backend.tags.write, volume.id,
                                         contents.member))
