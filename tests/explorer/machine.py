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
"""Stories made up by Hypothesis."""

import collections
import dataclasses

from cinder import objects
from hypothesis import stateful
from hypothesis import strategies as st

from tests.explorer import settings
from tests.explorer import story as stories
from tests.explorer import world as worlds
from tests import fabric

# What a step may take, drawn as a number: the label is the one at that place
# of those that there are.
place = st.integers(0, 11)


def _at_site(kind):
    return st.builds((kind + ' {} {}').format,
                     st.sampled_from(settings.SITES[:2]), st.integers(0, 5))


# By their kinds, see circumstances.
CIRCUMSTANCES = {
    'kill': st.builds('kill {}'.format, st.integers(0, 9)),
    'commit': st.builds('commit {}'.format, st.integers(0, 20)),
    **{kind: _at_site(kind)
       for kind in ('lost', 'garbled', 'refused', 'away', 'gone')},
    'writing': st.just('writing'),
    'database': st.builds('database {}'.format, st.integers(0, 6)),
    'zoning': st.just('zoning'), 'unzoning': st.just('unzoning')}
_SETTING = {
    'protocol': sorted(settings.DRIVERS),
    'replication': list(settings.REPLICATIONS),
    **dict.fromkeys(('is_cluster', 'has_chap', 'eradicates', 'is_mutual',
                     'is_group_by_hand'), [False, True])}

VOLUME, SNAPSHOT = objects.Volume, objects.Snapshot
GROUP, GROUP_SNAPSHOT = objects.Group, objects.GroupSnapshot
NEW_VOLUME, NEW_SNAPSHOT = 'new volume', 'new snapshot'
NEW_GROUP, NEW_GROUP_SNAPSHOT = 'new group', 'new group snapshot'
TYPE, MACHINE, SITE, FLAG = 'type', 'machine', 'site', 'flag'
NEW_FOREIGN, FOREIGN, NEW_NAME = 'new foreign', 'foreign', 'new name'
BACKEND, TARGET, POLICY, GROUP_TYPE = ('backend', 'target', 'policy',
                                       'group type')
NUMBER = 'number'
ATTACHED, ATTACHMENT, FAILED = 'attached', 'attachment', 'failed'
SHARED = 'shared'

# A verb, how often it is done, and what it needs.
VERBS = [
    ('create', 8, NEW_VOLUME, TYPE), ('create', 2, NEW_VOLUME, TYPE, GROUP),
    ('clone', 3, NEW_VOLUME, VOLUME), ('clone', 1, NEW_VOLUME, VOLUME, TYPE),
    ('restore', 3, NEW_VOLUME, SNAPSHOT), ('extend', 2, VOLUME),
    ('delete', 4, VOLUME), ('delete', 1, VOLUME, FLAG),
    ('unmanage', 1, VOLUME), ('transfer', 1, VOLUME),
    ('snapshot', 5, NEW_SNAPSHOT, VOLUME), ('delete_snapshot', 4, SNAPSHOT),
    ('revert', 2, SNAPSHOT), ('back_up', 1, SNAPSHOT),
    ('attach', 6, VOLUME, MACHINE), ('detach', 5, ATTACHMENT),
    ('write', 8, ATTACHED), ('retype', 6, VOLUME, TYPE, POLICY),
    ('migrate', 2, VOLUME, BACKEND, FLAG),
    ('manage', 2, NEW_VOLUME, FOREIGN, TYPE), ('reset_state', 3, FAILED),
    ('create_group', 2, NEW_GROUP, TYPE, GROUP_TYPE),
    ('join', 2, GROUP, VOLUME), ('leave', 1, GROUP, VOLUME),
    ('delete_group', 1, GROUP),
    ('snapshot_group', 2, NEW_GROUP_SNAPSHOT, GROUP),
    ('delete_group_snapshot', 1, GROUP_SNAPSHOT),
    ('clone_group', 1, NEW_GROUP, GROUP),
    ('clone_group', 1, NEW_GROUP, GROUP_SNAPSHOT),
    ('replicate_group', 2, GROUP, FLAG),
    ('fail_over_group', 3, GROUP, TARGET), ('fail_over', 7, TARGET),
    ('enable', 2), ('restart', 2, NUMBER), ('report', 3),
    ('serve_first', 2, NUMBER),
    ('stop_listening', 2, NUMBER), ('hear', 1),
    ('change_options', 1), ('change_token', 1, SITE),
    ('change_type', 1, TYPE), ('recover', 1, SITE),
    ('make_foreign', 1, NEW_FOREIGN, SITE, FLAG),
    ('rename_array', 2, SITE, NEW_NAME), ('rename_host', 1, SITE, MACHINE),
    ('delete_host', 1, SITE, MACHINE), ('replace_adapter', 1, MACHINE),
    ('rename_volume', 1, VOLUME),
    ('move_volume', 1, VOLUME), ('eradicate', 1, SITE),
    ('end_sessions', 1, SITE), ('stop', 2, SITE), ('cut_links', 1),
    ('lose_mediator', 1), ('mend', 5), ('wait', 1), ('pause', 1),
    ('log_out', 1, MACHINE), ('log_in', 1), ('detach_together', 2, SHARED),
    ('replicate', 5), ('settle', 2)]
# Nothing is interrupted there, or it makes no difference.
UNINTERRUPTED = {
    'write', 'wait', 'pause', 'log_out', 'log_in', 'replace_adapter',
    'replicate', 'settle', 'mend', 'stop', 'cut_links',
    'lose_mediator', 'make_foreign', 'rename_array', 'rename_host',
    'delete_host', 'rename_volume', 'move_volume', 'eradicate',
    'end_sessions', 'serve_first', 'stop_listening', 'change_type',
    'enable', 'recover', 'change_token', 'change_options'}
# Without this, they change nothing.
WHEN = {
    'mend': lambda world: not world.is_calm,
    'enable': lambda world: any(service.row.disabled
                                for service in world.stage.pure),
    'hear': lambda world: not all(service.process.is_listening
                                  for service in world.stage.pure),
    'log_in': lambda world: bool(fabric.LOGGED_OUT),
    'fail_over': lambda world: bool(world.labels(VOLUME)),
    **dict.fromkeys(('serve_first', 'stop_listening'),
                    lambda world: world.stage.setting.is_cluster)}
# How much more of its themes a story has that is told in a region.
REGION_WEIGHT = 3
# Every story has these, and some of the themes.
ALWAYS = {'create', 'delete', 'write', 'attach', 'detach', 'report', 'mend',
          'replicate'}
THEMES = {
    'volumes': {'clone', 'extend', 'transfer', 'eradicate', 'recover'},
    'snapshots': {'snapshot', 'delete_snapshot', 'restore', 'revert',
                  'back_up'},
    'moves': {'retype', 'migrate', 'change_type', 'reset_state'},
    'care': {'manage', 'make_foreign', 'unmanage', 'rename_volume',
             'move_volume', 'reset_state'},
    'groups': {'create_group', 'join', 'leave', 'delete_group',
               'snapshot_group', 'delete_group_snapshot', 'clone_group',
               'replicate_group', 'fail_over_group'},
    'failover': {'fail_over', 'enable', 'pause', 'reset_state'},
    'processes': {'restart', 'serve_first', 'stop_listening', 'hear',
                  'change_options', 'change_token', 'end_sessions'},
    'disasters': {'stop', 'cut_links', 'lose_mediator', 'wait',
                  'rename_array', 'settle'},
    'machines': {'rename_host', 'delete_host', 'replace_adapter', 'log_out',
                 'log_in', 'detach_together'}}


_LIMITS = {NEW_VOLUME: (VOLUME, 4), NEW_SNAPSHOT: (SNAPSHOT, 3),
           NEW_GROUP: (GROUP, 2), NEW_GROUP_SNAPSHOT: (GROUP_SNAPSHOT, 2)}
_PREFIXES = {NEW_VOLUME: 'v', NEW_SNAPSHOT: 's', NEW_GROUP: 'g',
             NEW_GROUP_SNAPSHOT: 'c', NEW_FOREIGN: 'f', NEW_NAME: 'array'}


_FOUND = (FOREIGN, ATTACHED, ATTACHMENT, SHARED, FAILED)


class Choice:
    """Operands, by what there is in a story."""

    def __init__(self, world):
        self._world = world
        self._numbers = {}

    def is_possible(self, verb, kinds):
        """Whether a verb would do something, and has what it needs."""
        return all(map(self._is_there, kinds)) and (
            verb not in WHEN or WHEN[verb](self._world))

    def _is_there(self, kind):
        if kind in _LIMITS:
            of, limit = _LIMITS[kind]
            return len(self._world.labels(of)) < limit
        if kind in _FOUND:
            return bool(self._items(kind))
        return not isinstance(kind, type) or bool(self._world.labels(kind))

    def of(self, kind, number):
        """:returns: an argument, of what there is"""
        if kind in _PREFIXES:
            return self._new(_PREFIXES[kind])
        if kind in _FOUND:
            return _at(self._items(kind), number)
        if isinstance(kind, type):
            return _at(self._world.labels(kind), number)
        return getattr(self, '_' + kind.replace(' ', '_'))(number)

    def _new(self, prefix):
        number = self._numbers.get(prefix, 0) + 1
        self._numbers[prefix] = number
        return '%s%d' % (prefix, number)

    def _items(self, kind):
        return {
            FOREIGN: lambda: list(self._world.book.foreign),
            ATTACHED: lambda: [each.volume
                               for each in self._world.attachments],
            ATTACHMENT: lambda: [(each.volume, each.machine)
                                 for each in self._world.attachments],
            SHARED: lambda: [
                label for label, number in collections.Counter(
                    each.volume for each in self._world.attachments).items()
                if number > 1],
            FAILED: lambda: [label for label in self._world.labels(VOLUME)
                             if worlds.is_in_doubt(self._world.row(label))],
        }[kind]()

    def _type(self, number):
        kinds = list(self._world.stage.types)
        replicating = [kind for kind in kinds if 'sync' in kind]
        # These are what most is to be found in.
        if replicating and number % 2:
            kinds = replicating
        return _at(kinds, number // 2)

    def _machine(self, number):
        return _at(list(self._world.stage.machines), number)

    def _site(self, number):
        return _at(list(self._world.fleet.arrays), number)

    @staticmethod
    def _flag(number):
        return bool(number % 2)

    @staticmethod
    def _number(number):
        return number % 3

    @staticmethod
    def _backend(number):
        return _at(['other', 'pure'], number)

    def _target(self, number):
        targets = [*list(self._world.fleet.arrays)[1:], 'default']
        # Mostly there, or back.
        if number % 3:
            return targets[-1 if self._world.active else 0]
        return _at(targets, number // 3)

    @staticmethod
    def _policy(number):
        return _at(['never', 'on-demand'], number)

    @staticmethod
    def _group_type(number):
        return _at(['consistent', 'replicated'], number)


def _at(items, number):
    return items[number % len(items)]


@dataclasses.dataclass(frozen=True)
class Region:
    """What stories are made of; of all that there is where nothing is said.

    :ivar setting: {field of a settings.Setting: list of what it may be}
    :ivar themes: those that each story has, and no other
    :ivar circumstances: kinds of them
    """

    setting: dict = dataclasses.field(default_factory=dict)
    themes: tuple = ()
    circumstances: tuple = tuple(CIRCUMSTANCES)

    def drawn_setting(self):
        """:returns: strategy of a settings.Setting"""
        return st.builds(settings.Setting, **{
            field: st.sampled_from(self.setting.get(field, values))
            for field, values in _SETTING.items()})

    def drawn_themes(self):
        """:returns: strategy of a set of themes"""
        return st.just(set(self.themes)) if self.themes else st.sets(
            st.sampled_from(sorted(THEMES)), min_size=1, max_size=4)

    def drawn_circumstance(self):
        """Nothing happens meanwhile half of the time.

        :returns: strategy of a text
        """
        kinds = [CIRCUMSTANCES[kind] for kind in self.circumstances]
        return st.one_of(*[st.just('')] * max(1, len(kinds)), *kinds)


class Explorer(stateful.RuleBasedStateMachine):
    """Tells one story.

    :cvar database: tests.database.Database
    :cvar tally: tally.Tally of all stories
    :cvar region: Region of all stories
    """

    database = None
    tally = None
    region = Region()

    def __init__(self):
        super().__init__()
        self._story = None

    @stateful.initialize(data=st.data())
    def begin(self, data):
        setting = data.draw(self.region.drawn_setting())
        themes = data.draw(self.region.drawn_themes())
        self._during = self.region.drawn_circumstance()
        verbs = ALWAYS.union(*(THEMES[theme] for theme in themes))
        self._verbs = [
            line for line in VERBS if line[0] in verbs
            for _time in range(line[1] * (
                REGION_WEIGHT if self.region.themes
                and line[0] not in ALWAYS else 1))]
        self._context = stories.begun(setting, self.database)
        self._story = self._context.__enter__()
        self._choice = Choice(self._story.world)
        self.tally.begin(setting, self._story)

    @stateful.rule(data=st.data())
    def step(self, data):
        verbs = [line for line in self._verbs
                 if self._choice.is_possible(line[0], line[2:])]
        verb, _weight, *kinds = data.draw(st.sampled_from(verbs))
        arguments = [self._choice.of(kind, data.draw(place))
                     for kind in kinds]
        if kinds == [ATTACHMENT]:
            [arguments] = arguments
        circumstance = ('' if verb in UNINTERRUPTED
                        else data.draw(self._during))
        self._do(stories.Step(verb, tuple(arguments), circumstance))

    def _do(self, step):
        try:
            outcome = self._story.do(step)
        except stories.Broken:
            # Hypothesis tells it once more, which may end otherwise.
            self.tally.broken = self.tally.broken or (
                self.tally.setting, [each for each, _outcome
                                     in self._story.told])
            raise
        self.tally.count(step, self._story.world, outcome)

    def teardown(self):
        if self._story is None:
            return
        try:
            if not self._story.world.problems:
                self._do(stories.Step('settle'))
        finally:
            self._context.__exit__(None, None, None)
