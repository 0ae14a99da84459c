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

from pure_cinder import exceptions
from pure_cinder import options

AUTOMATIC_RATIO = 'auto'


@dataclasses.dataclass(frozen=True)
class ArrayEndpoint:
    """How to reach one array.

    ``verify`` is False, True or the path of a CA bundle, as ``requests``
    takes it.
    """

    address: str
    api_token: str = dataclasses.field(repr=False)
    verify: bool | str


@dataclasses.dataclass(frozen=True)
class BackendConfig:
    """What the backend section says."""

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


def read(configuration, driver_name):
    """Understand a backend section.

    :param configuration: ``cinder.volume.configuration.Configuration``
    :param driver_name: stands in for a missing ``volume_backend_name``
    :returns: BackendConfig
    :raises PureConfigurationError: names every problem of the section
    """
    problems = []
    backend_name = configuration.volume_backend_name or driver_name
    problems += _unserved(configuration)
    config = BackendConfig(
        endpoint=_endpoint(configuration, problems),
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
        nvme_transport=configuration.pure_nvme_transport)
    if problems:
        raise exceptions.PureConfigurationError(backend_name, problems)
    return config


def _unserved(configuration):
    """What later releases will serve; silence would be a false promise."""
    unserved = {
        'replication_device': configuration.replication_device,
        'pure_trisync_enabled': configuration.pure_trisync_enabled,
        'pure_safemode_enabled': configuration.pure_safemode_enabled,
    }
    return [_('%s is set, but this release does not serve it; remove it.')
            % name for name, value in unserved.items() if value]


def _endpoint(configuration, problems):
    if not configuration.san_ip:
        problems.append(_("san_ip is missing; set it to the array's "
                          "management address."))
    if not configuration.pure_api_token:
        problems.append(_('pure_api_token is missing; "pureadmin list '
                          '--api-token --expose" shows it on the array.'))
    return ArrayEndpoint(
        address=netutils.escape_ipv6(configuration.san_ip or ''),
        api_token=configuration.pure_api_token,
        verify=_verify(configuration, problems))


def _verify(configuration, problems):
    path = configuration.driver_ssl_cert_path
    if not configuration.driver_ssl_cert_verify:
        return False
    if path and not os.access(path, os.R_OK):
        problems.append(_('driver_ssl_cert_path is %s, which cannot be read; '
                          'name a CA bundle that the service may read.')
                        % path)
    return path or True


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
