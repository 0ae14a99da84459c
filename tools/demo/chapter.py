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
"""What all chapters of the story need: one backend, and its array."""

import contextlib
import typing

from tools.demo import console
from tools.demo import host
from tools.demo import stack

GIB = 1024 ** 3


class Attachment(typing.NamedTuple):
    """An attachment to the host.

    :ivar volume_name: on the arrays
    :ivar info: ``connection_info``
    :ivar paths: how many, in words
    """

    id: str
    volume_name: str
    info: dict
    paths: str

    def at(self, array):
        """:returns: host.Place at one of the arrays"""
        return host.Place(array, self.volume_name, self.info)


class Chapter:
    """A part of the story that is told of one backend.

    A chapter tells its steps before anything runs. What a step needs of an
    earlier one, that one keeps in the chapter.
    """

    def __init__(self, story, backend):
        """:param backend: stack.Backend"""
        self.story = story
        self.backend = backend
        self.printer = story.printer
        self.array_name = stack.ARRAY_NAMES[backend.array]

    @property
    def array(self):
        """flasharray.FlashArray of the backend."""
        return self.story.arrays[self.backend.array]

    @property
    def simulator(self):
        return self.story.simulator

    @property
    def cinder(self):
        """The ordinary client; another one after a restart of the API."""
        return self.story.cinder

    def as_steps(self, *steps):
        """Steps that name the backend.

        :param steps: each ``(title, act)``, see console.Step
        :returns: list of console.Step
        """
        return [console.Step('%s: %s' % (self.backend.name, title), act)
                for title, act in steps]

    def make_type(self, name, qos=None, **extra_specs):
        """A volume type for this backend.

        :param qos: dict of qos-specs, or None
        :param extra_specs: beside the backend's name
        """
        name = '%s-%s' % (self.backend.name, name)
        made = self.cinder.volume_types.create(name)
        made.set_keys({'volume_backend_name': self.backend.name,
                       **extra_specs})
        if qos:
            specs = self.cinder.qos_specs.create(
                name, {'consumer': 'back-end', **qos})
            self.cinder.qos_specs.associate(specs, made.id)
        return made

    def delete_types(self, *volume_types):
        """Delete volume types, with their qos-specs."""
        names = {volume_type.name for volume_type in volume_types}
        for volume_type in volume_types:
            self.cinder.volume_types.delete(volume_type)
        for specs in self.cinder.qos_specs.list():
            if specs.name in names:
                self.cinder.qos_specs.delete(specs)

    def make_volume(self, name, size_gib, volume_type, **source):
        """A volume that is ``available``."""
        volume = self.cinder.volumes.create(
            size_gib, name=name, volume_type=volume_type.id, **source)
        return self.available(volume)

    def available(self, volume):
        return self.story.wait_status(self.cinder.volumes, volume.id,
                                      'available')

    def make_snapshot(self, volume):
        """A snapshot that is ``available``."""
        snapshot = self.cinder.volume_snapshots.create(volume.id)
        return self.story.wait_status(self.cinder.volume_snapshots,
                                      snapshot.id, 'available')

    def delete(self, manager, *items):
        """Delete volumes or snapshots, all at once."""
        for item in items:
            manager.delete(item)
        for item in items:
            self.story.wait_gone(manager, item.id)

    def same_size(self, volume, name=None, array=None):
        """See that a volume is on the array, with its size.

        :param name: there, if it is another than the usual one
        :param array: if it is another than the backend's
        :returns: that, in words
        """
        name, array = name or usual_name(volume), array or self.array
        self.printer.same(
            'volume and size', '%s %d bytes' % (name, volume.size * GIB),
            '%(name)s %(size)d bytes' % array.get('volume/' + name))
        return 'the array has it, %d GiB' % volume.size

    def attach(self, volume, name, arrays):
        """Attach a volume to the host, as Nova does.

        :param name: of the volume on the arrays
        :param arrays: those that are to present it
        :returns: Attachment
        """
        attachment_id = self.cinder.attachments.create(
            volume.id, connector=None)['id']
        info = self.cinder.attachments.update(
            attachment_id, host.CONNECTOR).connection_info
        self.printer.detail('connector',
                            '%(host)s %(initiator)s' % host.CONNECTOR)
        portals = sorted(map(' '.join, zip(info['target_portals'],
                                           info['target_iqns'],
                                           map(str, info['target_luns']))))
        self.printer.same('portals and LUNs', portals, sorted(
            '%s %s' % (portal, self.lun(array, name)) for array in arrays
            for portal in array.iscsi_portals()))
        self.cinder.attachments.complete(attachment_id)
        self.story.wait_status(self.cinder.volumes, volume.id, 'in-use')
        return Attachment(attachment_id, name, info, '%d paths, as %s' % (
            len(portals), 'the array says' if len(arrays) == 1
            else 'the arrays say'))

    def lun(self, array, name):
        """The LUN by which an array presents a volume to the host."""
        [lun] = [row['lun'] for row in
                 array.get('host/%s/volume' % self._host_name(array))
                 if row['vol'] == name]
        return lun

    def detach(self, volume, attachment):
        self.cinder.attachments.delete(attachment.id)
        return self.available(volume)

    @contextlib.contextmanager
    def attached(self, volume, name, arrays):
        """A volume attached to the host while that writes or reads.

        After a failure it stays so, as all of it ends then.

        :param arrays: see ``attach``
        :returns: host.Place at the first of them
        """
        attachment = self.attach(volume, name, arrays)
        yield attachment.at(arrays[0])
        self.detach(volume, attachment)

    def same_data(self, volume_name, written):
        """See that the array holds what the simulator wrote."""
        self._same(volume_name, written,
                   self.simulator.read(self.array_name, volume_name))

    def reads(self, place, written):
        """See that a host reads what was written.

        :param place: host.Place
        :param written: as ``write`` of the host returned it
        :returns: that, in words
        """
        self._same(place.volume_name, written, self.story.host.read(place))
        return self.story.host.words(written)

    def _same(self, volume_name, written, found):
        self.printer.detail('written', written)
        self.printer.detail('  a host finds', found)
        if found != written:
            raise console.DemoFailure('%s holds %s, written was %s'
                                      % (volume_name, found, written))

    def _host_name(self, array):
        initiator = host.CONNECTOR['initiator']
        names = [row['name'] for row in array.get('host')
                 if initiator in row['iqn']]
        if len(names) != 1:
            raise console.DemoFailure('%d hosts on the array have %s'
                                      % (len(names), initiator))
        return names[0]


def usual_name(volume):
    """What the array calls a volume that is not in a pod or group."""
    return 'volume-%s-cinder' % volume.id
