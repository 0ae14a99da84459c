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
"""The certificate that an array shows, whether it is trusted or not."""

import dataclasses
import datetime
import fnmatch
import ipaddress
import ssl
from urllib import parse

from cryptography import x509
import requests

from pure_cinder.array import errors

HTTPS_PORT = 443


@dataclasses.dataclass(frozen=True)
class Certificate:
    """What there is to know of it.

    :ivar names: host names and addresses that it is for
    :ivar expires: datetime, aware
    """

    names: tuple[str, ...]
    expires: datetime.datetime

    def bears(self, host):
        """Whether it is for a host name, or an address without brackets."""
        return any(_is_same(name, host) for name in self.names)


def read(endpoint):
    """The certificate of an array; nothing else is asked of it.

    :param endpoint: config.ArrayEndpoint
    :returns: Certificate; None behind a proxy, which is not gone through
    :raises ArrayError: nobody answers there
    """
    url = 'https://' + endpoint.address
    if requests.utils.get_environ_proxies(url):
        return None
    host = parse.urlsplit(url)
    try:
        shown = ssl.get_server_certificate(
            (host.hostname, host.port or HTTPS_PORT),
            timeout=endpoint.connect_timeout_s)
    except OSError as error:
        raise errors.from_transport(error, array=endpoint.address,
                                    options=endpoint.options)
    parsed = x509.load_pem_x509_certificate(shown.encode())
    return Certificate(tuple(_names(parsed)), parsed.not_valid_after_utc)


def host_of(endpoint):
    """:returns: the host name or address alone, without port or brackets"""
    return parse.urlsplit('https://' + endpoint.address).hostname


def _names(certificate):
    try:
        names = certificate.extensions.get_extension_for_class(
            x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [*names.get_values_for_type(x509.DNSName),
            *map(str, names.get_values_for_type(x509.IPAddress))]


def _is_same(name, host):
    try:
        return ipaddress.ip_address(name) == ipaddress.ip_address(host)
    except ValueError:
        # A wildcard stands for one label.
        return (name.count('.') == host.count('.')
                and fnmatch.fnmatchcase(host.lower(), name.lower()))
