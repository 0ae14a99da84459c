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

import re

import pytest
from selenium import webdriver
from selenium.webdriver.common import keys

import flasharray_sim
from flasharray_sim import faults
from tools import browser

MARKUP = '<img src=x onerror="document.title=\'broken\'">'
ENTER, SPACE = keys.Keys.ENTER, keys.Keys.SPACE


@pytest.fixture
def connected(simulator, connect, client):
    """Two connected arrays: gives a client of each."""
    peer = connect(simulator.arrays[1])
    client.connect_array(
        simulator.arrays[1].address,
        peer.get(connection_key=True)['connection_key'],
        ['async-replication'])
    return client, peer


@pytest.fixture
def many(array):
    """Volumes v0 to v59, the later the bigger."""
    array.model.seed({'volumes': [
        {'name': f'v{number}', 'size': f'{number + 1}G'}
        for number in range(60)]})


def place(window):
    return window.text('#place')


def test_all_kinds_of_objects_are_shown(array, client, window):
    client.create_volume('database', '10G')
    client.create_volume('web', '1G')
    client.create_snapshot('web', suffix='before')
    client.create_host('compute-1', iqnlist=['iqn.1993-08.org.debian:01:a'])
    client.create_host('compute-2')
    client.create_hgroup('rack', hostlist=['compute-2'])
    client.connect_host('compute-1', 'database')
    client.connect_hgroup('rack', 'web')
    array.model.write('web', 0, 512 << 20)
    window.wait_for(lambda: '512 MiB' in window.text('#rows')
                    and 'rack' in window.text('#rows'))
    assert {row[0]: row[1:5] for row in window.rows()} == {
        'database': ['10 GiB', '0 B', 'compute-1 (LUN 1)', ''],
        'web': ['1 GiB', '512 MiB', 'rack (LUN 254, shared)', '']}
    window.show('snapshots')
    window.wait_for(lambda: window.names() == ['web.before'])
    window.show('hosts')
    window.wait_for(lambda: window.rows() == [
        ['compute-2', 'rack', '', 'web (LUN 254, shared)'],
        ['compute-1', '', 'iqn.1993-08.org.debian:01:a',
         'database (LUN 1)']])
    window.show('host_groups')
    window.wait_for(lambda: window.rows() == [['rack', 'compute-2']])
    assert window.text('#objects-title') == 'Host groups of pure01'
    assert window.complaints() == []


def test_groups_pods_and_replication(simulator, connected, window):
    client, peer = connected
    client.create_volume('v1', '1G')
    client.create_vgroup('databases')
    client.create_volume('databases/v2', '1G')
    client.create_pod('p')
    client.create_pgroup('nightly', vollist=['v1'], targetlist=['pure02'])
    window.wait_for(lambda: 'not allowed' in window.text('#flows'))
    peer.set_pgroup('pure01:nightly', allowed=True)
    client.set_pgroup('nightly', snap_enabled=True, snap_frequency=7200)
    client.create_pgroup_snapshot('nightly', suffix='now', replicate_now=True)
    simulator.clock.advance(3600)
    window.wait_for(lambda: window.rows('flows') == [[
        'pure01', 'pure02', 'snapshots of groups: nightly', 'up to date',
        '1 h']])
    assert '1 group, lag 1 h' in window.text('#picture')
    window.show('group_snapshots')
    window.wait_for(lambda: any(
        row[0] == 'nightly.now' and '100 %' in row[2]
        for row in window.rows()))
    for kind, expected in (
            ('protection_groups', ['nightly', 'pure01', 'v1', 'pure02',
                                   'snapshot every 2 h']),
            ('volume_groups', ['databases', 'databases/v2']),
            ('pods', ['p', 'pure01 online', 'promoted', ''])):
        window.show(kind)
        window.wait_for(lambda: window.rows() == [expected])
    simulator.arrays[0].faults.add(flasharray_sim.Fault('link_down'))
    window.wait_for(lambda: 'do not reach each other' in window.text(
        '#flows'))
    assert window.find('#picture path.way.bad')
    window.click('#array-pure02')
    window.show('group_snapshots')
    window.wait_for(lambda: 'pure01:nightly.now' in window.names())
    assert window.complaints() == []


def test_picture_has_every_array_and_says_where_they_stand(
        simulator, window):
    drawn = window.text('#picture')
    for array in simulator.arrays:
        assert array.name in drawn
    assert drawn.count('CT0 primary, CT1 secondary') == 2
    assert '4 iSCSI, 2 NVMe, 4 FC' in drawn
    assert window.text('#flows') == 'No arrays are connected.'
    assert not window.find('#picture path.way')
    simulator.arrays[1].faults.add(flasharray_sim.Fault(
        'failover', delay_s=0.1))
    window.wait_for(lambda: 'CT1 primary' in window.text('#picture'))
    assert 'CT0 away' in window.text('#picture')
    assert '1 fault' in window.text('#picture')


def test_page_refreshes_itself(client, window):
    client.create_volume('v1', '1G')
    window.wait_for(lambda: window.names() == ['v1'])
    client.create_volume('v2', '1G')
    window.wait_for(lambda: window.names() == ['v2', 'v1'])
    client.destroy_volume('v1')
    window.wait_for(lambda: re.search('destroyed, (1 d|23 h)',
                                      window.text('#rows')))
    client.eradicate_volume('v1')
    client.destroy_volume('v2')
    client.eradicate_volume('v2')
    window.wait_for(lambda: window.text('#rows') == 'pure01 has no volumes.')
    assert place(window) == 'none'


def test_arrays_are_shown_and_one_can_be_chosen(simulator, connect, window):
    connect(simulator.arrays[1]).create_volume('elsewhere', '1G')
    first, second = (window.text(f'.array:nth-child({place})')
                     for place in (1, 2))
    assert 'pure01' in first and simulator.arrays[0].address in first
    assert 'Purity 6.1.11' in first and 'online' in first
    assert '0 B used of 20 TiB' in first
    assert 'pure02' in second
    window.click('#array-pure02')
    window.wait_for(lambda: window.names() == ['elsewhere'])
    assert window.chromium.current_url.endswith('#pure02')
    assert window.attributes('.array .name', 'aria-pressed') == [
        'false', 'true']


def test_array_that_is_offline_is_shown_so(simulator, window):
    simulator.arrays[1].faults.add(flasharray_sim.Fault('offline'))
    window.wait_for(
        lambda: 'offline' in window.text('.array:nth-child(2) .bad'))
    assert '1 fault' in window.text('.array:nth-child(2)')
    assert not window.find('.array:nth-child(1) .bad')


def test_requests_and_latency_are_drawn(array, client, window):
    window.wait_for(lambda: 'failed' not in window.text('.array'))
    with pytest.raises(Exception, match='does not exist'):
        client.get_volume('missing')
    window.wait_for(lambda: '1 failed' in window.text('.array'))
    assert re.search(r'in two minutes \d+, [\d.]+ ms on average, [\d.]+ ms '
                     'at most, 1 failed', window.text('.array'))
    assert window.find('.array .graph .asked')
    assert len(window.find('.array .graph .failed')) == 1


def test_faults_and_requests(array, client, window):
    array.faults.add(flasharray_sim.Fault(
        'status', method='POST', path='volume/*', status=503, count=2))
    with pytest.raises(Exception, match='503'):
        client.create_volume('v1', '1G')
    window.wait_for(lambda: '1 of 2' in window.text('#faults'))
    assert window.rows('faults') == [
        ['pure01', 'status POST volume/*, 503 Injected fault.', '1 of 2',
         'Remove']]
    window.show('requests')
    window.wait_for(lambda: window.rows()[0][1:6] == [
        '503', 'POST volume/v1', '{"size": "1G"}', '1.19', 'status'])


def test_long_lists_are_turned_page_by_page(many, window):
    window.wait_for(lambda: place(window) == '1–25 of 60')
    assert window.names()[0] == 'v59'
    for button, expected, first in (
            ('next', '26–50 of 60', 'v34'), ('next', '51–60 of 60', 'v9'),
            ('first', '1–25 of 60', 'v59'), ('last', '51–60 of 60', 'v9'),
            ('previous', '26–50 of 60', 'v34')):
        window.click(f'[data-to={button}]')
        window.wait_for(lambda: place(window) == expected)
        assert window.names()[0] == first
    window.click('[data-to=last]')
    window.wait_for(lambda: place(window) == '51–60 of 60')
    assert window.attributes('#pager button', 'aria-disabled') == [
        'false', 'false', 'true', 'true']


def test_order_goes_up_down_and_back(many, window):
    window.wait_for(lambda: window.names()[:1] == ['v59'])
    for first, order in (('v0', 'ascending'), ('v59', 'descending'),
                         ('v59', None)):
        window.click('#sort-size')
        window.wait_for(lambda: window.attributes(
            '#sort-size', 'aria-label') == ['Sort by Size' + (
                f', now {order}' if order else '')])
        assert window.names()[0] == first


def test_search_begins_with_its_first_page(many, window):
    window.wait_for(lambda: place(window) == '1–25 of 60')
    window.click('[data-to=last]')
    window.wait_for(lambda: place(window) == '51–60 of 60')
    window.find('#search')[0].send_keys('V1')
    window.wait_for(lambda: place(window) == '1–11 of 11 (60 in all)')
    assert set(window.names()) == {'v1', *(f'v1{n}' for n in range(10))}
    window.find('#search')[0].send_keys('nowhere')
    window.wait_for(lambda: window.text('#rows') == 'Nothing is found.')
    assert place(window) == 'none (60 in all)'
    window.show('hosts')
    window.wait_for(lambda: place(window) == 'none')


def test_all_at_its_fullest_is_a_page_like_any_other(array, window, http):
    """20,000 volumes: the page has 25 of them, and asks for no others."""
    array.model.seed({'volumes': [
        {'name': f'volume-{number:05}', 'size': '1G'}
        for number in range(20_000)]})
    window.wait_for(lambda: place(window) == '1–25 of 20,000')
    window.chromium.execute_script('performance.clearResourceTimings();')
    window.click('#sort-name')
    window.wait_for(lambda: window.names()[:1] == ['volume-00000'])
    window.find('#search')[0].send_keys('-1999')
    window.wait_for(lambda: place(window) == '1–10 of 10 (20,000 in all)')
    assert window.names()[-1] == 'volume-19999'
    window.find('#search')[0].send_keys(keys.Keys.BACKSPACE * 5)
    window.wait_for(lambda: place(window) == '1–25 of 20,000')
    window.click('[data-to=last]')
    window.wait_for(lambda: place(window) == '19,976–20,000 of 20,000')
    assert window.names()[-1] == 'volume-19999'
    assert len(window.rows()) == 25
    assert window.chromium.execute_script(
        'return document.querySelectorAll("*").length;') < 1000
    sizes = window.chromium.execute_script(
        'return performance.getEntriesByType("resource")'
        '.map(entry => [entry.name, entry.decodedBodySize]);')
    assert any('search=-1999' in name for name, _size in sizes)
    assert all(size < 20_000 for _name, size in sizes), sizes


def test_buttons_of_an_array(simulator, client, window):
    array = simulator.arrays[0]

    def kinds():
        return [fault.kind for fault in array.faults]

    for name, kind, undo in (
            ('offline', 'offline', 'Bring back'),
            ('failover', 'failover', 'Restore controller'),
            ('links', 'link_down', 'Mend links')):
        window.click(f'#{name}-pure01')
        window.wait_for(lambda: window.text(f'#{name}-pure01') == undo)
        assert kinds() == [kind]
        window.click(f'#{name}-pure01')
        window.wait_for(lambda: window.text(f'#{name}-pure01') != undo)
        assert kinds() == []
    client.list_volumes()
    assert len(array.sessions) == 1
    window.click('#sessions-pure01')
    window.wait_for(lambda: 'sessions have ended' in window.text('#told'))
    assert len(array.sessions) == 0
    array.faults.add(flasharray_sim.Fault('mediator_down'))
    window.wait_for(lambda: window.find('#restore-pure01'))
    window.click('#restore-pure01')
    window.wait_for(lambda: not window.find('#restore-pure01'))
    assert kinds() == []
    assert window.complaints() == []


def test_click_that_takes_long_is_a_click(array, client, window):
    """What is pressed is not drawn anew before it is let go."""
    def looks():
        return window.chromium.execute_script(
            'return performance.getEntriesByName('
            'location.origin + "/control/snapshot").length;')

    client.list_volumes()
    hand = webdriver.ActionChains(window.chromium)
    hand.click_and_hold(window.find('#offline-pure01')[0]).perform()
    before = looks()
    client.create_volume('v1', '1G')
    window.wait_for(lambda: looks() >= before + 3)
    assert not window.rows()
    hand.reset_actions()
    hand.release().perform()
    window.wait_for(lambda: window.text('#offline-pure01') == 'Bring back')
    assert [fault.kind for fault in array.faults] == ['offline']
    window.wait_for(lambda: window.names() == ['v1'])


def choose(window, form, **fields):
    for name, value in fields.items():
        window.chromium.execute_script(
            'const field = document.getElementById(arguments[0])'
            '.elements[arguments[1]]; field.value = arguments[2];'
            'field.dispatchEvent(new Event("change"));', form, name, value)


def test_faults_are_injected_and_removed(simulator, window):
    choose(window, 'inject', array='*', kind='status', method='POST',
           path='volume/*', count=2, status=503, text='Later.')
    window.click('#inject-button')
    window.wait_for(lambda: len(window.rows('faults')) == 2)
    for array in simulator.arrays:
        [fault] = array.faults
        assert (fault.kind, fault.method, fault.path, fault.count,
                fault.status, fault.text) == (
            'status', 'POST', 'volume/*', 2, 503, 'Later.')
    window.click('#remove-pure02-1')
    window.wait_for(lambda: len(window.rows('faults')) == 1)
    assert list(simulator.arrays[1].faults) == []
    choose(window, 'inject', array='pure02', kind='link_down', peer='pure0*')
    window.click('#inject-button')
    window.wait_for(lambda: 'link_down to pure0*' in window.text('#faults'))
    assert window.complaints() == []


@pytest.mark.parametrize('kind', faults.KINDS)
def test_every_kind_of_fault_can_be_injected(array, window, kind):
    choose(window, 'inject', kind=kind)
    window.click('#inject-button')
    window.wait_for(lambda: window.text('#told') == f'pure01: {kind}.')
    [fault] = array.faults
    assert fault.kind == kind


def test_what_is_refused_is_told(array, window):
    array.faults.add(flasharray_sim.Fault('failover', delay_s=0.1))
    choose(window, 'inject', kind='failover')
    window.click('#inject-button')
    window.wait_for(
        lambda: window.text('#told') == 'one controller is away already')


def test_clock_is_moved(simulator, client, window):
    client.create_volume('v1', '1G')
    client.destroy_volume('v1')
    window.wait_for(lambda: window.names() == ['v1'])
    choose(window, 'advance', amount=2, unit=86400)
    window.click('#advance-button')
    window.wait_for(lambda: window.text('#rows') == 'pure01 has no volumes.')
    assert window.text('#told') == 'The clock has moved on by 2 days.'


def test_who_may_not_change_anything_sees_no_buttons(window):
    window.chromium.execute_script('''
        const ask = window.fetch;
        window.fetch = async (...all) => {
          const reply = await ask(...all);
          const answer = await reply.json();
          return { ok: true, json: () => ({ ...answer, may_change: false })};
        };''')
    window.wait_for(lambda: window.find('#only-look:not([hidden])'))
    assert not window.find('.array .buttons')
    assert not window.find('#actions')[0].is_displayed()


def test_keyboard_alone_is_enough(many, array, window):
    """From the top of the page through search, order, pages and buttons."""
    window.wait_for(lambda: place(window) == '1–25 of 60')
    way = window.tab_to('search')
    assert way[0] == 'skip'
    assert way.index('inject-button') < way.index('advance-button')
    assert way.index('advance-button') < way.index('array-pure01')
    assert way.index('array-pure01') < way.index('offline-pure01')
    assert way.index('offline-pure01') < way.index('array-pure02')
    assert way.index('array-pure02') < way.index('kind-volumes')
    window.press('v5')
    window.wait_for(lambda: place(window) == '1–11 of 11 (60 in all)')
    assert window.focus() == 'search'
    window.press(*[keys.Keys.BACKSPACE] * 2)
    window.wait_for(lambda: place(window) == '1–25 of 60')
    window.tab_to('sort-size')
    window.press(ENTER)
    window.wait_for(lambda: window.names()[0] == 'v0')
    # The page has drawn its buttons anew; the focus has stayed.
    assert window.focus() == 'sort-size'
    window.press(SPACE)
    window.wait_for(lambda: window.names()[0] == 'v59')
    window.tab_to('next')
    window.press(ENTER)
    window.wait_for(lambda: place(window) == '26–50 of 60')
    window.press(ENTER)
    window.wait_for(lambda: place(window) == '51–60 of 60')
    assert window.focus() == 'next'


def test_buttons_work_by_keyboard(array, window):
    window.press(keys.Keys.TAB, ENTER)
    assert window.focus() == 'objects-title'
    assert not window.chromium.current_url.endswith('objects-title')
    window.chromium.execute_script('document.activeElement.blur();')
    window.tab_to('offline-pure01')
    window.press(SPACE)
    window.wait_for(lambda: window.text('#offline-pure01') == 'Bring back')
    assert window.focus() == 'offline-pure01'
    window.press(ENTER)
    window.wait_for(lambda: window.text('#offline-pure01') == 'Take offline')
    assert list(array.faults) == []
    array.faults.add(flasharray_sim.Fault('mediator_down'))
    window.wait_for(lambda: window.find('#faults button'))
    window.chromium.execute_script(
        'document.querySelector("#faults button").focus();')
    window.press(ENTER)
    window.wait_for(lambda: not window.find('#faults button'))
    # Its button is gone: the keyboard goes on from where it was.
    assert window.focus() == 'faults'


def test_everything_that_can_be_used_has_a_name(many, array, window):
    array.faults.add(flasharray_sim.Fault('mediator_down'))
    window.wait_for(lambda: window.find('#faults button'))
    window.freeze()
    for element in window.find('button, input, select, svg, nav, table'):
        if element.is_displayed():
            assert element.accessible_name, element.get_attribute('outerHTML')
    levels = [heading.tag_name for heading in window.find('h1, h2, h3')]
    assert levels[0] == 'h1' and levels.count('h1') == 1
    assert 'h3' not in levels[:2]


@pytest.mark.parametrize('width', [390, 700, 1000, 1360])
def test_nothing_is_cut_off_at_any_width(
        simulator, connected, many, window, width):
    client, peer = connected
    simulator.arrays[0].model.seed({
        'hosts': [{'name': 'a-host-with-a-long-name', 'iqns': [
            'iqn.1993-08.org.debian:01:a-very-long-name-without-a-break']}],
        'connections': [{'host': 'a-host-with-a-long-name', 'volume': 'v1'}]})
    client.create_volume('v' * 63, '1G')
    client.create_pgroup('g' * 60, vollist=['v1'], targetlist=['pure02'])
    simulator.arrays[0].faults.add(flasharray_sim.Fault(
        'status', path='volume/' + 'x' * 100, text='y' * 100))
    browser.resize(window.chromium, width, 844)
    window.wait_for(lambda: 'y' * 100 in window.text('#faults'))
    for kind in ('hosts', 'requests', 'protection_groups', 'volumes'):
        window.show(kind)
        window.wait_for(lambda: window.rows())
        assert window.chromium.execute_script(
            'return [document.documentElement.scrollWidth, innerWidth];') == [
                width, width]
        hidden = window.chromium.execute_script(
            'return [...document.querySelectorAll("#rows td")].filter('
            'cell => cell.scrollWidth > cell.clientWidth + 1 ||'
            ' cell.getBoundingClientRect().right > innerWidth)'
            '.map(cell => cell.outerHTML);')
        assert not hidden, kind


def test_telephone_shows_lists_in_place_of_tables(many, window):
    browser.resize(window.chromium, 390, 844)
    window.wait_for(lambda: window.rows())
    tops = window.chromium.execute_script(
        'return [...document.querySelector("#rows tbody tr").cells]'
        '.slice(0, 3).map(cell => cell.getBoundingClientRect().top);')
    assert tops == sorted(set(tops))
    headings = window.chromium.execute_script(
        'return [...document.querySelector("#rows tbody tr").cells].map('
        'cell => getComputedStyle(cell, "::before").content);')
    assert headings[:3] == ['"Name"', '"Size"', '"Used"']
    # The arrays of the picture stand one below the other.
    window.freeze()
    boxes = [box.rect for box in window.find('#picture rect.node')]
    assert boxes[0]['y'] + boxes[0]['height'] < boxes[1]['y']
    assert all(box['x'] + box['width'] < 390 for box in boxes)


def test_dark_and_light_differ(window):
    def ground():
        return window.chromium.execute_script(
            'return getComputedStyle(document.body).backgroundColor;')

    found = set()
    for scheme in ('light', 'dark'):
        browser.prefer(window.chromium, scheme)
        found.add(ground())
    assert len(found) == 2


def test_markup_in_what_clients_send_stays_text(array, client, window):
    with pytest.raises(Exception, match='400'):
        client.create_volume(MARKUP, MARKUP)
    array.faults.add(flasharray_sim.Fault(
        'status', path=MARKUP, text=MARKUP))
    window.wait_for(lambda: MARKUP in window.text('#faults'))
    window.show('requests')
    window.wait_for(lambda: MARKUP in window.text('#rows'))
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
    window.show('hosts')
    window.wait_for(lambda: window.names() == ['h1'])
    hosts = window.chromium.page_source
    window.show('requests')
    window.wait_for(lambda: 'host_password' in window.text('#rows'))
    for source in (hosts, window.chromium.page_source):
        assert 'chap-secret-0123' not in source
        assert array.api_token not in source


def test_window_says_when_the_simulator_is_gone_and_when_it_is_back(window):
    window.chromium.execute_script('''
        window.kept = window.fetch;
        window.fetch = () => Promise.reject(new Error('gone'));''')
    window.wait_for(lambda: 'not reachable' in window.text('#live'))
    window.chromium.execute_script('window.fetch = window.kept;')
    window.wait_for(lambda: window.text('#live') == 'live')
