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
"""Answers of an array, decoded; what no FlashArray says is an error.

What is read of an answer is read with its type, so that an odd one is told
with the request and the array wherever it is met, and never as an
AttributeError further up.
"""

from oslo_serialization import jsonutils

from pure_cinder.array import errors
from pure_cinder.array import sdk

_MAX_VALUE_LENGTH = 40


def decode(response, context):
    """The body of an answer of 200.

    :param context: of ArrayError, see errors.from_response
    :returns: Row or Rows, with ``headers``
    :raises ArrayUnreadableError: it is no JSON, or of no shape that there is
    """
    def odd(what):
        return errors.ArrayUnreadableError(
            'The answer %s.' % what, status=response.status_code, **context)

    try:
        body = response.json(object_hook=lambda row: Row(row, odd))
    except (ValueError, RecursionError):
        raise odd('is not JSON')
    content = body if isinstance(body, Row) else Rows(body, odd)
    content.headers = response.headers
    return content


class Row(sdk.ResponseDict):
    """A JSON object.

    :ivar odd: makes the error of what is odd about the answer
    """

    def __init__(self, row, odd):
        super().__init__(row)
        self.odd = odd

    def __missing__(self, key):
        raise self.odd("is without '%s'" % key)

    def read(self, key, *kinds):
        """What the array has to tell.

        :param kinds: types of which it is; None for a null
        """
        value = self[key]
        if (None if value is None else type(value)) not in kinds:
            raise self.odd("has %s as '%s'" % (
                jsonutils.dumps(value)[:_MAX_VALUE_LENGTH], key))
        return value

    def find(self, key, *kinds):
        """What not every array tells; None if it does not, or tells null."""
        return self.read(key, *kinds, None) if key in self else None

    def read_all(self, key, kind):
        """A list that the array has to tell; null is an empty one.

        :param kind: type of each of its values
        :returns: tuple
        """
        values = self.read(key, list, None) or ()
        if any(type(value) is not kind for value in values):
            raise self.odd("has %s as '%s'" % (
                jsonutils.dumps(values)[:_MAX_VALUE_LENGTH], key))
        return tuple(values)

    def find_all(self, key, kind):
        """A list that not every array tells; empty if it does not."""
        return self.read_all(key, kind) if key in self else ()


class Rows(sdk.ResponseList):
    """A JSON list of objects; it cannot be read as if it were one of them.

    :ivar odd: see Row
    """

    def __init__(self, rows, odd):
        """:raises ArrayUnreadableError: it is no list of objects"""
        if not isinstance(rows, list) or not all(
                isinstance(row, Row) for row in rows):
            raise odd('is neither an object nor a list of objects')
        super().__init__(rows)
        self.odd = odd

    def __getitem__(self, index):
        try:
            return super().__getitem__(index)
        except IndexError:
            raise self.odd('is an empty list')
        except TypeError:
            raise self.odd('is a list')

    def read(self, key, *_kinds):
        return self[key]

    find = read_all = find_all = read
