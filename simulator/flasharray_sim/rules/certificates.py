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
"""The array's certificates: made, signed elsewhere, imported (2.10).

They are real ones, though the simulator's HTTPS has its own.
"""

import datetime
import functools

from cryptography import exceptions
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography import x509

from flasharray_sim import errors
from flasharray_sim.rules import administration
from flasharray_sim.rules import core as cores
from flasharray_sim.state import rows

MANAGEMENT = 'management'
SUBJECT = {
    'country': x509.NameOID.COUNTRY_NAME,
    'state': x509.NameOID.STATE_OR_PROVINCE_NAME,
    'locality': x509.NameOID.LOCALITY_NAME,
    'organization': x509.NameOID.ORGANIZATION_NAME,
    'organizational_unit': x509.NameOID.ORGANIZATIONAL_UNIT_NAME,
    'email': x509.NameOID.EMAIL_ADDRESS,
    'common_name': x509.NameOID.COMMON_NAME,
}
_KEY_SIZES = (2048, 4096)
_DAYS = range(1, 36501)
_DEFAULT_DAYS = 3650
_KEY_FORMAT = (serialization.Encoding.PEM,
               serialization.PrivateFormat.PKCS8,
               serialization.NoEncryption())
_PEM = serialization.Encoding.PEM


class Certificates:
    """The certificates of one array, one of which is for management."""

    def __init__(self, core: cores.Core,
                 items: administration.Administration):
        self._core = core
        self._items = items

    def set_up(self):
        self._items.create('cert', MANAGEMENT, {})
        self._sign(MANAGEMENT, _factory_key(),
                   {'organization': 'Pure Storage, Inc.',
                    'organizational_unit': 'Pure Storage, Inc.'}, None)

    def create(self, name: str, values: dict) -> rows.Item:
        self._items.create('cert', name, {})
        return self.change(name, values)

    def change(self, name: str, values: dict) -> rows.Item:
        """Import what is given, or else sign a new certificate.

        :param values: certificate, intermediate_certificate, key,
            passphrase; or those of SUBJECT, key_size, days, new_key
        """
        kept = dict(self._items.get('cert', name).values)
        if 'certificate' in values:
            return self._import(name, values, kept['key'])
        key_size = values.get('key_size')
        if kept['key'] is None or values.get('new_key') or key_size:
            if key_size not in (None, *_KEY_SIZES):
                raise _bad(name, 'key_size')
            key = _new_key(key_size or _KEY_SIZES[0])
        else:
            key = _load_key(name, kept['key'], None)
        subject = self.subject(name) if kept['certificate'] else {}
        return self._sign(name, key, subject | _of_subject(values),
                          values.get('days'))

    def delete(self, name: str) -> rows.Item:
        if name.lower() == MANAGEMENT:
            raise errors.refuse('item_built_in', ctx=name,
                                noun='Certificate')
        return self._items.delete('cert', name)

    def request(self, name: str, values: dict) -> str:
        """A signing request in PEM, for the certificate's own key."""
        kept = dict(self._items.get('cert', name).values)
        key = _load_key(name, kept['key'], None)
        builder = x509.CertificateSigningRequestBuilder().subject_name(
            _name(name, self.subject(name) | _of_subject(values)))
        return builder.sign(key, hashes.SHA256()).public_bytes(
            _PEM).decode()

    def subject(self, name: str) -> dict[str, str]:
        return _attributes(self.parsed(self._items.get('cert', name)).subject)

    def parsed(self, item: rows.Item) -> x509.Certificate:
        return _load(item.name, 'certificate',
                     dict(item.values)['certificate'])

    def _sign(self, name, key, subject, days):
        days = _DEFAULT_DAYS if days is None else days
        if days not in _DAYS:
            raise _bad(name, 'days')
        since = datetime.datetime.fromtimestamp(
            self._core.now_s(), datetime.timezone.utc)
        issuer = _name(name, subject)
        signed = x509.CertificateBuilder(
            issuer, issuer, key.public_key(),
            x509.random_serial_number(), since,
            since + datetime.timedelta(days)).sign(key, hashes.SHA256())
        return self._items.change('cert', name, {
            'certificate': signed.public_bytes(_PEM).decode(),
            'intermediate_certificate': None,
            'key': key.private_bytes(*_KEY_FORMAT).decode()})

    def _import(self, name, values, kept_key):
        certificate = _load(name, 'certificate', values['certificate'])
        key = _load_key(name, values.get('key') or kept_key,
                        values.get('passphrase'))
        if certificate.public_key() != key.public_key():
            raise errors.refuse('certificate_key', ctx=name)
        intermediate = values.get('intermediate_certificate')
        if intermediate:
            _load(name, 'intermediate_certificate', intermediate)
        return self._items.change('cert', name, {
            'certificate': values['certificate'],
            'intermediate_certificate': intermediate,
            'key': key.private_bytes(*_KEY_FORMAT).decode()})


def describe(certificate: x509.Certificate) -> dict:
    """Subject, issuer, validity, key size; what is not there is None."""
    subject = _attributes(certificate.subject)
    issuer = _attributes(certificate.issuer)
    return {
        'status': 'self-signed' if certificate.subject == certificate.issuer
        else 'imported',
        'key_size': certificate.public_key().key_size,
        'issued_to': subject.get('common_name', ''),
        'issued_by': issuer.get('common_name', ''),
        'valid_from_s': int(certificate.not_valid_before_utc.timestamp()),
        'valid_to_s': int(certificate.not_valid_after_utc.timestamp()),
        **{key: subject.get(key) for key in SUBJECT}}


@functools.cache
def _factory_key():
    """New arrays of one process share it: making keys takes long."""
    return _new_key(_KEY_SIZES[0])


def _new_key(bits):
    return rsa.generate_private_key(65537, bits)


def _of_subject(values):
    return {key: values[key] for key in SUBJECT if values.get(key)}


def _name(name, subject):
    try:
        return x509.Name([x509.NameAttribute(SUBJECT[key], value)
                          for key, value in subject.items()])
    except ValueError:
        raise errors.refuse('certificate_subject', ctx=name) from None


def _attributes(subject):
    return {key: found[0].value for key, oid in SUBJECT.items()
            if (found := subject.get_attributes_for_oid(oid))}


def _load(name, parameter, pem):
    try:
        certificate = x509.load_pem_x509_certificate((pem or '').encode())
        if isinstance(certificate.public_key(), rsa.RSAPublicKey):
            return certificate
    except (ValueError, exceptions.UnsupportedAlgorithm):
        pass
    raise _bad(name, parameter)


def _load_key(name, pem, passphrase):
    try:
        key = serialization.load_pem_private_key(
            (pem or '').encode(), passphrase and passphrase.encode())
        if isinstance(key, rsa.RSAPrivateKey):
            return key
    except (ValueError, TypeError, exceptions.UnsupportedAlgorithm):
        pass
    raise _bad(name, 'key')


def _bad(name, parameter):
    return errors.refuse('parameter_value', ctx=name, parameter=parameter)
