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
"""A backend section of cinder.conf, read once and checked whole."""

import dataclasses
import ipaddress
import os

from cinder.i18n import _
from oslo_utils import netutils
from oslo_utils import strutils

from pure_cinder import exceptions
from pure_cinder import naming
from pure_cinder import options
from pure_cinder import replication_policy
from pure_cinder import spelling
from pure_cinder.types import specs

AUTOMATIC_RATIO = 'auto'


@dataclasses.dataclass(frozen=True)
class EndpointOptions:
    """What an operator calls the parts of an ArrayEndpoint."""

    address: str = 'san_ip'
    api_token: str = 'pure_api_token'
    verify: str = 'driver_ssl_cert_verify'
    ca_path: str = 'driver_ssl_cert_path'

    @classmethod
    def of_device(cls, name):
        """:param name: such as ``replication_device b``"""
        return cls(*('%s of %s' % (key, name) for key in (
            'san_ip', 'api_token', 'ssl_cert_verify', 'ssl_cert_path')))


@dataclasses.dataclass(frozen=True)
class ArrayEndpoint:
    """How to reach one array.

    ``verify`` is False, True or the path of a CA bundle, as ``requests``
    takes it. ``options`` is for the texts that an operator reads. The
    time-outs bound a connection and a whole answer, ``max_connections`` how
    many are open at once.
    """

    address: str
    api_token: str = dataclasses.field(repr=False)
    verify: bool | str
    connect_timeout_s: float = options.CONNECT_TIMEOUT_S
    read_timeout_s: float = options.READ_TIMEOUT_S
    max_connections: int = options.MAX_CONNECTIONS
    options: EndpointOptions = dataclasses.field(
        default=EndpointOptions(), compare=False)


@dataclasses.dataclass(frozen=True)
class ReplicationDevice:
    """One ``replication_device``.

    ``replication`` is ASYNC or SYNC; hosts of a ``uniform`` one are connected
    to it beside the primary.
    """

    backend_id: str
    endpoint: ArrayEndpoint
    replication: specs.ReplicationType
    is_uniform: bool


@dataclasses.dataclass(frozen=True)
class ReplicationConfig:
    """What the backend section says of replication.

    ``trisync_pgroup`` is the full name, ``<pod>::<group>``.
    """

    devices: tuple[ReplicationDevice, ...]
    is_trisync: bool
    async_pgroup: str
    trisync_pgroup: str
    pod: str
    policy: replication_policy.ReplicationPolicy

    @property
    def types(self):
        """The ReplicationTypes that volumes can have.

        Every device takes part in asynchronous replication.
        """
        types = []
        if self.devices:
            types.append(specs.ReplicationType.ASYNC)
        if any(device.replication is specs.ReplicationType.SYNC
               for device in self.devices):
            types.append(specs.ReplicationType.SYNC)
        if self.is_trisync:
            types.append(specs.ReplicationType.TRISYNC)
        return types

    def serves(self, replication):
        """Whether there are the devices for a ReplicationType."""
        return (replication is specs.ReplicationType.NONE
                or replication in self.types)


@dataclasses.dataclass(frozen=True)
class BackendConfig:
    """What the backend section says.

    :ivar section: its name in cinder.conf; ``backend_name`` is what Cinder
        calls the backend
    :ivar doubts: sentences on what is there without effect
    """

    section: str
    doubts: tuple[str, ...]
    endpoint: ArrayEndpoint
    backend_name: str
    host_personality: str | None
    is_eradicating_on_delete: bool
    is_ratio_automatic: bool
    max_over_subscription_ratio: float | str
    reserved_percentage: int
    is_chap_wanted: bool
    iscsi_networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]
    nvme_networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]
    nvme_transport: str
    ghost_pod_prefix: str
    max_threads: int
    replication: ReplicationConfig


def read(configuration, driver_name):
    """Understand a backend section.

    :param configuration: ``cinder.volume.configuration.Configuration``
    :param driver_name: stands in for a missing ``volume_backend_name``
    :returns: BackendConfig
    :raises PureConfigurationError: names every problem of the section
    """
    problems = []
    section = configuration.config_group or 'DEFAULT'
    backend_name = configuration.volume_backend_name or driver_name
    problems += _unserved(configuration)
    problems += _obsolete(configuration)
    config = BackendConfig(
        section=section,
        doubts=tuple(spelling.doubts(configuration.config_group)),
        endpoint=_primary_endpoint(configuration, problems),
        backend_name=backend_name,
        host_personality=configuration.pure_host_personality,
        is_eradicating_on_delete=configuration.pure_eradicate_on_delete,
        is_ratio_automatic=(
            configuration.pure_automatic_max_oversubscription_ratio),
        max_over_subscription_ratio=_ratio(
            configuration.max_over_subscription_ratio),
        reserved_percentage=configuration.reserved_percentage,
        is_chap_wanted=configuration.use_chap_auth,
        iscsi_networks=_networks(
            'pure_iscsi_cidr', configuration.pure_iscsi_cidr,
            configuration.pure_iscsi_cidr_list, problems),
        nvme_networks=_networks(
            'pure_nvme_cidr', configuration.pure_nvme_cidr,
            configuration.pure_nvme_cidr_list, problems),
        nvme_transport=configuration.pure_nvme_transport,
        ghost_pod_prefix=configuration.pure_ghost_pod_name,
        max_threads=configuration.pure_max_threads,
        replication=_replication(configuration, backend_name, problems))
    if problems:
        raise exceptions.PureConfigurationError(
            section, [*problems, *config.doubts])
    return config


def _unserved(configuration):
    """What later releases will serve; silence would be a false promise."""
    unserved = {
        'pure_safemode_enabled': configuration.pure_safemode_enabled,
    }
    return [_('%s is set, but this release does not serve it; remove it.')
            % name for name, value in unserved.items() if value]


def _obsolete(configuration):
    configuration.append_config_values(options.OBSOLETE_OPTS)
    return [_('%(name)s is no option any more: %(remedy)s.')
            % {'name': name, 'remedy': remedy}
            for name, remedy in options.OBSOLETE.items()
            if getattr(configuration, name)]


def _primary_endpoint(configuration, problems):
    if not configuration.san_ip:
        problems.append(_("san_ip is missing; set it to the array's "
                          "management address."))
    if not configuration.pure_api_token:
        problems.append(_('pure_api_token is missing; "pureadmin list '
                          '--api-token --expose" shows it on the array.'))
    return _endpoint(
        configuration.san_ip, configuration.pure_api_token,
        configuration.driver_ssl_cert_verify,
        configuration.driver_ssl_cert_path, EndpointOptions(),
        _bounds(configuration), problems)


def _bounds(configuration):
    """:returns: fields of ArrayEndpoint"""
    return {'connect_timeout_s': configuration.pure_rest_connect_timeout,
            'read_timeout_s': configuration.pure_rest_read_timeout,
            'max_connections': configuration.pure_max_connections}


def _endpoint(address, api_token, is_verified, path, names, bounds,
              problems):
    """:param names: EndpointOptions"""
    if '/' in (address or ''):
        problems.append(_(
            "%(name)s is '%(address)s'; write the address alone, without "
            "https:// and without a path: '%(host)s'.")
            % {'name': names.address, 'address': address,
               'host': address.rpartition('://')[2].partition('/')[0]})
    if is_verified and path and not os.access(path, os.R_OK):
        problems.append(_('%(name)s is %(path)s, which cannot be read; '
                          'name a CA bundle that the service may read.')
                        % {'name': names.ca_path, 'path': path})
    return ArrayEndpoint(address=netutils.escape_ipv6(address or ''),
                         api_token=api_token,
                         verify=(path or True) if is_verified else False,
                         options=names, **bounds)


DEVICE_KEYS = ('backend_id', 'san_ip', 'api_token', 'type', 'uniform',
               'ssl_cert_verify', 'ssl_cert_path')
REQUIRED_DEVICE_KEYS = DEVICE_KEYS[:3]
# Targets of one protection group.
MOST_DEVICES = 4
# What Cinder calls the primary when it asks to fail back.
FAILBACK = 'default'


def _replication(configuration, backend_name, problems):
    devices = tuple(
        _device(number, values, _bounds(configuration), problems)
        for number, values in enumerate(
            configuration.replication_device or (), start=1))
    pod = configuration.pure_replication_pod_name
    replication = ReplicationConfig(
        devices=devices,
        is_trisync=configuration.pure_trisync_enabled,
        async_pgroup=configuration.pure_replication_pg_name,
        trisync_pgroup=naming.in_pod(pod, configuration.pure_trisync_pg_name),
        pod=pod,
        policy=replication_policy.read(configuration))
    problems += _fleet_problems(configuration, replication, backend_name)
    if devices:
        problems += replication_policy.problems_of(replication.policy)
        problems += _name_problems(configuration, replication)
    return replication


def _device(number, values, bounds, problems):
    """One ``replication_device``, understood as far as it can be."""
    name = 'replication_device %s' % (values.get('backend_id') or number)
    for key in REQUIRED_DEVICE_KEYS:
        if not values.get(key):
            problems.append(_('%(name)s has no %(key)s.')
                            % {'name': name, 'key': key})
    for key in values:
        if key not in DEVICE_KEYS:
            problems.append(_("%(name)s has an unknown key '%(key)s'; there "
                              'are %(known)s.')
                            % {'name': name, 'key': key,
                               'known': ', '.join(DEVICE_KEYS)})
    kind = values.get('type', 'async')
    if kind not in ('async', 'sync'):
        problems.append(_("%(name)s has type '%(kind)s'; write async or "
                          'sync.') % {'name': name, 'kind': kind})
        kind = 'async'
    return ReplicationDevice(
        backend_id=values.get('backend_id'),
        endpoint=_endpoint(
            values.get('san_ip'), values.get('api_token'),
            _flag(name, values, 'ssl_cert_verify', problems),
            values.get('ssl_cert_path'),
            EndpointOptions.of_device(name), bounds, problems),
        replication=specs.ReplicationType(kind),
        is_uniform=_flag(name, values, 'uniform', problems))


def _flag(name, values, key, problems):
    text = values.get(key, 'false')
    try:
        return strutils.bool_from_string(text, strict=True)
    except ValueError:
        problems.append(_("%(name)s has %(key)s '%(text)s'; write true or "
                          'false.') % {'name': name, 'key': key,
                                       'text': text})
        return False


def _fleet_problems(configuration, replication, backend_name):
    """What is wrong with the devices taken together."""
    devices = replication.devices
    for backend_id in _repeated([*{backend_name, FAILBACK}] + [
            device.backend_id for device in devices]):
        yield _("The backend_id '%(id)s' of a replication_device is taken: "
                'the primary has that of volume_backend_name, %(failback)s '
                'means the primary, and all others differ.') % {
                    'id': backend_id, 'failback': FAILBACK}
    for address in _repeated([
            netutils.escape_ipv6(configuration.san_ip or '').lower()] + [
            device.endpoint.address.lower() for device in devices]):
        yield _('The san_ip %s stands for more than one array; an array '
                'cannot replicate to itself.') % address
    if len(devices) > MOST_DEVICES:
        yield _('There are %(number)s replication_devices; Purity replicates '
                'a group to %(most)s arrays at most.') % {
                    'number': len(devices), 'most': MOST_DEVICES}
    kinds = [device.replication.value for device in devices]
    if kinds.count('sync') > 1:
        yield _('There are %s replication_devices of type sync; a pod is '
                'stretched over two arrays, so keep one.') % kinds.count(
                    'sync')
    if replication.is_trisync and sorted(kinds) != ['async', 'sync']:
        yield _('pure_trisync_enabled needs one replication_device of type '
                'sync and one of type async; there are %s.') % (
                    ', '.join(kinds) or _('none'))


def _repeated(values):
    return sorted({value for value in values
                   if value and values.count(value) > 1})


def _name_problems(configuration, replication):
    """Names that Purity would refuse at their first use."""
    has_pod = replication.serves(specs.ReplicationType.SYNC)
    for option, is_used, most in (
            ('pure_replication_pg_name', True, naming.MAX_NAME_LENGTH),
            ('pure_replication_pod_name', has_pod, naming.MAX_NAME_LENGTH),
            ('pure_trisync_pg_name', replication.is_trisync,
             naming.MAX_NAME_LENGTH),
            ('pure_ghost_pod_name', has_pod, naming.MAX_GHOST_PREFIX_LENGTH)):
        name = getattr(configuration, option)
        if is_used and (len(name) > most or not naming.is_valid(name)):
            yield _("%(option)s is '%(name)s'; Purity takes 1 to %(most)s "
                    'letters, digits and hyphens there, the first and last '
                    'of which is no hyphen.') % {
                        'option': option, 'name': name, 'most': most}


def _ratio(text):
    return text if text == AUTOMATIC_RATIO else float(text)


def _networks(name, single, several, problems):
    """The networks of a ``_cidr`` option and its ``_cidr_list``.

    The default of the single form is the whole of IPv4; it stands for "no
    restriction" and must not hide IPv6 ports.
    """
    if several:
        name += '_list'
    elif single == options.ANY_IPV4:
        several = (single, '::/0')
    networks = []
    for text in several or (single,):
        try:
            networks.append(ipaddress.ip_network(text.strip(), strict=False))
        except ValueError as error:
            problems.append(_('%(name)s: %(error)s; write a network such as '
                              '192.0.2.0/24.')
                            % {'name': name, 'error': error})
    return tuple(networks)
