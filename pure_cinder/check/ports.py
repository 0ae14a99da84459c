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
"""Whether machines find target ports, and more than one way to a volume."""

from concurrent import futures
import re
import socket

from cinder.i18n import _

from pure_cinder.attachments.protocols import portals
from pure_cinder import exceptions
from pure_cinder.findings import Severity

CONTROLLER = re.compile(r'(CT\d+)\.', re.IGNORECASE)
CONNECT_TIMEOUT_S = 2
MAX_CONNECTIONS = 16


def check_ports(subject):
    """See that each array has ports that machines may use."""
    for member in subject.reachable:
        severity = (Severity.ERROR if _is_used(subject, member)
                    else Severity.WARNING)
        _role, *checks = subject.backend.startup.checks_of(member)
        for check in checks:
            try:
                check()
            except exceptions.PureDriverException as error:
                yield severity, error.problem
                break
        else:
            yield from _check_paths(subject, member)


def _is_used(subject, member):
    """Whether machines use an array now, and not after a failover only."""
    serving = subject.fleet.serving
    return member in (serving, *subject.fleet.uniform_partners(serving))


def _check_paths(subject, member):
    protocol, gateway = subject.backend.protocol, member.gateway
    ports = gateway.list_ports()
    targets = protocol.select_targets(ports, gateway.list_interface_services)
    array, told = gateway.get_array().name, sorted(
        getattr(target, 'portal', target) for target in targets)
    yield Severity.OK, exceptions.Problem(
        member.backend_id, _('Machines may use %(count)d target ports of '
                             'FlashArray %(array)s: %(ports)s.')
        % {'count': len(targets), 'array': array, 'ports': ', '.join(told)})
    controllers = _controllers(ports)
    used = [name for name, own in controllers.items()
            if _has_target(protocol, own, gateway)]
    if len(targets) == 1 or len(used) < len(controllers):
        yield Severity.WARNING, exceptions.Problem(
            member.backend_id,
            _('All paths to FlashArray %(array)s end at %(end)s.')
            % {'array': array, 'end': told[0] if len(targets) == 1 else
               _('controller %s') % ', '.join(used)},
            _('Machines lose their volumes with it, in an upgrade of Purity '
              'at the latest. Let them use ports of both controllers.'))
    yield from _check_portals(array, member, told) if (
        hasattr(targets[0], 'portal') and _is_tcp(subject)) else ()


def _controllers(ports):
    """:returns: dict of controller to list of its models.Port"""
    found = {}
    for port in ports:
        match = CONTROLLER.match(port.name)
        if match:
            found.setdefault(match[1].upper(), []).append(port)
    return found


def _has_target(protocol, ports, gateway):
    try:
        return bool(protocol.select_targets(
            ports, gateway.list_interface_services))
    except exceptions.PureNoTargetPortError:
        return False


def _is_tcp(subject):
    return (subject.backend.protocol.initiator_kind != 'nqn'
            or subject.config.nvme_transport == 'tcp')


def _check_portals(array, member, told):
    """See that this node, at least, gets through to the ports."""
    with futures.ThreadPoolExecutor(MAX_CONNECTIONS) as pool:
        closed = [portal for portal, error in zip(
            told, pool.map(_connection_error, told)) if error]
    if closed:
        yield Severity.WARNING, exceptions.Problem(
            member.backend_id,
            _('This node gets no connection to ports of FlashArray '
              '%(array)s: %(portals)s.')
            % {'array': array, 'portals': ', '.join(closed)},
            _('See to the network, or admit only networks that machines '
              'reach: each port that they do not delays every attach.'))


def _connection_error(portal):
    """What kept a connection from being made, or None; nothing is sent."""
    try:
        with socket.create_connection(portals.split(portal),
                                      CONNECT_TIMEOUT_S):
            return None
    except OSError as error:
        return error
