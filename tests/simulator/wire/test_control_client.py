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
"""pure-flasharray-sim ctl, as an operator types it."""

import json

import purestorage
import pytest

from flasharray_sim import cli
from flasharray_sim import control_client
from flasharray_sim import faults


@pytest.fixture
def ctl(simulator, monkeypatch, capsys):
    """``ctl('faults', 'pure01')`` gives the rows that it prints."""
    monkeypatch.setenv(
        control_client.CONTROL_VARIABLE, simulator.control_address)

    def run(*arguments):
        status = cli.main(['ctl', *arguments])
        printed = capsys.readouterr()
        assert (status, printed.err) == (0, '')
        return [json.loads(line) for line in printed.out.splitlines()]
    return run


@pytest.fixture
def array(simulator):
    return simulator.arrays[0]


def test_arrays(array, ctl):
    [row] = ctl('arrays')
    assert (row['name'], row['address']) == ('pure01', array.address)


def test_fault_is_added_hits_and_is_mended(array, client, ctl):
    [added] = ctl('fault', 'pure01', 'status', '--method', 'POST', '--path',
                  'volume/*', '--count', '2', '--status', '503', '--text',
                  'Not today.')
    with pytest.raises(purestorage.PureHTTPError, match='Not today.'):
        client.create_volume('v1', '1G')
    assert ctl('faults', 'pure01') == [{**added, 'hits': 1}]
    assert ctl('mend', 'pure01', str(added['id'])) == [{**added, 'hits': 1}]
    assert client.create_volume('v1', '1G')['name'] == 'v1'


@pytest.mark.parametrize('kind,options', [
    ('latency', ('--delay', '0.5', '--jitter', '1')),
    ('slow_body', ('--delay', '2')), ('reset_before', ()),
    ('reset_after', ()), ('status', ('--status', '450')), ('full', ()),
    ('limit_reached', ()), ('read_only', ()), ('offline', ()),
    ('failover', ('--delay', '3600')), ('link_down', ('--peer', 'pure02')),
    ('mediator_down', ('--pod', 'cinder*'))])
def test_every_kind_can_be_added_and_all_be_mended(array, ctl, kind, options):
    [added] = ctl('fault', 'pure01', kind, *options)
    [fault] = array.faults
    assert (fault.kind, fault.id) == (kind, added['id'])
    for name, value in zip(options[::2], options[1::2]):
        field = name.removeprefix('--')
        assert str(added.get(field, added.get(f'{field}_s'))) in (
            value, f'{value}.0')
    assert ctl('mend', 'pure01') == []
    assert list(array.faults) == []
    assert array.is_online


def test_no_kind_is_forgotten():
    tested = {kind for mark in
              test_every_kind_can_be_added_and_all_be_mended.pytestmark
              for kind, _options in mark.args[1]}
    assert tested == set(faults.KINDS)


def test_requests_and_sessions(array, client, ctl):
    client.create_volume('v1', '1G')
    assert ctl('requests', 'pure01')[-1]['path'] == 'volume/v1'
    assert len(array.sessions) == 1
    assert ctl('expire-sessions', 'pure01') == [{}]
    assert len(array.sessions) == 0


def test_clock(simulator, ctl):
    before = simulator.clock.now()
    [told] = ctl('advance', '86400')
    assert (simulator.clock.now() - before).days == 1
    assert ctl('clock')[0]['now'] >= told['now']


@pytest.mark.parametrize('arguments,words', [
    (('faults', 'other'), 'no array is called'),
    (('fault', 'pure01', 'latency'), 'needs a delay_s'),
    (('mend', 'pure01', '7'), 'no fault 7'),
    (('advance', '-1'), 'cannot advance')])
def test_refusal_is_told(simulator, capsys, arguments, words):
    status = cli.main(
        ['ctl', '--control', simulator.control_address, *arguments])
    printed = capsys.readouterr()
    assert (status, printed.out) == (1, '')
    assert words in printed.err


def test_nothing_there(monkeypatch, capsys):
    assert cli.main(['ctl', '--control', 'http://127.0.0.1:1', 'arrays']) == 1
    assert 'refused' in capsys.readouterr().err
    monkeypatch.delenv(control_client.CONTROL_VARIABLE, raising=False)
    assert cli.main(['ctl', 'arrays']) == 2
    assert control_client.CONTROL_VARIABLE in capsys.readouterr().err
