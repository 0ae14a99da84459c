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
"""The objects that one call of every SDK method needs, made before."""

from tests import arrays as arrays_module

RECIPIENT = 'someone@example.com'


def set_up(arrays, clients):
    """Make what the calls need, each call its own."""
    client, peer, other, _unconnected = clients
    for name in ('v', 'v-copy', 'v-pg', 'v-pg-2', 'v-tag', 'v-move',
                 'v-old', 'v-old-2', 'v-rename', 'v-demoted', 'v-demote',
                 'v-small', 'v-h', 'v-h-2', 'v-hg', 'v-hg-2'):
        client.create_volume(name, '10M')
    client.add_tag_to_volume('v-tag', 'key', 'value')
    client.demote_volume('v-demoted')
    for name in ('v-old', 'v-old-2'):
        client.destroy_volume(name)
    for name in ('h', 'h-old', 'h-rename', 'h-pg', 'h-pg-2'):
        client.create_host(name)
    for name in ('g', 'g-old', 'g-rename', 'g-pg', 'g-pg-2'):
        client.create_hgroup(name)
    client.connect_host('h', 'v-h-2')
    client.connect_hgroup('g', 'v-hg-2')
    _set_up_administration(client)
    _set_up_groups(client)
    _set_up_pods(client, peer, arrays[1])
    arrays_module.connect(client, other, arrays[2].address, 'async')
    client.set_global_admin_attributes(
        max_login_attempts=1, lockout_duration=86400)
    with arrays[0].model.transaction():
        arrays[0].model.admins.login('a-locked', 'wrong')
    client.flag_message(1)


def _set_up_administration(client):
    for name in ('a', 'a-old', 'a-token', 'a-token-old', 'a-locked'):
        client.create_admin(name, password='secret', role='readonly')
    client.create_api_token('a-token-old')
    for name in (RECIPIENT, f'old-{RECIPIENT}'):
        client.create_alert_recipient(name)
    for name in ('m', 'm-old', 'm-rename'):
        client.create_snmp_manager(name, 'manager')
    for name in ('k', 'k-old'):
        client.create_kmip(name, uri=['k:5696'], certificate='management')
    client.create_certificate('c-old')
    for name in ('s', 's-old', 's-rename'):
        client.create_subnet(name, '10.9.0.0/24', vlan=100)
    client.disable_subnet('s')
    client.create_vlan_interface('ct0.eth5.100', 's')
    client.disable_network_interface('ct0.eth4')
    for name in ('nfs', 'nfs-old'):
        client.connect_nfs_offload(
            name, address='10.0.0.1', mount_point='/export')
    for name in ('s3', 's3-old'):
        client.connect_s3_offload(
            name, access_key_id='a', secret_access_key='s', bucket='b')
    for name in ('azure', 'azure-old'):
        client.connect_azure_offload(
            name, account_name='a', secret_access_key='s')


def _set_up_groups(client):
    for name in ('pg', 'pg-old', 'pg-rename', 'pg-h', 'pg-g', 'pg-send',
                 'pg-gone', 'pg-gone-2', 'pg-v'):
        client.create_pgroup(name)
    client.create_pgroup('pg-v-2', vollist=['v-pg-2'])
    client.create_pgroup('pg-h-2', hostlist=['h-pg-2'])
    client.create_pgroup('pg-g-2', hgrouplist=['g-pg-2'])
    client.enable_pgroup_replication('pg-old')
    client.enable_pgroup_snapshots('pg-old')
    for name in ('pg-gone', 'pg-gone-2'):
        client.destroy_pgroup(name)
    for name in ('vg', 'vg-old', 'vg-rename', 'vg-gone', 'vg-gone-2'):
        client.create_vgroup(name)
    for name in ('vg-gone', 'vg-gone-2'):
        client.destroy_vgroup(name)


def _set_up_pods(client, peer, second):
    arrays_module.connect(client, peer, second.address, 'sync')
    client.set_pgroup('pg-send', targetlist=[second.name])
    peer.set_pgroup(f'{client.get()["array_name"]}:pg-send', allowed=True)
    client.create_pgroup_snapshot('pg-send', suffix='one')
    for name in ('p', 'p-old', 'p-rename', 'p-gone', 'p-gone-2',
                 'p-stretch', 'p-stretched', 'p-link', 'p-link-old',
                 'p-link-paused', 'p-link-running', 'p-demoted',
                 'p-demote'):
        client.create_pod(name)
    for name in ('p-gone', 'p-gone-2'):
        client.destroy_pod(name)
    client.demote_pod('p-demoted')
    client.add_pod('p-stretched', second.name)
    for name in ('link', 'link-old', 'link-paused', 'link-running'):
        peer.create_pod(f'r-{name}')
        peer.demote_pod(f'r-{name}')
        if name != 'link':
            client.create_pod_replica_link(
                f'p-{name}', f'r-{name}', remote_name=second.name)
    client.pause_pod_replica_link('p-link-paused', 'r-link-paused')
