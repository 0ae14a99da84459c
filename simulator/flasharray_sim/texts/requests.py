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
"""Requests that no object is asked about; names, sizes and limits."""

from flasharray_sim.texts import text

TEXTS: dict[str, text.Text] = {
    'session_missing': text.guessed(
        'Session does not exist or has expired.', 'only the 401 is known',
        status=401),
    'token_invalid': text.guessed(
        'Invalid API token.', 'only the 401 is known', status=401),
    'credentials_invalid': text.seen(
        'invalid credentials', 'delfin; its status is inferred'),
    'path_unknown': text.guessed('Not found.', 'status inferred', status=404),
    'method_unknown': text.guessed(
        'Method not allowed.', 'status inferred', status=405),
    'permission_denied': text.guessed(
        'Operation not permitted.', 'status and text inferred', status=403),
    'version_unsupported': text.seen(
        'REST API version {version} is not supported.',
        'status from the SDK, text inferred', status=450),
    'http_malformed': text.guessed(
        'Request is not valid HTTP: {reason}.', 'no evidence'),
    'body_malformed': text.guessed(
        'Request body is not valid: {reason}', 'no evidence'),
    'body_too_large': text.guessed(
        'Request body is too large.', 'no evidence'),
    'internal': text.guessed(
        'Internal error.', 'status from the SDK', status=500),
    'state_unkept': text.guessed(
        'The simulator cannot keep its state, and has changed nothing: '
        '{reason}', 'no array says it; status as of an internal error',
        status=500),
    'parameters_invalid': text.seen(
        'Invalid combination of parameters specified.', 'CloudStack'),
    'parameter_unknown': text.guessed(
        'Invalid combination of parameters specified. '
        '(unexpected parameter: {parameter})',
        'sentence from CloudStack, the parameter is named to help'),
    'parameter_value': text.guessed(
        'Invalid value for parameter {parameter}.', 'no evidence'),
    'no_attribute': text.seen('No attribute specified.', 'REST 2 PATCH'),
    'token_malformed': text.guessed(
        'Invalid continuation token.', 'no evidence'),
    'filter_invalid': text.guessed('Invalid filter: {reason}', 'no evidence'),
    'sort_invalid': text.guessed('Invalid sort key {key}.', 'no evidence'),
    'volume_name_invalid': text.seen(
        'Volume name must be between 1 and 63 characters (alphanumeric, _ '
        'and -), begin and end with a letter or number, and include at '
        'least one letter, _, or -.', 'CloudStack PR 13049'),
    'name_invalid': text.guessed(
        '{noun} name must be between 1 and {longest} characters '
        '(alphanumeric and -), begin and end with a letter or number, and '
        'include at least one letter or -.',
        'analogous to the volume text'),
    'suffix_invalid': text.guessed(
        'Snapshot suffix must be between 1 and 63 characters (alphanumeric '
        'and -) and begin and end with a letter or number.',
        'analogous to the volume text'),
    'size_invalid': text.guessed('Invalid size.', 'no evidence'),
    'qos_invalid': text.guessed(
        'Invalid {limit}: must be between {lowest} and {highest}.',
        'range from Ansible and Cinder documentation'),
    'limit_reached': text.seen(
        '{noun} limit reached.', 'two last words from Cinder'),
    'out_of_space': text.guessed('Array is out of space.', 'no evidence'),
}
