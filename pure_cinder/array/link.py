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
"""The line to one array, and how a write over it is concluded."""

import dataclasses
import fnmatch
import functools

from oslo_log import log as logging

from pure_cinder.array import attempts
from pure_cinder.array import errors
from pure_cinder.array import models
from pure_cinder.array import session
from pure_cinder import naming
from pure_cinder import parallel

LOG = logging.getLogger(__name__)

# Paging and counting arrived with 1.7; without them, stats would list the
# whole array every minute.
MIN_REST_VERSION = (1, 7)
PAGE_SIZE = 500
# Of what is read as a whole: with smaller pages, most of the time would go
# into asking for them.
LARGE_PAGE_SIZE = 5000
NAMES_AT_ONCE = 100
TOTAL_COUNT_HEADER = 'x-total-item-count'
NEXT_TOKEN_HEADER = 'x-next-token'


class ArrayLink:
    """One array, connected at first use and again after a failure."""

    def __init__(self, endpoint, user_agent):
        """:param endpoint: :class:`pure_cinder.config.ArrayEndpoint`"""
        self._endpoint = endpoint
        self._user_agent = user_agent
        self._connecting = attempts.SharedAttempt(self._connect)
        self._connected = None

    @property
    def endpoint(self):
        """:returns: config.ArrayEndpoint"""
        return self._endpoint

    @property
    def address(self):
        return self._endpoint.address

    @property
    def options(self):
        """:returns: config.EndpointOptions"""
        return self._endpoint.options

    @property
    def client(self):
        """:returns: session.ArraySession"""
        return self._connection()[0]

    @property
    def info(self):
        """:returns: models.ArrayInfo; asked for once"""
        return self._connection()[1]

    @property
    def known_info(self):
        """The same if it was asked for already, else None."""
        return self._connected and self._connected[1]

    def read_info(self):
        """Ask again who the array is.

        :returns: models.ArrayInfo
        """
        self.note_name(self.client.get().read('array_name', str))
        return self.info

    def note_name(self, name):
        """Remember what the array is called now."""
        client, info = self._connection()
        if name and name != info.name:
            LOG.warning('FlashArray %(old)s is called %(new)s now.',
                        {'old': info.name, 'new': name})
            self._connected = client, dataclasses.replace(info, name=name)

    def _connection(self):
        connect_count = self._connecting.count
        if self._connected is None:
            self._connecting.make(connect_count)
        return self._connected

    def _connect(self):
        client = session.ArraySession(self._endpoint, self._user_agent)
        self._connected = client, self._identify(client)

    def _identify(self, client):
        rest_version = tuple(
            int(part) for part in client.get_rest_version().split('.'))
        if rest_version < MIN_REST_VERSION:
            raise errors.ArrayVersionError(
                'It serves REST up to %d.%d; the driver needs %d.%d.'
                % (rest_version + MIN_REST_VERSION),
                array=self._endpoint.address)
        row = client.get()
        return models.ArrayInfo(
            name=row.read('array_name', str), id=row.read('id', str),
            purity_version=row.read('version', str),
            rest_version=rest_version,
            capabilities=models.Capabilities.of(rest_version))


class Area:
    """Verbs for one kind of object of one array."""

    def __init__(self, link):
        self._link = link

    @property
    def array_name(self):
        """The array's name; its address as long as it was not asked."""
        known = self._link.known_info
        return known.name if known else self._link.address

    @property
    def address(self):
        return self._link.address

    @property
    def _client(self):
        return self._link.client

    def _require(self, *capabilities):
        """Refuse what the array's REST version does not have.

        :param capabilities: fields of models.Capabilities
        :raises ArrayVersionError: the array lacks one; nothing was sent
        """
        info = self._link.info
        for name in capabilities:
            if not getattr(info.capabilities, name):
                raise errors.ArrayVersionError(
                    'Purity %s with REST %d.%d does not have it.' % (
                        info.purity_version, *info.rest_version),
                    array=self._link.address, request='use of ' + name)

    @classmethod
    def _write(cls, act, landed):
        """Do a write; if its answer is lost, see whether it took effect.

        So it is, too, if the answer cannot be understood. A connection that
        was kept and has been cut off meanwhile is no more than that: once
        the array shows that nothing was done, the request is sent anew.

        :param act: sends the request, returns its result
        :param landed: looks; returns the result, or a false value if the
            array shows that nothing was done
        """
        try:
            return cls._do(act, landed)
        except errors.ArrayNoEffectError as error:
            if not isinstance(error.__cause__, errors.ArrayDisconnectedError):
                raise
            LOG.info('FlashArray %s cut off a connection that was idle; '
                     'sending %s again [%s].', error.array, error.request,
                     error.request_id)
        return cls._do(act, landed)

    @staticmethod
    def _do(act, landed):
        try:
            return act()
        except errors.LOST as lost:
            try:
                result = landed()
            except errors.ArrayError as error:
                raise lost.as_a(errors.ArrayOutcomeUnknownError) from error
            if not result:
                raise lost.as_a(errors.ArrayNoEffectError) from lost
            LOG.warning('FlashArray %s: the answer to %s was lost, but it '
                        'took effect [%s].', lost.array, lost.request,
                        lost.request_id)
            return result


def unless_missing(get, *args, **parameters):
    """What ``get`` returns, or None if the object is not there."""
    try:
        return get(*args, **parameters)
    except (errors.ArrayNotFoundError, errors.ArrayPendingEradicationError):
        return None


def only(reply):
    """The one row of a reply that old arrays give bare, newer in a list."""
    return reply[0] if isinstance(reply, list) else reply


def first(reply):
    """The same; None without a reply, or if the list is empty."""
    return None if reply is None or reply == [] else only(reply)


def rows(reply):
    """The reply to a request for a list that is not paged."""
    if not isinstance(reply, list):
        raise reply.odd('is no list')
    return reply


def portions(names):
    """Parts of a list of names, each as one request takes it.

    :returns: iterator of lists
    """
    return parallel.portions(names, NAMES_AT_ONCE)


def keys(names):
    """Names in a form that compares equal however spelled."""
    return {naming.name_key(name) for name in names}


def rows_of(list_rows, names, **flags):
    """The rows of some objects, which one request asks for.

    :param list_rows: an SDK method that lists
    :param names: no more than NAMES_AT_ONCE
    """
    return rows(list_rows(names=','.join(names), **flags))


def pages(list_rows, **flags):
    """Every row of a collection, asked for page by page.

    :param list_rows: an SDK method that lists
    :returns: iterator of rows
    """
    token, expected, seen = {}, None, 0
    while token is not None:
        page = rows(list_rows(limit=PAGE_SIZE, **flags, **token))
        yield from page
        # Purity hands out a token with every page that is not empty. The
        # count of the first page spares asking for an empty one.
        expected = total(page) if expected is None else expected
        seen += len(page)
        is_last = not page or (len(page) < PAGE_SIZE and expected is not None
                               and seen >= expected)
        next_token = page.headers.get(NEXT_TOKEN_HEADER)
        token = {'token': next_token} if next_token and not is_last else None


def pages_at_once(workers, list_rows, **flags):
    """Every row of a collection, all pages but the first asked for at once.

    Each page begins with the last row of the one before. If that is not so,
    the collection has changed in between, and is read page by page.

    :param workers: parallel.Workers
    :param list_rows: an SDK method that lists
    :returns: list of rows
    """
    def page(start):
        return rows(list_rows(limit=LARGE_PAGE_SIZE, start=start, **flags))

    first = page(0)
    count = total(first)
    if _is_all(first, LARGE_PAGE_SIZE):
        return list(first)
    if count is None:
        return list(pages(list_rows, **flags))
    step = LARGE_PAGE_SIZE - 1
    read = [first, *workers.run(functools.partial(page, start)
                                for start in range(step, count - 1, step))]
    if any(total(page) != count for page in read) or any(
            not page or page[0] != before[-1]
            for before, page in zip(read, read[1:])):
        return list(pages(list_rows, **flags))
    return [*first, *(row for page in read[1:] for row in page[1:])]


def rows_of_few(list_rows, **flags):
    """Every row of a collection that fits on one page.

    :param list_rows: an SDK method that lists
    :returns: list of rows; None if there are more
    """
    page = rows(list_rows(limit=PAGE_SIZE, **flags))
    return page if _is_all(page, PAGE_SIZE) else None


def _is_all(page, size):
    """Whether a first page that may have ``size`` rows has all of them."""
    return len(page) < size and total(page) in (None, len(page))


def pages_fitting(list_rows, pattern, **flags):
    """The rows whose names fit a pattern, in any case, ``*`` for anything.

    It is not certain that each array takes a ``*`` for every kind. Where one
    refuses it, shows nothing for it, or everything, all rows decide.

    :param list_rows: an SDK method that lists
    :returns: list of rows
    """
    try:
        found = _fitting(pattern, pages(list_rows, names=pattern, **flags))
    except errors.ArrayRefusal:
        found = []
    return found or _fitting(pattern, pages(list_rows, **flags))


def _fitting(pattern, listed):
    return [row for row in listed if fnmatch.fnmatchcase(
        row.read('name', str).lower(), pattern.lower())]


def total(reply):
    """Number of all matching objects, or None if the array does not count."""
    count = reply.headers.get(TOTAL_COUNT_HEADER)
    if count is None:
        return None
    try:
        return int(count)
    except ValueError:
        raise reply.odd("counts '%s' objects" % count)
