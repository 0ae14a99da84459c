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
"""What os-brick needs on a node that attaches volumes."""

import os
import pathlib
import shutil

from cinder.i18n import _
from oslo_config import cfg

from pure_cinder import exceptions
from pure_cinder.findings import Severity

CONF = cfg.CONF
SYSTEM_PATH = '/usr/local/sbin:/usr/sbin:/sbin'
INSTALL = _('Install %s.')

# By the kind of initiator: programs with their package, and files that tell
# the name of the initiator with what makes them.
PROGRAMS = {
    'iqn': (('iscsiadm', 'open-iscsi'), ('multipath', 'multipath-tools')),
    'wwn': (('multipath', 'multipath-tools'),),
    'nqn': (('nvme', 'nvme-cli'),),
}
INITIATOR_FILES = {
    'iqn': ('etc/iscsi/initiatorname.iscsi', _('Install open-iscsi.')),
    'wwn': ('sys/class/fc_host', _('See that there is a Fibre Channel '
                                   'adapter, and its driver.')),
    'nqn': ('etc/nvme/hostnqn', _('Write it: "nvme gen-hostnqn > '
                                  '/etc/nvme/hostnqn".')),
}
MULTIPATHD_PID = ('run/multipathd.pid', 'var/run/multipathd.pid')
NVME_MULTIPATH = 'sys/module/nvme_core/parameters/multipath'


def check_node(subject, root='/'):
    """See what is installed, and that the initiator has a name.

    :param root: directory that stands for ``/``
    """
    kind, root = (subject.backend.protocol.initiator_kind,
                  pathlib.Path(root))
    for program, package in PROGRAMS[kind]:
        if shutil.which(program, path=os.pathsep.join(
                (os.environ.get('PATH', ''), SYSTEM_PATH))) is None:
            yield Severity.WARNING, exceptions.Problem(
                program, _('This node has no program %s, which attaching '
                           'volumes needs.') % program, INSTALL % package)
    path, remedy = INITIATOR_FILES[kind]
    if not (root / path).exists():
        yield Severity.WARNING, exceptions.Problem(
            '/' + path, _('This node has no /%s, so that it has no '
                          'initiator.') % path, remedy)
    yield from _check_multipath(kind, root)


def check_multipath_option(subject):
    """See that images are copied over all paths."""
    if not subject.configuration.use_multipath_for_image_xfer:
        yield Severity.WARNING, exceptions.Problem(
            'use_multipath_for_image_xfer',
            _('use_multipath_for_image_xfer is off: Cinder copies images and '
              'backups over one path, and fails if that one is lost.'),
            _('Set it to true, and see that multipathd runs.'))


def check_lock_path(_subject):
    """See that Cinder and os-brick have a place for their locks."""
    if not CONF.oslo_concurrency.lock_path:
        yield Severity.ERROR, exceptions.Problem(
            'lock_path', _('lock_path of section [oslo_concurrency] is '
                           'missing, so that nothing can be attached.'),
            _('Set it to a directory of the service, such as '
              '/var/lib/cinder/tmp.'))


def _check_multipath(kind, root):
    if kind == 'nqn':
        if _read(root / NVME_MULTIPATH) == 'N':
            yield Severity.WARNING, exceptions.Problem(
                '/' + NVME_MULTIPATH,
                _('Multipathing of NVMe is off in the kernel of this node.'),
                _('Start it with nvme_core.multipath=Y.'))
    elif not any((root / path).exists() for path in MULTIPATHD_PID):
        yield Severity.WARNING, exceptions.Problem(
            'multipathd', _('multipathd does not run on this node: volumes '
                            'are attached over one path.'),
            _('Start it: "systemctl enable --now multipathd".'))


def _read(path):
    try:
        return path.read_text().strip()
    except OSError:
        return None
