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
"""Backups by cinder-backup to files, and what is restored of them."""

from tools.datapath import contents


def backup_volume(play):
    """A backup of a volume, restored to a new one."""
    volume, checksum = play.written_volume('pure-1')
    backup = take(play, volume)
    play.cloud.fill(volume, play.host())
    play.same_volume('restored', checksum, restore(play, backup))


def backup_snapshot(play):
    """A backup of a snapshot, whose volume was written to afterwards."""
    volume, checksum = play.written_volume('pure-2')
    snapshot = play.snapshot(volume)
    play.cloud.fill(volume, play.host())
    backup = take(play, volume, snapshot_id=snapshot.id)
    play.same_volume('restored', checksum, restore(play, backup))


def backup_attached(play):
    """A backup of an attached volume, restored over it later."""
    volume = play.volume('pure-1')
    host = play.host()
    with play.cloud.attached(volume, host) as device:
        checksum = contents.fill(device, contents.GIB)
        backup = take(play, volume, status='in-use', force=True)
        contents.fill(device, contents.GIB)
    play.cloud.settled(play.cloud.cinder.volumes, volume, 'available')
    play.same_volume('restored over it', checksum,
                     restore(play, backup, volume))


def take(play, volume, status='available', **options):
    """:returns: the backup, available"""
    cinder = play.cloud.cinder
    with play.timed('backup'):
        made = cinder.backups.create(volume.id, **options)
        play.owns(cinder.backups, made)
        made = play.cloud.settled(cinder.backups, made, 'available')
        play.cloud.settled(cinder.volumes, volume, status)
    return made


def restore(play, backup, volume=None):
    """:returns: the volume it was restored to, available"""
    cinder = play.cloud.cinder
    with play.timed('restore'):
        restored = cinder.restores.restore(
            backup.id, volume and volume.id)
        found = cinder.volumes.get(restored.volume_id)
        if volume is None:
            play.owns(cinder.volumes, found)
        play.cloud.settled(cinder.backups, backup, 'available')
        return play.cloud.settled(cinder.volumes, found, 'available')
