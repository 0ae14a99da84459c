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
"""A secret is found wherever it is, but where it has to be."""

import pytest

from tools.chaos import leaks

TOKEN = '253de529-f088-5a8f-bd34-32b1c18efea6'
CHAP = 'Zx81kQpLm4TgY7wa'
COOKIE = 'session=eyJhbGciOiJub25lIn0'


@pytest.fixture
def secrets():
    return leaks.Secrets([TOKEN], [CHAP])


@pytest.mark.parametrize('text, kind', [
    ('api_token=' + TOKEN, 'API token'), ("'%s'" % CHAP, 'CHAP secret'),
    ('Cookie: ' + COOKIE, 'cookie')])
def test_secret_in_a_log_is_found(secrets, tmp_path, text, kind):
    path = tmp_path / 'volume-a.log'
    path.write_text('DEBUG sent %s\nDEBUG again %s\n' % (text, text))
    assert secrets.in_files([path]) == ['volume-a.log: %s 2 times' % kind]


def test_masked_secret_is_none(secrets):
    assert secrets.in_text('api_token=*** session=*** Set-Cookie: session=') \
        == {}


def test_token_is_found_in_any_table(secrets):
    assert secrets.in_tables({'volume_attachment': TOKEN, 'volumes': TOKEN}) \
        == ['table volume_attachment: API token 1 times',
            'table volumes: API token 1 times']


def test_chap_secret_is_where_cinder_keeps_it(secrets):
    tables = {name: CHAP for name in leaks.CHAP_TABLES}
    assert secrets.in_tables(tables) == []
    assert secrets.in_tables({**tables, 'messages': CHAP}) == [
        'table messages: CHAP secret 1 times']


def test_chap_secrets_are_read_from_the_database():
    row = '1\tiqn.1\tPureISCSIDriver\tPURE_TARGET_CHAP_SECRET\t%s\n' % CHAP
    assert leaks.chap_secrets({'driver_initiator_data': row}) == {CHAP}
