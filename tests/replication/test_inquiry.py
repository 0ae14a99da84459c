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
"""Asking several arrays at once."""

from pure_cinder.fleet import queries


def test_those_who_ask_at_the_same_time_share_the_answer():
    asking, asked = queries.ParallelQuery(limit_s=60), []

    def question(member):
        asked.append(member)
        if member == 'second':
            return asking.ask(question, ['first'])
        return 'answer of ' + member

    # While the first array's answer is awaited, another one asks it, too.
    assert asking.ask(question, ['first', 'second']) == {
        'first': 'answer of first',
        'second': {'first': 'answer of first'}}
    assert sorted(asked) == ['first', 'second']
    assert asking.ask(question, ['first']) == {'first': 'answer of first'}
    assert len(asked) == 3
