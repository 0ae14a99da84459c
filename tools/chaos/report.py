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
"""What a run tells: a report for people, and one for programs."""

import dataclasses
import json


def write(directory, name, result, text):
    """Write NAME.txt and NAME.json.

    :param result: dataclass
    """
    (directory / (name + '.txt')).write_text(text)
    (directory / (name + '.json')).write_text(json.dumps(
        dataclasses.asdict(result), indent=1))


def text(result):
    """:param result: run.Result"""
    return '\n'.join([
        'seed %d: %d of %d operations begun in %.0f s, %d outages' % (
            result.seed, result.begun, result.planned, result.load_s,
            len(result.outages)), '',
        *_operations(result.operations), '',
        *_listed('outages', result.outages),
        *_listed('why operations did not end well', [
            '%4d %s' % (count, reason)
            for reason, count in result.reasons.items()]),
        *_aftermath(result)])


def cluster_text(result):
    """:param result: cluster.Result"""
    return '\n'.join([
        *_listed('killed in the midst of', [
            '%-22s %s; status then: %s; after the clean-up: %s' % (
                found['work'], found['node'], found['after'],
                found['clean_up']) for found in result.killed]),
        *_listed('failovers', result.failovers), *_aftermath(result)])


def _aftermath(result):
    return [
        *_listed('what the operator did', [
            '%4d %s' % (count, action)
            for action, count in sorted(result.cleaned.items())]),
        *_listed('what the operator was refused', result.refusals),
        *_listed('found by the audit, with a reason', result.excused),
        *_listed('secrets that were looked for', [
            '%s of kind %s' % (count, kind)
            for kind, count in result.secrets.items()]),
        *_listed('shortfalls', result.shortfalls)]


def _operations(operations):
    outcomes = ('done', 'failed', 'refused', 'unknown')
    lines = ['%-22s %s' % ('', ' '.join('%8s' % name for name in outcomes))]
    total = {}
    for kind, counts in operations.items():
        lines.append(_row(kind, counts, outcomes))
        for outcome, count in counts.items():
            total[outcome] = total.get(outcome, 0) + count
    return [*lines, _row('all', total, outcomes)]


def _row(title, counts, outcomes):
    return '%-22s %s' % (title, ' '.join(
        '%8d' % counts.get(name, 0) for name in outcomes))


def _listed(title, lines):
    return ['%s: %s' % (title, len(lines) or 'none'),
            *('  ' + line for line in lines), '']
