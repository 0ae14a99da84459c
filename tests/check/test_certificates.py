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
"""Certificates: trusted or not, in which name, for how long."""

import contextlib
import datetime
import ipaddress
import socket
import ssl
import threading

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography import x509
import pytest

DAY = datetime.timedelta(days=1)


def certificate(directory, days, *names):
    """A certificate that signs itself.

    :param days: from now until it expires
    :param names: x509.GeneralNames that it is for
    :returns: path of a file that has its key, too
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(
        x509.NameOID.COMMON_NAME, 'array')])
    end = datetime.datetime.now(datetime.timezone.utc) + days * DAY
    made = (x509.CertificateBuilder().subject_name(subject)
            .issuer_name(subject).public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(end - 90 * DAY)
            .not_valid_after(end + DAY / 2)
            .add_extension(x509.BasicConstraints(True, 0), critical=True))
    if names:
        made = made.add_extension(x509.SubjectAlternativeName(names),
                                  critical=False)
    path = directory / 'array.pem'
    path.write_bytes(
        made.sign(key, hashes.SHA256()).public_bytes(
            serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM,
                            serialization.PrivateFormat.PKCS8,
                            serialization.NoEncryption()))
    return path


@contextlib.contextmanager
def showing(path):
    """Something that shakes hands with this certificate, and hangs up.

    :returns: its address
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)

    def serve():
        with contextlib.suppress(OSError):
            while True:
                client, _address = listening.accept()
                with contextlib.suppress(OSError):
                    context.wrap_socket(client, server_side=True).close()

    with socket.create_server(('127.0.0.1', 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield '127.0.0.1:%d' % listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


ITS_ADDRESS = x509.IPAddress(ipaddress.ip_address('127.0.0.1'))


def test_trusted_certificate(checks):
    assert checks.findings('tls') == []
    [cause] = checks.ok('tls')
    assert 'expires in 36' in cause


def test_certificate_that_is_not_verified(checks):
    [finding] = checks.findings('tls', driver_ssl_cert_verify='false')
    assert finding['severity'] == 'warning'
    assert finding['subject'] == 'driver_ssl_cert_verify'
    assert 'driver_ssl_cert_path' in finding['remedy']


def test_certificate_of_an_unknown_authority(checks):
    [finding] = checks.findings('tls', driver_ssl_cert_path=None)
    assert finding['severity'] == 'error'
    assert finding['subject'] == 'driver_ssl_cert_path'
    assert checks.code == 2


@pytest.mark.parametrize('days, severity, words', [
    (-2, 'error', 'has expired'), (10, 'warning', 'expires in 10 days'),
    (60, None, '')])
def test_expiry(checks, tmp_path, days, severity, words):
    path = certificate(tmp_path, days, ITS_ADDRESS)
    with showing(path) as address:
        found = checks.findings('tls', san_ip=address,
                                driver_ssl_cert_path=str(path))
    assert [finding['severity'] for finding in found
            if finding['subject'] == 'san_ip'] == (
                [severity] if severity else [])
    assert words in str(found)
    assert not severity or found[0]['remedy'] == 'Renew it on the array.'


@pytest.mark.parametrize('names, told', [
    ([x509.DNSName('array.example.com')], 'array.example.com'),
    ([x509.DNSName('*.example.com')], '*.example.com'),
    ([], 'it bears none')])
def test_certificate_for_another_name(checks, tmp_path, names, told):
    path = certificate(tmp_path, 60, *names)
    with showing(path) as address:
        [finding] = checks.findings('tls', san_ip=address,
                                    driver_ssl_cert_path=str(path))
    assert finding['subject'] == 'san_ip'
    assert 'is not for 127.0.0.1' in finding['cause']
    assert told in finding['remedy']


def test_certificate_behind_a_proxy_is_not_looked_at(checks, monkeypatch):
    monkeypatch.setenv('https_proxy', 'http://127.0.0.1:9')
    monkeypatch.setenv('no_proxy', '')
    assert checks.findings('tls') == []
    assert checks.ok('tls') == []
