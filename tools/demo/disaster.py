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
"""An array dies, another one serves, and all comes home again."""

import contextlib

from tools.demo import chapter
from tools.demo import console
from tools.demo import stack

BINARY = 'cinder-volume'
POD = 'cinder-pod'
FAILBACK = 'default'
ONLINE = 'online'
BEFORE, MEANWHILE = 'before the disaster', 'during the disaster'
NEW = 'on a volume made during the disaster'
# The arrays' time goes by so much with each look while they replicate.
STRIDE_S = 10


class Disaster:
    """The primary of two replicated backends is stopped, and comes back."""

    def __init__(self, story):
        self._story = story
        self._printer = story.printer
        self._backends = (
            Asynchronous(story, stack.PURE_1),
            Synchronous(story, stack.PURE_1_SYNC))
        self._dead = self._backends[0].array_name

    def first_steps(self):
        """Replicated volumes, on both arrays."""
        return [*self._each('first_steps'), console.Step(
            'An hour goes by for the arrays; they replicate',
            self._replicate)]

    def outage_steps(self):
        """The array dies, and then the services are started again."""
        return [
            console.Step('%s dies, with its paths to hosts' % self._dead,
                         self._kill),
            *self._story.service_steps(),
            console.Step('The stats tell what is down, and where a failover '
                         'would go', self._see_readiness),
            *self._each('fail_over_steps'),
            *self._each('serve_steps')]

    def return_steps(self):
        """From an array that is there again to two empty ones."""
        return [
            console.Step('%s comes back' % self._dead, self._revive),
            *self._each('fail_back_steps'),
            *self._each('last_steps'),
            console.Step('Both arrays are empty again', self._see_empty)]

    def _each(self, name):
        return [step for backend in self._backends
                for step in getattr(backend, name)()]

    def _replicate(self):
        self._story.simulator.advance(stack.INTERVAL_S)
        return '; '.join(backend.see_replicated()
                         for backend in self._backends)

    def _kill(self):
        self._story.simulator.set_offline(self._dead, True)
        self._story.end_cinder()
        return 'dead; and the services end, too'

    def _see_readiness(self):
        for backend in self._backends:
            backend.see_readiness()
        return 'both backends are down, and would go to %s' % (
            self._backends[0].target_name)

    def _revive(self):
        count = self._story.count_errors_of(
            self._story.addresses[stack.PURE_1.array])
        self._story.simulator.set_offline(self._dead, False)
        return '%d errors were logged meanwhile, all name it' % count

    def _see_empty(self):
        for array in self._story.arrays:
            self._story.wait_for('%s to be empty' % array.name,
                                 lambda: not _live(array) or None)
        return 'no volume and no host is left'


def _live(array):
    """Names of the volumes and hosts of an array."""
    contents = array.contents()
    return contents['volumes'] + contents['hosts']


class Replicated(chapter.Chapter):
    """One replicated backend in the disaster."""

    kind = None

    def __init__(self, story, backend):
        super().__init__(story, backend)
        self.target_name = stack.ARRAY_NAMES[backend.target]
        self._volumes = []
        self._written = {}
        self._attachments = {}

    @property
    def target(self):
        """flasharray.FlashArray that the backend replicates to."""
        return self.story.arrays[self.backend.target]

    def first_steps(self):
        """A replicated volume."""
        return self.as_steps(
            ('a volume with %s replication' % self.kind, self._create))

    def fail_over_steps(self):
        """As an operator does it."""
        return self.as_steps((_commands(self.target_name), self._fail_over))

    def serve_steps(self):
        """What works while the other array serves."""
        return self.as_steps(
            ('a new volume, while %s serves' % self.target_name, self._serve))

    def fail_back_steps(self):
        """As an operator does it."""
        return self.as_steps((_commands(FAILBACK), self._fail_back))

    def last_steps(self):
        return self.as_steps(('everything deleted', self._delete))

    def name(self, volume):
        """What either array calls a volume."""
        return chapter.usual_name(volume)

    def presenting(self, array):
        """The arrays that present a volume while one of them serves."""
        return [array]

    def see_replicated(self):
        """See that the other array has what the primary has.

        :returns: that, in words
        """
        raise NotImplementedError

    def see_readiness(self):
        stats = self.story.wait_for(
            'stats of ' + self.backend.name,
            lambda: self.story.find_pool(self.backend))
        self.printer.detail(self.backend.name, '%s, would go to %s' % (
            stats['backend_state'], stats['replication_failover_target']))
        if stats['backend_state'] != 'down' or (
                stats['replication_failover_target'] != self.target_name):
            raise console.DemoFailure('it should go to ' + self.target_name)

    def _create(self):
        self._type = self.make_type(
            self.kind, replication_enabled='<is> True',
            replication_type='<in> ' + self.kind)
        volume = self._make('replicated', 1)
        return self.same_size(volume, self.name(volume))

    def _write_first(self):
        return self._write(self._volumes[0], self.array, BEFORE,
                           is_first=True)

    def _fail_over(self):
        self._change_array(self.target_name, 'failed-over')
        return self._check_volumes(self.target)

    def _serve(self):
        self.story.wait_for(
            'the scheduler to know', lambda: (
                self._service().backend_state == 'up' or None))
        volume = self._make('made meanwhile', 2)
        self._write(volume, self.target, NEW, is_first=True)
        self._check_volume(volume, self.target)
        return '%s has it, %d GiB' % (self.target_name, volume.size)

    def _fail_back(self):
        self._change_array(FAILBACK, 'enabled')
        return self._check_volumes(self.array)

    def _delete(self):
        self.delete(self.cinder.volumes, *self._volumes)
        self.delete_types(self._type)
        return 'gone'

    def wait_replicated(self, what, probe):
        """Wait while the arrays' time goes by."""
        def advance():
            self.simulator.advance(STRIDE_S)
            return probe()
        return self.story.wait_for(what, advance)

    def _make(self, name, size_gib):
        volume = self.make_volume(name, size_gib, self._type)
        self._volumes.append(volume)
        return volume

    @contextlib.contextmanager
    def _place(self, volume, array):
        """Where the host has a volume, attached before or meanwhile."""
        if volume.id in self._attachments:
            yield self._attachments[volume.id].at(array)
            return
        with self.attached(volume, self.name(volume),
                           self.presenting(array)) as place:
            yield place

    def _write(self, volume, array, text, is_first=False):
        """:returns: what was written, in words"""
        with self._place(volume, array) as place:
            written = self.story.host.write(place, text, is_first=is_first)
        self._written[volume.id] = written
        return self.story.host.words(written)

    def _change_array(self, backend_id, status):
        """Frozen, so that nothing changes meanwhile.

        Thawing also enables the service, which a failover disables.
        ``service-enable`` of Cinder 29.0 is answered, but does not do so.
        """
        services, host = self.cinder.services, self.backend.host
        services.freeze_host(host)
        self.story.wait_for('frozen ' + host, lambda: (
            self._service().disabled_reason == 'frozen' or None))
        services.failover_host(host, backend_id)
        self.wait_replicated('%s to be %s' % (host, status),
                             lambda: self._has_changed(status))
        for volume in self._volumes:
            self.story.wait_for(
                'volume %s to be %s' % (volume.id, status),
                lambda: self.cinder.volumes.get(
                    volume.id).replication_status == status or None)
        self._show_service()
        services.thaw_host(host)
        self._show_service()

    def _has_changed(self, status):
        found = self._service().replication_status
        if found not in ('failing-over', status):
            raise console.DemoFailure('%s is %s, see cinder.log'
                                      % (self.backend.host, found))
        return True if found == status else None

    def _check_volumes(self, array):
        """:returns: what was found, in words"""
        found = [self._check_volume(volume, array)
                 for volume in self._volumes]
        return '%s serves; a host reads %s' % (
            array.name, ', '.join(dict.fromkeys(found)))

    def _check_volume(self, volume, array):
        """:returns: what the host reads, in words"""
        found = self.cinder.volumes.get(volume.id)
        self.printer.detail(volume.name, found.status)
        if found.status not in ('available', 'in-use'):
            raise console.DemoFailure('%s is not to be used' % volume.id)
        self.same_size(volume, self.name(volume), array)
        with self._place(volume, array) as place:
            return self.reads(place, self._written[volume.id])

    def _service(self):
        [service] = self.cinder.services.list(host=self.backend.host,
                                              binary=BINARY)
        return service

    def _show_service(self):
        service = self._service()
        self.printer.detail('service', '%s%s, %s, served by %s' % (
            service.status, ', frozen' if service.frozen else '',
            service.replication_status,
            service.active_backend_id or self.array_name))


class Asynchronous(Replicated):
    """Snapshots go to the other array; what comes after them does not."""

    kind = 'async'

    def first_steps(self):
        return [*super().first_steps(), *self.as_steps(
            ('attached, written to, detached', self._write_first))]

    def serve_steps(self):
        return [*super().serve_steps(), *self.as_steps(
            ('attached from %s, written to, detached' % self.target_name,
             self._use))]

    def see_replicated(self):
        source = '%s:%s' % (self.array_name, self.backend.name)
        arrived = self.wait_replicated(
            'a snapshot of ' + source,
            lambda: self.target.arrived(source) or None)
        self.printer.detail('arrived on ' + self.target_name, arrived)
        return '%s has snapshot %s' % (self.target_name, ', '.join(arrived))

    def _use(self):
        return self._write(self._volumes[0], self.target, MEANWHILE)


class Synchronous(Replicated):
    """Both arrays have all of it, and present it to the host."""

    kind = 'sync'

    def name(self, volume):
        return '%s::%s' % (POD, chapter.usual_name(volume))

    def first_steps(self):
        return [*super().first_steps(), *self.as_steps(
            ('attached, from both arrays', self._attach),
            ('a host writes to it', self._write_first))]

    def serve_steps(self):
        return [*super().serve_steps(), *self.as_steps(
            ('still attached, and written to', self._use))]

    def fail_back_steps(self):
        return [
            *self.as_steps(('the pod is online on both arrays again',
                            self._see_online)),
            *super().fail_back_steps(),
            *self.as_steps(('detached, from both arrays', self._detach))]

    def presenting(self, array):
        return [self.array, self.target] if array is self.array else [array]

    def see_replicated(self):
        name = self.name(self._volumes[0])
        self.printer.same('volume', self.array.volume(name),
                          self.target.volume(name))
        return 'both have the volume of %s' % POD

    def _attach(self):
        volume = self._volumes[0]
        attachment = self.attach(volume, self.name(volume),
                                 self.presenting(self.array))
        self._attachments[volume.id] = attachment
        return attachment.paths

    def _use(self):
        volume = self._volumes[0]
        lun = self.lun(self.target, self.name(volume))
        return '%s; %s presents it as LUN %d' % (
            self._write(volume, self.target, MEANWHILE), self.target_name,
            lun)

    def _see_online(self):
        self.wait_replicated('online pod', self._is_online)
        return ', '.join('%s %s' % status for status
                         in self.array.pod_status(POD).items())

    def _detach(self):
        volume = self._volumes[0]
        self.detach(volume, self._attachments.pop(volume.id))
        for array in (self.array, self.target):
            self.printer.same('hosts', [], array.contents()['hosts'])
        return 'neither has a host any more'

    def _is_online(self):
        found = set(self.array.pod_status(POD).values())
        return True if found == {ONLINE} else None


def _commands(backend_id):
    return ('cinder freeze-host, failover-host --backend_id %s, thaw-host'
            % backend_id)
