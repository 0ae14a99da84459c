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
"""What is in the wheels and sdists of the driver and of the simulator.

They are built from a fresh clone of a copy, with what the tests run with: no
network, and nothing is left in the tree.
"""

import email
import importlib.metadata
import pathlib
import shutil
import subprocess
import sys
import tarfile
import zipfile

import docutils.core
from packaging import requirements
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Where it is, what builds it, and the package in it.
DRIVER = ('.', 'pbr.build', 'pure_cinder')
SIMULATOR = ('simulator', 'setuptools.build_meta', 'flasharray_sim')
GENERATED = ('AUTHORS', 'ChangeLog', 'RELEASENOTES.rst')
_NOT_COPIED = shutil.ignore_patterns(
    '.*', '__pycache__', 'build', 'dist', '*.egg-info', *GENERATED)


def _git(directory, *arguments):
    subprocess.run(
        ['git', '-c', 'user.name=A Committer', '-c', 'user.email=a@localhost',
         *arguments], cwd=directory, check=True, timeout=60)


@pytest.fixture(scope='module')
def tree(tmp_path_factory):
    """The tree as git would give it, with a history of one change."""
    copy = tmp_path_factory.mktemp('packaging') / 'tree'
    shutil.copytree(ROOT, copy, ignore=_NOT_COPIED)
    _git(copy, 'init', '--quiet')
    _git(copy, 'add', '--all')
    _git(copy, 'commit', '--quiet', '--message', 'All of it')
    return copy


@pytest.fixture(scope='module', params=[DRIVER, SIMULATOR],
                ids=lambda kind: kind[-1])
def built(request, tree):
    """(package, wheel as a zip file, names in the sdist)."""
    place, backend, package = request.param
    out = tree.parent / package
    out.mkdir()
    for hook in ('build_wheel', 'build_sdist'):
        done = subprocess.run(
            [sys.executable, '-c', f'import {backend} as it, sys\n'
             f'it.{hook}(sys.argv[1])', out], cwd=tree / place,
            capture_output=True, text=True, timeout=100)
        assert done.returncode == 0, done.stderr
    [wheel], [sdist] = out.glob('*.whl'), out.glob('*.tar.gz')
    with tarfile.open(sdist) as stream:
        names = {name.partition('/')[2] for name in stream.getnames()}
    with zipfile.ZipFile(wheel) as archive:
        yield package, archive, names


def metadata(wheel):
    [name] = [name for name in wheel.namelist()
              if name.endswith('.dist-info/METADATA')]
    return email.message_from_bytes(wheel.read(name))


def test_wheel_has_its_own_package_only(built):
    package, wheel, _sdist = built
    tops = {name.partition('/')[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith('.dist-info')} == {
        package}


def test_wheel_has_every_file_of_the_package(built, tree):
    package, wheel, _sdist = built
    [source] = [path for path in (tree / package, tree / 'simulator' / package)
                if path.is_dir()]
    assert {name for name in wheel.namelist()
            if name.startswith(f'{package}/')} == {
        str(path.relative_to(source.parent))
        for path in source.rglob('*') if path.is_file()}


def test_nothing_is_generated_from_the_history(built):
    _package, wheel, sdist = built
    names = {name.rpartition('/')[2] for name in {*wheel.namelist(), *sdist}}
    assert names.isdisjoint(GENERATED)
    assert 'LICENSE' in names


def test_long_description_renders(built):
    _package, wheel, _sdist = built
    told = metadata(wheel)
    assert told['Description-Content-Type'].startswith('text/x-rst')
    # Raises where an index would refuse, or leave the source as it is.
    docutils.core.publish_string(
        told.get_payload(decode=True).decode(), writer='html5',
        settings_overrides={'halt_level': 2, 'report_level': 2,
                            'raw_enabled': False,
                            'file_insertion_enabled': False})


def test_metadata(built):
    package, wheel, _sdist = built
    told = metadata(wheel)
    assert told['Name'].replace('-', '_') == package
    assert told['Requires-Python'] == '>=3.11'
    assert told.get_all('License-File') == ['LICENSE']
    urls = [entry.partition(', ')[2] for entry in
            told.get_all('Project-URL')]
    assert urls and all(url.startswith('https://') for url in urls)


def test_sdist_has_the_documents(built):
    package, _wheel, sdist = built
    home = ROOT / 'simulator' if package == 'flasharray_sim' else ROOT
    documents = {str(path.relative_to(home))
                 for path in home.glob('docs/**/*.rst')}
    assert documents
    assert {'README.rst', 'LICENSE', 'pyproject.toml', *documents} <= sdist


def test_simulator_alone_takes_few_distributions():
    """Without Cinder, the driver and the SDK."""
    needed, found = ['flasharray-sim'], set()
    while needed:
        distribution = importlib.metadata.distribution(needed.pop())
        if distribution.name in found:
            continue
        found.add(distribution.name)
        parsed = map(requirements.Requirement, distribution.requires or ())
        needed += [requirement.name for requirement in parsed
                   if requirement.marker is None
                   or requirement.marker.evaluate({'extra': ''})]
    assert len(found) <= 10, found
