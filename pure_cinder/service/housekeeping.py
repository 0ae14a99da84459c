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
"""What was put off until the next stats report, and is done beside it."""

import threading

from oslo_log import log as logging

LOG = logging.getLogger(__name__)


class Housekeeping:
    """Work that no operation of Cinder waits for."""

    def __init__(self, tags, attachments, retired_copies, removal):
        """:param tags: tags.TagService

        :param attachments: attachments.AttachmentService
        :param retired_copies: retired_copies.RetiredCopies
        :param removal: removal.VolumeRemoval
        """
        self._steps = (tags.write_due, attachments.clean_up,
                       retired_copies.clean_up, removal.discard_left)
        self._lock = threading.Lock()

    def start(self):
        """Have it done, and do not wait for that."""
        threading.Thread(target=self.run, name='pure-housekeeping',
                         daemon=True).start()

    def run(self):
        """Do all that is due; what fails is left to the next report.

        Cinder asks for reports at any time, also for two at once; whoever
        finds the work being done leaves it to the other.
        """
        if not self._lock.acquire(blocking=False):
            return
        try:
            for step in self._steps:
                self._attempt(step)
        finally:
            self._lock.release()

    @staticmethod
    def _attempt(step):
        """Do one step; neither the report nor the others depend on it."""
        try:
            step()
        except Exception:
            LOG.exception('What was put off until the stats report is put '
                          'off once more: %s.', step.__qualname__)
