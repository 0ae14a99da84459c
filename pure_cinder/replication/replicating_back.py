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
"""Bringing home what another array has served meanwhile.

It is replicated back first, and what is there gets its content then; until
that, nothing is given up on either array. What machines write is in what
arrives, since they lose the volumes before the last snapshot is taken.
"""

import contextlib
import hashlib
import uuid

from cinder import context
from cinder import exception
from cinder.i18n import _
from cinder import objects
from cinder.volume import volume_utils
from oslo_config import cfg
from oslo_log import log as logging

from pure_cinder.array import errors
from pure_cinder.array import leftovers
from pure_cinder import exceptions
from pure_cinder.fleet import whereabouts as places
from pure_cinder import naming
from pure_cinder import polling
from pure_cinder.replication import peers
from pure_cinder.replication import pgroup_replication
from pure_cinder.replication import relocation

CONF = cfg.CONF
LOG = logging.getLogger(__name__)

# For what has changed since the last replication to arrive at home.
PATIENCE_S = 600
INTERVAL_S = 5
SNAPSHOT_PREFIX = 'failback-%s-'


class ReplicationBack:
    """The way of volumes from the array that served them to another one."""

    def __init__(self, policy, attachments, retired_copies,
                 backend_name):
        """:param policy: replication_policy.ReplicationPolicy

        :param retired_copies: retired_copies.RetiredCopies
        :param backend_name: tells the snapshots of backends that share a
            protection group apart
        """
        self._prefix = SNAPSHOT_PREFIX % hashlib.sha256(
            backend_name.encode()).hexdigest()[:8]
        self._policy = policy
        self._attachments = attachments
        self._retired_copies = retired_copies

    @contextlib.contextmanager
    def replicated(self, source, home, pgroup, names):
        """Have all that volumes hold arrive at home, for what is done inside.

        Machines that have one go on writing while most of it travels. Then
        it is taken from them, and the rest, which is little, follows. It is
        not given to any while the block runs.

        :param source: roster.Member that serves the volumes
        :param home: roster.Member that is to serve them
        :param pgroup: full name of a protection group of ``source``
        :param names: of the volumes there; none for nothing to be done
        :returns: context manager that gives the name of the group's snapshot
            that has arrived, or None
        :raises InvalidReplicationTarget: it is not possible now
        """
        if not names:
            yield None
            return
        self._start(source, home, pgroup, names)
        if _connected(source, names):
            self._replicate(source, home, pgroup)
        connected = _connected(source, names)
        for name in connected:
            self._attachments.check_no_group_has(source, name)
        with self._attachments.withholding(source, names):
            try:
                self._disconnect(source, connected)
                yield self._replicate(source, home, pgroup)
            except Exception:
                _tell_disconnected(source, connected)
                raise

    def _start(self, source, home, pgroup, names):
        problems = pgroup_replication.start(source, pgroup, [home],
                                            self._policy)
        if problems:
            raise exception.InvalidReplicationTarget(reason=_(
                'Nothing can be replicated to %(array)s: %(error)s')
                % {'array': home.backend_id, 'error': problems[home]})
        _gather(source, pgroup, names)

    def _replicate(self, source, home, pgroup):
        """:returns: name of the group's snapshot that has arrived"""
        taken = self._send(source, pgroup)
        replica = naming.on_target(peers.name_on(home, source), taken.name)
        if not polling.until(lambda: _has_arrived(home, replica),
                             PATIENCE_S, INTERVAL_S):
            raise exception.InvalidReplicationTarget(reason=_(
                '%(name)s has not arrived completely on %(array)s within '
                '%(limit)s s. It goes on arriving; fail back again later.')
                % {'name': replica, 'array': home.backend_id,
                   'limit': PATIENCE_S})
        return replica

    @staticmethod
    def check_unconnected(source, names):
        """See that nobody can have written since the last snapshot.

        :raises InvalidReplicationTarget: another node gave one to a machine
        """
        connected = _connected(source, names)
        if connected:
            raise exception.InvalidReplicationTarget(reason=_(
                'What was written on %(array)s since is not at home: machines '
                'were given %(names)s. Fail back again.')
                % {'array': source.backend_id, 'names': ', '.join(connected)})

    def retire(self, source, moved, pgroup, names, home_pgroups):
        """Leave nothing behind that acts on what has come home.

        The copies are destroyed when Cinder knows that the volumes are home.
        What has come home is sent out at once: the newest that other arrays
        have of it is from before the failover.

        :param moved: relocation.Relocation of what has come home
        :param pgroup: as ``replicate`` takes it
        :param names: dict of the volume's id in Cinder to its name there
        :param home_pgroups: protection groups that the volumes are in there
        """
        home = moved.target
        with _telling_what_is_left(source):
            _tell_originals(home, {volume_id: moved.served[volume_id].volume
                                   for volume_id in names})
        self.delete_deleted(source, home, home_pgroups)
        with _telling_what_is_left(source):
            self._retired_copies.retire(source, pgroup, names)
        with _telling_what_is_left(source):
            self._remove_snapshots(source, home, pgroup)
        with _telling_what_is_left(source):
            relocation.remove_members(source, pgroup, list(names.values()))
        with _telling_what_is_left(source):
            self._send_out(home, home_pgroups)

    def delete_deleted(self, source, home, home_pgroups):
        """Destroy what Cinder deleted while it was elsewhere.

        It can be recovered as long as the array keeps it. What Cinder gave
        up instead is left alone.
        """
        with _telling_what_is_left(source):
            for pgroup in home_pgroups:
                found = home.gateway.pgroups.find(pgroup)
                for name in found.volumes if found else ():
                    if _was_deleted_elsewhere(name, home) and (
                            not _is_unmanaged(source, name)):
                        self._delete(home, name)

    def _delete(self, home, name):
        try:
            self._attachments.disconnect_all(home, name)
            home.gateway.volumes.destroy(name)
        except errors.ArrayError as error:
            LOG.warning('Volume %(name)s was deleted while it was not on '
                        '%(home)s, and is left there: %(error)s',
                        {'name': name, 'home': home.backend_id,
                         'error': error})
        else:
            LOG.info('Volume %(name)s was deleted while it was not on '
                     '%(home)s; it is destroyed there, too.',
                     {'name': name, 'home': home.backend_id})

    def _send(self, member, pgroup):
        """:returns: models.PgroupSnapshot that is on its way to the targets"""
        return member.gateway.pgroups.create_snapshot(
            pgroup, self._prefix + uuid.uuid4().hex[:12], replicate_now=True,
            apply_retention=True)

    def _send_out(self, home, pgroups):
        for pgroup in pgroups:
            if home.gateway.pgroups.find(pgroup):
                self._send(home, pgroup)

    def _remove_snapshots(self, source, home, pgroup):
        """Destroy what this backend took to bring volumes home."""
        replica = naming.on_target(peers.name_on(home, source), pgroup)
        for member, name in ((source, pgroup), (home, replica)):
            for snapshot in member.gateway.pgroups.list_snapshots(name):
                if snapshot.name.startswith(
                        naming.snapshot_name(name, self._prefix)):
                    member.gateway.pgroups.destroy(snapshot.name)

    def _disconnect(self, source, names):
        """Take volumes from all machines: what they write would be lost."""
        for name in names:
            LOG.warning('Volume %(name)s is taken from its machines on '
                        '%(array)s to come home; attach it again.',
                        {'name': name, 'array': source.backend_id})
            self._attachments.disconnect_all(source, name)


def _tell_originals(home, served):
    """Tell of what came home to other names than it had there before.

    Whoever renamed or moved the originals may want them.

    :param served: dict of the volume's id in Cinder to its models.Volume
    """
    for found in home.gateway.volumes.list_fitting(
            '*%s*' % (CONF.volume_name_template % '*')):
        for volume_id in naming.uuids_in(found.name):
            own = served.get(volume_id)
            if own and not naming.same_name(own.name, found.name):
                LOG.warning(
                    'Volume %(name)s came home to %(home)s. What it was there '
                    'before has another name, and what it held then. %(left)s',
                    {'name': own.name, 'home': home.backend_id,
                     'left': leftovers.created(home.gateway.volumes,
                                               found.name)})


@contextlib.contextmanager
def _telling_what_is_left(source):
    """An error keeps nothing from being home."""
    try:
        yield
    except exceptions.PureDriverException as error:
        LOG.warning('Something is left of the time when %(array)s served: '
                    '%(error)s', {'array': source.backend_id, 'error': error})


def _connected(source, names):
    return sorted(source.gateway.volumes.list_connected() & set(names))


def _tell_disconnected(source, names):
    if names:
        LOG.error('Volumes that were to come home stay on %(array)s, which '
                  'has all that was written. Fail back again, or attach them '
                  'again before; they may have been taken from their '
                  'machines: %(names)s',
                  {'array': source.backend_id, 'names': ', '.join(names)})


def _was_deleted_elsewhere(name, home):
    """Whether Cinder's row of a volume says so; deleted rows are kept.

    :param name: full name of a volume on the array ``home``
    """
    cinder_name = naming.cinder_volume_name(name)
    volume_id = cinder_name and volume_utils.extract_id_from_volume_name(
        cinder_name)
    try:
        volume = objects.Volume.get_by_id(
            context.get_admin_context(read_deleted='only'), volume_id)
    except exception.VolumeNotFound:
        return False
    array_id = places.array_id(volume)
    return array_id not in (None, home.gateway.get_array().id) and (
        naming.split_container(volume.provider_id or '')[1]
        == naming.split_container(name)[1])


def _is_unmanaged(source, name):
    """Whether Cinder gave a volume up on the array where it was."""
    _container, leaf = naming.split_container(name)
    return source.gateway.volumes.find(naming.unmanaged_name(leaf)) is not None


def _gather(source, pgroup, names):
    """Make volumes members, as far as they are there."""
    try:
        relocation.add_members(source, pgroup, names)
    except (errors.ArrayNotFoundError, errors.ArrayPendingEradicationError):
        for name in names:
            try:
                source.gateway.pgroups.add_volumes(pgroup, [name])
            except (errors.ArrayNotFoundError,
                    errors.ArrayPendingEradicationError) as error:
                LOG.error('Volume %(name)s cannot be brought home: '
                          '%(error)s', {'name': name, 'error': error})


def _has_arrived(home, replica):
    found = home.gateway.pgroups.find_snapshot(replica, with_transfer=True)
    return found is not None and found.is_complete
