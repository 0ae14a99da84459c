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
"""Undoing what was half done."""

import contextlib
import dataclasses

from oslo_log import log as logging

LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Leftover:
    """What a step leaves on an array, unless it is undone.

    :ivar what: such as ``volume pure-1``
    :ivar array: name of the array
    :ivar command: of Purity's command line, which undoes it there
    """

    what: str
    array: str
    command: str

    def __str__(self):
        return 'Left on array %s: %s. Undo it there with "%s".' % (
            self.array, self.what, self.command)


class Undo:
    """What must be undone, should a later step fail."""

    def __init__(self):
        self._steps = []

    def push(self, undo, *args, left):
        """Remember how the step that was just done is undone.

        :param undo: called with ``args``; its own failure is logged
        :param left: Leftover, which is told then
        """
        self._steps.append((undo, args, left))

    def run(self):
        """Undo everything, the last step first."""
        while self._steps:
            undo, args, left = self._steps.pop()
            try:
                undo(*args)
            except Exception as error:
                LOG.error('Not everything could be undone: %(error)s '
                          '%(left)s', {'error': error, 'left': left})


@contextlib.contextmanager
def undoing():
    """If the block fails, undo what it pushed; its error is reported.

    :returns: context manager that gives an Undo
    """
    undo = Undo()
    try:
        yield undo
    except Exception:
        undo.run()
        raise


@contextlib.contextmanager
def on_failure(undo, *args, left):
    """If the block fails, undo; the first error is the one reported.

    Parameters are those of ``Undo.push``.
    """
    with undoing() as steps:
        steps.push(undo, *args, left=left)
        yield
