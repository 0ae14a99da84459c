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
"""Sizes and limits in the forms that Purity takes them."""

import re

from flasharray_sim import errors

SECTOR_BYTES = 512
SMALLEST_BYTES = 1 << 20
LARGEST_BYTES = 4 << 50

_UNITS = {'S': 512, 'K': 1 << 10, 'M': 1 << 20, 'G': 1 << 30, 'T': 1 << 40,
          'P': 1 << 50}
_IOPS_UNITS = {'K': 10 ** 3, 'M': 10 ** 6}
_AMOUNT = re.compile(r'([0-9]{1,19})([A-Za-z]?)')

# Ranges from Ansible and the Cinder documentation.
BANDWIDTH_BYTES = (1 << 20, 512 << 30)
IOPS = (100, 100_000_000)


def parse_size(raw, ctx: str) -> int:
    """Volume size in bytes: sectors only, 1 MiB at least (user guide).

    :param raw: bytes, or text with S, K, M, G, T or P
    """
    size_bytes = _amount(raw, _UNITS)
    if size_bytes is None or size_bytes < 1 or size_bytes % SECTOR_BYTES:
        raise errors.refuse('size_invalid', ctx=ctx)
    if size_bytes > LARGEST_BYTES:
        raise errors.refuse('size_invalid', ctx=ctx)
    return max(size_bytes, SMALLEST_BYTES)


def parse_bandwidth(raw, ctx: str) -> int | None:
    """Bytes a second, None for "" which takes the limit away."""
    return _limit('bandwidth_limit', raw, _UNITS, BANDWIDTH_BYTES, ctx)


def parse_iops(raw, ctx: str) -> int | None:
    """Operations a second, None for "" which takes the limit away."""
    return _limit('iops_limit', raw, _IOPS_UNITS, IOPS, ctx)


def parse_limits(ctx: str, bandwidth_limit=None,
                 iops_limit=None) -> dict[str, int | None]:
    """Both limits by their names, as a row has them."""
    return {'bandwidth_limit': parse_bandwidth(bandwidth_limit, ctx),
            'iops_limit': parse_iops(iops_limit, ctx)}


def _limit(name, raw, units, allowed, ctx):
    if raw in ('', None):
        return None
    amount = _amount(raw, units)
    lowest, highest = allowed
    if amount is None or not lowest <= amount <= highest:
        raise errors.refuse('qos_invalid', ctx=ctx, limit=name,
                            lowest=lowest, highest=highest)
    return amount


def _amount(raw, units):
    if isinstance(raw, bool):
        return None
    if isinstance(raw, int):
        return raw
    match = _AMOUNT.fullmatch(raw) if isinstance(raw, str) else None
    if match is None:
        return None
    number, unit = match.groups()
    if not unit:
        return int(number)
    factor = units.get(unit.upper())
    return factor and int(number) * factor
