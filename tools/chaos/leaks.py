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
"""Secrets in logs and in the database."""

import re

# Cinder itself keeps what a host logs in to a target with, and the driver
# what it has given out; API tokens and cookies are nowhere.
CHAP_TABLES = ('volume_attachment', 'driver_initiator_data')
COOKIE = re.compile(r'session=(?!\*)[\w+/=.-]{8,}')
CHAP = re.compile(r'PURE_TARGET_CHAP_SECRET\s(\w+)')


class Secrets:
    """What must not be found, and where it is found.

    :ivar counts: dict of kind of secret to how many are known
    """

    def __init__(self, tokens, chap):
        """:param tokens: texts; chap, too"""
        self._texts = {'API token': set(tokens), 'CHAP secret': set(chap)}
        self.counts = {kind: len(texts)
                       for kind, texts in self._texts.items()}

    def in_text(self, text, kinds=('API token', 'CHAP secret', 'cookie')):
        """:returns: dict of kind to how often it is in a text"""
        found = {kind: sum(text.count(secret)
                           for secret in self._texts.get(kind, ()))
                 for kind in kinds}
        if 'cookie' in kinds:
            found['cookie'] += len(COOKIE.findall(text))
        return {kind: count for kind, count in found.items() if count}

    def in_files(self, paths):
        """:returns: list of texts that tell where one is"""
        return [line for path in paths for line in _told(
            path.name, self.in_text(path.read_text(errors='replace')))]

    def in_tables(self, tables):
        """:param tables: ``{name: text}``

        :returns: as of ``in_files``
        """
        found = []
        for name, text in tables.items():
            kinds = ('API token', 'cookie') if name in CHAP_TABLES else (
                'API token', 'CHAP secret', 'cookie')
            found += _told('table ' + name, self.in_text(text, kinds))
        return found


def chap_secrets(tables):
    """Those that the driver keeps in Cinder's database.

    :param tables: as of ``Secrets.in_tables``
    :returns: set
    """
    return set(CHAP.findall(tables['driver_initiator_data']))


def _told(where, found):
    return ['%s: %s %d times' % (where, kind, count)
            for kind, count in found.items()]
