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
"""The guest as a compute node: kernel modules, iscsid, multipathd, udev."""

import pathlib
import re
import subprocess

IQN = 'iqn.1994-05.org.example:guest'
UUID = '5c2c1f6e-6d1c-4c5e-9d0e-3f0a7a9b1d2e'
NQN = 'nqn.2014-08.org.nvmexpress:uuid:%s' % UUID
MODULES = ('configfs', 'target_core_mod', 'target_core_file',
           'iscsi_target_mod', 'iscsi_tcp', 'sd_mod', 'sg', 'dm-multipath',
           'dm-service-time', 'xfs', 'loop')
# A path is given up after two seconds, and looked at each second.
ISCSID = {
    'node.session.timeo.replacement_timeout': '2',
    'node.session.initial_login_retry_max': '2',
    'node.conn[0].timeo.login_timeout': '10',
    'node.conn[0].timeo.noop_out_interval': '5',
    'node.conn[0].timeo.noop_out_timeout': '10',
}
MULTIPATH = """\
defaults {
    user_friendly_names no
    find_multipaths no
    polling_interval 1
    max_polling_interval 1
}
devices {
    device {
        vendor "PURE"
        product "FlashArray"
        path_selector "service-time 0"
        hardware_handler "1 alua"
        path_grouping_policy group_by_prio
        prio alua
        failback immediate
        path_checker tur
        fast_io_fail_tmo 2
        no_path_retry 0
        dev_loss_tmo 60
    }
}
"""
POOL_SIZE = '8G'


def run(*command, is_checked=True):
    """:returns: what a program prints

    :raises RuntimeError: if it fails, with that
    """
    done = subprocess.run(command, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if is_checked and done.returncode:
        raise RuntimeError('%s: %s' % (' '.join(command), done.stdout))
    return done.stdout


def start():
    """Load, configure and start all that a compute node has."""
    if pathlib.Path('/proc/modules').exists():
        run('modprobe', '-a', *MODULES)
    run('mount', '-t', 'configfs', 'none', '/sys/kernel/config')
    run('/lib/systemd/systemd-udevd', '--daemon')
    run('udevadm', 'trigger')
    run('udevadm', 'settle', '--timeout', '30')
    # LIO keeps persistent reservations there.
    pathlib.Path('/var/target/pr').mkdir(parents=True, exist_ok=True)
    pathlib.Path('/etc/iscsi/initiatorname.iscsi').write_text(
        'InitiatorName=%s\n' % IQN)
    _configure_iscsid(pathlib.Path('/etc/iscsi/iscsid.conf'))
    nvme = pathlib.Path('/etc/nvme')
    nvme.mkdir(exist_ok=True)
    (nvme / 'hostnqn').write_text(NQN + '\n')
    (nvme / 'hostid').write_text(UUID + '\n')
    pathlib.Path('/etc/multipath.conf').write_text(MULTIPATH)
    run('iscsid')
    run('multipathd')


def _configure_iscsid(path):
    text = path.read_text()
    for name, value in ISCSID.items():
        text = re.sub(r'^#?\s*%s\s*=.*$' % re.escape(name),
                      '%s = %s' % (name, value), text, flags=re.M)
    path.write_text(text)


def make_pool(directory):
    """Mount a file system with reflinks, for the arrays' contents."""
    image = '%s.img' % directory
    run('truncate', '-s', POOL_SIZE, image)
    run('mkfs.xfs', '-q', '-m', 'reflink=1', image)
    pathlib.Path(directory).mkdir()
    run('mount', '-o', 'loop', image, str(directory))
