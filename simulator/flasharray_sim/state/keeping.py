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
"""Writing what is kept between runs: what fails says why, and where."""

import contextlib
import sqlite3


class NotKeptError(OSError):
    """What has changed could not be written, most often as a disk is full."""


@contextlib.contextmanager
def keeping(path: str):
    """Write to a file of the state inside; raises NotKeptError."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as exc:
        reason = getattr(exc, 'strerror', None) or exc
        raise NotKeptError(f'{reason}: {path}') from exc
