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
"""The window, as a browser shows it."""

import pytest

import flasharray_sim

MARKUP = '<img src=x onerror="document.title=\'broken\'">'


def test_all_kinds_of_objects_are_shown(client, window):
    client.create_volume('database', '10G')
    client.create_volume('web', '1G')
    client.create_snapshot('web', suffix='before')
    client.create_host('compute-1', iqnlist=['iqn.1993-08.org.debian:01:a'])
    client.create_host('compute-2')
    client.create_hgroup('rack', hostlist=['compute-2'])
    client.connect_host('compute-1', 'database')
    client.connect_hgroup('rack', 'web')
    window.wait_for(lambda: 'compute-2' in window.text('#volumes') + (
        window.text('#host_groups')) and 'rack' in window.text('#volumes'))
    volumes = {row[0]: row[1:4] for row in window.rows('volumes')}
    assert volumes == {
        'database': ['10 GiB', 'compute-1 (LUN 1)', ''],
        'web': ['1 GiB', 'rack (LUN 254, shared)', '']}
    assert window.names('snapshots') == ['web.before']
    assert window.rows('hosts') == [
        ['compute-2', 'rack', '', 'web (LUN 254, shared)'],
        ['compute-1', '', 'iqn.1993-08.org.debian:01:a',
         'database (LUN 1)']]
    assert window.rows('host_groups') == [['rack', 'compute-2']]
    assert window.complaints() == []


def test_groups_pods_and_replication(simulator, connect, client, window):
    peer = connect(simulator.arrays[1])
    client.connect_array(
        simulator.arrays[1].address,
        peer.get(connection_key=True)['connection_key'],
        ['async-replication'])
    client.create_volume('v1', '1G')
    client.create_vgroup('databases')
    client.create_volume('databases/v2', '1G')
    client.create_pod('p')
    client.create_pgroup('nightly', vollist=['v1'], targetlist=['pure02'])
    window.wait_for(lambda: 'not allowed' in window.text(
        '#protection_groups'))
    peer.set_pgroup('pure01:nightly', allowed=True)
    client.set_pgroup('nightly', snap_enabled=True, snap_frequency=7200)
    client.create_pgroup_snapshot('nightly', suffix='now', replicate_now=True)
    simulator.clock.advance(3600)
    window.wait_for(lambda: any(
        row[0] == 'nightly.now' and '100 %' in row[2]
        for row in window.rows('group_snapshots')))
    assert window.rows('protection_groups') == [
        ['nightly', 'pure01', 'v1', 'pure02', 'snapshot every 2 h']]
    assert window.rows('volume_groups') == [['databases', 'databases/v2']]
    assert window.rows('pods') == [['p', 'pure01 online', 'promoted', '']]
    assert window.rows('array_connections') == [
        ['pure02', 'connected', 'async-replication']]
    simulator.arrays[0].faults.add(flasharray_sim.Fault('link_down'))
    window.wait_for(lambda: window.rows('array_connections')[0][1]
                    != 'connected')
    window.click('.array:nth-child(2)')
    window.wait_for(lambda: 'pure01:nightly.now' in window.names(
        'group_snapshots'))
    assert window.complaints() == []


def test_page_refreshes_itself(client, window):
    client.create_volume('v1', '1G')
    window.wait_for(lambda: window.names('volumes') == ['v1'])
    client.create_volume('v2', '1G')
    window.wait_for(lambda: window.names('volumes') == ['v2', 'v1'])
    client.destroy_volume('v1')
    window.wait_for(lambda: 'destroyed, 24 h' in window.text('#volumes'))
    client.eradicate_volume('v1')
    client.destroy_volume('v2')
    client.eradicate_volume('v2')
    window.wait_for(lambda: not window.find('#volumes'))
    assert 'no volumes' in window.text('#none')


def test_arrays_are_shown_and_one_can_be_chosen(simulator, connect, window):
    connect(simulator.arrays[1]).create_volume('elsewhere', '1G')
    first, second = (window.text(f'.array:nth-child({place})')
                     for place in (1, 2))
    assert 'pure01' in first and simulator.arrays[0].address in first
    assert 'Purity 6.1.11' in first and 'online' in first
    assert '0 B used of 20 TiB' in first
    assert 'pure02' in second
    window.click('.array:nth-child(2)')
    window.wait_for(lambda: window.names('volumes') == ['elsewhere'])
    assert window.chromium.current_url.endswith('#pure02')
    assert [card.get_attribute('aria-pressed')
            for card in window.find('.array')] == ['false', 'true']


def test_array_that_is_offline_is_shown_so(simulator, window):
    simulator.arrays[1].faults.add(flasharray_sim.Fault('offline'))
    window.wait_for(
        lambda: 'offline' in window.text('.array:nth-child(2)'))
    assert 'faults: 1' in window.text('.array:nth-child(2)')
    assert 'offline' not in window.text('.array:nth-child(1)')


def test_faults_and_requests(array, client, window):
    array.faults.add(flasharray_sim.Fault(
        'status', method='POST', path='volume/*', status=503, count=2))
    with pytest.raises(Exception, match='503'):
        client.create_volume('v1', '1G')
    window.wait_for(lambda: '1 of 2' in window.text('#faults'))
    assert window.rows('faults') == [
        ['status', 'POST volume/*, 503 Injected fault.', '1 of 2']]
    assert window.rows('requests')[0][1:6] == [
        '503', 'POST volume/v1', '{"size":"1G"}', '1.19', 'status']


def test_long_lists_are_turned_page_by_page(array, window):
    array.model.seed({'volumes': [
        {'name': f'v{number}', 'size': '1G'} for number in range(23)]})

    def place():
        return window.text('#volumes .pager')

    window.wait_for(lambda: '1–10 of 23' in place())
    assert window.names('volumes')[0] == 'v22'
    window.click('#volumes [title^=older]')
    window.wait_for(lambda: '11–20 of 23' in place())
    window.click('#volumes [title^=older]')
    window.wait_for(lambda: '21–23 of 23' in place())
    assert window.names('volumes') == ['v2', 'v1', 'v0']
    assert not window.find('#volumes [title^=older]')[0].is_enabled()
    window.click('#volumes [title^=newer]')
    window.wait_for(lambda: '11–20 of 23' in place())


def test_markup_in_what_clients_send_stays_text(array, client, window):
    with pytest.raises(Exception, match='400'):
        client.create_volume(MARKUP, MARKUP)
    array.faults.add(flasharray_sim.Fault(
        'status', path=MARKUP, text=MARKUP))
    window.wait_for(lambda: MARKUP in window.text('#faults'))
    assert MARKUP in window.text('#requests')
    assert not window.find('img')
    assert window.chromium.title == 'Simulated FlashArrays'
    assert window.complaints() == []


def test_markup_would_not_run_even_if_it_were_inserted(window):
    window.chromium.execute_script(
        'document.body.insertAdjacentHTML("beforeend", arguments[0])',
        MARKUP)
    window.wait_for(lambda: any(
        'Content Security Policy' in line for line in window.complaints()))
    assert window.chromium.title == 'Simulated FlashArrays'


def test_no_secret_is_shown(array, client, window):
    client.create_host('h1')
    client.set_host('h1', host_user='u', host_password='chap-secret-0123')
    window.wait_for(lambda: 'host_password' in window.text('#requests'))
    source = window.chromium.page_source
    assert 'chap-secret-0123' not in source
    assert array.api_token not in source


def test_window_says_when_the_simulator_is_gone_and_when_it_is_back(window):
    window.chromium.execute_script('''
        window.kept = window.fetch;
        window.fetch = () => Promise.reject(new Error('gone'));''')
    window.wait_for(lambda: 'not reachable' in window.text('#live'))
    window.chromium.execute_script('window.fetch = window.kept;')
    window.wait_for(lambda: window.text('#live') == 'live')
