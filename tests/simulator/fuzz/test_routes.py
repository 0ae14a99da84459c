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
"""Every declared route, asked over HTTPS for what it should not do."""

import hypothesis
import pytest

from tests.simulator.fuzz import effort
from tests.simulator.fuzz import generation

ROUTES = {f'{route.method} {route.pattern}': route
          for route in generation.ROUTES}
TYPED = [name for name, route in ROUTES.items() if any(
    parameter.kind in generation.WRONG for parameter in route.parameters)]


def search(target, strategy, examples, check):
    @effort.bounded(examples)
    @hypothesis.given(strategy)
    def run(request):
        check(target.ask(request))
    run()


def check_answered(reply):
    if reply.status != 200:
        reply.check_refused()
    else:
        assert reply.content_type == 'application/json'
        assert isinstance(reply.body, (dict, list))


def check_refused(reply):
    reply.check_refused()


@pytest.mark.parametrize('name', ROUTES)
def test_any_request_is_answered_or_refused(target, name):
    search(target, generation.any_requests(ROUTES[name]), 25, check_answered)


@pytest.mark.parametrize('name', TYPED)
def test_values_of_a_wrong_kind_are_refused(target, name):
    search(target, generation.mistyped_requests(ROUTES[name]), 8,
           check_refused)


@pytest.mark.parametrize('name', ROUTES)
def test_undeclared_parameters_are_refused(target, name):
    search(target, generation.undeclared_requests(ROUTES[name]), 5,
           check_refused)


@pytest.mark.parametrize('name', ROUTES)
def test_bodies_that_are_no_object_are_refused(target, name):
    search(target, generation.malformed_requests(ROUTES[name]), 5,
           check_refused)
