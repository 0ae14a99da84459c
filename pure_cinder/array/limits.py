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
"""QoS limits on the wire, of volumes and of volume groups alike."""

from pure_cinder.types import specs

_FIELDS = {'bandwidth_limit': 'bandwidth_bytes_s', 'iops_limit': 'iops'}


def from_wire(row):
    """:returns: specs.QosLimits"""
    return specs.QosLimits(**{
        field: row.find(parameter, int)
        for parameter, field in _FIELDS.items()})


def given(qos):
    """Parameters for the limits that are set.

    :param qos: specs.QosLimits
    """
    return {parameter: getattr(qos, field)
            for parameter, field in _FIELDS.items()
            if getattr(qos, field) is not None}


def every(qos, parameters=tuple(_FIELDS)):
    """Parameters for all limits; one that is not set is cleared.

    :param parameters: those that the array knows
    """
    return {parameter: '' for parameter in parameters} | given(qos)
