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
"""Certificates: `cert`, by name since 1.12 (2.10)."""

from flasharray_sim import errors
from flasharray_sim.resources import listing
from flasharray_sim.resources import parameters
from flasharray_sim.resources import shapes
from flasharray_sim.rules import array as arrays
from flasharray_sim.rules import certificates
from flasharray_sim.wire import routing

_NAMED_SINCE = (1, 12)
# An inventory module divides the times by 1000 there; another client has
# recorded texts from 1.15 and 1.16.
_MILLISECONDS_SINCE = (1, 17)
_TEXTS = ('certificate', 'intermediate_certificate')


def list_certificates(array: arrays.Array, call: routing.Call):
    """GET cert: all of them; before 1.12 the only one, as a dict."""
    if call.rest_version < _NAMED_SINCE:
        return get_certificate(array, call)
    return listing.reply(array, call, array.items.every('cert'),
                         lambda item: _shown(array, call, item))


def get_certificate(array: arrays.Array, call: routing.Call):
    """GET cert/C: a description, or a certificate's text."""
    item = array.items.get('cert', _name(call))
    wanted = [text for text in _TEXTS if call.flag(text)]
    if not wanted:
        return _shown(array, call, item)
    return {text: dict(item.values)[text] for text in wanted}


def create_certificate(array: arrays.Array, call: routing.Call):
    """POST cert/C."""
    return _shown(array, call, array.certificates.create(
        call.names['cert'], _values(call)))


def change_certificate(array: arrays.Array, call: routing.Call):
    """PUT cert/C: import one, or sign a new one."""
    name = _name(call)
    array.items.get('cert', name)
    if not call.params:
        raise errors.refuse('no_attribute', ctx=name)
    return _shown(array, call,
                  array.certificates.change(name, _values(call)))


def delete_certificate(array: arrays.Array, call: routing.Call):
    """DELETE cert/C."""
    return {'name': array.certificates.delete(call.names['cert']).name}


def get_request(array: arrays.Array, call: routing.Call):
    """GET cert/certificate_signing_request[/C]."""
    return {'certificate_signing_request': array.certificates.request(
        _name(call), call.params)}


def _name(call):
    return call.names.get('cert', certificates.MANAGEMENT)


def _values(call):
    values = {key: value for key, value in call.params.items()
              if value is not None}
    if call.flag('self_signed') and 'certificate' in values:
        raise errors.refuse('parameters_invalid', ctx=_name(call))
    return values


def _shown(array, call, item):
    body = certificates.describe(array.certificates.parsed(item))
    for key in ('valid_from', 'valid_to'):
        time_s = body.pop(f'{key}_s')
        body[key] = (time_s * 1000 if call.rest_version >= _MILLISECONDS_SINCE
                     else shapes.iso(time_s))
    if call.rest_version >= _NAMED_SINCE:
        body['name'] = item.name
    return body


_SUBJECT = parameters.texts(*certificates.SUBJECT)
_CHANGE = (
    *_SUBJECT,
    *parameters.texts('certificate', 'intermediate_certificate', 'key',
                      'passphrase'),
    *parameters.flags('self_signed', 'new_key'),
    routing.Parameter('key_size', 'integer'),
    routing.Parameter('days', 'integer'))
_REQUEST = 'cert/certificate_signing_request'

ROUTES = (
    routing.Route('GET', 'cert', list_certificates,
                  (*parameters.flags(*_TEXTS), *parameters.PAGING),
                  since='1.3'),
    routing.Route('PUT', 'cert', change_certificate, _CHANGE, since='1.3'),
    routing.Route('GET', _REQUEST, get_request, _SUBJECT, since='1.3'),
    routing.Route('GET', f'{_REQUEST}/{{cert}}', get_request, _SUBJECT,
                  since='1.12'),
    routing.Route('GET', 'cert/{cert}', get_certificate,
                  parameters.flags(*_TEXTS), since='1.12'),
    routing.Route('POST', 'cert/{cert}', create_certificate, _CHANGE,
                  since='1.12'),
    routing.Route('PUT', 'cert/{cert}', change_certificate, _CHANGE,
                  since='1.12'),
    routing.Route('DELETE', 'cert/{cert}', delete_certificate,
                  since='1.12'),
)
