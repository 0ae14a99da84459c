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
"""Simulated FlashArrays: real state and rules behind REST 1.x over HTTPS."""

import importlib

_HOMES = {'Fault': 'flasharray_sim.faults',
          'Simulator': 'flasharray_sim.fleet'}
__all__ = tuple(_HOMES)


def __getattr__(name: str):
    """Import it now: who has pytest loads the plugin without using it."""
    if name not in _HOMES:
        raise AttributeError(f'module {__name__!r} has no {name!r}')
    return getattr(importlib.import_module(_HOMES[name]), name)
