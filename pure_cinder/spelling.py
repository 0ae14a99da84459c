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
"""Options in cinder.conf that there are not.

oslo.config reads what is registered, and passes over everything else without
a word. A misspelt ``pure_iscsi_cidr`` would let every port in.
"""

import difflib
import glob
import os

from cinder.i18n import _
from cinder.volume import configuration as cinder_config
from oslo_config import cfg

from pure_cinder import exceptions
from pure_cinder import options

PREFIX = 'pure_'
# How alike a name has to be to one of ours, see difflib.
ALIKE_WITH_PREFIX = 0.6
ALIKE = 0.85
NAMES = (*(option.name for option in options.PURE_OPTS),
         *options.COMMON_OPTION_NAMES, 'volume_backend_name')


def doubts(group):
    """Options that nobody knows, and that were meant for the driver.

    They are those with its prefix, and those that differ from what it reads
    by a slip.

    :param group: name of the backend section; None for ``DEFAULT``. What is
        set for all backends counts, too.
    :returns: list of exceptions.Problem, with the nearest name
    """
    sections = [group, cinder_config.SHARED_CONF_GROUP] if group else [
        'DEFAULT']
    try:
        there = written()
    except (OSError, cfg.ParseError) as error:
        return [exceptions.Problem('cinder.conf', _(
            'cinder.conf is not there as it was read, so misspelt options '
            'are not told: %s') % error)]
    return [_doubt(section, key) for section in sections
            for key in sorted(there.get(section.lower(), ()))
            if key not in (cfg.CONF[section] if group else cfg.CONF)
            and _is_meant_for_us(key)]


def _doubt(section, key):
    nearest = _nearest(key, ALIKE_WITH_PREFIX)
    return exceptions.Problem(
        key, _('There is no option %(key)s, so what section [%(section)s] '
               'sets it to has no effect.') % {'key': key,
                                               'section': section},
        _('The nearest name is %s.') % nearest if nearest
        else _('Remove it.'))


def _is_meant_for_us(key):
    return _plain(key).startswith(PREFIX) or bool(_nearest(key, ALIKE))


def _nearest(key, cutoff):
    """The name that is most alike, or None."""
    return next(iter(difflib.get_close_matches(
        _plain(key), NAMES, n=1, cutoff=cutoff)), None)


def _plain(key):
    return key.lower().replace('-', '_')


def written():
    """What the configuration files say, known or not.

    :returns: dict of section, in lower case as oslo.config compares them, to
        set of keys
    """
    sections = {}
    for path in _paths():
        cfg.ConfigParser(path, sections).parse()
    keys = {}
    for section, values in sections.items():
        keys.setdefault(section.lower(), set()).update(values)
    return keys


def _paths():
    yield from cfg.CONF.config_file
    for directory in cfg.CONF.config_dirs:
        yield from sorted(glob.glob(os.path.join(directory, '*.conf')))
