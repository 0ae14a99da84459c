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
"""The process through which drivers reach arrays, as if these were far away.

``python -m benchmarks.proxy ADDRESS...``. Each direction is delayed by the
same time, and so is the hand-shake of a connection, which the kernel here
makes at once: it costs the first bytes another way there and back.
"""

import asyncio
import sys
import threading
import time

from benchmarks import lines

CHUNK_BYTES = 65536


class Proxy:
    """Counts connections and bytes, and delays them."""

    def __init__(self):
        self._delay_s = 0
        self._counts = {'connections': 0, 'bytes': 0}

    async def listen(self, target):
        """:returns: address at which the target is reached"""
        host, port = target.rsplit(':', 1)

        async def accept(reader, writer):
            self._counts['connections'] += 1
            there = await asyncio.open_connection(host, int(port))
            await asyncio.gather(
                self._pass(reader, there[1], first_delays=3),
                self._pass(there[0], writer, first_delays=1),
                return_exceptions=True)

        server = await asyncio.start_server(accept, '127.0.0.1', 0)
        return '127.0.0.1:%d' % server.sockets[0].getsockname()[1]

    async def _pass(self, reader, writer, first_delays):
        queue = asyncio.Queue()
        sending = asyncio.ensure_future(_send(queue, writer))
        delays = first_delays
        try:
            while chunk := await reader.read(CHUNK_BYTES):
                self._counts['bytes'] += len(chunk)
                await queue.put(
                    (time.monotonic() + delays * self._delay_s, chunk))
                delays = 1
        finally:
            await queue.put((0, b''))
            await sending

    def answer(self, do, **values):
        return getattr(self, do)(**values)

    def delay(self, delay_s):
        self._delay_s = delay_s
        return {}

    def counts(self):
        return self._counts


async def _send(queue, writer):
    while True:
        due_s, chunk = await queue.get()
        if not chunk:
            break
        await asyncio.sleep(due_s - time.monotonic())
        writer.write(chunk)
        await writer.drain()
    writer.close()


def main(targets):
    loop, proxy = asyncio.new_event_loop(), Proxy()
    addresses = {target: loop.run_until_complete(proxy.listen(target))
                 for target in targets}
    threading.Thread(target=loop.run_forever, daemon=True).start()
    lines.serve({'addresses': addresses}, proxy.answer)


if __name__ == '__main__':
    main(sys.argv[1:])
