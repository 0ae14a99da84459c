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
"""Objects that wait for their eradication when they are destroyed."""

from oslo_log import log as logging

from pure_cinder.array import errors
from pure_cinder.array import leftovers
from pure_cinder.array import link
from pure_cinder import naming

LOG = logging.getLogger(__name__)


class Perishables(link.Area):
    """The verbs that all such kinds have in common.

    :cvar MODEL: what the kind is told as, with ``from_wire``
    :cvar SDK_NAME: the kind in names of the SDK's methods
    :cvar NOUN: the kind in words
    :cvar COMMAND: the kind's command in Purity's command line
    """

    MODEL = None
    SDK_NAME = None
    NOUN = None
    COMMAND = None

    def described(self, name):
        """:returns: what has the name, in words, and the name"""
        return '%s%s %s' % (
            self.NOUN, ' snapshot' if naming.is_snapshot_name(name) else '',
            name)

    def get(self, name):
        """:returns: the object, which is not destroyed

        :raises ArrayNotFoundError: it does not exist, or is destroyed
        """
        return self.MODEL.from_wire(self._sdk('get')(name))

    def find(self, name):
        """:returns: the object, which is not destroyed, or None"""
        return link.unless_missing(self.get, name)

    def find_destroyed(self, name):
        """:returns: the object, if it waits for its eradication, or None"""
        return self._find_destroyed(name, self.MODEL)

    def is_taken(self, name):
        """Whether an object has the name, be it destroyed or not."""
        return link.unless_missing(self._sdk('get'), name,
                                   pending=True) is not None

    def list_all(self):
        """The objects that are not destroyed, page by page.

        :returns: iterator
        """
        return self._list(self.MODEL, None)

    def list_fitting(self, pattern):
        """Those of them whose names fit, see link.pages_fitting.

        :returns: list
        """
        return [self.MODEL.from_wire(row) for row in link.pages_fitting(
            self._list_rows, pattern)]

    def _write_new(self, names, act, landed):
        """Do a write that makes objects; parameters as of _write.

        If it is not known whether it did, they are told: who asked for them
        may not be asked to delete them.
        """
        try:
            return self._write(act, landed)
        except errors.ArrayOutcomeUnknownError as error:
            for name in names:
                LOG.error('It is not known whether %(what)s was made: '
                          '%(error)s If it was: %(left)s',
                          {'what': self.described(name), 'error': error,
                           'left': leftovers.created(self, name)})
            raise

    def destroy(self, name):
        """Destroy an object; its name stays taken until eradication.

        :raises ArrayPendingEradicationError: it is destroyed already
        """
        self._write(lambda: self._sdk('destroy')(name),
                    lambda: self.find_destroyed(name))

    def recover(self, name):
        """Take a destroyed object back."""
        self._write(lambda: self._sdk('recover')(name),
                    lambda: self._find_live(name))

    def eradicate(self, name):
        """Eradicate a destroyed object."""
        self._write(lambda: self._sdk('eradicate')(name),
                    lambda: self.find_destroyed(name) is None)

    def _sdk(self, verb):
        return getattr(self._client, '%s_%s' % (verb, self.SDK_NAME))

    def _list(self, model, names, **flags):
        chosen = {} if names is None else {'names': names}
        return map(model.from_wire, link.pages(self._list_rows, **chosen,
                                               **flags))

    @property
    def _list_rows(self):
        return getattr(self._client, 'list_%ss' % self.SDK_NAME)

    def _find_live(self, name):
        return self.find(name)

    def _find_destroyed(self, name, model, **flags):
        reply = link.unless_missing(self._sdk('get'), name, pending=True,
                                    **flags)
        row = link.first(reply)
        found = None if row is None else model.from_wire(row)
        return found if found and found.is_destroyed else None


class Snapshottables(Perishables):
    """Such kinds whose snapshots are destroyed and taken back by them, too.

    What takes any name takes ``<name>.<suffix>``, the name of a snapshot.

    :cvar SNAPSHOT_MODEL: what a snapshot is told as
    """

    SNAPSHOT_MODEL = None

    def find_snapshot(self, name):
        """:returns: the snapshot, which is not destroyed, or None"""
        row = link.first(
            link.unless_missing(self._sdk('get'), name, snap=True))
        return None if row is None else self.SNAPSHOT_MODEL.from_wire(row)

    def find_destroyed(self, name):
        """The object or snapshot, if it waits for its eradication."""
        if naming.is_snapshot_name(name):
            return self._find_destroyed(name, self.SNAPSHOT_MODEL, snap=True)
        return super().find_destroyed(name)

    def _find_live(self, name):
        return (self.find_snapshot if naming.is_snapshot_name(name)
                else self.find)(name)
