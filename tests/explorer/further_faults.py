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
"""Faults of answers and refusals, and some of the mends before them."""

from pure_cinder.array import answers as array_answers
from pure_cinder.array import errors
from pure_cinder.array import https
from pure_cinder.array import link
from pure_cinder.array import volumes
from pure_cinder.attachments import connections
from pure_cinder.attachments import records
from pure_cinder.attachments import sweep
from pure_cinder.fleet import whereabouts
from pure_cinder.moves import kept_connections
from pure_cinder.moves import manage
from pure_cinder.replication import failover
from pure_cinder.replication import promotion
from pure_cinder.replication import relocation
from pure_cinder.replication import replicating_back
from pure_cinder.replication import retired_copies
from pure_cinder import rollback
from pure_cinder.volumes import ghost_pods
from pure_cinder.volumes import removal
from pure_cinder.volumes import trash
from pure_cinder.volumes import volume_groups
from tests.explorer import fault
from tests.explorer.faulty import answers
from tests.explorer.faulty import attachments
from tests.explorer.faulty import places
from tests.explorer.faulty import replication

Fault = fault.Fault

ANSWERS = (
    Fault(
        'C2', text='A create or extend fails because a firewall dropped an '
        'idle connection.',
        story='any request, idle, the kept connections are reset at their '
        'next use, create or extend',
        seen_by='tests/array/test_lost_answers.py::'
        'test_write_is_sent_again_after_an_idle_connection_was_cut_off',
        patches=((link.Area, '_write', classmethod(answers.write_once)),)),
    Fault(
        'C3', text='An operation waits for ever for an answer that drips.',
        story='one byte of an answer per third of a second (real time)',
        seen_by='tests/array/test_lines.py::'
        'test_answer_that_drips_is_not_waited_for',
        patches=((https._BoundedStream, 'readinto',
                  answers.read_for_ever),)),
    Fault(
        'C4', text='An odd answer leaves an operation as an AttributeError, '
        'and what it did is not undone or told.',
        story='GET vgroup/gold?qos=true answered [] during the delete of '
        'the last volume of the group',
        seen_by='tests/array/test_odd_answers.py::'
        'test_any_answer_to_a_read_is_understood_or_told',
        patches=((array_answers.Rows, 'find',
                  property(answers.no_attribute)),)),
    Fault(
        'C5', text='The error of an array that cannot be reached shows an '
        'object of the program.',
        story='the array does not accept connections, create: the error has '
        '"at 0x"',
        seen_by='tests/array/test_lines.py::'
        'test_connection_that_is_not_accepted',
        patches=((errors, '_transport_reason', answers.outermost_reason),)),
    Fault(
        'C6', text='A creation that failed keeps its name, so that another '
        'backend of the array cannot make the volume.',
        story='PUT pgroup refused while a replicated volume is created; '
        'create_volume of the same row on another backend of the array',
        seen_by='tests/volumes/test_failed_creations.py::'
        'test_volume_can_be_made_by_another_backend_of_the_array',
        patches=((trash.Trash, 'discard', answers.discard_like_a_delete),)),
    Fault(
        'C7', text='What an undo that failed has left is told in words of '
        'the program.',
        story='an operation fails, and so does its undo (array away from '
        'then on); read the log',
        seen_by='tests/driver/test_failed_undo.py::'
        'test_log_tells_what_is_left_and_how_to_remove_it',
        patches=((rollback.Leftover, '__str__',
                  answers.undo_by_its_function),)),
    Fault(
        'D1', text='A volume whose LUN is taken can never be attached.',
        story='an array that words "LUN in use" otherwise; a volume of '
        'somebody else has the LUN that the name gives; attach',
        seen_by='tests/attachments/test_luns.py::'
        'test_refused_lun_is_not_the_end_whatever_the_words',
        patches=((connections, '_may_be_of_the_lun',
                  answers.is_lun_in_use),)),
    Fault(
        'D2', text='NVMe attachments fail, and leave connection and host.',
        story='an array that tells no LUN of NVMe connections; attach',
        seen_by='tests/attachments/test_luns.py::test_nvme_needs_no_lun',
        patches=((connections.Presentation, 'as_side',
                  answers.as_side_with_lun),)),
    Fault(
        'D3', text='Both failovers are refused by an array that takes no *.',
        story='an array that refuses names with *, or shows nothing for '
        'them; sync volume, fail over',
        seen_by='tests/replication/test_without_wildcards.py::'
        'test_failover_and_failback',
        patches=((link, 'pages_fitting', answers.pages_with_wildcard),)),
    Fault(
        'D4', text='A volume that was just made is destroyed with its group.',
        story='an array that destroys volume groups with volumes; the last '
        'volume of a group is deleted while another is created there',
        seen_by='tests/volumes/test_volume_groups.py::'
        'test_group_is_not_destroyed_with_a_volume_that_just_came',
        patches=((volume_groups, '_destroy', answers.destroy_group),)),
    Fault(
        'D5', text='A machine loses a volume that a retype moves.',
        story='an array that lets go of connections when a volume moves; '
        'attach, retype into a volume group or pod',
        seen_by='tests/moves/test_retype.py::'
        'test_connection_that_a_move_lost_is_made_again',
        patches=((kept_connections, 'kept', answers.kept_by_the_array),)),
)

MENDS = (
    Fault(
        'M1', text='The copy that Cinder still has a volume on is destroyed.',
        story='fail over, fail back, killed before Cinder writes the rows, '
        'reports of the other process: the volume is on neither side for it',
        seen_by='tests/replication/test_copies.py::'
        'test_copy_stays_as_long_as_the_database_has_the_volume_there',
        patches=((retired_copies.RetiredCopies, '_is_volume_there',
                  places.is_row_there),)),
    Fault(
        'M2', text='What a failover has just made is destroyed as a copy.',
        story='fail over, snapshot, fail back, report, fail over again, and '
        'before that is complete the snapshot is deleted and a report made',
        seen_by='tests/replication/test_copies.py::'
        'test_copy_that_is_to_serve_again_is_left_alone',
        patches=((retired_copies.RetiredCopies, 'reserve',
                  replication.reserve_nothing),)),
    Fault(
        'M3', text='A copy stays for ever on the array that served.',
        story='fail over, snapshot, fail back, report, restart, delete the '
        'snapshot, report',
        seen_by='tests/replication/test_copies.py::'
        'test_copy_with_a_snapshot_stays_until_that_is_deleted',
        patches=((whereabouts.Whereabouts, 'is_home',
                  replication.never_home),
                 (retired_copies.RetiredCopies, '_clean_up',
                  replication.look_once))),
    Fault(
        'M4', text='A volume that was given up while failed over is '
        'destroyed at home.',
        story='fail over, unmanage an async volume on beta, fail back with '
        'another one',
        seen_by='tests/replication/test_failback.py::'
        'test_volume_given_up_while_failed_over_is_not_destroyed_at_home',
        patches=((replicating_back, '_is_unmanaged',
                  replication.was_not_given_up),)),
    Fault(
        'M5', text='A machine that got another adapter loses its volume.',
        story='attach, the connector of the attachment has another '
        'initiator than the host (adapter replaced), restart, report',
        seen_by='tests/attachments/test_sweep.py::'
        'test_machine_that_got_another_adapter_keeps_its_volume',
        patches=((records, '_is_on_host', attachments.is_owner),)),
    Fault(
        'M6', text='The LUN of a volume that a machine has just given up '
        'leads its old paths to another volume.',
        story='attach one volume, detach it, attach another to the same '
        'machine within two minutes',
        seen_by='tests/attachments/test_luns.py::'
        'test_lun_of_a_detached_volume_is_not_reused',
        patches=((connections.ArrayConnections, '_choose_lun',
                  attachments.lowest_lun),)),
    Fault(
        'M7', text='Two rows of Cinder have one volume; the delete of one '
        'destroys the other.',
        story='manage_existing with the name of a volume that Cinder has',
        seen_by='tests/moves/test_manage.py::'
        'test_volume_that_cinder_has_is_not_taken_twice',
        patches=((manage, '_has_row', places.no_row_has_it),)),
    Fault(
        'M8', text='A volume is taken over while a machine of others has it.',
        story='a volume made by hand in the place of its type, connected to '
        'a host of others; manage it',
        seen_by='tests/moves/test_manage.py::'
        'test_connected_volume_in_the_group_of_its_type_is_refused',
        patches=((volumes.Volumes, 'is_connected',
                  attachments.unconnected),)),
    Fault(
        'M9', text='Volumes that a failover could not take along stay in '
        'error when they are home.',
        story='two async volumes, one not yet replicated; fail over: that '
        'one is in error; fail back',
        seen_by='tests/replication/test_failback.py::'
        'test_what_could_not_be_served_has_its_status_back',
        patches=((failover, '_was_broken',
                  replication.was_never_broken),)),
    Fault(
        'M10', text='A volume that was deleted while failed over stays at '
        'home for ever.',
        story='two async volumes, fail over, delete one, fail back',
        seen_by='tests/replication/test_failback.py::'
        'test_volumes_deleted_while_failed_over_are_destroyed_on_the_primary',
        patches=((replicating_back.ReplicationBack, 'delete_deleted',
                  replication.delete_nothing),)),
    Fault(
        'M11', text='After a failback that was interrupted, volumes are '
        'refused at home.',
        story='fail over, fail back, killed when Cinder has written who '
        'serves and not yet the rows, restart, attach',
        seen_by='tests/replication/test_interruptions.py::'
        'test_service_killed_after_the_switch_home_starts_there',
        patches=((relocation.Relocator, 'remember',
                  staticmethod(replication.remember_nothing)),)),
    Fault(
        'M12', text='A disaster soon after a failback loses all that was '
        'written while failed over.',
        story='fail over, write, fail back, the replication of what is sent '
        'by itself ends, alpha dies before the next interval, fail over',
        seen_by='tests/replication/test_failback.py::'
        'test_what_came_home_is_sent_out_at_once',
        patches=((replicating_back.ReplicationBack, '_send_out',
                  replication.send_nothing),)),
    Fault(
        'M13', text='Volumes have no limits after a failover.',
        story='async volume with limits, replicate, fail over',
        seen_by='tests/replication/test_copies_elsewhere.py::'
        'test_copies_that_a_failover_made_keep_their_limits',
        patches=((promotion.Promoter, '_limit',
                  replication.limit_nothing),)),
    Fault(
        'M14', text='A group that is elsewhere is lost to Cinder when its '
        'array gets another backend_id.',
        story='fail a group over to at-beta, backend_id of that device '
        'changed, restart, fail the group back',
        seen_by='tests/replication/test_group_failover.py::'
        'test_group_on_an_array_that_has_another_backend_id_comes_home',
        patches=((whereabouts.Whereabouts, '_with_group',
                  places.with_group_by_backend_id),)),
    Fault(
        'M15', text='A volume that is unmanaged after an interrupted move '
        'keeps its name and is in nobody\'s care.',
        story='retype into a volume group killed after the move, restart '
        'without recovery (or rename by hand), unmanage',
        seen_by='tests/moves/test_killed_moves.py::'
        'test_first_operation_after_a_kill_finds_the_volume',
        patches=((manage.ManageService, 'release_volume',
                  places.release_by_name),)),
    Fault(
        'M16', text='Temporary pods fill the limit, and no volume can be '
        'moved into or out of a pod.',
        story='retype into and out of a stretched pod, again and again',
        seen_by='tests/moves/test_retype.py::test_any_type_becomes_any_other',
        patches=((ghost_pods.GhostPods, '_destroy',
                  staticmethod(places.destroy_ghost)),)),
    Fault(
        'M17', text='A creation that failed leaves its volume.',
        story='PUT pgroup refused while a replicated volume is created',
        seen_by='tests/volumes/test_failed_creations.py::'
        'test_volume_can_be_made_by_another_backend_of_the_array',
        patches=((removal.VolumeRemoval, 'discard', places.no_step_back),)),
    Fault(
        'M18', text='An empty volume group stays when its last volume is '
        'deleted or retyped.',
        story='volume of a type with a volume group, delete it',
        seen_by='tests/moves/test_retype.py::test_emptied_volume_group_goes',
        patches=((volume_groups.VolumeGroupService, 'remove_if_unused',
                  places.no_step_back),)),
    Fault(
        'M19', text='A machine keeps its path over an array that was away '
        'when the volume was detached.',
        story='uniform: attach a sync volume, beta away, detach, beta back, '
        'reports',
        seen_by='tests/replication/test_uniform.py::'
        'test_array_that_is_back_is_cleaned',
        patches=((sweep.ConnectionSweep, 'note_detach',
                  attachments.note_nothing),)),
    Fault(
        'M20', text='If the primary dies before what came home has been sent, '
        'a failover takes what had arrived before the first one.',
        story='fail over, write, fail back, alpha dies, fail over',
        seen_by='tests/replication/test_failover_after_failback.py::'
        'test_what_came_home_can_be_served',
        patches=((retired_copies.RetiredCopies, 'notes',
                  replication.no_notes),)),
)
