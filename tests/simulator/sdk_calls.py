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
"""One call of every public method of the SDK, and what comes of it.

`cover` makes the calls against two simulated arrays. The objects that a
call needs are made before, so that no call depends on another one.
"""

import collections
import inspect

import purestorage

import flasharray_sim
from flasharray_sim import resources
from flasharray_sim.state import table
from flasharray_sim.wire import routing
from tests import arrays as arrays_module
from tests.simulator import sdk_world

_ROUTER = routing.Router(resources.ROUTES)

SIMULATED = 'simulated'
FIXED = 'fixed data'
REFUSED = 'refused'
LOCAL = 'no request'
MEANINGS = {
    SIMULATED: 'It changes the state of the array, or tells of it.',
    FIXED: 'It is answered, and changes nothing that could be read again.',
    REFUSED: 'The array answers with an error.',
    LOCAL: 'The SDK answers it alone.'}
SDK_VERSION = '1.19.0'

# Reads whose answer depends on nothing that a client can change.
FIXED_READS = frozenset((
    'get_drive', 'list_drives', 'get_snmp_engine_id'))
IQN = 'iqn.1994-05.com.redhat:abc'


def public_methods():
    """Names of what the SDK offers, sorted."""
    return sorted(
        name for name, _member in inspect.getmembers(
            purestorage.FlashArray, inspect.isfunction)
        if not name.startswith('_'))


def cover():
    """{method: (outcome, ['GET volume', ..], text of the refusal)}."""
    with flasharray_sim.Simulator(arrays=4) as simulator:
        clients = [arrays_module.client_of(array, simulator.certificate_path)
                   for array in simulator.arrays]
        sdk_world.set_up(simulator.arrays, clients)
        # Transfers that are under way arrive.
        simulator.clock.advance(600)
        return {name: _outcome(name, simulator.arrays[0], clients[0], call)
                for name, call in calls(simulator.arrays).items()}


def _outcome(name, array, client, call):
    array.requests.clear()
    newest = array.model.db.last_number('message')
    before = _state(array, newest)
    text = ''
    try:
        call(client)
    except purestorage.PureHTTPError as error:
        text = error.text
    requests = list(array.requests)
    is_same = _state(array, newest) == before
    if text:
        outcome = REFUSED
    elif not requests:
        outcome = LOCAL
    elif any(record.method != 'GET' for record in requests):
        outcome = FIXED if is_same else SIMULATED
    else:
        outcome = FIXED if name in FIXED_READS else SIMULATED
    return outcome, [_route(record) for record in requests], text


def _route(record):
    """The method and the path, with names of variables for names."""
    path = record.path
    if not path.startswith('auth/'):
        route, _names = _ROUTER.find(
            record.method, path, routing.parse_version(record.rest_version),
            lambda name: False)
        path = route.pattern
    return f'{record.method} {path}'


def _state(array, newest_message):
    """All rows but the traces that every change leaves."""
    tables = {name: dict(member._rows)
              for name, member in vars(array.model.db).items()
              if isinstance(member, table.Table) and name != 'counters'}
    tables['messages'] = {
        row_id: row for row_id, row in tables['messages'].items()
        if row_id <= newest_message}
    return tables, len(array.sessions)


def calls(arrays):
    """{method: function that calls it once with an SDK client}."""
    _first, second, third, fourth = arrays
    found = {}
    for made in (_array_calls(), _volume_calls(), _host_calls(),
                 _network_calls(), _admin_calls(), _message_calls(),
                 _small_calls(), _offload_calls(), _group_calls(),
                 _pod_calls(second),
                 _connection_calls(second, third, fourth),
                 # The last one, as it ends the session.
                 {'invalidate_cookie': ((), {})}):
        found.update(made)
    return {name: _caller(name, *given) for name, given in found.items()}


def _caller(name, args, kwargs):
    if name == 'page_through':
        return lambda client: next(client.page_through(
            2, client.list_volumes))
    return lambda client: getattr(client, name)(*args, **kwargs)


def _with(*args, **kwargs):
    return args, kwargs


def _same(names, *args, **kwargs):
    return {name: (args, kwargs) for name in names.split()}


def _array_calls():
    return {
        **_same('get get_console_lock_status enable_console_lock '
                'disable_console_lock get_eula get_phonehome '
                'enable_phonehome disable_phonehome '
                'get_manual_phonehome_status get_remote_assist_status '
                'enable_remote_assist disable_remote_assist '
                'get_rest_version page_through'),
        'set': _with(banner='Welcome'),
        'set_eula': _with(name='n', title='t', company='c'),
        'phonehome': _with('send_today'), 'rename': _with('renamed')}


def _volume_calls():
    return {
        'create_volume': _with('v-new', '10M'),
        'create_conglomerate_volume': _with('v-endpoint'),
        'copy_volume': _with('v', 'v-copied'),
        'create_snapshot': _with('v'),
        'create_snapshots': _with(['v', 'v-copy']),
        'extend_volume': _with('v', '20M'),
        'truncate_volume': _with('v-small', '5M'),
        'rename_volume': _with('v-rename', 'v-renamed'),
        'set_volume': _with('v', bandwidth_limit='10M'),
        'move_volume': _with('v-move', 'vg'),
        'promote_volume': _with('v-demoted'),
        'demote_volume': _with('v-demote'),
        'destroy_volume': _with('v-copy'),
        'recover_volume': _with('v-old'),
        'eradicate_volume': _with('v-old-2'),
        'add_volume': _with('v-pg', 'pg-v'),
        'remove_volume': _with('v-pg-2', 'pg-v-2'),
        'add_tag_to_volume': _with('v', 'key', 'value'),
        'remove_tag_from_volume': _with('v-tag', 'key'),
        'list_volumes': _with(),
        **_same('get_volume list_volume_block_differences '
                'list_volume_private_connections '
                'list_volume_shared_connections', 'v')}


def _host_calls():
    return {
        'create_host': _with('h-new'), 'create_hgroup': _with('g-new'),
        'set_host': _with('h', iqnlist=[IQN]),
        'set_hgroup': _with('g', hostlist=['h-pg']),
        'rename_host': _with('h-rename', 'h-renamed'),
        'rename_hgroup': _with('g-rename', 'g-renamed'),
        'delete_host': _with('h-old'), 'delete_hgroup': _with('g-old'),
        'connect_host': _with('h', 'v-h'),
        'connect_hgroup': _with('g', 'v-hg'),
        'disconnect_host': _with('h', 'v-h-2'),
        'disconnect_hgroup': _with('g', 'v-hg-2'),
        'add_host': _with('h-pg', 'pg-h'),
        'add_hgroup': _with('g-pg', 'pg-g'),
        'remove_host': _with('h-pg-2', 'pg-h-2'),
        'remove_hgroup': _with('g-pg-2', 'pg-g-2'),
        **_same('list_hosts list_hgroups'),
        **_same('get_host list_host_connections', 'h'),
        **_same('get_hgroup list_hgroup_connections', 'g')}


def _network_calls():
    return {
        **_same('list_network_interfaces list_ports list_subnets get_dns '
                'list_hardware list_drives'),
        'get_network_interface': _with('ct0.eth0'),
        'set_network_interface': _with('ct0.eth5', mtu=1500),
        'enable_network_interface': _with('ct0.eth4'),
        'disable_network_interface': _with('ct1.eth4'),
        'create_vlan_interface': _with('ct1.eth5.100', 's'),
        'delete_vlan_interface': _with('ct0.eth5.100'),
        'create_subnet': _with('s-new', '10.8.0.0/24'),
        'set_subnet': _with('s', mtu=9000), 'get_subnet': _with('s'),
        'enable_subnet': _with('s'), 'disable_subnet': _with('s'),
        'rename_subnet': _with('s-rename', 's-renamed'),
        'delete_subnet': _with('s-old'),
        'set_dns': _with(domain='example.com'),
        'get_drive': _with('CH0.BAY0'), 'get_hardware': _with('CT0'),
        'set_hardware': _with('CT0', identify='on')}


def _admin_calls():
    return {
        **_same('list_admins list_publickeys list_api_tokens '
                'list_locked_admins_lockout_info refresh_admins '
                'get_global_admin_attributes get_directory_service '
                'enable_directory_service disable_directory_service '
                'test_directory_service list_directory_service_roles'),
        **_same('get_admin get_publickey get_api_token '
                'get_admin_lockout_info refresh_admin', 'a'),
        'unlock_admin': _with('a-locked'),
        'create_admin': _with('a-new', password='secret'),
        'set_admin': _with('a', role='ops_admin'),
        'delete_admin': _with('a-old'),
        'create_api_token': _with('a-token'),
        'delete_api_token': _with('a-token-old'),
        'set_publickey': _with('a', 'ssh-rsa AAAA'),
        'set_password': _with('a', 'another', 'secret'),
        'set_global_admin_attributes': _with(min_password_length=2),
        'set_directory_service': _with(uri=['ldap://d']),
        'set_directory_service_roles': _with(
            names=['readonly'], group='g')}


def _message_calls():
    return {
        **_same('list_messages list_alert_recipients test_alert '
                'list_snmp_managers get_snmp_engine_id'),
        **_same('get_alert_recipient test_alert_recipient '
                'disable_alert_recipient', sdk_world.RECIPIENT),
        'enable_alert_recipient': _with(sdk_world.RECIPIENT),
        'create_alert_recipient': _with(f'new-{sdk_world.RECIPIENT}'),
        'delete_alert_recipient': _with(f'old-{sdk_world.RECIPIENT}'),
        'flag_message': _with(2), 'clear_message': _with(1),
        **_same('get_snmp_manager test_snmp_manager', 'm'),
        'create_snmp_manager': _with('m-new', 'manager'),
        'set_snmp_manager': _with('m', community='c'),
        'rename_snmp_manager': _with('m-rename', 'm-renamed'),
        'delete_snmp_manager': _with('m-old')}


def _small_calls():
    return {
        **_same('get_certificate list_certificates '
                'get_certificate_signing_request list_kmip '
                'list_app_software list_app_nodes list_apps '
                'list_maintenance_windows schedule_maintenance_window '
                'unschedule_maintenance_window get_smtp'),
        'set_certificate': _with(common_name='array.example.com'),
        'create_certificate': _with('c-new'),
        'delete_certificate': _with('c-old'),
        'create_kmip': _with('k-new', uri=['k'], certificate='management'),
        **_same('get_kmip test_kmip', 'k'),
        'set_kmip': _with('k', uri=['other']), 'delete_kmip': _with('k-old'),
        'install_app': _with('offload'),
        'disable_app': _with('offload'), 'enable_app': _with('offload'),
        'enable_app_vnc': _with('offload'),
        'disable_app_vnc': _with('offload'),
        **_same('get_app_software get_app get_app_node', 'offload'),
        'uninstall_app': _with('offload'),
        'set_smtp': _with(relay_host='mail')}


def _offload_calls():
    return {
        **_same('list_offload list_nfs_offload list_s3_offload '
                'list_azure_offload'),
        **_same('get_offload get_nfs_offload', 'nfs'),
        'get_s3_offload': _with('s3'), 'get_azure_offload': _with('azure'),
        'connect_nfs_offload': _with(
            'nfs-new', address='10.0.0.1', mount_point='/export'),
        'connect_s3_offload': _with(
            's3-new', access_key_id='a', secret_access_key='s', bucket='b'),
        'connect_azure_offload': _with(
            'azure-new', account_name='a', secret_access_key='s'),
        'disconnect_nfs_offload': _with('nfs-old'),
        'disconnect_s3_offload': _with('s3-old'),
        'disconnect_azure_offload': _with('azure-old')}


def _group_calls():
    found = {
        **_same('list_pgroups list_vgroups'),
        'create_pgroup_snapshot': _with('pg'),
        'create_pgroup_snapshots': _with(['pg', 'pg-v']),
        'send_pgroup_snapshot': _with('pg-send.one'),
        'enable_pgroup_replication': _with('pg'),
        'enable_pgroup_snapshots': _with('pg'),
        'disable_pgroup_replication': _with('pg-old'),
        'disable_pgroup_snapshots': _with('pg-old'),
        'set_pgroup': _with('pg', days=3),
        'set_vgroup': _with('vg', iops_limit=1000)}
    for kind, name in (('pgroup', 'pg'), ('vgroup', 'vg')):
        found |= {
            f'create_{kind}': _with(f'{name}-new'),
            f'get_{kind}': _with(name),
            f'rename_{kind}': _with(f'{name}-rename', f'{name}-renamed'),
            f'recover_{kind}': _with(f'{name}-gone'),
            f'eradicate_{kind}': _with(f'{name}-gone-2'),
            f'destroy_{kind}': _with(f'{name}-old')}
    return found


def _pod_calls(second):
    return {
        **_same('list_pods list_pod_replica_links'),
        'create_pod': _with('p-new'), 'clone_pod': _with('p', 'p-cloned'),
        'get_pod': _with('p'),
        'set_pod': _with('p', mediator='mediator.example.com'),
        'rename_pod': _with('p-rename', 'p-renamed'),
        'destroy_pod': _with('p-old'), 'recover_pod': _with('p-gone'),
        'eradicate_pod': _with('p-gone-2'),
        'add_pod': _with('p-stretch', second.name),
        'remove_pod': _with('p-stretched', second.name),
        'promote_pod': _with('p-demoted'), 'demote_pod': _with('p-demote'),
        'create_pod_replica_link': _with(
            'p-link', 'r-link', remote_name=second.name),
        'delete_pod_replica_link': _with('p-link-old', 'r-link-old'),
        'pause_pod_replica_link': _with(
            'p-link-running', 'r-link-running'),
        'resume_pod_replica_link': _with('p-link-paused', 'r-link-paused')}


def _connection_calls(second, third, fourth):
    key = fourth.model.core.setting('connection_key')
    return {
        'list_array_connections': _with(),
        'throttle_array_connection': _with(
            second.name, default_limit='10M'),
        'connect_array': _with(fourth.address, key, ['async']),
        'disconnect_array': _with(third.name)}


def render(covered):
    """The table as reStructuredText."""
    counts = collections.Counter(
        outcome for outcome, _requests, _text in covered.values())
    lines = [
        'Coverage of the SDK', '===================', '',
        '.. Made by tools/sdk-coverage; a test keeps it current.', '',
        'Every public method of ``purestorage.FlashArray`` '
        f'{SDK_VERSION}, called once',
        'against simulated arrays of the latest version:', '',
        *(f'* {outcome}: {counts[outcome]}' for outcome in MEANINGS), '',
        *(line for outcome, meaning in MEANINGS.items()
          for line in (f'``{outcome}``', f'  {meaning}')), '',
        '.. list-table::', '   :header-rows: 1', '',
        '   * - Method', '     - Requests', '     - Outcome']
    for name in sorted(covered):
        outcome, requests, text = covered[name]
        asked = ', '.join(f'``{request}``' for request in requests)
        lines += [f'   * - ``{name}``', f'     - {asked}'.rstrip(),
                  f'     - {outcome}' + (f': {text}' if text else '')]
    return '\n'.join(lines) + '\n'
