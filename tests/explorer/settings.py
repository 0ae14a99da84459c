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
"""What a story starts from: arrays, backends on them, machines and types.

The backend ``pure`` is on the first array and replicates as the setting
says; ``other`` is on the second one, speaks another protocol, and makes no
use of replication.
"""

import contextlib
import dataclasses
import functools
import pathlib
import shutil
import tempfile
import types
from unittest import mock

from cinder.volume import group_types
from cinder.volume import qos_specs
from cinder.volume import volume_types
from cinder.volume import volume_utils

import flasharray_sim
from pure_cinder.attachments import sweep
from tests import database as databases
from tests.explorer import cloud as clouds
from tests.explorer import machines
from tests import fabric
from tests.scenarios import backends
from tests.scenarios import fleet as fleets

DRIVERS = {'iSCSI': 'PureISCSIDriver', 'FC': 'PureFCDriver',
           'NVMe': 'PureNVMEDriver'}
OTHER = {'iSCSI': 'FC', 'FC': 'NVMe', 'NVMe': 'iSCSI'}
UNREPLICATED = fleets.Kind('none', '', ())
REPLICATIONS = {'none': UNREPLICATED, **fleets.KINDS}
GROUP_BY_HAND = 'Cinder-Group'
SITES = ('site1', 'site2', 'site3')
QOS = {'maxIOPS': '1000', 'maxBWS': '20'}
CONSISTENT = {'consistent_group_snapshot_enabled': '<is> True'}
REPLICATED = {'consistent_group_replication_enabled': '<is> True',
              **CONSISTENT}


@dataclasses.dataclass(frozen=True)
class Setting:
    """What a story starts from.

    :ivar protocol: of the backend ``pure``, a key of DRIVERS
    :ivar replication: a key of REPLICATIONS
    :ivar is_cluster: whether ``pure`` has two active-active processes
    :ivar has_chap: with iSCSI
    :ivar eradicates: ``pure_eradicate_on_delete``
    :ivar is_mutual: whether ``other`` replicates to the first array
    :ivar is_group_by_hand: whether the protection group was there before, in
        other letters
    """

    protocol: str = 'iSCSI'
    replication: str = 'none'
    is_cluster: bool = False
    has_chap: bool = False
    eradicates: bool = False
    is_mutual: bool = False
    is_group_by_hand: bool = False


class Fleet(fleets.Fleet):
    """The arrays, by the names that they had at first."""

    def __init__(self, *args):
        super().__init__(*args)
        self._meanwhile = []

    @contextlib.contextmanager
    def at_pauses(self, act):
        """Have something done whenever somebody waits inside."""
        self._meanwhile.append(act)
        try:
            yield
        finally:
            self._meanwhile.remove(act)

    def prepare(self, setting):
        """What operators do before Cinder starts."""
        if setting.is_mutual and not self.kind.devices:
            self._connect('site2', fleets.Device('site1', 'async'))
        if setting.is_group_by_hand:
            self._client('site1').create_pgroup(GROUP_BY_HAND)

    def pass_time(self, seconds):
        for act in self._meanwhile:
            act()
        super().pass_time(seconds)

    @property
    def online(self):
        return [array for array in self.arrays.values() if array.is_online]

    def site(self, array):
        return next(site for site, each in self.arrays.items()
                    if each is array)

    def client(self, site):
        return self._client(site)


class Stage:
    """All that is there before the first step.

    :param sections: called with ``eradicates``, gives those of cinder.conf

    :ivar eradicates: the option of that name, as it is now
    :ivar types: {name: id of a volume type}
    :ivar pure: list of clouds.Service, one or two processes
    :ivar other: clouds.Service
    :ivar machines: {label: machines.Machine}
    """

    def __init__(self, setting, fleet, cloud, brick_machine, sections):
        self.setting = setting
        self.eradicates = setting.eradicates
        self._sections = sections
        self.fleet = fleet
        self.cloud = cloud
        self.types = _types(setting)
        self.group_types = _group_types()
        cluster = 'cluster' if setting.is_cluster else None
        self.pure = [cloud.add('node%d' % number, 'pure', cluster)
                     for number in range(1, 3 if cluster else 2)]
        self.other = cloud.add('node1', 'other')
        self.machines = {'m%d' % number: machines.Machine(fleet, number)
                         for number in (1, 2)}
        self.node = brick_machine

    def configure(self):
        """Write cinder.conf anew, with what holds now."""
        self.cloud.configure(self._sections(self.eradicates))

    @property
    def services(self):
        return [*self.pure, self.other]

    def home(self, row):
        """The array of a volume whose backend is not failed over.

        What does not replicate stays where it was made, which its row tells.
        """
        backend = volume_utils.extract_host(row.host, 'backend')
        if backend.endswith('@other'):
            return self.fleet.arrays['site2']
        if not row.volume_type.extra_specs.get('replication_enabled'):
            array_id = (row.provider_location or '').partition(':')[0]
            for site, array in self.fleet.arrays.items():
                if self.fleet.client(site).get()['id'] == array_id:
                    return array
        return self.fleet.arrays['site1']


@contextlib.contextmanager
def staged(setting, database):
    """A Stage whose services are started.

    :param database: tests.database.Database
    """
    kind = REPLICATIONS[setting.replication]
    count = 3 if kind.replication == 'trisync' else 2
    configs = [{'name': site, 'purity_version': '6.4.10'}
               for site in SITES[:count]]
    backend = dataclasses.replace(
        backends.OURS, driver='pure_cinder.driver.'
        + DRIVERS[setting.protocol])
    fabric.ZONES.clear()
    fabric.FAILURES.clear()
    fabric.LOGGED_OUT.clear()
    directory = pathlib.Path(tempfile.mkdtemp(prefix='explorer-'))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        fleet = Fleet(stack.enter_context(flasharray_sim.Simulator(
            arrays=configs, strict=True, is_clock_frozen=True)), kind)
        fleet.connect()
        fleet.prepare(setting)
        stack.enter_context(backend.on_clock(fleet))
        stack.enter_context(mock.patch.object(
            sweep, 'time', types.SimpleNamespace(
                monotonic=lambda: fleet.clock.now().timestamp())))
        node = machines.Machine(fleet, 9)
        sections = functools.partial(_sections, setting, backend, fleet)
        cloud = stack.enter_context(clouds.running(
            directory, database, sections(setting.eradicates),
            machines.Brick(node), fleet.pass_time))
        stage = Stage(setting, fleet, cloud, node, sections)
        for service in stage.services:
            if not service.start():
                raise RuntimeError('%s does not start' % service.host)
        yield stage


def new_database():
    return databases.Database()


def _sections(setting, backend, fleet, eradicates):
    # The Nth request is the same one each time.
    fast = {'pure_rest_read_timeout': 30, 'pure_max_threads': 0}
    pure = {**backend.section(fleet), 'volume_backend_name': 'pure',
            'use_chap_auth': setting.has_chap,
            'pure_eradicate_on_delete': eradicates,
            **_protocol_options(setting.protocol), **fast}
    array = fleet.secondary
    protocol = OTHER[setting.protocol]
    other = {'volume_driver': 'pure_cinder.driver.' + DRIVERS[protocol],
             'volume_backend_name': 'other', 'san_ip': array.address,
             'pure_api_token': array.api_token,
             'driver_ssl_cert_verify': True,
             'driver_ssl_cert_path': fleet.certificate_path,
             **(backend.replicating(fleet, [fleets.Device(
                 'site1', 'async')]) if setting.is_mutual else {}),
             **_protocol_options(protocol), **fast}
    return {'pure': pure, 'other': other, 'fc-zone-manager': {
        'zone_driver': 'tests.fabric.ZoneDriver',
        'fc_san_lookup_service': 'tests.fabric.LookupService',
        'fc_fabric_names': 'A,B'}}


def _protocol_options(protocol):
    return {'NVMe': {'pure_nvme_transport': 'tcp'}}.get(protocol, {})


def _types(setting):
    """Volume types of each kind that the setting has backends for."""
    here = {'volume_backend_name': 'pure'}
    specs = {
        'plain': here, 'limited': here,
        'per GB': here,
        'gold': {**here, 'flasharray:vg_name': 'gold',
                 'flasharray:vg_maxIOPS': '1000'},
        'multiattach': {**here, 'multiattach': '<is> True'},
        'anywhere': {}, 'elsewhere': {'volume_backend_name': 'other'}}
    replication = REPLICATIONS[setting.replication].replication
    for kind in {'trisync': ('sync', 'trisync'), '': ()}.get(
            replication, (replication,)):
        specs[kind] = {**here, 'replication_enabled': '<is> True',
                       'replication_type': '<in> %s' % kind}
        specs[kind + ' limited'] = specs[kind]
    types = {name: volume_types.create(clouds.ADMIN, name, each).id
             for name, each in specs.items()}
    limits = {'per GB': {'maxIOPS_per_GB': '100'},
              **{name: QOS for name in types if name.endswith('limited')}}
    for name, qos in limits.items():
        row = qos_specs.create(clouds.ADMIN, name, qos)
        qos_specs.associate_qos_with_type(clouds.ADMIN, row.id, types[name])
    return types


def _group_types():
    return {name: group_types.create(clouds.ADMIN, name, specs).id
            for name, specs in (('consistent', CONSISTENT),
                                ('replicated', REPLICATED))}
