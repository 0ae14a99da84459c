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
"""The whole state of simulated arrays, to compare and to put back."""

from flasharray_sim.state import table


def tables(model) -> dict[str, table.Table]:
    """The tables of an array, by the names they have in the store."""
    return {member.name: member for member in vars(model.db).values()
            if isinstance(member, table.Table)}


def capture(models) -> list[dict[str, dict]]:
    """{table: {id: row}} of each array."""
    return [{name: dict(one._rows) for name, one in tables(model).items()}
            for model in models]


def restore(models, captured: list[dict[str, dict]]) -> None:
    """Put arrays that keep nothing on disk back to a captured state."""
    for model, saved in zip(models, captured, strict=True):
        for name, one in tables(model).items():
            rows = saved[name]
            changed = [row_id for row_id in {*one._rows, *rows}
                       if one._rows.get(row_id) != rows.get(row_id)]
            for row_id in changed:
                one.apply(row_id, None)
            for row_id in changed:
                if row_id in rows:
                    one.apply(row_id, rows[row_id])
