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
"""Ports and administration."""

from flasharray_sim.texts import text

TEXTS: dict[str, text.Text] = {
    'interface_missing': text.guessed(
        'Network interface does not exist.', 'analogous to volumes'),
    'item_missing': text.guessed(
        '{noun} does not exist.', 'analogous to volumes'),
    'item_exists': text.guessed(
        '{noun} already exists.', 'analogous to volumes'),
    'item_name_invalid': text.guessed('Invalid {noun} name.', 'no evidence'),
    'item_built_in': text.guessed(
        '{noun} is built in and cannot be deleted.',
        'the rule for alert recipients from Ansible'),
    'certificate_key': text.guessed(
        'Certificate does not match its key.', 'no evidence'),
    'certificate_subject': text.guessed(
        'Invalid certificate subject.', 'no evidence'),
    'vlan_mismatch': text.guessed(
        'VLAN interface name does not fit the subnet.',
        'the rule from Ansible'),
    'subnet_in_use': text.guessed(
        'Subnet cannot be deleted due to existing interfaces.',
        'analogous to hosts'),
    'message_missing': text.guessed(
        'Message does not exist.', 'analogous to volumes'),
    'admin_exists': text.guessed(
        'User already exists.', 'analogous to volumes'),
    'admin_built_in': text.guessed(
        'Built-in user cannot be deleted.', 'no evidence'),
    'role_invalid': text.guessed('Invalid role.', 'names from Ansible'),
    'password_invalid': text.guessed(
        'Password must be between {shortest} and {longest} characters.',
        'no evidence'),
    'password_wrong': text.guessed(
        'Old password is incorrect.', 'the rule from Ansible'),
    'admin_missing': text.guessed(
        'User does not exist.', 'analogous to volumes'),
    'api_token_exists': text.seen(
        'API token already created', 'stschappo script'),
    'api_token_missing': text.guessed(
        'API token does not exist.', 'analogous to volumes'),
}
