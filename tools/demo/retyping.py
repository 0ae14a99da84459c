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
LIMITS = flasharray.words_of_limits(5000, 2 * MIB)
SCOPED_LIMITS = flasharray.words_of_limits(700, None)
NO_LIMITS = flasharray.words_of_limits(None, None)


class Retyping(chapter.Chapter):
    """Limits, volume groups, replication; one after the other."""

    def steps(self):
        return self.as_steps(
            ('types with limits, from qos-specs and scoped extra specs',
             self._make_types),
            ('limits of qos-specs, per GB too', self._limit),
            ('limits of scoped extra specs', self._limit_by_scoped),
            ('a volume of a type that asks for nothing', self._create),
            ('retyped: limited', self._retype_limited),
            ('retyped: in a volume group', self._retype_grouped),
            ('retyped: replicated', self._retype_replicated),
            ('retyped: nothing again, and deleted', self._retype_plain))

    def _make_types(self):
        self._limited = self.make_type('limited', qos={
            'maxIOPS': '5000', 'maxBWS_per_GB': '2'})
        self._scoped = self.make_type(
            'scoped', **{'flasharray:maxIOPS': '700'})
        self._grouped = self.make_type('grouped', **{
            'flasharray:vg_name': VOLUME_GROUP,
            'flasharray:vg_maxIOPS': '9000'})
        self._replicated = self.make_type(
            'replicated', replication_enabled='<is> True')
        self._plain = self.make_type('unlimited')
        self._types = (self._limited, self._scoped, self._grouped,
                       self._replicated, self._plain)
        return '%d types made' % len(self._types)

    def _limit(self):
        return self._see_limits(self._limited, LIMITS)

    def _limit_by_scoped(self):
        return self._see_limits(self._scoped, SCOPED_LIMITS)

    def _see_limits(self, volume_type, limits):
        volume = self.make_volume('limited', 1, volume_type)
        self.same_size(volume)
        self.printer.same('limits', limits,
                          self.array.limits(chapter.usual_name(volume)))
        self.delete(self.cinder.volumes, volume)
        return '%s, as the array says' % limits

    def _create(self):
        self._volume = self.make_volume('to be retyped', 1, self._plain)
        self._name = chapter.usual_name(self._volume)
        self._serial = self.array.get('volume/' + self._name)['serial']
        self._check(self._name)
        self._written = self.simulator.write(self.array_name, self._name)
        return 'serial %s, %s' % (self._serial, NO_LIMITS)

    def _retype_limited(self):
        self._change(self._limited)
        self._check(self._name, LIMITS)
        return 'the same volume, %s' % LIMITS

    def _retype_grouped(self):
        self._change(self._grouped)
        self._check('%s/%s' % (VOLUME_GROUP, self._name))
        return 'the same volume, in %s' % VOLUME_GROUP

    def _retype_replicated(self):
        self._change(self._replicated)
        self._check(self._name, groups=[self.backend.name])
        self.same_data(self._name, self._written)
        self.printer.same('volume groups', [], self.array.volume_groups())
        return 'the same volume, in protection group %s' % self.backend.name

    def _retype_plain(self):
        self._change(self._plain)
        self._check(self._name)
        self.delete(self.cinder.volumes, self._volume)
        self.delete_types(*self._types)
        return 'the same volume to its end'

    def _change(self, volume_type):
        self.cinder.volumes.retype(self._volume, volume_type.name, 'never')
        found = self.available(self._volume)
        if found.volume_type != volume_type.name:
            raise console.DemoFailure('%s is still %s' % (
                found.id, found.volume_type))
        self.printer.detail('type', found.volume_type)

    def _check(self, name, limits=NO_LIMITS, groups=()):
        self.printer.same(
            'volume', '%s %d bytes, serial %s' % (
                name, self._volume.size * chapter.GIB, self._serial),
            self.array.volume(name))
        self.printer.same('limits', limits, self.array.limits(name))
        self.printer.same('replicated by', list(groups),
                          self.array.protection_groups(name))
