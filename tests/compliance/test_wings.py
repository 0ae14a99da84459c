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
"""The rules of the architecture: which wing may import which."""

import ast
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parents[2]


def modules_of(directory):
    """:returns: dict of module name to path, of the package there"""
    return {
        '.'.join(path.relative_to(directory.parent).with_suffix('').parts
                 ).removesuffix('.__init__'): path
        for path in sorted(directory.rglob('*.py'))}


DRIVER = modules_of(ROOT / 'pure_cinder')
SIMULATOR = modules_of(ROOT / 'simulator' / 'flasharray_sim')
MODULES = DRIVER | SIMULATOR

# From the operator's side to the array's. Imports run down; wings of one
# floor do not know each other.
FLOORS = [
    ('cmd',),
    ('audit', 'check'),
    ('findings',),
    ('driver',),
    ('backend',),
    ('service',),
    ('moves', 'replication'),
    ('volumes',),
    ('attachments',),
    ('fleet',),
    ('array',),
    ('config',),
    ('types',),
    ('replication_policy', 'spelling'),
    ('exceptions', 'naming', 'options', 'parallel', 'polling', 'rollback'),
]


def imports(path):
    """Every name that a module imports, absolute."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, 'relative import in %s' % path
            names = ['%s.%s' % (node.module, alias.name)
                     for alias in node.names]
            # Importing a module from a package is no use of the package.
            yield from names
            if not all(name in MODULES for name in names):
                yield node.module


def is_in(name, package):
    return name == package or name.startswith(package + '.')


def own_imports(name):
    return {imported for imported in imports(MODULES[name])
            if imported in MODULES and imported != 'pure_cinder'}


def wing_of(name):
    return name.split('.')[1]


def floor_of(wing):
    return next(index for index, wings in enumerate(FLOORS)
                if wing in wings)


@pytest.mark.parametrize('name', MODULES)
def test_only_the_array_wing_imports_the_sdk(name):
    if not is_in(name, 'pure_cinder.array'):
        assert not [imported for imported in imports(MODULES[name])
                    if is_in(imported, 'purestorage')]


@pytest.mark.parametrize('name', SIMULATOR)
def test_simulator_knows_neither_driver_nor_cinder(name):
    for imported in imports(SIMULATOR[name]):
        assert not is_in(imported, 'cinder')
        assert not is_in(imported, 'pure_cinder')


@pytest.mark.parametrize('name', DRIVER)
def test_driver_does_not_know_the_simulator(name):
    assert not [imported for imported in imports(DRIVER[name])
                if is_in(imported, 'flasharray_sim')]


@pytest.mark.parametrize('name', MODULES)
def test_nothing_imports_eventlet(name):
    assert not [imported for imported in imports(MODULES[name])
                if is_in(imported, 'eventlet')]


@pytest.mark.parametrize('name', [
    name for name in DRIVER if name != 'pure_cinder'])
def test_imports_run_down(name):
    wing = wing_of(name)
    for imported in own_imports(name):
        assert (wing_of(imported) == wing
                or floor_of(wing_of(imported)) > floor_of(wing)), imported


def test_there_are_no_circles():
    seen, done = [], set()

    def visit(name):
        assert name not in seen, seen[seen.index(name):] + [name]
        if name not in done:
            seen.append(name)
            for imported in own_imports(name):
                visit(imported)
            done.add(seen.pop())

    for name in MODULES:
        visit(name)


@pytest.mark.parametrize('name', MODULES)
def test_files_and_functions_can_be_read_at_once(name):
    text = MODULES[name].read_text()
    assert text.count('\n') <= 450
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert node.end_lineno - node.lineno < 50, node.name
