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

from flasharray_sim.rules import settings as setting_rules

_SIZE = (int, str)
# Kind -> fields and what they hold; the first is required.
_FIELDS = {
    'volumes': {
        'name': str, 'size': _SIZE, 'source': str, 'used_bytes': int,
        'snapshots': list, 'tags': dict, 'destroyed': bool,
        'bandwidth_limit': _SIZE, 'iops_limit': _SIZE},
    'hosts': {'name': str, 'iqns': list, 'wwns': list, 'nqns': list,
              'personality': str},
    'hgroups': {'name': str, 'hosts': list},
    'connections': {'volume': str, 'host': str, 'hgroup': str, 'lun': int},
}


def plant(array, objects: dict):
    """Make what a seed says; lists of objects by kind, all optional.

    - settings: {name: value} as of `PUT array`; console_lock and
      remoteassist are 'enabled' or 'disabled'
    - volumes: {name, size[, used_bytes, snapshots: [suffix ..], source,
      bandwidth_limit, iops_limit, tags: {key: value}, destroyed]}
    - hosts: {name[, iqns, wwns, nqns, personality]}
    - hgroups: {name[, hosts: [name ..]]}
    - connections: {volume, host or hgroup[, lun]}

    :raises PurityError: what the rules refuse
    :raises ValueError: what is not of these forms
    """
    _check(objects)
    for name, value in objects.get('settings', {}).items():
        array.settings.change(name, value)
    for kind, make in (
            ('volumes', _plant_volume), ('hosts', _plant_host),
            ('hgroups', _plant_hgroup), ('connections', _plant_connection)):
        for fields in objects.get(kind, ()):
            make(array, **fields)


def _check(objects):
    _expect(isinstance(objects, dict), 'the seed')
    for name in objects.get('settings', {}):
        _expect(name in setting_rules.SIMPLE | setting_rules.SWITCHES,
                f'setting {name!r}')
    for kind in set(objects) - {'settings'}:
        _expect(kind in _FIELDS and isinstance(objects[kind], list), kind)
        for fields in objects[kind]:
            _check_object(kind, fields)


def _check_object(kind, fields):
    known = _FIELDS[kind]
    required = next(iter(known))
    _expect(isinstance(fields, dict) and required in fields,
            f'{kind} without {required}: {fields!r}')
    for name, value in fields.items():
        _expect(name in known and isinstance(value, known[name]),
                f'{name} = {value!r} of {kind}')
        if isinstance(value, (list, dict)):
            texts = value if isinstance(value, list) else (
                *value, *value.values())
            _expect(all(isinstance(text, str) for text in texts),
                    f'{name} = {value!r} of {kind}')
    if kind == 'volumes':
        _expect(('size' in fields) != ('source' in fields),
                f'size or source of {fields!r}')
    if kind == 'connections':
        _expect(('host' in fields) != ('hgroup' in fields),
                f'host or hgroup of {fields!r}')


def _expect(is_good, what):
    if not is_good:
        raise ValueError(f'the seed is not understood: {what}')


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


def _plant_hgroup(array, name, hosts=()):
    array.hgroups.create(name)
    array.hgroups.add_hosts(name, hosts)


def _plant_connection(array, volume, host=None, hgroup=None, lun=None):
    if host is not None:
        array.connections.connect_host(host, volume, lun)
    else:
        array.connections.connect_hgroup(hgroup, volume, lun)
