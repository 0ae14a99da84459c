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
"""Volumes that change their array, byte by byte."""

from tools.demo import console

MIGRATION = 'os-vol-mig-status-attr:migstat'


def migrate(play):
    """Migrated to the other array with a copy by cinder-volume."""
    volume, checksum = play.written_volume('anywhere')
    [target] = [backend for backend in play.cloud.stack.backends
                if backend.pool != pool_of(volume)]
    with play.timed('migration'):
        play.cloud.cinder.volumes.migrate_volume(
            volume, target.pool, force_host_copy=True, lock_volume=True)
        volume = play.cloud.wait(
            'migration', lambda: _migrated(play, volume))
    check_moved(play, volume, target, checksum)


def retype(play):
    """Retyped to a type of the other array."""
    volume, checksum = play.written_volume('pure-1')
    with play.timed('retype'):
        play.cloud.cinder.volumes.retype(
            volume, play.cloud.types['pure-2'].id, 'on-demand')
        volume = play.cloud.wait('retype', lambda: _retyped(play, volume))
    check_moved(play, volume, play.cloud.stack.backends[1], checksum)


def check_moved(play, volume, target, checksum):
    """See that it is on the target alone, with its bytes."""
    play.require('pool', pool_of(volume) == target.pool, pool_of(volume))
    [source] = [array for name, array in play.cloud.arrays.items()
                if name != target.name]
    # Cinder deletes it when it has told of the end.
    play.cloud.wait('end of the source',
                    lambda: not source.contents()['volumes'] or None)
    play.same_volume('moved', checksum, volume)


def pool_of(volume):
    return getattr(volume, 'os-vol-host-attr:host')


def _migrated(play, volume):
    found = play.cloud.cinder.volumes.get(volume.id)
    status = getattr(found, MIGRATION)
    if status == 'error':
        raise console.DemoFailure('migration of %s failed' % volume.id)
    return found if status == 'success' and found.status == 'available' \
        else None


def _retyped(play, volume):
    found = play.cloud.cinder.volumes.get(volume.id)
    if getattr(found, MIGRATION) == 'error':
        raise console.DemoFailure('retype of %s failed' % volume.id)
    return found if found.status == 'available' \
        and found.volume_type == 'pure-2' else None
