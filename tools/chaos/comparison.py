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
"""Cinder's database against the arrays, by pure-cinder-audit."""

import json
import re

from tools.chaos import settings

AUDIT = ('import sys; from pure_cinder.cmd import audit; '
         'sys.exit(audit.main())')
UNKNOWN = 3
# Check of a finding, and the beginning of its cause, to why it is no fault.
EXPECTED = {
    ('hosts', 'It has no volume.'):
        'The driver deletes a host that has had no volume for five minutes.',
    ('tags', 'Tags of'):
        'Those that a killed process had put off are written when the volume '
        'is touched next. The audit writes them with --repair, which is seen.',
    ('names', 'Cinder calls it'):
        'A move that neither ended nor could be undone, as the array went '
        'away: whatever uses the volume next finds it by its serial, and so '
        'does --repair.',
    ('pods', 'An interrupted move left'):
        'Where such a move came from; it goes with that.',
}
REPAIRED = ('tags', 'names', 'pods')
OWN = re.compile(r'(.*::|.*/)?(volume|snapshot|cgsnapshot|consisgroup)-'
                 r'[0-9a-f-]{36}')


class AuditFailure(Exception):
    """The audit could say nothing."""


def audit(stack, title, *options):
    """Run it where the first cinder-volume runs.

    :param options: further words of its command line
    :returns: list of findings, as dicts, that are not ``ok``
    :raises AuditFailure: it could not be done
    """
    errors = stack.layout.log('%s-progress' % title)
    status, path = stack.run(title, [
        'sh', '-c', 'exec "$0" "$@" 2>%s' % errors,
        str(stack.layout.python), '-W', 'ignore', '-c', AUDIT, '--json',
        *options, '--config-file',
        str(settings.config(stack.layout, settings.NODES[0]))])
    if status == UNKNOWN:
        raise AuditFailure(errors.read_text(errors='replace')[-1000:])
    return [finding for finding in
            json.loads(path.read_text())['findings']
            if finding['severity'] != 'ok']


def split(findings, is_repaired=False):
    """Take those apart that have a reason.

    :param is_repaired: whether the audit has put right what it can
    :returns: ``(those that are faults, those that have a reason)``
    """
    expected = [(check, cause) for check, cause in EXPECTED
                if not is_repaired or check not in REPAIRED]
    faults, excused = [], []
    for finding in findings:
        has_reason = any(
            finding['check'] == check and finding['cause'].startswith(cause)
            for check, cause in expected)
        (excused if has_reason else faults).append(finding)
    return faults, excused


def told(finding):
    """A finding in one line."""
    return ' '.join(filter(None, (
        '%(section)s: %(severity)s: %(check)s: %(array)s %(subject)s: '
        '%(cause)s' % finding, finding['command'] and (
            '$ ' + finding['command']))))


def remains(array):
    """Names of Cinder's objects that live on an array.

    :param array: flasharray.FlashArray
    """
    found = array.contents()
    return sorted(name for name in (
        *found['volumes'], *found['snapshots'], *array.consistency_groups())
        if OWN.match(name))


def plant(array, name):
    """Make what looks like a volume of Cinder's."""
    array.ask('POST', 'volume/' + name, json={'size': '1G'})


def uproot(array, name):
    """Take it away."""
    array.ask('DELETE', 'volume/' + name)
    array.ask('DELETE', 'volume/' + name, json={'eradicate': True})
