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
"""Which LUNs a machine may still hold devices of, by Cinder's database.

Of what other processes of a cluster took from a machine, the array shows
nothing. Cinder keeps the rows of deleted attachments, with the connection
information of each.
"""

import datetime

from cinder import context
from cinder import objects
from oslo_utils import timeutils

from pure_cinder.attachments import luns

# A machine detaches less in the time that a LUN cools down.
MAX_ROWS = 200


def recent_luns(machine):
    """LUNs that a machine has, or gave up while they still cool down.

    :param machine: ``host`` of its connector
    :returns: set of numbers, those of other backends among them
    """
    since = timeutils.utcnow() - datetime.timedelta(seconds=luns.COOL_DOWN_S)
    deleted = [row for row in _rows(machine, 'only', 'deleted_at')
               if row.deleted_at.replace(tzinfo=None) > since]
    return {lun for row in deleted + _rows(machine, 'no', 'created_at')
            for lun in _luns(row.connection_info or {})}


def _rows(machine, read_deleted, newest_by):
    return list(objects.VolumeAttachmentList.get_all(
        context.get_admin_context(read_deleted=read_deleted),
        search_opts={'attached_host': machine}, limit=MAX_ROWS,
        sort_keys=[newest_by], sort_direction=['desc']))


def _luns(connection_info):
    """:param connection_info: the data that os-brick got, or more around"""
    data = connection_info.get('data', connection_info)
    return data.get('target_luns') or ()
