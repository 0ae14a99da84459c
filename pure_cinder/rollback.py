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

from oslo_log import log as logging

LOG = logging.getLogger(__name__)


class Undo:
    """What must be undone, should a later step fail."""

    def __init__(self):
        self._steps = []

    def push(self, undo, *args):
        """Remember how the step that was just done is undone.

        :param undo: called with ``args``; its own failure is logged
        """
        self._steps.append((undo, args))

    def run(self):
        """Undo everything, the last step first."""
        while self._steps:
            undo, args = self._steps.pop()
            try:
                undo(*args)
            except Exception as error:
                LOG.error('Could not undo a failed operation with %(undo)s '
                          'of %(args)s: %(error)s',
                          {'undo': undo.__name__, 'args': args,
                           'error': error})


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
def on_failure(undo, *args):
    """If the block fails, undo; the first error is the one reported."""
    with undoing() as steps:
        steps.push(undo, *args)
        yield
