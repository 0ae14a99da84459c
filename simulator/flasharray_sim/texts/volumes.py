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
"""Volumes and snapshots."""

from flasharray_sim.texts import text

TEXTS: dict[str, text.Text] = {
    'volume_missing': text.seen(
        'Volume does not exist.', 'rest-client issue 18', code=6),
    'volume_exists': text.seen(
        'Volume already exists.', 'Cinder tests "already exists"'),
    'volume_destroyed': text.seen(
        text.RECOVERABLE.format(noun='Volume'),
        'PVE plugin, first sentence; Cinder tests "has been destroyed"'),
    'volume_not_destroyed': text.guessed(
        'Volume is not destroyed.', 'no evidence'),
    'volume_connected': text.guessed(
        'Volume cannot be deleted due to existing connections.',
        'the refusal from LXD issue 15210, the text from hosts'),
    'volume_not_endpoint': text.guessed(
        'Volume is not a protocol endpoint.', 'the 400 from Ansible'),
    'truncate_needed': text.guessed(
        'Implicit truncation not permitted.', 'recalled'),
    'truncate_grows': text.guessed(
        'Truncation must not increase the size of a volume.',
        'no evidence'),
    'endpoint_has_no_content': text.guessed(
        'Operation is not permitted on a protocol endpoint.',
        'no evidence'),
    'volume_demoted': text.guessed(
        'Operation is not permitted on a demoted volume.', 'no evidence'),
    'snapshot_missing': text.seen(
        'No such volume or snapshot.', 'PVE plugin'),
    'snapshot_destroyed': text.seen(
        text.RECOVERABLE.format(noun='Volume snapshot'), 'PVE plugin'),
    'snapshot_not_destroyed': text.guessed(
        'Volume snapshot is not destroyed.', 'no evidence'),
    'snapshot_exists': text.seen(
        'Snapshot already exists for volume {volume}.',
        'jt-pve, without the name'),
    'snapshot_of_another': text.guessed(
        'Volume snapshot cannot be renamed to another volume.',
        'the rule from the user guide, no text known'),
    'eradication_disabled': text.seen('Eradication is disabled.', 'SafeMode'),
    'tag_missing': text.guessed('Tag does not exist.', 'no evidence'),
    'container_missing': text.guessed(
        'Volume group or pod does not exist.', 'no evidence'),
    'volume_protected': text.guessed(
        'Volume cannot be moved while it is in a protection group.',
        'no evidence'),
}
