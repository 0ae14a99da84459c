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
"""Objects that an array starts with, made through the rules."""

_KINDS = ('settings', 'volumes', 'hosts', 'hgroups', 'connections')


def plant(array, objects: dict):
    """Make what a seed says; lists of objects by kind, all optional.

    - settings: {name: value} as of `PUT array`
    - volumes: {name, size[, used_bytes, snapshots: [suffix ..], source,
      bandwidth_limit, iops_limit, tags: {key: value}, destroyed]}
    - hosts: {name[, iqns, wwns, nqns, personality]}
    - hgroups: {name[, hosts: [name ..]]}
    - connections: {host or hgroup, volume[, lun]}

    :raises PurityError: what the rules refuse
    :raises ValueError: a kind that is not one of these
    """
    unknown = set(objects) - set(_KINDS)
    if unknown:
        raise ValueError(f'unknown kind of seed: {sorted(unknown)}')
    for name, value in objects.get('settings', {}).items():
        array.settings.change(name, value)
    for volume in objects.get('volumes', ()):
        _plant_volume(array, **volume)
    for host in objects.get('hosts', ()):
        _plant_host(array, **host)
    for hgroup in objects.get('hgroups', ()):
        array.hgroups.create(hgroup['name'])
        array.hgroups.add_hosts(hgroup['name'], hgroup.get('hosts', ()))
    for connection in objects.get('connections', ()):
        _plant_connection(array, **connection)


def _plant_volume(array, name, size=None, source=None, used_bytes=0,
                  snapshots=(), tags=None, destroyed=False, **limits):
    if source is None:
        volume = array.volumes.create(name, size, **limits)
    else:
        volume = array.volumes.copy(source, name, False, **limits)
    if used_bytes:
        array.contents.write(volume, 0, used_bytes)
    for suffix in snapshots:
        array.snapshots.create([name], suffix)
    for key, value in (tags or {}).items():
        array.tags.put(name, key, value)
    if destroyed:
        array.volumes.destroy(name)


def _plant_host(array, name, iqns=(), wwns=(), nqns=(), personality=None):
    array.hosts.create(name)
    for kind, texts in (('IQN', iqns), ('WWN', wwns), ('NQN', nqns)):
        array.hosts.set_initiators(name, kind, {'set': texts})
    array.hosts.set_personality(name, personality)


def _plant_connection(array, volume, host=None, hgroup=None, lun=None):
    if host is not None:
        array.connections.connect_host(host, volume, lun)
    else:
        array.connections.connect_hgroup(hgroup, volume, lun)
