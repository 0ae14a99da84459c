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
"""Protection groups and replication."""

from flasharray_sim.texts import text

TEXTS: dict[str, text.Text] = {
    'pgroup_missing': text.seen(
        'Protection group does not exist.', 'Cinder tests'),
    'pgroup_exists': text.seen(
        'Protection group already exists.',
        'Cinder tests "already exists"'),
    'pgroup_destroyed': text.seen(
        text.RECOVERABLE.format(noun='Protection group').replace(
            'purevol', 'purepgroup'),
        'Cinder tests the first sentence'),
    'pgroup_not_destroyed': text.guessed(
        'Protection group is not destroyed.', 'no evidence'),
    'pgroup_mixed': text.guessed(
        'Protection group can have members of one kind only.',
        'the rule from Terraform and Ansible'),
    'pgroup_elsewhere': text.guessed(
        'Volume and protection group must be in the same pod.',
        'no evidence'),
    'pgroup_is_replica': text.guessed(
        'Operation is not permitted on a replicated protection group.',
        'no evidence'),
    'pgroup_is_local': text.guessed(
        'Operation is permitted on a replicated protection group only.',
        'no evidence'),
    'member_exists': text.seen(
        '{noun} already belongs to {pgroup}.',
        'Cinder tests "already belongs to"'),
    'member_missing': text.seen(
        '{noun} could not be found in {pgroup}.',
        'Cinder tests "could not be found"'),
    'target_exists': text.seen(
        'Protection group already includes {target}.',
        'Cinder tests "already includes"'),
    'target_missing': text.guessed(
        'Target could not be found in {pgroup}.', 'analogous to members'),
    'target_allowed': text.seen(
        'Protection group is already allowed on {array}.',
        'Cinder tests "already allowed on"'),
    'schedule_invalid': text.guessed(
        'Invalid {field}: must be between {lowest} and {highest}.',
        'ranges from Ansible'),
    'schedule_at_invalid': text.guessed(
        '{field} needs a frequency that is a multiple of one day.',
        'the rule from Ansible'),
    'pgroup_snapshot_missing': text.seen(
        'Protection group snapshot does not exist.', 'Cinder tests'),
    'pgroup_snapshot_exists': text.guessed(
        'Protection group snapshot already exists.', 'analogous to groups'),
    'pgroup_snapshot_destroyed': text.seen(
        text.RECOVERABLE.format(noun='Protection group snapshot').replace(
            'purevol', 'purepgroup'),
        'Cinder tests the first sentence'),
    'pgroup_snapshot_not_destroyed': text.guessed(
        'Protection group snapshot is not destroyed.', 'no evidence'),
    'pgroup_snapshot_incomplete': text.guessed(
        'Protection group snapshot is not fully replicated.',
        'only complete ones are usable'),
    'snapshot_in_pgroup': text.guessed(
        'Operation is not permitted on a volume snapshot that belongs to a '
        'protection group snapshot.', 'no evidence'),
    'array_connection_missing': text.guessed(
        'Array connection does not exist.', 'no evidence'),
    'array_connection_exists': text.guessed(
        'Array connection already exists.', 'analogous to others'),
    'connection_key_invalid': text.guessed(
        'Invalid connection key.', 'no evidence'),
}
