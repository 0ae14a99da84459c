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
"""Extra specs of our own, as a type's editor may offer them."""

from cinder.i18n import _

from pure_cinder import specs

# Of the extra specs, without the colon.
PREFIX = specs.SCOPE.rstrip(':')


def properties():
    """:returns: dict of extra spec to what Cinder tells about it"""
    return {specs.SCOPE + name: found for name, found in (
        ('maxIOPS', _number(
            _('IOPS limit'), _('Most I/O operations a second.'),
            *specs.IOPS_RANGE)),
        ('maxBWS', _number(
            _('Bandwidth limit'), _('Most MiB a second.'),
            *specs.BANDWIDTH_RANGE_MIB_S)),
        ('maxIOPS_per_GB', _number(
            _('IOPS limit per GB'), _('The same for each GB of the volume; '
                                      'brought into the range of maxIOPS.'),
            1, specs.IOPS_RANGE[1])),
        ('maxBWS_per_GB', _number(
            _('Bandwidth limit per GB'), _(
                'The same for each GB of the volume; brought into the range '
                'of maxBWS.'), 1, specs.BANDWIDTH_RANGE_MIB_S[1])),
        ('vg_name', {
            'title': _('Volume group'), 'type': 'string',
            'description': _('Volume group on the array that volumes are '
                             'put into; created when it is needed.')}),
        ('vg_maxIOPS', _number(
            _('IOPS limit of the volume group'), _(
                'Most I/O operations a second of all its volumes together.'),
            *specs.IOPS_RANGE)),
        ('vg_maxBWS', _number(
            _('Bandwidth limit of the volume group'), _(
                'Most MiB a second of all its volumes together.'),
            *specs.BANDWIDTH_RANGE_MIB_S)))}


def _number(title, description, lowest, highest):
    return {'title': title, 'description': description, 'type': 'integer',
            'minimum': lowest, 'maximum': highest}
