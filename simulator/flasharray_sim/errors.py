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
"""Refusals: rules raise ``refuse('volume_missing', ctx=name)``.

The exception *is* the wire error; its text is one of `texts`.
"""

import dataclasses

from flasharray_sim import texts


@dataclasses.dataclass(frozen=True)
class Failure:
    """One element of the error body."""
    text: str
    ctx: str = ''
    code: int = 0


class PurityError(Exception):
    """A refusal as the wire shows it.

    :ivar status: HTTP status
    :ivar failures: one `Failure` per object that was refused, never empty;
        `text`, `ctx` and `code` are those of the first
    """

    def __init__(self, status: int, text: str, ctx: str = '', code: int = 0,
                 others: tuple[Failure, ...] = ()):
        super().__init__(f'{status} {text}' + (f' ({ctx})' if ctx else ''))
        self.status = status
        self.failures = (Failure(text, ctx, code), *others)

    @property
    def text(self) -> str:
        return self.failures[0].text

    @property
    def ctx(self) -> str:
        return self.failures[0].ctx

    @property
    def code(self) -> int:
        return self.failures[0].code


def refuse(name: str, ctx: str = '', **values) -> PurityError:
    """Make the error called `name` in texts.TEXTS.

    :param ctx: the object that the message is about
    :param values: what the text has placeholders for
    """
    entry = texts.TEXTS[name]
    return PurityError(entry.status, entry.text.format(**values), ctx,
                       entry.code)


def combine(errors: list[PurityError]) -> PurityError:
    """One error that tells of every object that was refused."""
    first, *rest = errors
    return PurityError(
        first.status, first.text, first.ctx, first.code,
        tuple(failure for error in rest for failure in error.failures))
