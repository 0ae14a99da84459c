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
"""What connected arrays call each other.

An administrator may rename an array at any time. So arrays are told apart by
their ids, and a name that is remembered is only tried first.
"""

from pure_cinder import naming


def array_name(member):
    """Name of a member, as it was when it told it last."""
    return member.gateway.get_array().name


def connection(member, peer):
    """The connection that an array has with another one.

    :param peer: roster.Member that has told who it is
    :returns: models.ArrayConnection, or None
    """
    peer_id = peer.gateway.get_array().id
    return next((known for known in member.gateway.list_array_connections()
                 if known.array_id == peer_id), None)


def name_on(member, peer):
    """What an array calls another one now.

    :param peer: roster.Member that has told who it is
    """
    known = connection(member, peer)
    return known.array_name if known else array_name(peer)


def find_replica(member, source, pgroup):
    """What an array has of a protection group of another one.

    :param source: roster.Member that has told who it is
    :param pgroup: full name of the group there
    :returns: models.Pgroup, or None
    """
    pgroups = member.gateway.pgroups
    remembered = naming.on_target(array_name(source), pgroup)
    found = pgroups.find(remembered)
    if found or naming.is_in_pod(pgroup):
        return found
    known = connection(member, source)
    if known is None or naming.same_name(known.array_name,
                                         array_name(source)):
        return None
    return pgroups.find(naming.on_target(known.array_name, pgroup))


def own_target(member, replica):
    """What a replicated group on an array says of that array.

    :param replica: models.Pgroup that the array has of another one
    :returns: models.PgroupTarget, or None
    """
    for array in (member.gateway.get_array, member.gateway.read_array):
        name = array().name
        for target in replica.targets:
            if naming.same_name(target.name, name):
                return target
    return None
