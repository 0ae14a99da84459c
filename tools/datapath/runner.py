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
"""Brings the stack up, plays the scenarios, and takes it down."""

import dataclasses
import time
import traceback

from cinderclient import exceptions as cinder_exceptions
from glanceclient import exc as glance_exceptions
from keystoneauth1 import exceptions as session_exceptions
import requests

from tools.conformance import environments
from tools.datapath import cloud
from tools.datapath import play
from tools.datapath.scenarios import backups
from tools.datapath.scenarios import encryption
from tools.datapath.scenarios import hosts
from tools.datapath.scenarios import images
from tools.datapath.scenarios import moves
from tools.demo import console
from tools.demo import flasharray
from tools.initiator import connector

# Names by which they are asked for, in the order in which they play.
SCENARIOS = {
    'image-raw': images.raw_image_to_volume,
    'image-qcow2': images.qcow2_image_to_volume,
    'upload': images.volume_to_image,
    'image-cache': images.image_cache,
    'backup': backups.backup_volume,
    'backup-snapshot': backups.backup_snapshot,
    'backup-attached': backups.backup_attached,
    'migrate': moves.migrate,
    'retype': moves.retype,
    'encrypted': encryption.encrypted,
    'chap': hosts.chap,
    'trim': hosts.trim,
    'multiattach': hosts.multiattach,
}
TYPES = {
    'anywhere': {},
    'pure-1': {'volume_backend_name': 'pure-1'},
    'pure-2': {'volume_backend_name': 'pure-2'},
    'multiattach': {'multiattach': '<is> True'},
    'encrypted': {'encryption': {
        'provider': 'luks', 'cipher': 'aes-xts-plain64', 'key_size': 256,
        'control_location': 'front-end'}},
}
FAILURES = (
    console.DemoFailure, cinder_exceptions.ClientException,
    glance_exceptions.ClientException, session_exceptions.ClientException,
    requests.RequestException, OSError, environments.EnvironmentProblem,
    *connector.FAILURES)


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of one scenario.

    :ivar shortfall: why it failed, empty if it did not
    :ivar facts: dict of what was found
    """

    name: str
    title: str
    seconds: float
    shortfall: str
    facts: dict


class Runner:
    """Plays scenarios on one stack."""

    def __init__(self, stack, printer):
        self._stack = stack
        self._printer = printer

    def bring_up(self):
        """Start the arrays, Glance and Cinder.

        :raises DemoFailure: and others of ``FAILURES``
        """
        self._tell('the simulated arrays', self._start_arrays)
        self._tell('Glance', self._stack.start_glance)
        self._tell('the database', self._stack.make_database)
        self._tell('cinder-api, -scheduler, -volume, -backup',
                   self._start_cinder)

    def play(self, names):
        """Play scenarios; yields an Outcome for each."""
        for count, name in enumerate(names, 1):
            self._printer.say('%2d of %d  %-16s %s' % (
                count, len(names), name, SCENARIOS[name].__doc__))
            yield self._play(name)

    def _start_arrays(self):
        self._simulator = self._stack.start_arrays()
        one, two = (flasharray.FlashArray(
            array['address'], array['api_token'],
            self._simulator['certificate'])
            for array in self._simulator['arrays'])
        one.connect_to(two, self._simulator['arrays'][1]['address'])
        self._stack.write_config(self._simulator)

    def _start_cinder(self):
        endpoint = self._stack.start_cinder()['endpoint']
        self._stack.wait_for_glance()
        self._cloud = cloud.Cloud(self._stack, self._printer, endpoint,
                                  self._simulator)
        self._cloud.wait_until_up()
        self._cloud.types = {
            name: self._cloud.make_type(name, **specs)
            for name, specs in TYPES.items()}

    def _play(self, name):
        began_s = time.monotonic()
        scene = play.Play(self._cloud)
        shortfall = ''
        try:
            with scene:
                SCENARIOS[name](scene)
            self._check_nothing_left()
        except FAILURES as exc:
            shortfall = str(exc)
            self._log(name)
        errors = self._stack.logged_errors()
        if errors and not shortfall:
            shortfall = 'the services logged: ' + errors[0]
        return Outcome(name, SCENARIOS[name].__doc__,
                       round(time.monotonic() - began_s, 1), shortfall,
                       scene.facts)

    def _check_nothing_left(self):
        left = {name: array.contents()['volumes']
                for name, array in self._cloud.arrays.items()}
        if any(left.values()):
            raise console.DemoFailure('left on the arrays: %s' % left)
        connected = self._stack.connected()
        if connected:
            raise console.DemoFailure('left connected: %s' % connected)

    def _tell(self, what, act):
        began_s = time.monotonic()
        self._printer.say('starting %s' % what)
        act()
        self._printer.say('    %.1f s' % (time.monotonic() - began_s))

    def _log(self, name):
        with (self._stack.logs / 'shortfalls.log').open('a') as log:
            log.write('%s\n%s\n' % (name, traceback.format_exc()))
