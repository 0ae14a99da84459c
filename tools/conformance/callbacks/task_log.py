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
"""Ansible callback: one line of JSON for each task that was run."""

import json
import os

from ansible.plugins import callback

DOCUMENTATION = '''
name: task_log
type: notification
short_description: writes what became of each task
description: appends JSON objects to the file named in TASK_LOG
'''


class CallbackModule(callback.CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = 'notification'
    CALLBACK_NAME = 'task_log'
    CALLBACK_NEEDS_ENABLED = True

    def v2_runner_on_ok(self, result):
        self._write(result, None)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        text = result.result.get('msg') or 'failed without a message'
        detail = result.result.get('module_stderr') or ''
        self._write(result, f'{text} {detail}'.strip())

    def v2_runner_on_unreachable(self, result):
        self._write(result, 'unreachable')

    def _write(self, result, failure):
        line = {'task': result.task.name, 'failure': failure,
                'is_changed': bool(result.result.get('changed'))}
        with open(os.environ['TASK_LOG'], 'a', encoding='utf-8') as stream:
            stream.write(json.dumps(line) + '\n')
