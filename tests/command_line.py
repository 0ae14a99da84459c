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
"""As much of Purity's command line as the driver speaks of."""

import re
import shlex

from pure_cinder.array import errors

LEFT = re.compile(r'Left on array (\S+): (.+)\. Undo it there with "(.+)"\.')


def told(text):
    """What an entry of the log tells to do.

    :returns: list of pairs of the name of an array and a command
    """
    found = LEFT.search(text)
    if not found:
        return []
    name, _what, commands = found.groups()
    return [(name, command) for command in commands.split('; ')]


class CommandLine:
    """What is typed on one array."""

    def __init__(self, client, wait):
        """:param client: has the methods of the SDK

        :param wait: lets arrays get in sync
        """
        self._client = client
        self._wait = wait

    def run(self, line):
        command, verb, *words = shlex.split(line)
        options = dict(zip(words[:-1:2], words[1::2])) if (
            words[0].startswith('--')) else {}
        getattr(self, '_%s_%s' % (command, verb))(
            *(words[len(options) * 2:]), **{
                name.strip('-').replace('-', '_'): value
                for name, value in options.items()})

    def _purevol_destroy(self, name):
        self._client.destroy_volume(name)

    def _purevol_rename(self, name, new_name):
        self._client.rename_volume(name, new_name)

    def _purevol_move(self, name, container):
        try:
            self._client.move_volume(name, container)
        except errors.ArrayRefusedError as error:
            assert 'stretched' in error.reason
            self._move_through_another_pod(name, container)

    def _move_through_another_pod(self, name, container):
        pod, _colons, leaf = name.rpartition('::')
        own = self._client.get()['array_name']
        [other] = [row['name'] for row in self._client.get_pod(
            pod or container)['arrays'] if row['name'] != own]
        self._client.create_pod('passage')
        if pod:
            self._purepod_add('passage', other)
            self._client.move_volume(name, 'passage')
            self._client.remove_pod('passage', other)
        else:
            self._client.move_volume(name, 'passage')
            self._purepod_add('passage', other)
        self._client.move_volume('passage::' + leaf, container)
        if not pod:
            self._client.remove_pod('passage', other)
        self._client.destroy_pod('passage')
        self._client.eradicate_pod('passage')

    def _purevol_setattr(self, name, iops_limit, bw_limit):
        self._client.set_volume(name, iops_limit=iops_limit,
                                bandwidth_limit=bw_limit)

    def _purevgroup_destroy(self, name):
        if not self._client.get_vgroup(name)['volumes']:
            self._client.destroy_vgroup(name)

    def _purepgroup_destroy(self, name):
        self._client.destroy_pgroup(name)

    def _purepgroup_setattr(self, name, **lists):
        self._client.set_pgroup(name, **{
            key: [value] for key, value in lists.items()})

    def _purepod_destroy(self, name):
        self._client.destroy_pod(name)

    def _purepod_add(self, name, array):
        self._client.add_pod(name, array)
        self._wait()

    def _purepod_remove(self, name, array):
        self._client.remove_pod(name, array)

    def _purehost_disconnect(self, host, vol):
        self._client.disconnect_host(host, vol)

    def _purehost_delete(self, name):
        self._client.delete_host(name)
