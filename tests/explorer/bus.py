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
"""Cinder's message bus, at which messages are delivered at once.

What Cinder's services send each other is Cinder's own; only the broker is
not there. A message to a cluster goes to one of its processes, and one to
all of them waits for those that do not listen. Messages are worked on at
once, but what goes back to the scheduler waits until its sender, who may hold
locks, is done.
"""

import contextlib
from unittest import mock

from cinder.common import constants
from cinder import context as contexts
from cinder import objects
from cinder.objects import base
from cinder import rpc
from cinder import service
import oslo_messaging
from sqlalchemy import exc as sql_errors

from tests import interruptions


class Process:
    """A service that may die.

    :ivar topics: queues that it reads
    :ivar service_id: of its row, None if nobody cleans up after it
    :ivar manager: of Cinder's managers, None while the process is not there
    :ivar is_listening: whether it hears what is told to all processes
    :ivar pending: such messages that it did not hear yet
    """

    def __init__(self, *topics):
        self.topics = topics
        self.service_id = None
        self.manager = None
        self.is_listening = True
        self.pending = []

    def acting(self):
        """:returns: context manager in which what is begun is its work"""
        return mock.patch.object(service.Service, 'service_id',
                                 self.service_id)

    def die(self):
        self.manager = None
        self.pending.clear()


class Bus:
    """Who reads which queue, and what went wrong.

    :ivar processes: list of Process; the first one that is alive is served
        first
    :ivar depth: how many messages are being worked on
    :ivar errors: what messages ended with that nobody waits for
    """

    def __init__(self):
        self.processes = []
        self.errors = []
        self.depth = 0
        self._waiting = []
        self._serializer = base.CinderObjectSerializer()

    @contextlib.contextmanager
    def serving(self):
        """Let Cinder send its messages here."""
        with mock.patch.object(
                rpc, 'get_client',
                lambda target, **_kwargs: _Client(self, target.topic)):
            yield self

    def cast(self, context, topic, fanout, method, arguments):
        if self.depth and topic == constants.SCHEDULER_TOPIC:
            self._waiting.append((context, topic, fanout, method, arguments))
            return
        for process in self._readers(topic, fanout):
            if fanout and not process.is_listening:
                process.pending.append((context, method, arguments))
            else:
                self.deliver(process, context, method, arguments)

    def deliver(self, process, context, method, arguments):
        """Nobody waits for what comes of it."""
        try:
            self._handle(process, context, method, arguments)
        except Exception as error:
            self.errors.append(error)
        except interruptions.Killed:
            process.die()
        self._go_on()

    def call(self, context, topic, method, arguments):
        [process] = self._readers(topic, False) or [None]
        if process is None:
            raise oslo_messaging.MessagingTimeout(
                'nobody reads %s' % topic)
        try:
            return self._handle(process, context, method, arguments)
        except interruptions.Killed:
            process.die()
            raise oslo_messaging.MessagingTimeout(
                'no answer to %s' % method) from None
        except sql_errors.SQLAlchemyError as error:
            # Only errors of Cinder's own are the same on the other side.
            raise oslo_messaging.RemoteError(
                type(error).__name__, str(error)) from None
        finally:
            self._go_on()

    def hear(self, process):
        """What was told to all, and not heard yet."""
        waiting, process.pending = process.pending, []
        process.is_listening = True
        for context, method, arguments in waiting:
            self.deliver(process, context, method, arguments)

    def _go_on(self):
        while self._waiting and not self.depth:
            self.cast(*self._waiting.pop(0))

    def _readers(self, topic, fanout):
        readers = [process for process in self.processes
                   if process.manager and topic in process.topics]
        return readers if fanout else readers[:1]

    def _handle(self, process, context, method, arguments):
        received = contexts.RequestContext.from_dict(context.to_dict())
        self.depth += 1
        try:
            with process.acting():
                return self._sent(received, getattr(process.manager, method)(
                    received, **{name: self._sent(received, value)
                                 for name, value in arguments.items()}))
        finally:
            self.depth -= 1

    def _sent(self, context, value):
        """As it is on the other side."""
        return self._serializer.deserialize_entity(
            context, self._serializer.serialize_entity(context, value))


class _Client:
    """What Cinder takes for an oslo.messaging client."""

    def __init__(self, bus, topic, fanout=False):
        self._bus, self._topic, self._fanout = bus, topic, fanout

    @staticmethod
    def can_send_version(_version):
        return True

    def prepare(self, version=None, topic=None, fanout=False, **_kwargs):
        return _Client(self._bus, topic or self._topic, fanout)

    def cast(self, context, method, **arguments):
        self._bus.cast(context, self._topic, self._fanout, method, arguments)

    def call(self, context, method, **arguments):
        return self._bus.call(context, self._topic, method, arguments)


objects.register_all()
