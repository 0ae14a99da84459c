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
"""Hosts, host groups and connections."""

from flasharray_sim.texts import text

TEXTS: dict[str, text.Text] = {
    'host_missing': text.seen('Host does not exist.', 'Cinder tests'),
    'host_exists': text.seen('Host already exists.', 'Cinder tests'),
    'host_connected': text.seen(
        'Host cannot be deleted due to existing connections.',
        'Cinder tests'),
    'host_grouped': text.guessed(
        'Host is already in a host group.', 'no evidence'),
    'host_not_in_group': text.guessed(
        'Host is not in the host group.', 'no evidence'),
    'initiator_in_use': text.seen(
        'The specified {kind} is already in use.', 'Cinder tests'),
    'initiator_missing': text.guessed(
        'The specified {kind} does not exist.', 'no evidence'),
    'initiator_invalid': text.guessed(
        'Invalid {kind}.', 'no evidence'),
    'personality_invalid': text.guessed(
        'Invalid personality.', 'accepted values from Ansible'),
    'chap_invalid': text.guessed(
        'CHAP password must be between 12 and 255 characters.',
        'lengths from Ansible'),
    'chap_incomplete': text.guessed(
        'CHAP user and password must be set together.',
        'the rule from Ansible'),
    'hgroup_missing': text.guessed(
        'Host group does not exist.', 'analogous to hosts'),
    'hgroup_exists': text.guessed(
        'Host group already exists.', 'analogous to hosts'),
    'hgroup_connected': text.guessed(
        'Host group cannot be deleted due to existing connections.',
        'analogous to hosts'),
    'connection_exists': text.seen(
        'Connection already exists.', 'Cinder tests, PVE plugin'),
    'connection_missing': text.seen(
        'Volume is not connected.',
        'three last words from Cinder and Flocker'),
    'lun_in_use': text.guessed('LUN is already in use.', 'no evidence'),
    'lun_invalid': text.guessed(
        'Invalid LUN: must be between 1 and {highest}.',
        'range from Ansible'),
}
