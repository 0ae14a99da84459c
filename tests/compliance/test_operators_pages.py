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
"""What an operator copies from the documentation works as it stands there.

Sections of cinder.conf start a backend, on simulated arrays; commands are run,
or parsed by the program that they are for. What is neither is told below, with
the reason.
"""

import argparse
import configparser
import functools
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

from cinderclient import api_versions
from cinderclient import shell as cinder_shell
from glanceclient import shell as glance_shell
import pytest
import yaml

import flasharray_sim
from pure_cinder.cmd import audit
from pure_cinder.cmd import check
from pure_cinder import driver
from pure_cinder import options
from pure_cinder import spelling
from tests import deployment
from tests import documents
from tests import operator_commands
from tools.datapath.guest import node

ROOT = pathlib.Path(__file__).parents[2]
README = ROOT / 'README.rst'
PAGES = [README, *sorted((ROOT / 'docs' / 'operators').glob('*.rst'))]
LANGUAGES = {'bash', 'console', 'ini', 'yaml', 'puppet', 'jinja', 'none',
             'text'}
CINDER_CONF = ('cinder.conf', '/etc/kolla/config/cinder/cinder-volume.conf')
NOT_STARTED = {
    'nova.conf': 'Nova is not installed with the tests',
    'glance-api.conf': 'Glance is not installed with the tests',
    'cinder-volume.service.d/override.conf': 'systemd reads it',
    'kolla-build.conf': 'kolla-build is not installed with the tests',
}
NOT_RUN = {
    'systemctl': 'it would change this machine',
    'python3': 'tools/make-venv makes an environment, and has its tests',
    'kolla-ansible': 'it is not installed with the tests',
    'charmcraft': 'it is not installed with the tests',
    'juju': 'it is not installed with the tests',
    'pure-flasharray-sim': "the simulator's own README is tried with it",
    '.': 'the demo makes the file',
}
# Where the section is in what each tool is given, and what it is called.
IN_YAML = {
    'values override': lambda text: text['conf']['backends'],
    'environment file': lambda text: _of_hiera(
        text['parameter_defaults']['ControllerExtraConfig'][
            'cinder::config::cinder_config']),
    'openstack_user_config.yml, container_vars of the storage host':
        lambda text: text['cinder_backends'],
}
ARRAYS = 'abc'
# Variables of kolla-ansible, not options.
OF_TOOLS = {'pure_roce_backend', 'pure_nvme_tcp_backend'}
# The example of a slip.
MISSPELT = 'pure_iscsi_cdir'
# For a process of its own; one of Cinder's modules wants what is not there.
LIST_OPTIONS = '''
import json, sys
from unittest import mock
sys.modules.setdefault('googleapiclient', mock.MagicMock())
from cinder import objects
objects.register_all()
from cinder import opts
print(json.dumps([[str(group), [option.name for option in found]]
                  for group, found in opts.list_opts()]))
'''
PROGRAMS = os.pathsep.join((os.environ['PATH'], '/usr/sbin', '/sbin'))
# What a guest is not told as a node is: it shall notice at once.
SOONER = {'polling_interval', 'max_polling_interval', 'fast_io_fail_tmo'}


def examples(*languages):
    return [pytest.param(block, id='%s-%d' % (path.stem, number))
            for path in PAGES for number, block in enumerate(
                documents.blocks(path.read_text()))
            if block.language in languages]


def commands():
    return [pytest.param(command, id='%s %s' % (path.stem, command))
            for path in PAGES
            for block in documents.blocks(path.read_text())
            if block.language == 'console'
            for command in documents.typed(block.text)]


def _of_hiera(values):
    sections = {}
    for key, value in values.items():
        section, _slash, name = key.partition('/')
        sections.setdefault(section, {})[name] = value['value']
    return sections


def as_ini(sections):
    return '\n'.join(
        '[%s]\n%s' % (name, '\n'.join('%s = %s' % pair
                                      for pair in values.items()))
        for name, values in sections.items())


@pytest.fixture(scope='module')
def known():
    """Names of all options of Cinder's, by group."""
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', LIST_OPTIONS],
        capture_output=True, text=True, check=True, timeout=100)
    names = {}
    for group, found in json.loads(done.stdout.splitlines()[-1]):
        names.setdefault(group, set()).update(found)
    # cinder.cmd.volume declares it.
    names['DEFAULT'].add('cluster')
    return names


@pytest.fixture
def places(database, coordinator):
    """Three arrays, with ports in the networks of the documentation."""
    ports = ['192.0.2.1%d' % number for number in range(4)]
    with flasharray_sim.Simulator(
            arrays=[{'name': name,
                     'iscsi_portals': ['%s:3260' % port for port in ports],
                     'nvme_portals': ['%s:4420' % port for port in ports]}
                    for name in ARRAYS], strict=True) as running:
        yield running


@pytest.fixture
def filled(places):
    """A text with the arrays that there are, in place of its own."""
    def fill(text):
        for name, array in zip(ARRAYS, places.arrays):
            text = text.replace('array-%s.example.com' % name, array.address)
            text = text.replace('TOKEN-%s' % name.upper(), array.api_token)
        return text.replace('/etc/cinder/array-ca.pem',
                            str(places.certificate_path))
    return fill


@pytest.fixture
def serves(filled, known, places, tmp_path):
    """See that a cinder.conf has known options only, and that it serves."""
    def see(text):
        [world] = deployment.start(tmp_path, filled(text)).values()
        ours = {option.name for option
                in world.driver.get_driver_options()}
        for section, keys in spelling.written().items():
            allowed = known.get(section.upper(), known.get(section)) or (
                known['backend_defaults'] | ours)
            assert keys <= allowed, (section, keys - allowed)
        volume = world.create()
        rows = deployment.Place(places.arrays[0]).volumes()
        assert volume.provider_id in rows
    return see


@pytest.mark.parametrize('path', PAGES, ids=lambda path: path.stem)
def test_examples_are_of_a_known_language(path):
    text = path.read_text()
    assert {block.language for block
            in documents.blocks(text)} <= LANGUAGES
    assert text.count('code-block::') == len(documents.blocks(text))
    assert not documents.LITERAL.findall(text)


@pytest.mark.parametrize('block', [
    each for each in examples('ini')
    if each.values[0].caption in ('', 'cinder.conf')])
def test_cinder_conf_serves(block, serves):
    serves(block.text)


@pytest.mark.parametrize('block', [
    each for each in examples('ini') if each.values[0].caption not in (
        '', 'cinder.conf')])
def test_other_file_can_be_read(block, filled, serves):
    text = block.text
    if block.caption not in CINDER_CONF:
        assert NOT_STARTED[block.caption]
        parser = configparser.ConfigParser(strict=False, interpolation=None)
        parser.read_string(text)
        assert parser.sections() or parser.defaults()
        return
    [section] = re.findall(r'^\[(.+)\]$', text, re.MULTILINE)
    if 'san_ip' not in text:
        # What is merged over a section that the tool has written.
        text += '\nsan_ip = array-a.example.com\npure_api_token = TOKEN-A'
    serves('[DEFAULT]\nenabled_backends = %s\n%s' % (section, text))


@pytest.mark.parametrize('block', examples('yaml'))
def test_section_of_a_tool_serves(block, serves):
    sections = IN_YAML[block.caption](yaml.safe_load(block.text))
    serves(as_ini({'DEFAULT': {'enabled_backends': ','.join(sections)},
                   **sections}))


def test_an_unknown_option_is_seen(serves):
    with pytest.raises(AssertionError, match=MISSPELT):
        serves('[DEFAULT]\nenabled_backends = p\n[p]\nvolume_driver = '
               'pure_cinder.driver.PureISCSIDriver\nsan_ip = '
               'array-a.example.com\npure_api_token = TOKEN-A\n'
               '%s = 192.0.2.0/24' % MISSPELT)


def test_every_driver_that_is_named_is_there():
    names = {name for path in (ROOT / 'docs').rglob('*.rst')
             for name in re.findall(r'pure_cinder\.driver\.(\w+)',
                                    path.read_text())}
    assert names
    assert all(hasattr(driver, name) for name in names)


def settings(text):
    """:returns: dict of each setting of a multipath.conf"""
    return dict(line.replace('"', '').split(maxsplit=1)
                for line in text.strip().splitlines()
                if not line.rstrip().endswith(('{', '}')))


@pytest.fixture
def multipath_conf():
    [text] = [block.text for block in documents.blocks(
        (ROOT / 'docs' / 'operators' / 'multipath.rst').read_text())
        if block.caption == '/etc/multipath.conf']
    return settings(text)


def test_multipath_conf_is_that_of_the_guests(multipath_conf):
    assert len(multipath_conf) > 10
    assert {key: value for key, value in multipath_conf.items()
            if key not in SOONER} == {
        key: value for key, value in settings(node.MULTIPATH).items()
        if key not in SOONER}


def test_multipath_conf_says_what_multipath_tools_know(multipath_conf):
    [device] = re.findall(r'device \{\n(\s+vendor "PURE"\n[^}]*)\}',
                          multipath(['-t'], None))
    known = settings(device)
    # Releases differ in what they say beside that.
    alike = known.keys() & multipath_conf
    assert alike >= {'path_grouping_policy', 'prio', 'hardware_handler'}
    assert {key: known[key] for key in alike} == {
        key: multipath_conf[key] for key in alike}


@functools.cache
def cinder_parser():
    return cinder_shell.OpenStackCinderShell().get_subcommand_parser(
        api_versions.APIVersion('3.70'), do_help=True, input_args=[])


@functools.cache
def glance_parser():
    return glance_shell.OpenStackImagesShell().get_subcommand_parser('2')


def parsed_by(parser):
    def run(words, _directory):
        assert parser().parse_args(words).func
    return run


def pip_install(words, _directory):
    assert words[0] == 'install'
    for word in words[1:]:
        assert word == '-c' or (ROOT / word).exists(), word


def make(words, _directory):
    makefile = (ROOT / 'Makefile').read_text()
    assert re.search(r'^([\w-]+ )*%s( [\w-]+)*:' % words[0], makefile,
                     re.MULTILINE), words


def multipath(words, _directory):
    program = shutil.which('multipath', path=PROGRAMS)
    if program is None:
        pytest.skip('multipath-tools are not installed; make test does it')
    return subprocess.run([program, *words], check=True, text=True,
                          capture_output=True, timeout=60).stdout


def sed(words, directory):
    """On a file of that name that has what is to be replaced."""
    path = directory / words[-1]
    path.parent.mkdir(parents=True)
    path.write_text("'cinder.volume.drivers.pure.PureISCSIDriver'")
    subprocess.run(['sed', *words], cwd=directory, check=True, timeout=60)
    assert path.read_text() == "'pure_cinder.driver.PureISCSIDriver'"


RUN = {'cinder': parsed_by(cinder_parser), 'glance': parsed_by(glance_parser),
       'pip': pip_install, 'make': make, 'multipath': multipath,
       'sed': sed}
OURS = {'pure-cinder-check': check.main, 'pure-cinder-audit': audit.main}


@pytest.mark.parametrize('command', commands())
def test_command(command, tmp_path, database, coordinator, capsys):
    subprocess.run(['bash', '-n', '-c', command], check=True, timeout=60)
    program, *words = shlex.split(command, comments=True)
    name = pathlib.Path(program).name or program
    if name in OURS:
        with operator_commands.working(tmp_path, capsys) as operator:
            operator.write(**{'pure-1': operator.section(operator.arrays[0])})
            code, _out, err = operator.type(OURS[name], *(
                word.replace('/etc/cinder/cinder.conf', str(operator.path))
                for word in words))
        assert code in (0, 1, 2), err
    elif name in RUN:
        RUN[name](words, tmp_path)
    else:
        assert NOT_RUN[name]


@functools.cache
def subcommands():
    [action] = [action for action in cinder_parser()._actions
                if isinstance(action, argparse._SubParsersAction)]
    return action.choices


@pytest.mark.parametrize('path', PAGES, ids=lambda path: path.stem)
def test_commands_in_the_text_are_there(path):
    """With the options that they are told with, if not all arguments."""
    for text in re.findall('``cinder ([^`]+)``', path.read_text()):
        name, *words = text.split()
        options_ = subcommands()[name]._option_string_actions
        assert {word for word in words
                if word.startswith('-')} <= options_.keys(), text


def test_what_is_not_run_is_there():
    programs = {each.values[0].split()[0] for each in commands()}
    assert {*NOT_RUN} <= {pathlib.Path(name).name or name
                          for name in programs}
    captions = {each.values[0].caption for each in examples('ini')}
    assert {*NOT_STARTED} <= captions


@pytest.mark.parametrize('path', [
    README, ROOT / 'CONTRIBUTING.rst',
    *sorted((ROOT / 'docs').rglob('*.rst'))],
    ids=lambda path: path.stem)
def test_every_target_of_make_is_there(path):
    for target in re.findall(r'(?:``|    |[$#] )make\s([a-z][a-z0-9-]*)',
                             path.read_text()):
        make([target], None)


def test_files_that_the_readme_names_are_there():
    for name in re.findall(r'``((?:docs|simulator|releasenotes|etc)/[\w./-]*)',
                           README.read_text()):
        assert (ROOT / name).exists(), name


def test_options_that_pages_name_are_there():
    known_names = {option.name for option in options.PURE_OPTS} | {
        *options.OBSOLETE, *OF_TOOLS, 'pure_cinder', MISSPELT}
    for path in PAGES:
        for name in re.findall(r'``(pure_[a-z_]+)``', path.read_text()):
            assert name in known_names, (path.name, name)
