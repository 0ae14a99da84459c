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
"""A mend of the driver that can be taken back."""

import contextlib
import dataclasses
from unittest import mock


@dataclasses.dataclass(frozen=True)
class Fault:
    """What the driver did before it was mended.

    :ivar text: what it does to the user's data
    :ivar story: the shortest way to see it
    :ivar seen_by: node id of a test that fails while it is applied
    :ivar patches: of the object, the name of what is faulty there, and what
        takes its place
    """

    id: str
    text: str
    story: str
    seen_by: str
    patches: tuple

    @contextlib.contextmanager
    def applied(self):
        """Have the fault in what is done inside.

        A backend that was made before may keep some of its methods.
        """
        with contextlib.ExitStack() as stack:
            for owner, name, faulty in self.patches:
                stack.enter_context(mock.patch.object(owner, name, faulty))
            yield
