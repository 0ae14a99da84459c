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
"""One run of chaos: load and outages, cleaning up, looking what is left."""

import dataclasses
import threading
import time

from tools.chaos import cleaning
from tools.chaos import comparison
from tools.chaos import leaks
from tools.chaos import load
from tools.chaos import outages
from tools.chaos import schedule as schedules
from tools.chaos import settings
from tools.chaos import tally as tallies

PROGRESS_S = 15
# So that what was put off, by half a minute, is done beside one of them.
REPORTS = 5
PLANTED = 'volume-00000000-0000-4000-8000-000000000000-cinder'


@dataclasses.dataclass(kw_only=True)
class Aftermath:
    """What was found afterwards.

    :ivar cleaned: dict of what the operator did to how often
    :ivar refusals: list of texts, what the operator was refused
    :ivar excused: list of texts: what the audit found, with a reason
    :ivar secrets: dict of kind to how many were looked for
    :ivar shortfalls: list of texts; none, and all is well
    """

    cleaned: dict = dataclasses.field(default_factory=dict)
    refusals: list = dataclasses.field(default_factory=list)
    excused: list = dataclasses.field(default_factory=list)
    secrets: dict = dataclasses.field(default_factory=dict)
    shortfalls: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass(kw_only=True)
class Result(Aftermath):
    """What came of operations and outages, too."""

    seed: int
    planned: int
    begun: int = 0
    load_s: float = 0
    operations: dict = dataclasses.field(default_factory=dict)
    reasons: dict = dataclasses.field(default_factory=dict)
    outages: list = dataclasses.field(default_factory=list)


def play(stack, printer, seed, operations, load_s):
    """Operations and outages, by a schedule; then all that follows.

    :param load_s: when no more operations begin
    :returns: Result
    """
    result = Result(seed=seed, planned=operations)
    tally = tallies.Tally()
    _break(stack, printer, schedules.make(seed, operations, load.WORKERS),
           tally, load_s, result)
    look(stack, printer, result)
    return result


def look(stack, printer, result):
    """Clean up as an operator, and look at everything."""
    printer.say('waiting for the services')
    stack.wait_for_services()
    operator = cleaning.Operator(stack.cinder(), printer.say)
    result.shortfalls += ['stuck: ' + text for text in operator.clean_up()]
    wait_for_reports(printer)
    result.shortfalls += _compare(stack, printer, operator, result)
    result.shortfalls += _plant(stack, printer)
    printer.say('deleting everything')
    result.shortfalls += ['not deleted: ' + text
                          for text in operator.delete_all()]
    result.shortfalls += [
        'left on %s: %s' % (array.name, name)
        for array in stack.arrays() for name in comparison.remains(array)]
    for action, count in operator.actions.items():
        result.cleaned[action] = result.cleaned.get(action, 0) + count
    result.refusals += operator.refusals
    result.shortfalls += search(stack, printer, result)


def wait_for_reports(printer):
    """Until what services put off is done."""
    seconds = REPORTS * settings.REPORT_S
    printer.say('waiting for the next %d stats reports, %d s' % (
        REPORTS, seconds))
    time.sleep(seconds)


def search(stack, printer, result):
    """Look for secrets.

    :returns: list of texts that tell where there is one
    """
    printer.say('searching logs and database for secrets')
    tables = stack.dump()
    secrets = leaks.Secrets(
        [array['api_token'] for array in stack.ready['arrays']],
        leaks.chap_secrets(tables))
    result.secrets = {**secrets.counts, 'cookie': 'any'}
    unknown = ['no %s is known to look for' % kind
               for kind, count in secrets.counts.items() if not count]
    return [*unknown,
            *secrets.in_files(sorted(stack.layout.logs.glob('*.log'))),
            *secrets.in_tables(tables)]


def _break(stack, printer, schedule, tally, load_s, result):
    is_over = threading.Event()
    began_s = time.monotonic()
    happening = outages.Outages(stack, tally, is_over, printer.say)
    failures = []

    def guard(act, *arguments):
        try:
            act(*arguments)
        except Exception as exc:
            failures.append(exc)
            is_over.set()

    breaking = threading.Thread(
        target=guard, args=(happening.run, schedule.outages))
    working = threading.Thread(
        target=guard, args=(load.apply, schedule, stack, tally, is_over))
    try:
        breaking.start()
        working.start()
        while working.is_alive():
            working.join(PROGRESS_S)
            printer.say(_progress(tally, result.planned, began_s))
            if time.monotonic() - began_s > load_s:
                is_over.set()
    finally:
        is_over.set()
        tally.end()
        working.join()
        breaking.join()
    if failures:
        raise failures[0]
    result.begun = tally.begun
    result.load_s = time.monotonic() - began_s
    result.operations = tally.by_kind()
    result.reasons = dict(tally.reasons.most_common())
    result.outages = happening.told


def _progress(tally, planned, began_s):
    return '%4.0f s: %d of %d operations begun: %s' % (
        time.monotonic() - began_s, tally.begun, planned, ', '.join(
            '%d %s' % (tally.count(outcome), outcome) for outcome in (
                tallies.DONE, tallies.FAILED, tallies.REFUSED,
                tallies.UNKNOWN)))


def _compare(stack, printer, operator, result):
    """Do what the audit says once, and have it look again.

    :returns: list of texts, what differs without a reason
    """
    printer.say('comparing the database and the arrays')
    faults, excused = comparison.split(comparison.audit(stack, 'audit'))
    if any([operator.follow(finding['command']) for finding in faults]):
        wait_for_reports(printer)
        printer.say('comparing once more')
        faults, excused = comparison.split(
            comparison.audit(stack, 'audit-again'))
    result.excused += map(comparison.told, excused)
    if not faults and excused:
        printer.say('comparing after repairs')
        comparison.audit(stack, 'audit-repair', '--repair')
        faults, _excused = comparison.split(
            comparison.audit(stack, 'audit-repaired'), is_repaired=True)
    return list(map(comparison.told, faults))


def _plant(stack, printer):
    """See that the comparison can fail.

    :returns: list of texts
    """
    array = stack.arrays()[0]
    printer.say('comparing with a planted volume')
    comparison.plant(array, PLANTED)
    try:
        faults, _excused = comparison.split(
            comparison.audit(stack, 'audit-planted'))
    finally:
        comparison.uproot(array, PLANTED)
    return [] if any(fault['subject'] == PLANTED for fault in faults) else [
        'the comparison did not find the planted %s' % PLANTED]
