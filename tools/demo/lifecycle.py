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
"""The life of volumes on one backend, held against its array."""

import platform
import uuid

from tools.demo import console

GIB = 1024 ** 3
CONNECTOR = {
    'platform': platform.machine(),
    'os_type': 'linux',
    'host': 'demo-node',
    'ip': '127.0.0.1',
    'multipath': True,
    'do_local_attach': False,
    'initiator': 'iqn.1993-08.org.debian:01:de30de30de30',
    'system uuid': str(uuid.uuid5(uuid.NAMESPACE_DNS, 'demo-node')),
}


class Lifecycle:
    """The life of volumes on one backend."""

    def __init__(self, story, backend, array):
        self._story = story
        self._printer = story.printer
        self._cinder = story.cinder
        self._backend = backend
        self._array = array
        self._volumes = []
        self._type = None

    def show(self):
        """From an empty array to an empty array."""
        with self._printer.step('%s: a volume type' % self._backend):
            self._type = self._cinder.volume_types.create(self._backend)
            self._type.set_keys({'volume_backend_name': self._backend})
            self._check_empty()
        volume = self._create('a volume of 1 GiB', 1)
        self._extend(volume, 2)
        snapshot = self._snapshot(volume)
        self._create('a volume of 3 GiB from the snapshot', 3,
                     snapshot_id=snapshot.id)
        self._create('a clone of the volume', 2, source_volid=volume.id)
        attachment = self._attach(volume)
        self._detach(volume, attachment)
        self._delete(snapshot)
        with self._printer.step('%s: the array is empty again'
                                % self._backend):
            self._check_empty()
            self._printer.detail('destroyed, recoverable', [
                '%(name)s for %(time_remaining)d s' % item
                for item in self._array.pending()])

    def _create(self, title, size_gib, **source):
        with self._printer.step('%s: %s' % (self._backend, title)):
            volume = self._cinder.volumes.create(
                size_gib, name=title, volume_type=self._type.id, **source)
            self._volumes.append(volume)
            volume = self._story.wait_status(self._cinder.volumes, volume.id,
                                             'available')
            self._same_size(volume)
        return volume

    def _extend(self, volume, size_gib):
        with self._printer.step('%s: extended to %d GiB'
                                % (self._backend, size_gib)):
            self._cinder.volumes.extend(volume, size_gib)
            volume = self._story.wait_status(self._cinder.volumes, volume.id,
                                             'available')
            if volume.size != size_gib:
                raise console.DemoFailure('%s has %d GiB, wanted %d'
                                          % (volume.id, volume.size, size_gib))
            self._same_size(volume)

    def _snapshot(self, volume):
        with self._printer.step('%s: a snapshot' % self._backend):
            snapshot = self._cinder.volume_snapshots.create(volume.id)
            self._story.wait_status(self._cinder.volume_snapshots,
                                    snapshot.id, 'available')
            self._printer.same(
                'snapshots', ['%s.snapshot-%s' % (_array_name(volume),
                                                  snapshot.id)],
                self._array.contents()['snapshots'])
        return snapshot

    def _attach(self, volume):
        with self._printer.step('%s: an attachment' % self._backend):
            attachment_id = self._cinder.attachments.create(
                volume.id, connector=None)['id']
            info = self._cinder.attachments.update(
                attachment_id, CONNECTOR).connection_info
            self._printer.detail('connector', '%(host)s %(initiator)s'
                                 % CONNECTOR)
            host = self._find_host()
            self._printer.detail('  host on the array', host['name'])
            self._printer.same('volume and LUN', [
                '%s LUN %d' % (_array_name(volume), lun)
                for lun in sorted(set(info['target_luns']))], [
                    '%(vol)s LUN %(lun)d' % row for row in
                    self._array.get('host/%s/volume' % host['name'])])
            self._printer.same('portals', sorted(
                map(' '.join, zip(info['target_portals'],
                                  info['target_iqns']))),
                self._array.iscsi_portals())
            self._cinder.attachments.complete(attachment_id)
            volume = self._story.wait_status(self._cinder.volumes, volume.id,
                                             'in-use')
            self._printer.detail('status', volume.status)
        return attachment_id

    def _find_host(self):
        hosts = [host for host in self._array.get('host')
                 if CONNECTOR['initiator'] in host['iqn']]
        if len(hosts) != 1:
            raise console.DemoFailure('%d hosts on the array have %s'
                                      % (len(hosts), CONNECTOR['initiator']))
        return hosts[0]

    def _detach(self, volume, attachment_id):
        with self._printer.step('%s: detached' % self._backend):
            self._cinder.attachments.delete(attachment_id)
            volume = self._story.wait_status(self._cinder.volumes, volume.id,
                                             'available')
            self._printer.detail('status', volume.status)
            self._printer.same(
                'connections', volume.attachments,
                self._array.get('volume/%s/host' % _array_name(volume)))
            self._printer.same('hosts', [], self._array.contents()['hosts'])

    def _delete(self, snapshot):
        with self._printer.step('%s: everything deleted' % self._backend):
            self._cinder.volume_snapshots.delete(snapshot)
            self._story.wait_gone(self._cinder.volume_snapshots, snapshot.id)
            for volume in self._volumes:
                self._cinder.volumes.delete(volume)
            for volume in self._volumes:
                self._story.wait_gone(self._cinder.volumes, volume.id)
            self._cinder.volume_types.delete(self._type)

    def _same_size(self, volume):
        name = _array_name(volume)
        self._printer.same(
            'volume and size', '%s %d bytes' % (name, volume.size * GIB),
            '%(name)s %(size)d bytes' % self._array.get('volume/%s' % name))

    def _check_empty(self):
        contents = self._array.contents()
        self._printer.detail('  the array says', ', '.join(
            '%d %s' % (len(names), kind) for kind, names in contents.items()))
        if any(contents.values()):
            raise console.DemoFailure('left on the array: %s' % contents)


def _array_name(volume):
    return 'volume-%s-cinder' % volume.id
