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
"""Volume groups, pods and replica links."""

from flasharray_sim.texts import text

TEXTS: dict[str, text.Text] = {
    'vgroup_missing': text.guessed(
        'Volume group does not exist.', 'analogous to pods'),
    'vgroup_exists': text.guessed(
        'Volume group already exists.', 'analogous to pods'),
    'vgroup_destroyed': text.guessed(
        text.RECOVERABLE.format(noun='Volume group').replace(
            'purevol', 'purevgroup'), 'analogous to volumes'),
    'vgroup_not_destroyed': text.guessed(
        'Volume group is not destroyed.', 'no evidence'),
    'vgroup_not_empty': text.guessed(
        'Volume group cannot be destroyed because it contains volumes.',
        'no evidence'),
    'pod_missing': text.seen(
        'Pod does not exist.', 'Cinder tests "does not exist"'),
    'pod_exists': text.seen(
        'Pod already exists.', 'Cinder tests "already exists"'),
    'pod_destroyed': text.seen(
        text.RECOVERABLE.format(noun='Pod').replace('purevol', 'purepod'),
        'Cinder tests "has been destroyed"'),
    'pod_not_destroyed': text.guessed('Pod is not destroyed.', 'no evidence'),
    'pod_not_empty': text.guessed(
        'Pod cannot be destroyed because it contains volumes or protection '
        'groups.', 'PVE plugin has the case of file systems'),
    'pod_not_eradicable': text.seen('Cannot eradicate pod.', 'PVE plugin'),
    'pod_stretched': text.guessed(
        'Operation is not permitted on a stretched pod.', 'no evidence'),
    'pod_linked': text.guessed(
        'Operation is not permitted on a pod with replica links.',
        'no evidence'),
    'pod_demoted': text.guessed(
        'Operation is not permitted on a demoted pod.', 'no evidence'),
    'pod_offline': text.guessed(
        'Pod is offline on this array.', 'no evidence'),
    'pod_array_exists': text.seen(
        'Array already exists in pod.', 'Cinder tests "already exists"'),
    'pod_array_missing': text.guessed(
        'Array does not exist in pod.', 'no evidence'),
    'pod_array_last': text.guessed(
        'The last array cannot be removed from a pod.', 'no evidence'),
    'array_not_linked': text.guessed(
        'Array is not connected for synchronous replication.',
        'the rule from Ansible'),
    'array_unreachable': text.guessed(
        'Array cannot be reached.', 'no evidence'),
    'array_connection_in_use': text.guessed(
        'Array connection cannot be deleted due to pods.', 'no evidence'),
    'undo_pod_missing': text.guessed(
        'Undo pod does not exist.', 'analogous to pods'),
    'demotion_unclear': text.guessed(
        'Demoting a pod with replica links needs quiesce or skip-quiesce.',
        'no evidence'),
    'replica_link_missing': text.guessed(
        'Replica link does not exist.', 'analogous to pods'),
    'replica_link_exists': text.guessed(
        'Replica link already exists.', 'analogous to pods'),
    'replica_link_target': text.guessed(
        'The remote pod must be demoted.', 'no evidence'),
}
