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
"""An operation tried with one failing request after the other.

Between the driver and each array stands a man in the middle. Afterwards,
Cinder's view is compared with the arrays', and the operation is done again.
"""

import contextlib
import importlib
import logging
import re
from unittest import mock

from cinder import exception
from cinder import objects

from pure_cinder.array import errors
from pure_cinder.array import session
from pure_cinder.fleet import outages
from pure_cinder.volumes import ghost_pods
from tests import checkpoint
from tests import command_line
from tests.failure_matrix import faults
from tests.failure_matrix import outcomes
from tests import middleman as middleman_module
from tests import reconciliation
from tests import stage as stage_module

CONTEXT = stage_module.CONTEXT
BYSTANDER = 'bystander'
REQUEST_LIMIT = 300
# Each case may leave a pod that waits for its eradication; the in-tree driver
# serves NVMe/TCP from this release on.
ARRAY = {'limits': {'pods': 1000}, 'purity_version': '6.4.2'}
# What a state tells of volumes besides that they are there.
ASPECTS = ('content', 'limits')


class Log(logging.Handler):
    """What the log tells an operator to worry about, as a list of texts."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.texts = []

    def emit(self, record):
        self.texts.append(record.getMessage())
        if record.exc_info:
            self.texts.append(str(record.exc_info[1]))


# As tests.reconciliation tells a difference.
NAME = re.compile(r'(?:%s) (\S+): ' % '|'.join(
    ('volume group', 'pgroup snapshot', r'\w+')))


@contextlib.contextmanager
def _logged():
    log = Log()
    logging.getLogger().addHandler(log)
    yield log
    logging.getLogger().removeHandler(log)


class Trial:
    """A driver and an operation, on arrays of their own.

    :ivar is_offered: whether the operation is done when nothing fails
    """

    def __init__(self, backend, operation, fleet, middlemen):
        """:param backend: tests.scenarios.backends.Backend

        :param middlemen: list, one for each array
        """
        module = importlib.import_module(backend.driver.rpartition('.')[0])
        self._operation = operation
        self._fleet = fleet
        self._middlemen = middlemen
        self._stage = stage_module.Stage(fleet, operation, getattr(
            module, operation.driver_class.__name__))
        self._make_bystander()
        self._start = checkpoint.Checkpoint(fleet)
        self.is_offered = self._is_done()
        self._start.restore()

    def _make_bystander(self):
        """What other programs have on the array."""
        client = self._stage.client
        client.create_volume(BYSTANDER, '1G')
        client.create_snapshot(BYSTANDER)
        client.create_host(BYSTANDER, iqnlist=['iqn.2010-06.com.example:by'])
        client.connect_host(BYSTANDER, BYSTANDER)

    def _is_done(self):
        try:
            prepared = self._operation.prepare(self._stage)
        except Exception:
            return False
        return (self._stage.attempt(self._operation, prepared) is None
                and not self._problems())

    def cases(self, fault):
        """Let each request meet the fault.

        :param fault: a name of faults.FAULTS
        :returns: list of outcomes.Case
        """
        found = []
        for array, middleman in zip(self._fleet.arrays, self._middlemen):
            for number in range(REQUEST_LIMIT):
                case = self._case(array, middleman, number, fault)
                self._start.restore()
                if case is None:
                    break
                found.append(case)
        return found

    def _case(self, array, middleman, number, fault):
        stage, operation = self._stage, self._operation
        prepared = operation.prepare(stage)
        before, known, rows = stage.state(), stage.known(), _rows()
        middleman.fail_request(number, faults.FAULTS[fault][0])
        with _logged() as log:
            try:
                error = stage.attempt(operation, prepared)
            except middleman_module.WaitsForEver as endless:
                error = endless
        middleman.relent()
        if isinstance(error, middleman_module.WaitsForEver):
            return outcomes.Case('', outcomes.ENDLESS)
        if not middleman.failed:
            return None
        return outcomes.Case(
            '%s on %s' % (middleman.failed, array.name),
            *(self._success(before) if error is None else
              self._failure(error, log, prepared, before, known, rows)))

    def _success(self, before):
        wrong = self._problems() + [
            text for _kind, text in self._changes(before)
            if BYSTANDER in text]
        return outcomes.UNTRUE if wrong else outcomes.DONE, tuple(wrong)

    def _failure(self, error, log, prepared, before, known, rows):
        texts = [str(error), *log.texts]
        left, is_told = [], False
        if not self._operation.is_removal:
            left, is_told = self._left(before, texts)
            left += _row_changes(rows)
        if left:
            return outcomes.LEFT, tuple(
                'volume' if kind in ASPECTS else kind for kind, _text in left)
        wrong = self._wrong_again(prepared, known, is_told)
        if wrong:
            return outcomes.STUCK, (str(error), *wrong)
        if not isinstance(error, exception.CinderException):
            return outcomes.FOREIGN, (type(error).__name__,)
        if not self._are_naming_an_array(texts):
            return outcomes.MUTE, tuple(texts)
        return outcomes.TOLD if is_told else outcomes.ERROR, ()

    def _left(self, before, texts):
        """What is left and not told, as an operator finds it who reads.

        :returns: list of differences, whether others were told
        """
        there = self._changes(before)
        self._undo(texts)
        left = self._changes(before) if there else []
        return _untold(left, texts), bool(there)

    def _wrong_again(self, prepared, known, is_told):
        """What is wrong once the operation has been done again.

        :param is_told: something is left that an operator was told of
        """
        stage = self._stage
        try:
            stage.delete_failed(known)
        except Exception as error:
            return ['what failed cannot be deleted: %r' % error]
        again = stage.attempt(self._operation, prepared)
        if again:
            return [repr(again)]
        return [] if is_told else self._problems()

    def _problems(self):
        """Where Cinder's view and the arrays differ, as far as is told.

        A driver may be left without what its report needs.
        """
        try:
            return self._stage.problems()
        except Exception as error:
            return ['the report fails: %r' % error]

    def _changes(self, before):
        return [change for then, now in zip(before, self._stage.state())
                for change in reconciliation.differences(then, now)]

    def _undo(self, texts):
        """Do what the log tells to do."""
        for text in texts:
            for name, line in command_line.told(text):
                [client] = [array.client for array in self._stage.arrays
                            if array.name == name]
                with contextlib.suppress(errors.ArrayError):
                    command_line.CommandLine(
                        client, lambda: self._fleet.pass_time(
                            ghost_pods.RESYNC_LIMIT_S)).run(line)

    def _are_naming_an_array(self, texts):
        names = [array.name for array in self._fleet.arrays] + [
            middleman.address for middleman in self._middlemen]
        return any(re.search(r'\b%s\b' % re.escape(name), text)
                   for text in texts for name in names)


def _untold(left, texts):
    """Those of the differences whose objects no text names.

    A volume group is left as long as a volume in it is, and what is part of
    a snapshot of a protection group is left with that.
    """
    names = {text: NAME.match(text).group(1) for _kind, text in left}
    told = {name for name in names.values() if any(re.search(
        r'(?<![\w:-])%s(?![\w/-]|[:.][\w:])' % re.escape(name), text)
        for text in texts)}
    told |= {name for name in names.values() if any(
        other.startswith(name + '/') or name.startswith(other + '.')
        for other in told)}
    return [(kind, text) for kind, text in left if names[text] not in told]


def _rows():
    """What Cinder's rows of volumes and snapshots tell of the array."""
    return {(kind, row.id): {name: str(row[name]) for name in fields}
            for kind, rows, fields in (
                ('volume row', objects.VolumeList.get_all(CONTEXT),
                 ('size', 'provider_id', 'provider_location',
                  'volume_type_id', 'name_id', 'replication_status',
                  'replication_driver_data')),
                ('snapshot row', objects.SnapshotList.get_all(CONTEXT, {}),
                 ('volume_size', 'provider_id', 'provider_location')))
            for row in rows}


def _row_changes(before):
    after = _rows()
    return [(key[0], '%s: %s became %s' % (key, before[key], after.get(key)))
            for key in before if before[key] != after.get(key)]


@contextlib.contextmanager
def trial(backend, operation, fleet):
    """A Trial on a tests.fleet.Fleet that serves nobody else."""
    with contextlib.ExitStack() as stack:
        middlemen = [stack.enter_context(contextlib.closing(
            middleman_module.Middleman(array, fleet.certificate_path)))
            for array in fleet.arrays]
        fleet.address_of = lambda array: middlemen[
            fleet.arrays.index(array)].address
        stack.enter_context(backend.on_clock(fleet))
        stack.enter_context(middleman_module.impatience(middlemen))
        stack.enter_context(mock.patch.object(session, 'MAX_BACK_OFF_S', 0))
        # What was away is there again when the operation is done again.
        stack.enter_context(mock.patch.object(outages, 'MEMORY_S', 0))
        yield Trial(backend, operation, fleet, middlemen)
