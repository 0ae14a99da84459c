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
"""Run programs that others wrote against simulated arrays.

python -m tools.conformance --directory DIRECTORY [--only CLIENT ...]
"""

import argparse
import pathlib
import sys

from tools.conformance import ansible
from tools.conformance import environments
from tools.conformance import outcomes
from tools.conformance import suites

CLIENTS = {
    'in-tree': suites.run_in_tree,
    'scenarios': suites.run_scenarios,
    'failures': suites.run_failures,
    'sdk': suites.run_sdk_coverage,
    'habits': suites.run_habits,
    'ansible': ansible.run,
}


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(prog='make conformance')
    parser.add_argument('--directory', type=pathlib.Path, required=True,
                        help='for virtual environments and the report')
    parser.add_argument('--only', choices=CLIENTS, action='append',
                        help='run this client alone; may be repeated')
    options = parser.parse_args(arguments)
    directory = options.directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    results = []
    for name in options.only or CLIENTS:
        print(f'== {name}', flush=True)
        try:
            results += CLIENTS[name](directory)
        except environments.EnvironmentProblem as exc:
            results.append(outcomes.Outcome(name, 'set-up', str(exc)))
    outcomes.write(results, directory)
    print(f'\n{outcomes.table(results)}\n\nreport: '
          f'{options.directory}/report.txt and report.json')
    return int(any(result.reason is not None for result in results))


if __name__ == '__main__':
    sys.exit(main())
