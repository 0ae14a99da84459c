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
"""Portals of Ethernet ports: taken apart and held against networks."""

import ipaddress


def split(portal):
    """``address:port`` taken apart.

    :param portal: ``192.0.2.1:3260`` or ``[2001:db8::1]:3260``
    :returns: address without brackets, port as an integer
    """
    address, _separator, port = portal.rpartition(':')
    return address.strip('[]'), int(port)


def select(targets, networks):
    """The targets whose address lies in one of ``ipaddress`` networks.

    :param targets: objects with ``portal``
    :returns: list in the order given, without repetition
    """
    return [target for target in dict.fromkeys(targets)
            if _is_within(target.portal, networks)]


def _is_within(portal, networks):
    address = ipaddress.ip_address(split(portal)[0])
    return any(address in network for network in networks)
