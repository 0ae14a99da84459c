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
"""Portals for arrays that were not given any."""

import contextlib

import pytest

from flasharray_sim.data_plane import gate
from flasharray_sim.data_plane import portals


@pytest.fixture
def open_portals(tmp_path):
    with contextlib.ExitStack() as stack:
        def made(directory):
            (tmp_path / directory).mkdir(exist_ok=True)
            found = portals.Portals(
                str(tmp_path / directory), count=4, tcp_port=3260)
            stack.callback(found.release)
            return found
        yield made


def ports(found):
    return {portal.rpartition(':')[2] for portal in found}


def test_they_are_of_the_loopback_and_the_same_again(open_portals):
    first = open_portals('one')
    found = first.of('some-array')
    assert len(set(found)) == 4
    assert all(portal.startswith('127.') for portal in found)
    assert not set(found) & set(first.of('other-array'))
    first.release()
    assert open_portals('one').of('some-array') == found


def test_two_simulators_do_not_get_the_same(open_portals):
    one = open_portals('one').of('some-array')
    two = open_portals('two').of('some-array')
    assert not set(one) & set(two)


def test_remembered_ones_that_another_has_are_told(open_portals):
    first = open_portals('one')
    found = first.of('some-array')
    with pytest.raises(OSError, match=f'has the portal {found[0]}'):
        open_portals('one').of('some-array')
    first.release()
    assert open_portals('one').of('some-array') == found


def test_a_port_that_is_taken_is_not_used(open_portals):
    found = open_portals('one').of('some-array')
    address, _, _port = found[0].rpartition(':')
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            stack.enter_context(gate.listen(f'{address}:3260'))
        assert '3260' not in ports(open_portals('two').of('some-array'))
