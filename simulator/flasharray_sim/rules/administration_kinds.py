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
"""The kinds of small administrative objects (2.9, 2.10).

Names, defaults and ranges are those that the Ansible modules read and
write; what no client reads is inferred.
"""

import re

from flasharray_sim.rules import administration
from flasharray_sim.rules import roles

ALERT_ADDRESS = 'flasharray-alerts@purestorage.com'
_EMAIL = re.compile(r'[^@\s/]{1,64}@[^@\s/]{1,190}')
_TARGET = re.compile(r'[A-Za-z](?:[A-Za-z0-9-]{0,54}[A-Za-z0-9])?')
_INTERFACE = re.compile(r'[a-z0-9.]{1,63}')
_COMPONENT = re.compile(r'[A-Z0-9.]{1,63}')
_Field = administration.Field
_Kind = administration.Kind


def _secret(name, **more):
    return _Field(name, is_secret=True, **more)


def _required(name, **more):
    return _Field(name, is_required=True, **more)


_SNMP = (
    _required('host'),
    _Field('version', default='v2c', choices=('v2c', 'v3')),
    _secret('community'),
    _Field('user'),
    _Field('auth_protocol', choices=('MD5', 'SHA')),
    _secret('auth_passphrase'),
    _Field('privacy_protocol', choices=('AES', 'DES')),
    _secret('privacy_passphrase'),
    _Field('notification', default='trap', choices=('inform', 'trap')),
)
_DIRECTORY = (
    _Field('enabled', 'boolean', False),
    _Field('uri', 'list', ()),
    _Field('base_dn', default=''),
    _Field('bind_user', default=''),
    _secret('bind_password'),
    _Field('check_peer', 'boolean', False),
    _Field('user_login_attribute', since='1.17'),
    _Field('user_object_class', since='1.17'),
)
_STATUS = _Field('status', default='connected', is_settable=False)
_INITIALIZE = _Field('initialize', 'boolean', False, is_shown=False)

_EVERY = (
    _Kind('alert', 'Alert recipient', 'alert',
          (_Field('enabled', 'boolean', True),),
          initial=(ALERT_ADDRESS,), name_pattern=_EMAIL),
    _Kind('snmp', 'SNMP manager', 'snmp', _SNMP, is_renamable=True),
    _Kind('dns', 'DNS', 'dns',
          (_Field('domain', default=''),
           _Field('nameservers', 'list', (), bounds=(0, 3))),
          is_single=True),
    _Kind('smtp', 'SMTP', 'smtp',
          (_Field('relay_host', default=''),
           _Field('sender_domain', default=''),
           _Field('user_name', default=''), _secret('password')),
          since='1.14', is_single=True),
    _Kind('directoryservice', 'Directory service', 'directoryservice',
          _DIRECTORY, is_single=True),
    _Kind('directory_groups', 'Directory service', 'directoryservice',
          (_Field('group_base', default=''),
           _Field('readonly_group', default=''),
           _Field('storage_admin_group', default=''),
           _Field('array_admin_group', default='')), is_single=True),
    _Kind('directory_certificate', 'Directory service', 'directoryservice',
          (_Field('certificate'),), is_single=True),
    _Kind('directory_role', 'Directory service role',
          'directoryservice/role',
          (_Field('group'), _Field('group_base')), since='1.16',
          initial=roles.NAMES),
    _Kind('admin_settings', 'Settings', 'admin/settings',
          (_Field('min_password_length', 'integer', 1, bounds=(1, 100)),
           _Field('max_login_attempts', 'integer', bounds=(0, 20)),
           _Field('lockout_duration', 'integer', bounds=(0, 90 * 86400))),
          since='1.16', is_single=True),
    _Kind('kmip', 'KMIP server', 'kmip',
          (_required('uri', kind='list', default=(), bounds=(0, 5)),
           _required('certificate'), _Field('ca_certificate')),
          since='1.12'),
    _Kind('nfs_offload', 'Offload target', 'nfs_offload',
          (_Field('protocol', default='nfs', is_settable=False), _STATUS,
           _required('address'), _required('mount_point'),
           _Field('mount_options', default='')),
          since='1.14', name_pattern=_TARGET),
    _Kind('s3_offload', 'Offload target', 's3_offload',
          (_Field('protocol', default='s3', is_settable=False), _STATUS,
           _required('access_key_id'), _required('bucket'),
           _required('secret_access_key', is_secret=True),
           _Field('placement_strategy', default='retention-based',
                  since='1.17', choices=('retention-based',
                                         'aws-standard-class')),
           _INITIALIZE), since='1.16', name_pattern=_TARGET),
    _Kind('azure_offload', 'Offload target', 'azure_offload',
          (_Field('protocol', default='azure', is_settable=False), _STATUS,
           _required('account_name'),
           _Field('container_name', default='offload'),
           _required('secret_access_key', is_secret=True), _INITIALIZE),
          since='1.17', name_pattern=_TARGET),
    _Kind('subnet', 'Subnet', 'subnet',
          (_required('prefix'), _Field('gateway'),
           _Field('vlan', 'integer', 0, bounds=(0, 4094)),
           _Field('mtu', 'integer', 1500, bounds=(568, 9000)),
           _Field('enabled', 'boolean', True)),
          since='1.5', is_renamable=True),
    _Kind('interface', 'Network interface', 'network',
          (_Field('address'), _Field('netmask'), _Field('gateway'),
           _Field('mtu', 'integer', bounds=(1280, 9216)),
           _Field('enabled', 'boolean'),
           _Field('subnet_id', 'integer', is_settable=False)),
          name_pattern=_INTERFACE),
    _Kind('hardware', 'Hardware component', 'hardware',
          (_Field('identify', default='off', choices=('on', 'off')),),
          name_pattern=_COMPONENT),
    _Kind('app', 'App', 'app',
          (_Field('enabled', 'boolean', True),
           _Field('vnc_enabled', 'boolean', False),
           _Field('version', is_settable=False)), since='1.10'),
    _Kind('maintenance_window', 'Maintenance window', 'maintenance_window',
          (_Field('created_s', 'integer', is_settable=False),
           _Field('expires_s', 'integer', is_settable=False)),
          since='1.17'),
    _Kind('cert', 'Certificate', 'cert',
          (_Field('certificate'), _Field('intermediate_certificate'),
           _secret('key')), since='1.3'),
)
KINDS = {kind.key: kind for kind in _EVERY}
