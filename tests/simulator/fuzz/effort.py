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
"""How long the random tests search: bounded, and the same at every run.

FUZZ_FACTOR=20 in the environment searches twenty times as long, and
somewhere else at each run.
"""

import os

import hypothesis

FACTOR = int(os.environ.get('FUZZ_FACTOR', '1'))


def bounded(examples: int, **more) -> hypothesis.settings:
    return hypothesis.settings(
        max_examples=examples * FACTOR, derandomize=FACTOR == 1,
        database=None, deadline=None,
        suppress_health_check=[hypothesis.HealthCheck.too_slow,
                               hypothesis.HealthCheck.data_too_large,
                               hypothesis.HealthCheck.filter_too_much],
        **more)
