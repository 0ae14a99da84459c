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
"""Volume types that nobody can serve."""

from cinder import context
from cinder import exception
from cinder.i18n import _
from cinder import objects

from pure_cinder.check import features
from pure_cinder import exceptions
from pure_cinder.findings import Severity
from pure_cinder.types import specs

BACKEND_KEY = 'volume_backend_name'
# Any size will do: limits per GB are brought into range.
SIZE_GIB = 1


def check_types(subjects, enabled_names):
    """See that each type that is for these backends has one that serves it.

    :param subjects: list of subject.Subject
    :param enabled_names: what all backends of cinder.conf are called
    """
    for volume_type in objects.VolumeTypeList.get_all(
            context.get_admin_context()):
        chosen = (volume_type.extra_specs or {}).get(BACKEND_KEY)
        if chosen is None and not _is_for_us(volume_type):
            continue
        able = [subject for subject in subjects
                if chosen in (None, subject.config.backend_name)]
        if not able:
            # What another driver, or cinder.conf of another node serves.
            if _is_for_us(volume_type) and chosen not in enabled_names:
                yield Severity.WARNING, _nobody(volume_type, chosen)
            continue
        problems = [_problem(subject, volume_type) for subject in able]
        if all(problems):
            yield Severity.ERROR, problems[0]


def _is_for_us(volume_type):
    """Whether a type speaks of what FlashArrays do."""
    return any(key.startswith(specs.SCOPE)
               for key in volume_type.extra_specs or {})


def _nobody(volume_type, chosen):
    return exceptions.Problem(
        _subject(volume_type),
        _('Volume type %(type)s asks for a backend %(name)s, and '
          'cinder.conf has none.') % {'type': volume_type.name,
                                      'name': chosen},
        _('Set volume_backend_name of the backend, or of the type; ignore '
          'this if another node has it.'))


def _problem(subject, volume_type):
    """Why a backend cannot serve a type, or None."""
    try:
        wanted = subject.backend.types.wanted_of(
            volume_type, SIZE_GIB)
    except exceptions.PureDriverException as error:
        return error.problem
    except exception.Invalid as error:
        return exceptions.Problem(
            _subject(volume_type), _('Volume type %(type)s: %(error)s') % {
                'type': volume_type.name, 'error': error})
    if not subject.is_serving_up:
        return None
    array = subject.fleet.serving.gateway.get_array()
    missing = [what for capability, what in features.needed(wanted)
               if not getattr(array.capabilities, capability)]
    return exceptions.Problem(
        _subject(volume_type), _('Volume type %(type)s: %(lacking)s') % {
            'type': volume_type.name, 'lacking': features.lacking(
                array, ', '.join(missing))},
        features.REMEDY) if missing else None


def _subject(volume_type):
    return 'volume type %s' % volume_type.name
