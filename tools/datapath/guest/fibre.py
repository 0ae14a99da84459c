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
"""Fibre Channel ports of the guest: those of its host, those of its array.

FCoE makes a port of an Ethernet interface; a pair of virtual ones is a cable,
with a port of the host at one end and one of the array at the other. They talk
to each other without a switch (VN2VN).
"""

import pathlib

from tools.datapath.guest import node

# The MACs of both ends, the array's port by name.
CABLES = {'CT0.FC0': ('52:4a:93:7a:00:00', '52:4a:93:00:00:00'),
          'CT1.FC0': ('52:4a:93:7a:00:01', '52:4a:93:00:00:01')}
MTU = '2500'
BUS = pathlib.Path('/sys/bus/fcoe')
# os-brick knows disks by the names that udev gives them, which it does not for
# adapters without a PCI device.
NAMES = pathlib.Path('/run/fibre-disk')
NAMES_SCRIPT = """\
#!/bin/sh
set -e
device=$(readlink -f "/sys$1/device")
target=$(basename "$(dirname "$device")")
port=$(cat "/sys/class/fc_transport/$target/port_name")
lun=${device##*:}
[ "$lun" -lt 256 ] || lun=$(printf '0x%04x000000000000' "$lun")
echo "disk/by-path/pci-virtual-fc-$port-lun-$lun"
"""
RULES = pathlib.Path('/run/udev/rules.d/99-fibre.rules')
RULE = ('ACTION!="remove", KERNEL=="sd*", ENV{DEVTYPE}=="disk", '
        'DEVPATH=="*/rport-*", PROGRAM="%s %%p", SYMLINK+="%%c"\n' % NAMES)


def array_wwns():
    """The WWNs of the array's ports by their names, as FCoE makes them."""
    return {name: '2000' + mac.replace(':', '')
            for name, (mac, _other_end) in CABLES.items()}


def cable():
    """Make all ports, and link those of the host.

    The array links its own when it has something to offer.
    """
    NAMES.write_text(NAMES_SCRIPT)
    NAMES.chmod(0o755)
    RULES.parent.mkdir(parents=True, exist_ok=True)
    RULES.write_text(RULE)
    node.run('udevadm', 'control', '--reload')
    for number, macs in enumerate(CABLES.values()):
        ends = 'array%d' % number, 'host%d' % number
        node.run('ip', 'link', 'add', ends[0], 'address', macs[0],
                 'type', 'veth', 'peer', 'name', ends[1], 'address', macs[1])
        for interface in ends:
            node.run('ip', 'link', 'set', interface, 'mtu', MTU, 'up')
        _arrays, port = map(_port, ends)
        (port / 'enabled').write_text('1')


def _port(interface):
    """Make a port of an interface; it is not linked."""
    (BUS / 'ctlr_create').write_text(interface)
    [port] = pathlib.Path('/sys/class/net', interface).glob('ctlr_*')
    (port / 'mode').write_text('vn2vn')
    return port
