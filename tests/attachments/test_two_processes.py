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
"""Two cinder-volume processes serve the same machines at once."""

import json
import subprocess
import sys

HOSTS = 20
ATTACHMENTS = 200


def test_attaches_and_detaches_of_two_processes(world, simulator, array,
                                                client, tmp_path):
    volumes = [world.create() for _number in range(ATTACHMENTS)]
    work = [(volume.provider_id, volume.provider_location, index // 2 % HOSTS)
            for index, volume in enumerate(volumes)]
    settings = {
        'section': {
            'volume_backend_name': 'pure', 'san_ip': array.address,
            'pure_api_token': array.api_token,
            'driver_ssl_cert_verify': True,
            'driver_ssl_cert_path': str(simulator.certificate_path)},
        'lock_path': str(tmp_path)}

    processes = [subprocess.Popen(
        [sys.executable, '-W', 'ignore', '-m', 'tests.attacher',
         json.dumps(dict(settings, work=work[half::2]))],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for half in range(2)]
    ended = [process.communicate() for process in processes]

    for process, (_output, errors) in zip(processes, ended):
        assert process.returncode == 0, errors
    attached = [entry for output, _errors in ended
                for entry in json.loads(output)]
    assert len(attached) == ATTACHMENTS
    assert client.list_hosts() == []
    for volume in volumes:
        assert client.list_volume_private_connections(
            volume.provider_id) == []
