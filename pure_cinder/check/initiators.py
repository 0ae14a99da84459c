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
"""Machines that cannot be told apart by their initiators."""

from cinder import context
from cinder.i18n import _
from cinder import objects

from pure_cinder.array import models
from pure_cinder import exceptions
from pure_cinder.findings import Severity

# What os-brick calls the initiators of a machine.
CONNECTOR_KEYS = {'iqn': 'initiator', 'wwn': 'wwpns', 'nqn': 'nqn'}
REMEDY = _('Machines made from one image have one name: write a name of its '
           'own on each (iscsi-iname, nvme gen-hostnqn), with nothing '
           'attached there.')


def check_machines():
    """See that no two machines say that they are the same initiator."""
    machines = {}
    for attachment in objects.VolumeAttachmentList.get_all(
            context.get_admin_context()):
        connector = attachment.connector or {}
        for kind, name in _initiators(connector):
            machines.setdefault((kind, name), set()).add(
                connector.get('host'))
    for (_kind, name), hosts in sorted(machines.items()):
        if len(hosts) > 1:
            yield Severity.ERROR, exceptions.Problem(
                name, _('Machines %(hosts)s have the same initiator '
                        '%(name)s, so that each sees volumes of the others.')
                % {'hosts': ', '.join(sorted(map(str, hosts))),
                   'name': name}, REMEDY)


def check_hosts(subject):
    """See that an initiator is of hosts that are for one protocol alone.

    Arrays whose hosts a machine uses at once should call it alike.
    """
    owners = {}
    for member in subject.reachable:
        array = member.gateway.get_array().name
        for host in member.gateway.hosts.list_all():
            kinds = [kind for kind, names in host.initiators.items() if names]
            if 'nqn' in kinds and len(kinds) > 1:
                yield Severity.WARNING, exceptions.Problem(
                    'host %s' % host.name,
                    _('Host %(host)s of FlashArray %(array)s has initiators '
                      'of NVMe and of SCSI; Purity serves it one of them.')
                    % {'host': host.name, 'array': array},
                    _('Make a host for each protocol.'))
            for kind in kinds:
                for name in host.initiators[kind]:
                    owners.setdefault(
                        models.initiator_key(kind, name), {}).setdefault(
                            host.name, array)
    for name, hosts in sorted(owners.items()):
        if len(hosts) > 1:
            yield Severity.WARNING, exceptions.Problem(
                name, _('The initiator %(name)s is of hosts of different '
                        'names: %(hosts)s.') % {
                            'name': name, 'hosts': ', '.join(
                                _('%(host)s on %(array)s') % {
                                    'host': host, 'array': array}
                                for host, array in sorted(hosts.items()))},
                _('The driver copes; call the host alike on all arrays, so '
                  'that people do not take it for two machines.'))


def _initiators(connector):
    for kind, key in CONNECTOR_KEYS.items():
        names = connector.get(key) or ()
        for name in [names] if isinstance(names, str) else names:
            yield kind, models.initiator_key(kind, name)
