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
"""What goes wrong: errors of the driver, and findings of the check."""

import inspect
import re

from pure_cinder.array import errors
from pure_cinder.check import examination
from pure_cinder.check import initiators
from pure_cinder import config
from pure_cinder import exceptions
from tools.reference_pages import rst
from tools.reference_pages import source

INTRODUCTION = """\
Whatever fails tells what it was, and mostly what to do. The log of
cinder-volume has each request at the level ``DEBUG``, with the id that an
error ends with, in brackets. What a failed operation could not take back is
told there, too: ``Left on array {array}: ... Undo it there with "..."``.

In braces stands what is filled in; ``...`` is an object, a number or a list.

"""
OF_ARRAYS = """\
An array, or the way to it, is the cause. The text is ``FlashArray {array}:
{request} failed: {reason} {remedy} [{id}]``, where the reason is Purity's own
words or what happened to the connection.

"""
OF_THE_DRIVER = """\
The driver itself refuses, before or after it asked an array, with one of these
texts.

"""
OF_THE_CHECK = """\
``pure-cinder-check`` tells these with section and option; see
:doc:`/operators/commands`. Those of ``options`` and ``arrays`` stop the
service, too, all at once.

"""
REMEDY = ':remedy:'
FIELD = re.compile(r'^:\w', re.MULTILINE)
# Words that stand for one another in a pattern, unless in parentheses.
OR = re.compile(r'\|(?![^(]*\))')
# What findings come from besides the functions of the checks.
FURTHER = {
    'options': ('cmd/backends.py', 'check/options.py', 'config.py',
                'replication_policy.py', 'spelling.py'),
    'arrays': ('service/startup.py',),
    'types': ('check/types.py',),
}


def page():
    return ''.join((
        rst.title('Troubleshooting'), INTRODUCTION,
        rst.section('Errors of arrays'), OF_ARRAYS,
        rst.definitions(
            _told(error, ["**Purity's words:** " + ', '.join(
                map(rst.literal, words))] if words else [])
            for error, words in words_of_errors().items()),
        rst.section('Errors of the driver'), OF_THE_DRIVER,
        rst.definitions(
            _told(error, [rst.bullet(rst.plain(text))
                          for text in texts_of(error)])
            for error in errors_of(exceptions)),
        rst.section('Findings of the check'), OF_THE_CHECK,
        rst.table(('Check', 'Cause', 'Remedy'), [
            (rst.literal(check), rst.plain(cause), rst.plain(remedy))
            for check, cause, remedy in findings()], '12 48 40')))


def _told(error, texts):
    return error.__name__, '', [
        rst.plain(cause_of(error)),
        '**Remedy:** ' + rst.plain(remedy_of(error)), *texts]


def errors_of(module):
    """:returns: list of the module's classes that can be raised as they are"""
    return [cls for _name, cls in inspect.getmembers(module, inspect.isclass)
            if cls.__module__ == module.__name__ and cls not in (
                errors.ArrayError, errors.ArrayRefusal,
                exceptions.PureDriverException)
            and issubclass(cls, exceptions.PureDriverException)]


def words_of_errors():
    """:returns: dict of each error of arrays to list of Purity's words"""
    found = {error: [] for error in errors_of(errors)}
    for pattern, error in errors.REFUSALS:
        found[error] += OR.split(pattern.pattern.replace(r'\b.*', ' ... '))
    return found


def cause_of(error):
    return ' '.join(FIELD.split(inspect.getdoc(error))[0].split())


def remedy_of(error):
    """What the error itself tells to do, or what is written of its class."""
    field = inspect.getdoc(error).partition(REMEDY)[2]
    return ' '.join((field or getattr(error, 'remedy', '') % vars(
        config.EndpointOptions())).split())


def texts_of(error):
    """:returns: list of the texts that it is raised with"""
    return [text for module in source.modules()
            for call in module.calls(error.__name__)
            if (text := _text_of(module, call))]


def _text_of(module, call):
    for keyword in call.keywords:
        if keyword.arg == 'problem':
            return ' '.join(module.problem(keyword.value)).strip()
    return module.text(call.args[0]) if call.args else ''


def findings():
    """:returns: check, cause and remedy of each, in a dict for its order"""
    told = {}
    for name, path, function in _sources():
        module = source.module(path)
        for call in module.calls('Problem', function):
            cause, remedy = module.problem(call)
            if cause and remedy:
                told.setdefault((name, cause, remedy))
    return told


def _sources():
    """:returns: iterator of check, file, and function or None for all of it"""
    for name, paths in FURTHER.items():
        for path in paths:
            yield name, path, None
    for name, check in (*examination.CHECKS,
                        ('initiators', initiators.check_machines)):
        # One is no function of its own; FURTHER has its files.
        if check.__name__.startswith('check_'):
            yield name, '/'.join(
                check.__module__.split('.')[1:]) + '.py', check.__name__
