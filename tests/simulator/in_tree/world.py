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
"""A volume service in miniature around the driver of Cinder 24's tree.

It does with the driver's answers what Cinder's volume manager does: model
updates go to the database, attachments exist while a volume is attached.
The driver's own code is not touched; its public methods are counted.
"""

import collections
import functools
import uuid

from cinder import context
from cinder import objects
from cinder.objects import fields
from cinder.volume import configuration
from cinder.volume.drivers import pure
from cinder.volume import group_types
from cinder.volume import manager
from cinder.volume import qos_specs
from cinder.volume import volume_types
from oslo_utils import importutils

from tests import arrays

BACKEND = 'pure'
HOST = f'node@{BACKEND}'
CONTEXT = context.RequestContext(
    '0f0e0d0c0b0a49888786858483828181', '0f0e0d0c0b0a49888786858483828180',
    is_admin=True)
_OWNER = {'user_id': CONTEXT.user_id, 'project_id': CONTEXT.project_id}
GIB = 1 << 30
CLASSES = {'iscsi': pure.PureISCSIDriver, 'fc': pure.PureFCDriver,
           'nvme': pure.PureNVMEDriver}
PROTOCOLS = tuple(CLASSES)
# What the arrays' NVMe ports speak.
_PROTOCOL_OPTIONS = {'nvme': {'pure_nvme_transport': 'tcp'}}

_calls = {name: collections.Counter() for name in PROTOCOLS}


def calls_made():
    """{protocol: {public method of its driver: how often called}}."""
    return {protocol: {name: _calls[protocol][name]
                       for name in public_methods(protocol)}
            for protocol in PROTOCOLS}


def public_methods(protocol):
    """Names of what the driver's file defines for others to call."""
    return sorted({
        name for ancestor in CLASSES[protocol].__mro__
        if ancestor.__module__ == pure.__name__
        for name, member in vars(ancestor).items()
        if not name.startswith('_')
        and (callable(member) or isinstance(member, classmethod))})


# Configuration

def configuration_text(sections):
    """The text of a cinder.conf; a list value repeats its option."""
    lines = []
    for section, options in sections.items():
        lines.append(f'[{section}]')
        for name, value in options.items():
            for one in value if isinstance(value, list) else [value]:
                lines.append(f'{name} = {one}')
    return '\n'.join(lines) + '\n'


def backend_section(fleet, protocol, devices, options):
    """Options of a backend on the first array, verifying certificates.

    :param devices: replication targets as from `device`
    """
    array = fleet.arrays[0]
    section = {
        'volume_driver': f'{pure.__name__}.{CLASSES[protocol].__name__}',
        'volume_backend_name': BACKEND,
        'san_ip': array.address,
        'pure_api_token': array.api_token,
        'driver_ssl_cert_verify': True,
        'driver_ssl_cert_path': fleet.certificate_path,
        **_PROTOCOL_OPTIONS.get(protocol, {}),
        **options}
    if devices:
        section['replication_device'] = [
            ','.join(f'{key}:{value}' for key, value in device.items())
            for device in devices]
    return section


def device(fleet, number, kind, uniform=False):
    """A replication target: the array of this number.

    :param kind: 'async' or 'sync'
    """
    array = fleet.arrays[number]
    return {'backend_id': array.name, 'san_ip': array.address,
            'api_token': array.api_token, 'type': kind, 'uniform': uniform,
            'ssl_cert_verify': True,
            'ssl_cert_path': fleet.certificate_path}


def client_of(fleet, array):
    return arrays.client_of(array, fleet.certificate_path)


def link(fleet, clients, source, target, kind):
    """Connect two arrays, as an operator does before Cinder starts.

    :param clients: one for each array, in the order of the arrays
    :param kind: 'async' or 'sync'
    """
    arrays.connect(clients[source], clients[target],
                   fleet.arrays[target].address, kind)


# Rows of Cinder's database

def new_type(extra_specs=None, qos=None, name=None):
    """A volume type.

    :param qos: dict of back-end qos-specs to associate
    """
    row = volume_types.create(
        CONTEXT, name or f'type-{uuid.uuid4()}', extra_specs)
    if qos:
        specs = qos_specs.create(CONTEXT, f'qos-{uuid.uuid4()}', qos)
        qos_specs.associate_qos_with_type(CONTEXT, specs.id, row.id)
    return objects.VolumeType.get_by_id(CONTEXT, row.id)


def replicated_type(kind):
    """A volume type that is replicated 'async', 'sync' or 'trisync'."""
    return new_type({'replication_enabled': '<is> True',
                     'replication_type': f'<in> {kind}'})


def new_group_type(*capabilities):
    """A group type with capabilities like 'snapshot' and 'replication'."""
    return group_types.create(CONTEXT, f'group-{uuid.uuid4()}', {
        f'consistent_group_{name}_enabled': '<is> True'
        for name in capabilities})


def connector(host='compute-1', number=1, **changes):
    """A compute node as os-brick describes it, all protocols in one."""
    values = {
        'host': host,
        'ip': '127.0.0.1',
        'initiator': f'iqn.1993-08.org.debian:01:{number:012x}',
        'wwpns': [f'2100000000{number:04x}{port:02x}' for port in range(2)],
        'wwnns': [f'2000000000{number:04x}{port:02x}' for port in range(2)],
        'nqn': f'nqn.2014-08.org.nvmexpress:uuid:{uuid.UUID(int=number)}',
        'multipath': True,
        'platform': 'x86_64',
        'os_type': 'linux',
    }
    values.update(changes)
    return values


class Backend:
    """One backend, its driver and its rows in the database."""

    def __init__(self, protocol, active_backend_id=None):
        self.protocol = protocol
        self.configuration = configuration.Configuration(
            manager.volume_backend_opts, config_group=BACKEND)
        self.driver = importutils.import_object(
            self.configuration.volume_driver,
            configuration=self.configuration, host=HOST, cluster_name=None,
            is_vol_db_empty=True, active_backend_id=active_backend_id)
        for name in public_methods(protocol):
            setattr(self.driver, name, self._counted(name))

    def _counted(self, name):
        method = getattr(self.driver, name)

        @functools.wraps(method)
        def call(*args, **kwargs):
            _calls[self.protocol][name] += 1
            return method(*args, **kwargs)
        return call

    def start(self):
        self.driver.do_setup(CONTEXT)
        self.driver.check_for_setup_error()
        return self

    # Volumes

    def new_volume(self, size=1, volume_type=None, **values):
        """A row without anything on the array."""
        if volume_type is not None:
            values['volume_type_id'] = volume_type.id
        volume = objects.Volume(
            CONTEXT, size=size, host=f'{HOST}#{BACKEND}', status='creating',
            display_name='test', **{'metadata': {}, **values})
        volume.create()
        return objects.Volume.get_by_id(CONTEXT, volume.id)

    def create(self, size=1, volume_type=None, **values):
        volume = self.new_volume(size, volume_type, **values)
        return self.saved(volume, self.driver.create_volume(volume))

    def clone(self, source, size=None, volume_type=None):
        volume = self.new_volume(size or source.size, volume_type,
                                 source_volid=source.id)
        return self.saved(
            volume, self.driver.create_cloned_volume(volume, source))

    def from_snapshot(self, snapshot, size=None, volume_type=None):
        volume = self.new_volume(size or snapshot.volume_size, volume_type,
                                 snapshot_id=snapshot.id)
        return self.saved(volume, self.driver.create_volume_from_snapshot(
            volume, snapshot))

    def extend(self, volume, size):
        self.driver.extend_volume(volume, size)
        volume.size = size
        volume.save()

    def retype(self, volume, new_type):
        """:returns: whether the driver did it"""
        is_done, update = self.driver.retype(
            CONTEXT, volume, {'id': new_type.id}, {}, {'host': volume.host})
        if is_done:
            self.saved(volume, {'volume_type_id': new_type.id,
                                **(update or {})})
            volume.volume_type = new_type
            volume.obj_reset_changes(['volume_type'])
        return is_done

    @staticmethod
    def saved(volume, model_update):
        volume.update(model_update or {})
        volume.save()
        return volume

    # Snapshots

    def new_snapshot(self, volume, **values):
        snapshot = objects.Snapshot(
            CONTEXT, volume_id=volume.id, volume_size=volume.size,
            status='creating', display_name='test', metadata={}, **values)
        snapshot.create()
        return objects.Snapshot.get_by_id(CONTEXT, snapshot.id)

    def snapshot(self, volume):
        snapshot = self.new_snapshot(volume)
        self.saved(snapshot, self.driver.create_snapshot(snapshot))
        return snapshot

    # Attachments

    def attach(self, volume, node):
        """:returns: connection information; the attachment is recorded"""
        if self.protocol != 'nvme':
            self.driver.validate_connector(node)
        self.driver.create_export(CONTEXT, volume, node)
        self.driver.ensure_export(CONTEXT, volume)
        info = self.driver.initialize_connection(volume, node)
        objects.VolumeAttachment(
            CONTEXT, volume_id=volume.id, instance_uuid=str(uuid.uuid4()),
            attached_host=node['host'], connector=node,
            attach_status=fields.VolumeAttachStatus.ATTACHED).create()
        self._reload_attachments(volume)
        return info

    def detach(self, volume, node):
        """:param node: None detaches by force, everywhere"""
        info = self.driver.terminate_connection(volume, node)
        for attachment in volume.volume_attachment:
            if node is None or node['host'] == attachment.attached_host:
                attachment.destroy()
                if node is not None:
                    break
        self._reload_attachments(volume)
        return info

    @staticmethod
    def _reload_attachments(volume):
        volume.volume_attachment = (
            objects.VolumeAttachmentList.get_all_by_volume_id(
                CONTEXT, volume.id))
        volume.obj_reset_changes(['volume_attachment'])

    # Groups

    def new_group(self, volume_types_, *capabilities):
        """:param capabilities: those of `new_group_type`, or 'snapshot'"""
        group_type = new_group_type(*capabilities or ('snapshot',))
        group = objects.Group(
            CONTEXT, name='test', host=f'{HOST}#{BACKEND}', **_OWNER,
            group_type_id=group_type.id, status='creating',
            volume_type_ids=[row.id for row in volume_types_])
        group.create()
        # The API's object goes to the volume service with its types.
        type_ids = [row.id for row in volume_types_]
        group = objects.Group.get_by_id(CONTEXT, group.id)
        group.volume_type_ids = type_ids
        group.obj_reset_changes(['volume_type_ids'])
        return group

    def create_group(self, volume_types_, *capabilities):
        group = self.new_group(volume_types_, *capabilities)
        return self.saved(group, self.driver.create_group(CONTEXT, group))

    def snapshot_group(self, group, volumes):
        """:returns: the group snapshot and its members"""
        group_snapshot = objects.GroupSnapshot(
            CONTEXT, group_id=group.id, name='test', status='creating',
            group_type_id=group.group_type_id, **_OWNER)
        group_snapshot.create()
        group_snapshot = objects.GroupSnapshot.get_by_id(
            CONTEXT, group_snapshot.id)
        members = [
            self.new_snapshot(volume, group_snapshot_id=group_snapshot.id)
            for volume in volumes]
        self.driver.create_group_snapshot(CONTEXT, group_snapshot, members)
        return group_snapshot, members

    # Replication

    def fail_over(self, volumes, target=None):
        """:returns: the array's backend_id, {volume's id: its update}"""
        backend_id, updates, group_updates = self.driver.failover_host(
            CONTEXT, volumes, target, [])
        assert group_updates == []
        return backend_id, {
            update['volume_id']: update['updates'] for update in updates}

    def stats(self):
        return self.driver.get_volume_stats(refresh=True)
