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
"""Whether the arrays answer, in time, at the same time, to whom."""

from cinder.i18n import _
from oslo_utils import timeutils

from pure_cinder.array import certificates
from pure_cinder.array import errors
from pure_cinder.check import subject as subjects
from pure_cinder import exceptions
from pure_cinder.findings import Severity

# Each attach is a request or more, and Nova waits for it.
SLOW_S = 1
# With a difference of minutes, sessions end as soon as they begin (401).
CLOCK_WARNING_S = 30
CLOCK_ERROR_S = 300
EXPIRY_WARNING_DAYS = 30


def check_reach(subject):
    """See that each array answers, and how fast."""
    for member, view in subject.views.items():
        if isinstance(view, errors.ArrayCertificateError):
            # check_certificates tells why.
            continue
        if not isinstance(view, subjects.View):
            yield Severity.ERROR, _of(member, view)
            continue
        is_slow = view.answer_s > SLOW_S
        yield Severity(is_slow), exceptions.Problem(
            member.gateway.endpoint.options.address,
            _('FlashArray %(name)s, Purity %(purity)s, REST %(major)d.'
              '%(minor)d, answers within %(time)d ms.')
            % {'name': view.array.name, 'purity': view.array.purity_version,
               'major': view.array.rest_version[0],
               'minor': view.array.rest_version[1],
               'time': view.answer_s * 1000 + 1},
            _('See to the network and the load of the array: an attach takes '
              'several times as long.') if is_slow else '')


def check_doubles(subject):
    """See that each member is another array."""
    for problem in subject.backend.startup.doubles():
        yield Severity.ERROR, problem


def check_clocks(subject):
    """See that arrays and this node agree on what time it is."""
    for member, view in _views(subject):
        if view.ahead_s is None:
            yield Severity.WARNING, exceptions.Problem(
                member.backend_id, _(
                    'The answers of FlashArray %s bear no time, so that its '
                    'clock cannot be compared.') % view.array.name)
            continue
        # The answer tells whole seconds.
        apart_s = abs(view.ahead_s + 0.5)
        severity = Severity((apart_s > CLOCK_WARNING_S)
                            + (apart_s > CLOCK_ERROR_S))
        yield severity, exceptions.Problem(
            member.backend_id,
            _('The clock of FlashArray %(name)s is %(apart)d s %(side)s that '
              'of this node.')
            % {'name': view.array.name, 'apart': apart_s,
               'side': _('ahead of') if view.ahead_s > 0 else _('behind')},
            _('Have the array and all nodes use NTP. With clocks that differ '
              'the array ends sessions early and answers 401, and the age of '
              'replicated snapshots is told wrongly.') if severity else '')


def check_roles(subject):
    """See that the token's user may do more than read."""
    for member, view in _views(subject):
        try:
            member.gateway.check_role()
        except exceptions.PureDriverException as error:
            yield Severity.ERROR, _of(member, error)
            continue
        role = member.gateway.find_role()
        yield Severity.OK, exceptions.Problem(
            member.gateway.endpoint.options.api_token,
            _('User %(user)s of FlashArray %(name)s has the role %(role)s.')
            % {'user': member.gateway.user, 'name': view.array.name,
               'role': role or _('that a directory gives')})


def check_certificates(subject):
    """See that certificates are trusted, for how long, and in which name."""
    for problem in subject.config.unverified():
        yield Severity.WARNING, problem
    for member, view in subject.views.items():
        endpoint = member.gateway.endpoint
        try:
            shown = certificates.read(endpoint)
        except errors.ArrayError:
            # check_reach tells it.
            continue
        if shown is not None:
            yield _expiry(endpoint, shown)
        if isinstance(view, errors.ArrayCertificateError):
            yield Severity.ERROR, _distrust(endpoint, shown, view)


def _expiry(endpoint, shown):
    left = shown.expires - timeutils.utcnow(with_timezone=True)
    names = {'address': endpoint.address, 'date': shown.expires.date(),
             'days': left.days}
    if left.total_seconds() < 0:
        return Severity.ERROR, exceptions.Problem(
            endpoint.options.address,
            _('The certificate of FlashArray %(address)s has expired on '
              '%(date)s.') % names, _('Renew it on the array.'))
    is_short = left.days < EXPIRY_WARNING_DAYS
    return Severity(is_short), exceptions.Problem(
        endpoint.options.address,
        _('The certificate of FlashArray %(address)s expires in %(days)d '
          'days, on %(date)s.') % names,
        _('Renew it on the array.') if is_short else '')


def _distrust(endpoint, shown, error):
    """Why a certificate is not trusted."""
    host = certificates.host_of(endpoint)
    if shown is None or shown.bears(host):
        return error.problem
    return exceptions.Problem(
        endpoint.options.address,
        _('The certificate of FlashArray %(address)s is not for %(host)s.')
        % {'address': endpoint.address, 'host': host},
        _('Use a name that it bears: %s.') % (
            ', '.join(shown.names) or _('it bears none; renew it')))


def _views(subject):
    return [(member, subject.views[member]) for member in subject.reachable]


def _of(member, error):
    """What an error tells; an array's own tells the option already."""
    problem = error.problem
    return problem if problem.subject else exceptions.Problem(
        member.backend_id, problem.cause, problem.remedy)
