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
"""The rules of the architecture: who may import whom."""

import ast
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parents[2] / 'pure_cinder'
MODULES = {
    '.'.join(('pure_cinder',) + path.relative_to(ROOT).with_suffix('').parts
             ).removesuffix('.__init__'): path
    for path in sorted(ROOT.rglob('*.py'))}

# From the operator's side to the array's; imports run down only.
ROOMS = [
    ('pure_cinder.driver',),
    ('pure_cinder.backend',),
    ('pure_cinder.stats', 'pure_cinder.snapshots', 'pure_cinder.volumes',
     'pure_cinder.trash', 'pure_cinder.attachments',
     'pure_cinder.connections', 'pure_cinder.hosts', 'pure_cinder.chap',
     'pure_cinder.attachment_history', 'pure_cinder.luns',
     'pure_cinder.leftovers', 'pure_cinder.outages',
     'pure_cinder.volume_types',
     'pure_cinder.manage', 'pure_cinder.manageable', 'pure_cinder.retype',
     'pure_cinder.ghost_pods', 'pure_cinder.migration',
     'pure_cinder.group_types', 'pure_cinder.groups',
     'pure_cinder.volume_groups', 'pure_cinder.tags',
     'pure_cinder.startup',
     'pure_cinder.replication'),
    ('pure_cinder.protocols',),
    ('pure_cinder.fleet',),
    ('pure_cinder.array',),
    ('pure_cinder.opts', 'pure_cinder.config', 'pure_cinder.options',
     'pure_cinder.naming', 'pure_cinder.specs', 'pure_cinder.exceptions',
     'pure_cinder.placement', 'pure_cinder.conversion',
     'pure_cinder.locations', 'pure_cinder.polling',
     'pure_cinder.rollback', 'pure_cinder.vendor'),
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


@pytest.mark.parametrize('name', MODULES)
def test_only_the_array_room_imports_the_sdk(name):
    if not is_in(name, 'pure_cinder.array'):
        assert not [imported for imported in imports(MODULES[name])
                    if is_in(imported, 'purestorage')]


@pytest.mark.parametrize('name', MODULES)
def test_simulator_and_driver_do_not_know_each_other(name):
    is_simulator = is_in(name, 'pure_cinder.simulator')
    for imported in imports(MODULES[name]):
        if is_simulator:
            assert not is_in(imported, 'cinder')
            assert (not is_in(imported, 'pure_cinder')
                    or imported == 'pure_cinder'
                    or is_in(imported, 'pure_cinder.simulator'))
        else:
            assert not is_in(imported, 'pure_cinder.simulator')


@pytest.mark.parametrize('name', MODULES)
def test_nothing_imports_eventlet(name):
    assert not [imported for imported in imports(MODULES[name])
                if is_in(imported, 'eventlet')]


def room_of(name):
    return next(index for index, packages in enumerate(ROOMS)
                if any(is_in(name, package) for package in packages))


@pytest.mark.parametrize('name', [
    name for name in MODULES if name != 'pure_cinder'
    and not is_in(name, 'pure_cinder.simulator')])
def test_imports_run_down(name):
    for imported in own_imports(name):
        assert room_of(imported) >= room_of(name), imported


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
