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
"""In the guest: one suite of scenarios, told to the one who has booted it.

usage: python -m tools.datapath.guest.inside SUITE DIRECTORY [SCENARIO]...
"""

import importlib
import json
import logging
import pathlib
import subprocess
import sys
import time
import traceback

from tools.datapath.guest import node
from tools.demo import console as console_module

RUN = pathlib.Path('/run/guest')
OUTCOMES = 'outcomes'


class _Popen(subprocess.Popen):
    """Starts programs without copying this process first.

    A copy of one as large as Cinder takes a second in a guest. What
    oslo.concurrency wants done in the copy, to restore signals, is done
    anyway.
    """

    def __init__(self, *args, preexec_fn=None, **options):
        super().__init__(*args, **options)


def main(suite_name, directory, *names):
    """:returns: exit status"""
    subprocess.Popen = _Popen
    console = console_module.Console()
    outcomes = pathlib.Path(directory) / OUTCOMES
    node.start()
    console.say('daemons run after %.1f s' % console.elapsed_s)
    suite, clouds = _imported(suite_name)
    console.say('Cinder is imported after %.1f s' % console.elapsed_s)
    logging.basicConfig(
        filename=pathlib.Path(directory) / 'debug', level=logging.DEBUG,
        format='%(asctime)s %(levelname)s %(name)s %(message)s', force=True)
    errors = _Errors()
    logging.getLogger('flasharray_sim').addHandler(errors)
    with clouds.running(console, suite.TRANSPORT, suite.KINDS, RUN) as cloud:
        shortfalls = [_play(scenario, cloud, errors, outcomes)
                      for scenario in suite.SCENARIOS
                      if not names or _name(scenario) in names]
    clouds.check_that_nothing_is_served(RUN)
    return int(any(shortfalls) or bool(errors.texts))


class _Errors(logging.Handler):
    """Remembers what the simulator could not do.

    :ivar texts: list
    """

    def __init__(self):
        super().__init__(logging.ERROR)
        self.texts = []

    def emit(self, record):
        self.texts.append(self.format(record))


def _imported(suite_name):
    """The suite, and clouds, after what Cinder's services do at the start."""
    from cinder import i18n
    from cinder import objects

    i18n.enable_lazy()
    objects.register_all()
    from tools.datapath.guest import cloud

    return importlib.import_module(
        'tools.datapath.guest.suites.%s' % suite_name), cloud


def _name(scenario):
    return scenario.__name__.replace('_', '-')


def _play(scenario, cloud, errors, outcomes):
    """:returns: what is wrong, '' if nothing is"""
    cloud.console.say('== %s' % _name(scenario))
    began_s = time.monotonic()
    facts, shortfall = {}, ''
    try:
        facts = scenario(cloud) or {}
        cloud.host.wait_until_nothing_is_left()
        assert not errors.texts, errors.texts
    except Exception as exc:
        traceback.print_exc(file=sys.stdout)
        shortfall = '%s: %s' % (type(exc).__name__, exc)
    with outcomes.open('a') as stream:
        print(json.dumps({
            'name': _name(scenario),
            'title': scenario.__doc__.partition('\n')[0],
            'seconds': round(time.monotonic() - began_s, 1), 'facts': facts,
            'shortfall': shortfall}), file=stream)
    return shortfall


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
