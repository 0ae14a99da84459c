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
"""The certificate of the simulated arrays."""

import os
import pathlib
import socket
import stat

from cryptography import x509
import pytest

from flasharray_sim.wire import certificate


def names(path):
    loaded = x509.load_pem_x509_certificate(pathlib.Path(path).read_bytes())
    return [name.value for name in loaded.extensions.get_extension_for_class(
        x509.SubjectAlternativeName).value]


@pytest.mark.parametrize('listen,more', [
    ('127.0.0.1', []), ('localhost', []), ('192.0.2.7', ['192.0.2.7']),
    ('::1', ['::1']), ('array.example.org', ['array.example.org']),
    ('0.0.0.0', [socket.gethostname()]), ('::', [socket.gethostname()])])
def test_names(tmp_path, listen, more):
    path, _key = certificate.ensure_certificate(str(tmp_path), listen)
    assert [str(name) for name in names(path)] == [
        'localhost', '127.0.0.1', *more]


def test_key_is_for_its_owner_only(tmp_path):
    _path, key = certificate.ensure_certificate(str(tmp_path), '127.0.0.1')
    assert stat.S_IMODE(os.stat(key).st_mode) == 0o600


def test_certificate_is_kept(tmp_path):
    path, _key = certificate.ensure_certificate(str(tmp_path), '127.0.0.1')
    content = pathlib.Path(path).read_bytes()
    certificate.ensure_certificate(str(tmp_path), '127.0.0.1')
    assert pathlib.Path(path).read_bytes() == content


@pytest.mark.parametrize('spoil', [
    lambda path, key: os.unlink(path), lambda path, key: os.unlink(key)])
def test_lost_half_is_made_anew(tmp_path, spoil):
    path, key = certificate.ensure_certificate(str(tmp_path), '127.0.0.1')
    content = pathlib.Path(path).read_bytes()
    spoil(path, key)
    certificate.ensure_certificate(str(tmp_path), '127.0.0.1')
    assert os.path.exists(key)
    assert pathlib.Path(path).read_bytes() != content


def test_certificate_for_another_address_is_made_anew(tmp_path):
    certificate.ensure_certificate(str(tmp_path), '127.0.0.1')
    path, _key = certificate.ensure_certificate(str(tmp_path), '192.0.2.7')
    assert '192.0.2.7' in [str(name) for name in names(path)]
