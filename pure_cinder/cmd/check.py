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
"""pure-cinder-check: all that is wrong with backends, at once.

It changes nothing, on no array and nowhere else.
"""

from pure_cinder.check import examination
from pure_cinder.check import subject as subjects
from pure_cinder.cmd import backends
from pure_cinder.cmd import command_line


def main(arguments=None):
    """:returns: exit code of the process"""
    return command_line.run(command_line.Parser(
        'pure-cinder-check',
        'Tell all that is wrong with the FlashArray backends of a '
        'cinder.conf, at once. Nothing is changed.'), find, arguments)


def find(arguments):
    """:returns: iterator of findings.Finding"""
    examined = []
    for section in backends.load(arguments.backend):
        yield from section.findings
        if section.backend:
            subject = subjects.Subject(section.backend,
                                       section.configuration)
            yield from examination.backend_findings(subject)
            examined.append(subject)
    yield from examination.database_findings(examined,
                                             backends.enabled_names())
