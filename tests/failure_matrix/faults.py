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
"""What a man in the middle can do to one request, by what it is called."""

from tests import middleman

Exchange = middleman.Exchange


def _refused(status, text):
    return lambda exchange: exchange.refuse(status, text)


def _after_effect(fault):
    return lambda exchange: fault(exchange.pass_on())


def _failed_after_effect(exchange):
    exchange.pass_on()
    exchange.refuse(500, 'Internal error.')


def _sent_twice(exchange):
    exchange.pass_on()
    exchange.pass_on().send()


# Name of the fault: what it does to an Exchange, and in other words.
FAULTS = {
    '400': (_refused(400, 'Refused.'), 'refused'),
    '401': (_refused(401, 'Invalid session.'), 'refused as by an array that '
            'has ended the session'),
    '403': (_refused(403, 'Not allowed.'), 'refused as for want of a role'),
    '450': (_refused(450, 'Unsupported version.'), 'refused as by an array '
            'that does not serve this REST version'),
    '500': (_refused(500, 'Internal error.'), 'fails and takes no effect'),
    '500 after': (_failed_after_effect, 'takes effect and fails then'),
    '503': (_refused(503, 'Busy.'), 'refused for the time being'),
    'time-out': (Exchange.swallow, 'takes effect; no answer comes'),
    'reset': (Exchange.reset, 'the connection is reset before the array has '
              'the request'),
    'reset after': (_after_effect(middleman.Answer.reset),
                    'takes effect; the connection is reset then'),
    'cut': (_after_effect(middleman.FAULTS['cut body']),
            'takes effect; the answer lacks its end'),
    'HTML': (_after_effect(middleman.FAULTS['html']),
             'takes effect; the answer is a web page with status 200'),
    'twice': (_sent_twice, 'the array gets it twice; the second answer is '
              'passed on'),
    'away': (Exchange.go_away, 'the array cannot be reached, from this '
             'request on until the operation has ended'),
}
