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
"""What the array says when it refuses: one table, with its provenance.

Every text that the simulator can answer stands here once. Rules raise
``refuse('volume_missing', ctx=name)``; the exception *is* the wire error.
"""

import dataclasses

SOURCED = 'sourced'
INFERRED = 'inferred'


@dataclasses.dataclass(frozen=True)
class Text:
    """One refusal.

    :ivar provenance: SOURCED when the text was seen coming from an array or
        is tested for by a client written against arrays, else INFERRED
    :ivar evidence: where it was seen, or what it was concluded from
    :ivar code: value of `code` in the error body; 6 is the only one known
    """
    text: str
    provenance: str
    evidence: str
    status: int = 400
    code: int = 0


@dataclasses.dataclass(frozen=True)
class Failure:
    """One element of the error body."""
    text: str
    ctx: str = ''
    code: int = 0


class PurityError(Exception):
    """A refusal as the wire shows it.

    :ivar status: HTTP status
    :ivar failures: one `Failure` per object that was refused, never empty;
        `text`, `ctx` and `code` are those of the first
    """

    def __init__(self, status: int, text: str, ctx: str = '', code: int = 0,
                 others: tuple[Failure, ...] = ()):
        super().__init__(f'{status} {text}' + (f' ({ctx})' if ctx else ''))
        self.status = status
        self.failures = (Failure(text, ctx, code), *others)

    @property
    def text(self) -> str:
        return self.failures[0].text

    @property
    def ctx(self) -> str:
        return self.failures[0].ctx

    @property
    def code(self) -> int:
        return self.failures[0].code


def refuse(name: str, ctx: str = '', **values) -> PurityError:
    """Make the error called `name` in TEXTS.

    :param ctx: the object that the message is about
    :param values: what the text has placeholders for
    """
    entry = TEXTS[name]
    return PurityError(entry.status, entry.text.format(**values), ctx,
                       entry.code)


def combine(errors: list[PurityError]) -> PurityError:
    """One error that tells of every object that was refused."""
    first, *rest = errors
    return PurityError(
        first.status, first.text, first.ctx, first.code,
        tuple(failure for error in rest for failure in error.failures))


def _seen(text, evidence, **more):
    return Text(text, SOURCED, evidence, **more)


def _guessed(text, evidence, **more):
    return Text(text, INFERRED, evidence, **more)


_RECOVERABLE = ('{noun} has been destroyed. It can be recovered by purevol '
                'recover and eradicated by purevol eradicate.')

TEXTS: dict[str, Text] = {
    # Requests that no object is asked about.
    'session_missing': _guessed(
        'Session does not exist or has expired.', 'only the 401 is known',
        status=401),
    'token_invalid': _guessed(
        'Invalid API token.', 'only the 401 is known', status=401),
    'credentials_invalid': _seen(
        'invalid credentials', 'delfin; its status is inferred'),
    'path_unknown': _guessed('Not found.', 'status inferred', status=404),
    'method_unknown': _guessed(
        'Method not allowed.', 'status inferred', status=405),
    'permission_denied': _guessed(
        'Operation not permitted.', 'status and text inferred', status=403),
    'version_unsupported': _seen(
        'REST API version {version} is not supported.',
        'status from the SDK, text inferred', status=450),
    'http_malformed': _guessed(
        'Request is not valid HTTP: {reason}.', 'no evidence'),
    'body_malformed': _guessed(
        'Request body is not valid: {reason}', 'no evidence'),
    'body_too_large': _guessed('Request body is too large.', 'no evidence'),
    'internal': _guessed(
        'Internal error.', 'status from the SDK', status=500),
    'parameters_invalid': _seen(
        'Invalid combination of parameters specified.', 'CloudStack'),
    'parameter_unknown': _guessed(
        'Invalid combination of parameters specified. '
        '(unexpected parameter: {parameter})',
        'sentence from CloudStack, the parameter is named to help'),
    'parameter_value': _guessed(
        'Invalid value for parameter {parameter}.', 'no evidence'),
    'no_attribute': _seen('No attribute specified.', 'REST 2 PATCH'),
    'token_malformed': _guessed('Invalid continuation token.',
                                'no evidence'),
    'filter_invalid': _guessed('Invalid filter: {reason}', 'no evidence'),
    'sort_invalid': _guessed('Invalid sort key {key}.', 'no evidence'),

    # Names, sizes, limits.
    'volume_name_invalid': _seen(
        'Volume name must be between 1 and 63 characters (alphanumeric, _ '
        'and -), begin and end with a letter or number, and include at '
        'least one letter, _, or -.', 'CloudStack PR 13049'),
    'name_invalid': _guessed(
        '{noun} name must be between 1 and {longest} characters '
        '(alphanumeric and -), begin and end with a letter or number, and '
        'include at least one letter or -.',
        'analogous to the volume text'),
    'suffix_invalid': _guessed(
        'Snapshot suffix must be between 1 and 63 characters (alphanumeric '
        'and -) and begin and end with a letter or number.',
        'analogous to the volume text'),
    'size_invalid': _guessed('Invalid size.', 'no evidence'),
    'qos_invalid': _guessed(
        'Invalid {limit}: must be between {lowest} and {highest}.',
        'range from Ansible and Cinder documentation'),
    'limit_reached': _seen(
        '{noun} limit reached.', 'two last words from Cinder'),
    'out_of_space': _guessed('Array is out of space.', 'no evidence'),

    # Volumes and snapshots.
    'volume_missing': _seen(
        'Volume does not exist.', 'rest-client issue 18', code=6),
    'volume_exists': _seen(
        'Volume already exists.', 'Cinder tests "already exists"'),
    'volume_destroyed': _seen(
        _RECOVERABLE.format(noun='Volume'),
        'PVE plugin, first sentence; Cinder tests "has been destroyed"'),
    'volume_not_destroyed': _guessed(
        'Volume is not destroyed.', 'no evidence'),
    'volume_connected': _guessed(
        'Volume cannot be deleted due to existing connections.',
        'the refusal from LXD issue 15210, the text from hosts'),
    'volume_not_endpoint': _guessed(
        'Volume is not a protocol endpoint.', 'the 400 from Ansible'),
    'truncate_needed': _guessed(
        'Implicit truncation not permitted.', 'recalled'),
    'truncate_grows': _guessed(
        'Truncation must not increase the size of a volume.',
        'no evidence'),
    'endpoint_has_no_content': _guessed(
        'Operation is not permitted on a protocol endpoint.',
        'no evidence'),
    'volume_demoted': _guessed(
        'Operation is not permitted on a demoted volume.', 'no evidence'),
    'snapshot_missing': _seen(
        'No such volume or snapshot.', 'PVE plugin'),
    'snapshot_destroyed': _seen(
        _RECOVERABLE.format(noun='Volume snapshot'), 'PVE plugin'),
    'snapshot_not_destroyed': _guessed(
        'Volume snapshot is not destroyed.', 'no evidence'),
    'snapshot_exists': _seen(
        'Snapshot already exists for volume {volume}.',
        'jt-pve, without the name'),
    'snapshot_of_another': _guessed(
        'Volume snapshot cannot be renamed to another volume.',
        'the rule from the user guide, no text known'),
    'eradication_disabled': _seen('Eradication is disabled.', 'SafeMode'),
    'tag_missing': _guessed('Tag does not exist.', 'no evidence'),
    'container_missing': _guessed(
        'Volume group or pod does not exist.', 'no evidence'),

    # Volume groups, pods, replica links.
    'vgroup_missing': _guessed(
        'Volume group does not exist.', 'analogous to pods'),
    'vgroup_exists': _guessed(
        'Volume group already exists.', 'analogous to pods'),
    'vgroup_destroyed': _guessed(
        _RECOVERABLE.format(noun='Volume group').replace(
            'purevol', 'purevgroup'), 'analogous to volumes'),
    'vgroup_not_destroyed': _guessed(
        'Volume group is not destroyed.', 'no evidence'),
    'vgroup_not_empty': _guessed(
        'Volume group cannot be destroyed because it contains volumes.',
        'no evidence'),
    'pod_missing': _seen(
        'Pod does not exist.', 'Cinder tests "does not exist"'),
    'pod_exists': _seen(
        'Pod already exists.', 'Cinder tests "already exists"'),
    'pod_destroyed': _seen(
        _RECOVERABLE.format(noun='Pod').replace('purevol', 'purepod'),
        'Cinder tests "has been destroyed"'),
    'pod_not_destroyed': _guessed('Pod is not destroyed.', 'no evidence'),
    'pod_not_empty': _guessed(
        'Pod cannot be destroyed because it contains volumes or protection '
        'groups.', 'PVE plugin has the case of file systems'),
    'pod_not_eradicable': _seen('Cannot eradicate pod.', 'PVE plugin'),
    'pod_stretched': _guessed(
        'Operation is not permitted on a stretched pod.', 'no evidence'),
    'pod_linked': _guessed(
        'Operation is not permitted on a pod with replica links.',
        'no evidence'),
    'pod_demoted': _guessed(
        'Operation is not permitted on a demoted pod.', 'no evidence'),
    'pod_offline': _guessed(
        'Pod is offline on this array.', 'no evidence'),
    'pod_array_exists': _seen(
        'Array already exists in pod.', 'Cinder tests "already exists"'),
    'pod_array_missing': _guessed(
        'Array does not exist in pod.', 'no evidence'),
    'pod_array_last': _guessed(
        'The last array cannot be removed from a pod.', 'no evidence'),
    'array_not_linked': _guessed(
        'Array is not connected for synchronous replication.',
        'the rule from Ansible'),
    'array_unreachable': _guessed(
        'Array cannot be reached.', 'no evidence'),
    'undo_pod_missing': _guessed(
        'Undo pod does not exist.', 'analogous to pods'),
    'demotion_unclear': _guessed(
        'Demoting a pod with replica links needs quiesce or skip-quiesce.',
        'no evidence'),
    'replica_link_missing': _guessed(
        'Replica link does not exist.', 'analogous to pods'),
    'replica_link_exists': _guessed(
        'Replica link already exists.', 'analogous to pods'),
    'replica_link_target': _guessed(
        'The remote pod must be demoted.', 'no evidence'),

    # Hosts, host groups, connections.
    'host_missing': _seen('Host does not exist.', 'Cinder tests'),
    'host_exists': _seen('Host already exists.', 'Cinder tests'),
    'host_connected': _seen(
        'Host cannot be deleted due to existing connections.',
        'Cinder tests'),
    'host_grouped': _guessed(
        'Host is already in a host group.', 'no evidence'),
    'host_not_in_group': _guessed(
        'Host is not in the host group.', 'no evidence'),
    'initiator_in_use': _seen(
        'The specified {kind} is already in use.', 'Cinder tests'),
    'initiator_missing': _guessed(
        'The specified {kind} does not exist.', 'no evidence'),
    'initiator_invalid': _guessed(
        'Invalid {kind}.', 'no evidence'),
    'personality_invalid': _guessed(
        'Invalid personality.', 'accepted values from Ansible'),
    'chap_invalid': _guessed(
        'CHAP password must be between 12 and 255 characters.',
        'lengths from Ansible'),
    'chap_incomplete': _guessed(
        'CHAP user and password must be set together.',
        'the rule from Ansible'),
    'hgroup_missing': _guessed(
        'Host group does not exist.', 'analogous to hosts'),
    'hgroup_exists': _guessed(
        'Host group already exists.', 'analogous to hosts'),
    'hgroup_connected': _guessed(
        'Host group cannot be deleted due to existing connections.',
        'analogous to hosts'),
    'connection_exists': _seen(
        'Connection already exists.', 'Cinder tests, PVE plugin'),
    'connection_missing': _seen(
        'Volume is not connected.',
        'three last words from Cinder and Flocker'),
    'lun_in_use': _guessed('LUN is already in use.', 'no evidence'),
    'lun_invalid': _guessed(
        'Invalid LUN: must be between 1 and {highest}.',
        'range from Ansible'),

    # Protection groups and replication.
    'pgroup_missing': _seen(
        'Protection group does not exist.', 'Cinder tests'),
    'pgroup_exists': _seen(
        'Protection group already exists.',
        'Cinder tests "already exists"'),
    'pgroup_destroyed': _seen(
        _RECOVERABLE.format(noun='Protection group').replace(
            'purevol', 'purepgroup'),
        'Cinder tests the first sentence'),
    'pgroup_not_destroyed': _guessed(
        'Protection group is not destroyed.', 'no evidence'),
    'pgroup_mixed': _guessed(
        'Protection group can have members of one kind only.',
        'the rule from Terraform and Ansible'),
    'pgroup_elsewhere': _guessed(
        'Volume and protection group must be in the same pod.',
        'no evidence'),
    'pgroup_is_replica': _guessed(
        'Operation is not permitted on a replicated protection group.',
        'no evidence'),
    'pgroup_is_local': _guessed(
        'Operation is permitted on a replicated protection group only.',
        'no evidence'),
    'member_exists': _seen(
        '{noun} already belongs to {pgroup}.',
        'Cinder tests "already belongs to"'),
    'member_missing': _seen(
        '{noun} could not be found in {pgroup}.',
        'Cinder tests "could not be found"'),
    'target_exists': _seen(
        'Protection group already includes {target}.',
        'Cinder tests "already includes"'),
    'target_missing': _guessed(
        'Target could not be found in {pgroup}.', 'analogous to members'),
    'target_allowed': _seen(
        'Protection group is already allowed on {array}.',
        'Cinder tests "already allowed on"'),
    'schedule_invalid': _guessed(
        'Invalid {field}: must be between {lowest} and {highest}.',
        'ranges from Ansible'),
    'schedule_at_invalid': _guessed(
        '{field} needs a frequency that is a multiple of one day.',
        'the rule from Ansible'),
    'pgroup_snapshot_missing': _seen(
        'Protection group snapshot does not exist.', 'Cinder tests'),
    'pgroup_snapshot_exists': _guessed(
        'Protection group snapshot already exists.', 'analogous to groups'),
    'pgroup_snapshot_destroyed': _seen(
        _RECOVERABLE.format(noun='Protection group snapshot').replace(
            'purevol', 'purepgroup'),
        'Cinder tests the first sentence'),
    'pgroup_snapshot_not_destroyed': _guessed(
        'Protection group snapshot is not destroyed.', 'no evidence'),
    'pgroup_snapshot_incomplete': _guessed(
        'Protection group snapshot is not fully replicated.',
        'only complete ones are usable'),
    'snapshot_in_pgroup': _guessed(
        'Operation is not permitted on a volume snapshot that belongs to a '
        'protection group snapshot.', 'no evidence'),
    'array_connection_missing': _guessed(
        'Array connection does not exist.', 'no evidence'),
    'array_connection_exists': _guessed(
        'Array connection already exists.', 'analogous to others'),
    'connection_key_invalid': _guessed(
        'Invalid connection key.', 'no evidence'),

    # Ports and administration.
    'interface_missing': _guessed(
        'Network interface does not exist.', 'analogous to volumes'),
    'item_missing': _guessed(
        '{noun} does not exist.', 'analogous to volumes'),
    'item_exists': _guessed(
        '{noun} already exists.', 'analogous to volumes'),
    'item_name_invalid': _guessed('Invalid {noun} name.', 'no evidence'),
    'item_built_in': _guessed(
        '{noun} is built in and cannot be deleted.',
        'the rule for alert recipients from Ansible'),
    'certificate_key': _guessed(
        'Certificate does not match its key.', 'no evidence'),
    'certificate_subject': _guessed(
        'Invalid certificate subject.', 'no evidence'),
    'vlan_mismatch': _guessed(
        'VLAN interface name does not fit the subnet.',
        'the rule from Ansible'),
    'subnet_in_use': _guessed(
        'Subnet cannot be deleted due to existing interfaces.',
        'analogous to hosts'),
    'message_missing': _guessed(
        'Message does not exist.', 'analogous to volumes'),
    'admin_exists': _guessed(
        'User already exists.', 'analogous to volumes'),
    'admin_built_in': _guessed(
        'Built-in user cannot be deleted.', 'no evidence'),
    'role_invalid': _guessed('Invalid role.', 'names from Ansible'),
    'password_invalid': _guessed(
        'Password must be between {shortest} and {longest} characters.',
        'no evidence'),
    'password_wrong': _guessed(
        'Old password is incorrect.', 'the rule from Ansible'),
    'admin_missing': _guessed(
        'User does not exist.', 'analogous to volumes'),
    'api_token_exists': _seen(
        'API token already created', 'stschappo script'),
    'api_token_missing': _guessed(
        'API token does not exist.', 'analogous to volumes'),
}
