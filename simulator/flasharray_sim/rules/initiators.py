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
"""WWNs, IQNs and NQNs: their forms, and that each has one host at most."""

import re

from flasharray_sim import errors
from flasharray_sim.rules import names
from flasharray_sim.state import database

_WWN = re.compile(r'[0-9A-F]{16}')
_IQN = re.compile(r'(?:iqn|eui|naa)\.[^\s,]{1,219}', re.IGNORECASE)
_NQN = re.compile(r'nqn\.[^\s,]{1,219}', re.IGNORECASE)
_FORMS = {'WWN': _WWN, 'IQN': _IQN, 'NQN': _NQN}


def normal(kind: str, text: str, ctx: str) -> str:
    """The form an initiator is shown in; WWNs lose their colons."""
    if kind == 'WWN':
        text = text.replace(':', '').upper()
    if not _FORMS[kind].fullmatch(text):
        raise errors.refuse('initiator_invalid', ctx=ctx, kind=kind)
    return text


def changed(db: database.Database, kind: str, present: tuple[str, ...],
            change: dict[str, list[str] | None],
            ctx: str) -> tuple[str, ...]:
    """A host's initiators of one kind after a request.

    :param change: 'set' replaces all, 'add' and 'remove' modify; None is
        the empty list. 'set' goes with neither of the others.
    """
    wanted = {verb: [normal(kind, text, ctx) for text in texts or ()]
              for verb, texts in change.items()}
    if 'set' in wanted:
        if len(wanted) > 1:
            raise errors.refuse('parameters_invalid', ctx=ctx)
        _check_unused(db, kind, wanted['set'], present, ctx)
        return _unique(wanted['set'])
    kept = list(present)
    for text in wanted.get('remove', ()):
        at = [names.key(one) for one in kept]
        if names.key(text) not in at:
            raise errors.refuse('initiator_missing', ctx=ctx, kind=kind)
        del kept[at.index(names.key(text))]
    _check_unused(db, kind, wanted.get('add', ()), (), ctx)
    return _unique([*kept, *wanted.get('add', ())])


def _check_unused(db, kind, texts, own, ctx):
    own_keys = {names.key(text) for text in own}
    for text in texts:
        key = names.key(text)
        if key not in own_keys and db.hosts.find('initiator', (kind, key)):
            raise errors.refuse('initiator_in_use', ctx=ctx, kind=kind)


def _unique(texts):
    return tuple({names.key(text): text for text in texts}.values())
