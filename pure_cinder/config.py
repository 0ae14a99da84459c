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

    @property
    def limit_s(self):
        """How long a request may take, all of its attempts together."""
        return self.connect_timeout_s + self.read_timeout_s


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
    :ivar doubts: an exceptions.Problem for what is there without effect
    """

    section: str
    doubts: tuple[exceptions.Problem, ...]
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

    @property
    def endpoints(self):
        """:returns: tuple of the ArrayEndpoint of each array"""
        return (self.endpoint, *(
            device.endpoint for device in self.replication.devices))

    def unverified(self):
        """:returns: iterator of problems, one for each such certificate"""
        for endpoint in self.endpoints:
            if not endpoint.verify:
                yield exceptions.Problem(
                    endpoint.options.verify,
                    _('The certificate of FlashArray %(address)s is not '
                      'verified: %(option)s is off.')
                    % {'address': endpoint.address,
                       'option': endpoint.options.verify},
                    _('Set it to true, and %s to the CA that signed it.')
                    % endpoint.options.ca_path)


def read(configuration, driver_name):
    """Understand a backend section.

    :param configuration: ``cinder.volume.configuration.Configuration``
    :param driver_name: stands in for a missing ``volume_backend_name``
    :returns: BackendConfig
    :raises PureConfigurationError: names every problem of the section
    """
    found = [*_unserved(configuration), *_obsolete(configuration)]
    section = configuration.config_group or 'DEFAULT'
    backend_name = configuration.volume_backend_name or driver_name
    config = BackendConfig(
        section=section,
        doubts=tuple(spelling.doubts(configuration.config_group)),
        endpoint=_primary_endpoint(configuration, found),
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
            configuration.pure_iscsi_cidr_list, found),
        nvme_networks=_networks(
            'pure_nvme_cidr', configuration.pure_nvme_cidr,
            configuration.pure_nvme_cidr_list, found),
        nvme_transport=configuration.pure_nvme_transport,
        ghost_pod_prefix=configuration.pure_ghost_pod_name,
        max_threads=configuration.pure_max_threads,
        replication=_replication(configuration, backend_name, found))
    if found:
        raise exceptions.PureConfigurationError(
            section, [*found, *config.doubts])
    return config


def _unserved(configuration):
    """What later releases will serve; silence would be a false promise."""
    unserved = {
        'pure_safemode_enabled': configuration.pure_safemode_enabled,
    }
    return [exceptions.Problem(
        name, _('%s is set, but this release does not serve it.') % name,
        _('Remove it.')) for name, value in unserved.items() if value]


def _obsolete(configuration):
    configuration.append_config_values(options.OBSOLETE_OPTS)
    return [exceptions.Problem(
        name, _('%s is no option any more.') % name, remedy)
            for name, remedy in options.OBSOLETE.items()
            if getattr(configuration, name)]


def _primary_endpoint(configuration, found):
    if not configuration.san_ip:
        found.append(exceptions.Problem(
            'san_ip', _('san_ip is missing.'),
            _("Set it to the array's management address.")))
    if not configuration.pure_api_token:
        found.append(exceptions.Problem(
            'pure_api_token', _('pure_api_token is missing.'),
            _('"pureadmin list --api-token --expose" shows it on the '
              'array.')))
    return _endpoint(
        configuration.san_ip, configuration.pure_api_token,
        configuration.driver_ssl_cert_verify,
        configuration.driver_ssl_cert_path, EndpointOptions(),
        _bounds(configuration), found)


def _bounds(configuration):
    """:returns: fields of ArrayEndpoint"""
    return {'connect_timeout_s': configuration.pure_rest_connect_timeout,
            'read_timeout_s': configuration.pure_rest_read_timeout,
            'max_connections': configuration.pure_max_connections}


def _endpoint(address, api_token, is_verified, path, names, bounds, found):
    """:param names: EndpointOptions"""
    if '/' in (address or ''):
        found.append(exceptions.Problem(
            names.address, _("%(name)s is '%(address)s'.")
            % {'name': names.address, 'address': address},
            _("Write the address alone, without https:// and without a "
              "path: '%s'.")
            % address.rpartition('://')[2].partition('/')[0]))
    if is_verified and path and not os.access(path, os.R_OK):
        found.append(exceptions.Problem(
            names.ca_path, _('%(name)s is %(path)s, which cannot be read.')
            % {'name': names.ca_path, 'path': path},
            _('Name a CA bundle that the service may read.')))
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


def _replication(configuration, backend_name, found):
    devices = tuple(
        _device(number, values, _bounds(configuration), found)
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
    found += _fleet_problems(configuration, replication, backend_name)
    if devices:
        found += replication_policy.problems_of(replication.policy)
        found += _name_problems(configuration, replication)
    return replication


def _device(number, values, bounds, found):
    """One ``replication_device``, understood as far as it can be."""
    name = 'replication_device %s' % (values.get('backend_id') or number)
    for key in REQUIRED_DEVICE_KEYS:
        if not values.get(key):
            found.append(exceptions.Problem(
                name, _('%(name)s has no %(key)s.')
                % {'name': name, 'key': key}, _('Add it to the line.')))
    for key in values:
        if key not in DEVICE_KEYS:
            found.append(exceptions.Problem(
                name, _("%(name)s has an unknown key '%(key)s'.")
                % {'name': name, 'key': key},
                _('There are %s.') % ', '.join(DEVICE_KEYS)))
    kind = values.get('type', 'async')
    if kind not in ('async', 'sync'):
        found.append(exceptions.Problem(
            name, _("%(name)s has type '%(kind)s'.")
            % {'name': name, 'kind': kind}, _('Write async or sync.')))
        kind = 'async'
    return ReplicationDevice(
        backend_id=values.get('backend_id'),
        endpoint=_endpoint(
            values.get('san_ip'), values.get('api_token'),
            _flag(name, values, 'ssl_cert_verify', found),
            values.get('ssl_cert_path'),
            EndpointOptions.of_device(name), bounds, found),
        replication=specs.ReplicationType(kind),
        is_uniform=_flag(name, values, 'uniform', found))


def _flag(name, values, key, found):
    text = values.get(key, 'false')
    try:
        return strutils.bool_from_string(text, strict=True)
    except ValueError:
        found.append(exceptions.Problem(
            name, _("%(name)s has %(key)s '%(text)s'.")
            % {'name': name, 'key': key, 'text': text},
            _('Write true or false.')))
        return False


def _fleet_problems(configuration, replication, backend_name):
    """What is wrong with the devices taken together."""
    devices = replication.devices
    for backend_id in _repeated([*{backend_name, FAILBACK}] + [
            device.backend_id for device in devices]):
        yield exceptions.Problem(
            'replication_device',
            _("The backend_id '%s' of a replication_device is taken.")
            % backend_id,
            _('The primary has that of volume_backend_name, %s means the '
              'primary, and all others differ.') % FAILBACK)
    for address in _repeated([
            netutils.escape_ipv6(configuration.san_ip or '').lower()] + [
            device.endpoint.address.lower() for device in devices]):
        yield exceptions.Problem(
            'replication_device',
            _('The san_ip %s stands for more than one array.') % address,
            _('An array cannot replicate to itself.'))
    if len(devices) > MOST_DEVICES:
        yield exceptions.Problem(
            'replication_device',
            _('There are %s replication_devices.') % len(devices),
            _('Purity replicates a group to %s arrays at most.')
            % MOST_DEVICES)
    kinds = [device.replication.value for device in devices]
    if kinds.count('sync') > 1:
        yield exceptions.Problem(
            'replication_device',
            _('There are %s replication_devices of type sync.')
            % kinds.count('sync'),
            _('A pod is stretched over two arrays, so keep one.'))
    if replication.is_trisync and sorted(kinds) != ['async', 'sync']:
        yield exceptions.Problem(
            'pure_trisync_enabled',
            _('pure_trisync_enabled is set, and replication_devices are %s.')
            % (', '.join(kinds) or _('none')),
            _('It needs one of type sync and one of type async.'))


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
            yield exceptions.Problem(
                option, _("%(option)s is '%(name)s'.")
                % {'option': option, 'name': name},
                _('Purity takes 1 to %s letters, digits and hyphens there, '
                  'the first and last of which is no hyphen.') % most)


def _ratio(text):
    return text if text == AUTOMATIC_RATIO else float(text)


def _networks(name, single, several, found):
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
            found.append(exceptions.Problem(
                name, _('%(name)s: %(error)s.')
                % {'name': name, 'error': error},
                _('Write a network such as 192.0.2.0/24.')))
    return tuple(networks)
