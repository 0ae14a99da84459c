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
"""What volume types ask for, and volumes that change theirs in place."""

from tools.demo import chapter
from tools.demo import console
from tools.demo import flasharray

MIB = 1024 ** 2
VOLUME_GROUP = 'demo-group'


class Retyping(chapter.Chapter):
    """Limits, volume groups, replication; one after the other."""

    def tell(self):
        with self.step('volume types with limits, from qos-specs and scoped '
                       'extra specs'):
            limited = self.make_type('limited', qos={
                'maxIOPS': '5000', 'maxBWS_per_GB': '2'})
            scoped = self.make_type('scoped', **{'flasharray:maxIOPS': '700'})
            grouped = self.make_type('grouped', **{
                'flasharray:vg_name': VOLUME_GROUP,
                'flasharray:vg_maxIOPS': '9000'})
            replicated = self.make_type(
                'replicated', replication_enabled='<is> True')
            plain = self.make_type('unlimited')
        volume = self._create('limits of qos-specs, per GB too', limited,
                              flasharray.words_of_limits(5000, 2 * MIB))
        other = self._create('limits of scoped extra specs', scoped,
                             flasharray.words_of_limits(700, None))
        self.delete(self.cinder.volumes, volume, other)
        self._retype(plain, limited, grouped, replicated)
        self.delete_types(limited, scoped, grouped, replicated, plain)

    def _create(self, title, volume_type, limits):
        with self.step(title):
            volume = self.make_volume(title, 1, volume_type)
            name = chapter.usual_name(volume)
            self.same_size(volume)
            self.printer.same('limits', limits, self.array.limits(name))
        return volume

    def _retype(self, plain, limited, grouped, replicated):
        with self.step('a volume of a type that asks for nothing'):
            volume = self.make_volume('a volume to retype', 1, plain)
            name = chapter.usual_name(volume)
            serial = self.array.get('volume/' + name)['serial']
            self._check(volume, name, serial)
            written = self.simulator.write(self.array_name, name)
        with self.step('retyped: limited'):
            self._change(volume, limited)
            self._check(volume, name, serial, flasharray.words_of_limits(
                5000, 2 * MIB))
        with self.step('retyped: in a volume group'):
            self._change(volume, grouped)
            self._check(volume, '%s/%s' % (VOLUME_GROUP, name), serial)
        with self.step('retyped: replicated'):
            self._change(volume, replicated)
            self._check(volume, name, serial, groups=[self.backend.name])
            self.same_data(name, written)
            self.printer.same('volume groups', [], self.array.volume_groups())
        with self.step('retyped: nothing again, and deleted'):
            self._change(volume, plain)
            self._check(volume, name, serial)
            self.delete(self.cinder.volumes, volume)

    def _change(self, volume, volume_type):
        self.cinder.volumes.retype(volume, volume_type.name, 'never')
        found = self.available(volume)
        if found.volume_type != volume_type.name:
            raise console.DemoFailure('%s is still %s' % (
                volume.id, found.volume_type))
        self.printer.detail('type', found.volume_type)

    def _check(self, volume, name, serial, limits=None, groups=()):
        self.printer.same(
            'volume', '%s %d bytes, serial %s' % (
                name, volume.size * chapter.GIB, serial),
            self.array.volume(name))
        self.printer.same('limits', limits or flasharray.words_of_limits(
            None, None), self.array.limits(name))
        self.printer.same('replicated by', list(groups),
                          self.array.protection_groups(name))
