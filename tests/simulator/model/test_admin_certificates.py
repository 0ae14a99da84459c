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
"""Certificates and signing requests (2.10)."""

import datetime

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography import x509
import pytest

TIMES = ('valid_from', 'valid_to')
MIXED = 'Invalid combination of parameters specified.'


def test_the_management_certificate(client):
    [row] = client.get('cert')
    assert (row['name'], row['status'], row['key_size'],
            row['organization']) == (
        'management', 'self-signed', 2048, 'Pure Storage, Inc.')
    assert client.get('cert/management') == row
    assert row['common_name'] is None
    old = client.as_version('1.11').get('cert')
    assert old == {key: value for key, value in row.items()
                   if key != 'name'} | {key: old[key] for key in TIMES}
    pem = client.get('cert/management', certificate=True)['certificate']
    assert x509.load_pem_x509_certificate(pem.encode())
    assert client.refusal('DELETE', 'cert/Management') == (
        'Certificate is built in and cannot be deleted.')


def test_a_new_self_signed_certificate(client):
    row = client.put('cert/management', self_signed=True, days=30,
                     common_name='array.example.com', country='DE')
    assert (row['issued_to'], row['issued_by'], row['country'],
            row['organization']) == (
        'array.example.com', 'array.example.com', 'DE',
        'Pure Storage, Inc.')
    assert row['common_name'] == 'array.example.com'
    assert row['valid_to'] - row['valid_from'] == 30 * 86400 * 1000


def test_times_are_milliseconds_since_1_17_and_texts_before(client):
    new = client.as_version('1.17').get('cert/management')
    old = client.as_version('1.16').get('cert/management')
    for key in TIMES:
        assert isinstance(new[key], int)
        assert datetime.datetime.fromisoformat(
            old[key]).timestamp() * 1000 == new[key]


def test_certificates_by_name(client):
    row = client.post('cert/ldap', common_name='ldap.example.com')
    assert client.names('cert') == ['management', 'ldap']
    assert row['issued_to'] == 'ldap.example.com'
    assert client.refusal('POST', 'cert/LDAP') == (
        'Certificate already exists.')
    assert client.delete('cert/ldap') == {'name': 'ldap'}
    assert client.refusal('GET', 'cert/ldap') == (
        'Certificate does not exist.')


@pytest.mark.parametrize('version, path', [
    ('1.3', 'cert/certificate_signing_request'),
    ('1.19', 'cert/certificate_signing_request/management')])
def test_a_request_is_for_the_certificates_own_key(client, version, path):
    request = x509.load_pem_x509_csr(client.as_version(version).get(
        path, common_name='array.example.com')[
            'certificate_signing_request'].encode())
    own = x509.load_pem_x509_certificate(client.get(
        'cert/management', certificate=True)['certificate'].encode())
    assert request.is_signature_valid
    assert request.public_key() == own.public_key()
    assert 'CN=array.example.com' in request.subject.rfc4514_string()


def test_a_signed_certificate_is_imported(client, clock):
    request = x509.load_pem_x509_csr(client.get(
        'cert/certificate_signing_request/management',
        common_name='array.example.com')[
            'certificate_signing_request'].encode())
    authority = rsa.generate_private_key(65537, 2048)
    issuer = x509.Name([x509.NameAttribute(
        x509.NameOID.COMMON_NAME, 'the-ca')])
    signed = x509.CertificateBuilder(
        issuer, request.subject, request.public_key(), 1, clock.now(),
        clock.now().replace(year=clock.now().year + 1)).sign(
            authority, hashes.SHA256())
    pem = signed.public_bytes(serialization.Encoding.PEM).decode()
    row = client.put('cert/management', certificate=pem)
    assert (row['status'], row['issued_to'], row['issued_by']) == (
        'imported', 'array.example.com', 'the-ca')
    assert client.get('cert/management', certificate=True) == {
        'certificate': pem}
    assert client.refusal('POST', 'cert/other', certificate=pem) == (
        'Invalid value for parameter key.')
    other = authority.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()).decode()
    assert client.refusal('PUT', 'cert/management', certificate=pem,
                          key=other) == (
        'Certificate does not match its key.')
    assert other not in str(client.get('message', audit=True))


@pytest.mark.parametrize('params, text', [
    ({}, 'No attribute specified.'),
    ({'certificate': 'x'}, 'Invalid value for parameter certificate.'),
    ({'certificate': 'x', 'self_signed': True}, MIXED),
    ({'key_size': 512}, 'Invalid value for parameter key_size.'),
    ({'days': 0}, 'Invalid value for parameter days.'),
    ({'country': 'Germany'}, 'Invalid certificate subject.')])
def test_bad_changes(client, params, text):
    before = client.get('cert')
    assert client.refusal('PUT', 'cert/management', **params) == text
    assert client.get('cert') == before
