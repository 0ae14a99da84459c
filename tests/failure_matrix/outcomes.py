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
"""How an operation ended that one of its requests failed."""

import collections
import dataclasses

DONE = 'done'
ERROR = 'error'
TOLD = 'error, told what is left'
MUTE = 'error, names no array'
FOREIGN = 'fails'
LEFT = 'error, left'
STUCK = 'cannot be done again'
UNTRUE = 'claims success'
ENDLESS = 'waits for ever'
ABSENT = 'not offered'

# From the best to the worst: its sign in tables, and what it means.
WORDS = {
    DONE: ('+', 'it is done, and all is as Cinder has it'),
    ERROR: ('e', "an error of Cinder's kinds, whose text or log entry names "
            'the array. Nothing is left of what was done until then; a '
            'removal may have been done in part. Once the fault is gone, the '
            'same operation is done'),
    TOLD: ('t', 'the same, but something is left. Either the log tells the '
           'commands that undo it on the array, and carried out, they did; '
           'or the text names what is left'),
    MUTE: ('n', 'the same as "e" or "t", but no array is named'),
    FOREIGN: ('x', 'the same as "e" or "t", but the error is none of '
              "Cinder's kinds"),
    LEFT: ('l', 'an error, and something is left or was changed that nobody '
           'is told'),
    STUCK: ('s', 'an error; when the fault is gone, the same operation fails '
            'again, or ends otherwise than Cinder has it'),
    UNTRUE: ('!', 'no error, but it is not as Cinder has it, or something '
             'else was changed'),
    ENDLESS: ('h', 'waits for an answer without a limit'),
    ABSENT: ('.', 'the driver does not offer this, or does not do it even '
             'when nothing fails'),
}
GOOD = (DONE, ERROR, TOLD)
SEVERITY = list(WORDS)


@dataclasses.dataclass(frozen=True)
class Case:
    """One request that failed, and how its operation ended.

    :ivar request: ``<method> <path> on <array>``
    :ivar word: one of WORDS
    :ivar details: what is wrong, for people; an exception, or the kinds of
        what is left
    """

    request: str
    word: str
    details: tuple = ()


def worst(cases):
    """What they come to together: a word of WORDS, and what belongs to it.

    :returns: such as ``error, left: connection, host``
    """
    by_word = collections.defaultdict(set)
    for case in cases:
        by_word[case.word] |= set(case.details)
    word = max(by_word, key=SEVERITY.index)
    details = by_word[word] if word in (FOREIGN, LEFT) else ()
    return ': '.join([word, ', '.join(sorted(details))] if details
                     else [word])


def word_of(outcome):
    return outcome.partition(': ')[0]
