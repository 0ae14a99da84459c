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
"""What one refusal says, and how it is known."""

import dataclasses

SOURCED = 'sourced'
INFERRED = 'inferred'
RECOVERABLE = ('{noun} has been destroyed. It can be recovered by purevol '
               'recover and eradicated by purevol eradicate.')


@dataclasses.dataclass(frozen=True)
class Text:
    """One refusal.

    :ivar provenance: SOURCED when the text was seen coming from an array or
        is tested for by a client written against arrays, else INFERRED
    :ivar evidence: where it was seen, or what it was concluded from
    :ivar code: value of `code` in the error body; 6 is the only one known
    """
    text: str
    provenance: str
    evidence: str
    status: int = 400
    code: int = 0


def seen(text: str, evidence: str, **more) -> Text:
    return Text(text, SOURCED, evidence, **more)


def guessed(text: str, evidence: str, **more) -> Text:
    return Text(text, INFERRED, evidence, **more)
