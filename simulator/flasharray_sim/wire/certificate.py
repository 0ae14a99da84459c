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
"""The self-signed certificate that all simulated arrays present."""

import datetime
import ipaddress
import os
import socket

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography import x509

LIFETIME = datetime.timedelta(days=3650)
_MARGIN = datetime.timedelta(days=1)


def ensure_certificate(directory: str, listen: str) -> tuple[str, str]:
    """Return the PEM files (certificate, private key), made when missing.

    A certificate that is there is kept, so that clients which trust it
    still do after a restart, unless it is worn out or names other addresses.
    """
    certificate_path = os.path.join(directory, 'certificate.pem')
    key_path = os.path.join(directory, 'certificate.key')
    names = _alternative_names(listen)
    if not (os.path.exists(key_path) and _serves(certificate_path, names)):
        _make(certificate_path, key_path, names)
    return certificate_path, key_path


def _alternative_names(listen: str) -> x509.SubjectAlternativeName:
    names: list[x509.GeneralName] = [
        x509.DNSName('localhost'),
        x509.IPAddress(ipaddress.ip_address('127.0.0.1'))]
    if listen not in ('localhost', '127.0.0.1'):
        names += _names_of(listen)
    return x509.SubjectAlternativeName(names)


def _names_of(listen: str) -> list[x509.GeneralName]:
    try:
        address = ipaddress.ip_address(listen)
    except ValueError:
        return [x509.DNSName(listen)]
    if address.is_unspecified:
        # Nobody asks for that one, but for any of the machine's.
        return [x509.DNSName(socket.gethostname())]
    return [x509.IPAddress(address)]


def _serves(path: str, names: x509.SubjectAlternativeName) -> bool:
    if not os.path.exists(path):
        return False
    with open(path, 'rb') as stream:
        certificate = x509.load_pem_x509_certificate(stream.read())
    extension = certificate.extensions.get_extension_for_class(
        x509.SubjectAlternativeName)
    return (extension.value == names
            and certificate.not_valid_after_utc > _now() + _MARGIN)


def _make(certificate_path: str, key_path: str,
          names: x509.SubjectAlternativeName) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(
        x509.NameOID.COMMON_NAME, 'simulated FlashArray')])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_now() - _MARGIN)
        .not_valid_after(_now() + LIFETIME)
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0),
                       critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(
            key.public_key()), critical=False)
        .sign(key, hashes.SHA256()))
    _write(key_path, 0o600, key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()))
    _write(certificate_path, 0o644,
           certificate.public_bytes(serialization.Encoding.PEM))


def _write(path: str, mode: int, content: bytes) -> None:
    fresh = f'{path}.new'
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, 'wb') as stream:
        stream.write(content)
    os.replace(fresh, path)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)
