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
"""Faults that the driver had: each entry takes one mend back.

They show that the explorer finds such faults. Each is as small as it can be.
"""

from pure_cinder.array import errors
from pure_cinder.array import link
from pure_cinder.attachments import attachments as attachment_service
from pure_cinder.attachments import comparison
from pure_cinder.attachments import connections
from pure_cinder.attachments.protocols import fc
from pure_cinder.attachments import users
from pure_cinder.fleet import whereabouts
from pure_cinder.moves import conversion
from pure_cinder.moves import manage
from pure_cinder.moves import migration
from pure_cinder.moves import retype
from pure_cinder.replication import peers
from pure_cinder.replication import replicating_back
from pure_cinder.replication import retired_copies
from pure_cinder.replication import targets
from pure_cinder.service import housekeeping
from pure_cinder.volumes import layouts
from pure_cinder.volumes import recovery
from pure_cinder.volumes import rows
from pure_cinder.volumes import snapshots
from tests.explorer import fault
from tests.explorer.faulty import attachments
from tests.explorer.faulty import places
from tests.explorer.faulty import replication
from tests.explorer import further_faults


Fault = fault.Fault

TABLE = (
    Fault(
        'A1', text='The original of a volume that was failed over is '
        'destroyed with a snapshot, and with it what was written last.',
        story='async volume, snapshot on alpha, write, fail over to beta '
        'with alpha alive, delete the snapshot, one stats report',
        seen_by='tests/replication/test_copies.py::'
        'test_original_is_never_taken_for_a_copy',
        patches=((snapshots.SnapshotService, 'delete',
                  places.delete_and_note_a_copy),
                 (retired_copies.RetiredCopies, '_is_volume_there',
                  places.is_row_there))),
    Fault(
        'A2', text='A process that has not heard of a failover goes on with '
        'the volumes of the old array; what is written there is lost.',
        story='two processes; one fails over to beta, the other, which '
        'still has alpha serve, attaches, extends or snapshots a row of beta',
        seen_by='tests/whereabouts/test_places.py::'
        'test_process_that_has_not_heard_of_a_failover_touches_nothing',
        patches=((whereabouts.Whereabouts, '_following',
                  places.following_the_process),)),
    Fault(
        'A3', text='A volume whose move was interrupted is lost to Cinder; '
        'its delete reports success, and it stays for ever.',
        story='retype into a volume group or pod, killed after a write, '
        'restart; attach fails, delete leaves the volume',
        seen_by='tests/moves/test_killed_moves.py::'
        'test_volume_is_of_use_after_any_kill',
        patches=((recovery.Recovery, 'find', places.no_other_name),
                 (recovery.Recovery, 'after_start',
                  places.nothing_to_settle))),
    Fault(
        'A4', text='A migration with a copy fails, or makes the copy on the '
        'array where the original is.',
        story='migrate with a copy to a backend on another array (that one '
        'may replicate to the source array): create_volume of the new row',
        seen_by='tests/moves/test_migration_with_a_copy.py::'
        'test_copy_to_a_backend_that_replicates_to_where_it_was',
        patches=((layouts.Layouts, 'new',
                  places.layout_where_the_row_says),)),
    Fault(
        'A5', text='A failover is refused in a disaster, since an array was '
        'renamed before.',
        story='rename beta (sync) or alpha (async) on the array while the '
        'service runs, a report, alpha dies, fail over',
        seen_by='tests/whereabouts/test_renamed_arrays.py::'
        'test_renamed_before_a_failover_with_the_primary_dead',
        patches=((link.ArrayLink, 'note_name', places.deaf_to_names),
                 (peers, 'find_replica', places.replica_by_remembered_name),
                 (peers, 'name_on', places.remembered_name),
                 (targets, 'pod_status', places.pod_status_by_name))),
    Fault(
        'A6', text='A volume that stayed at home is looked for on the other '
        'array from a retype on, and in error after the failback.',
        story='plain volume, fail over to beta, retype it to a replicated '
        'type, attach it',
        seen_by='tests/whereabouts/test_places.py::'
        'test_volume_that_stayed_is_not_made_to_follow',
        patches=((retype.RetypeService, 'retype',
                  places.retype_wherever_it_is),)),
    Fault(
        'E1', text='What a machine writes while a failback waits for its '
        'last snapshot is not at home.',
        story='async volume, fail over to beta, attach it, fail back, and '
        'write while that waits for its snapshot to arrive',
        seen_by='tests/replication/test_failback_of_attached.py::'
        'test_all_that_a_machine_wrote_is_home',
        patches=((replicating_back.ReplicationBack, 'replicated',
                  replication.replicated_while_written),
                 (replicating_back.ReplicationBack, 'check_unconnected',
                  staticmethod(replication.no_look_at_connections)))),
    Fault(
        'B1', text='A machine keeps a volume that Cinder does not know to be '
        'attached there.',
        story='attach, the process dies (or array and answer are lost) '
        'right after the connection, restart, reports',
        seen_by='tests/attachments/test_sweep.py::'
        'test_process_that_died_in_an_attach',
        patches=((comparison.Comparison, '_take_stale',
                  attachments.take_nothing),)),
    Fault(
        'B2', text='Of two attachments on a machine that are detached at '
        'once, each is left to the other, and the machine keeps the volume.',
        story='multiattach volume attached twice on one machine, both '
        'detaches asked before either row is deleted',
        seen_by='tests/attachments/test_attach.py::'
        'test_the_last_of_several_detached_at_once_disconnects',
        patches=((users.MachineUsers, '_is_one_of_several',
                  attachments.is_one_of_several_rows),
                 (users.MachineUsers, 'attachments',
                  attachments.attachments_without_doubt))),
    Fault(
        'B3', text='A detach leaves the machine the volume, since an '
        'attachment that failed before counts as a user.',
        story='attach, the detach fails (array away): error_detaching; '
        'attach on the same machine again, detach that',
        seen_by='tests/attachments/test_attach.py::'
        'test_volume_that_is_not_shared_has_one_user',
        patches=((users.MachineUsers, 'is_left_to_others',
                  attachments.is_left_to_failed_ones),)),
    Fault(
        'B4', text='The host object of a machine without volumes stays.',
        story='delete a connected volume; the answer to its disconnection '
        'is lost and the array away; it is back, delete again, reports',
        seen_by='tests/attachments/test_sweep.py::'
        'test_array_that_went_away_in_the_detach_of_a_deletion',
        patches=((connections.ArrayConnections, '_leaving_over',
                  attachments.leaving_nothing_over),)),
    Fault(
        'B5', text='The zones of a machine whose adapters are logged out '
        'stay for ever.',
        story='FC with zones: attach, the machine dies (no fabric knows its '
        'initiators), detach its last volume',
        seen_by='tests/attachments/test_fc.py::'
        'test_zones_of_a_machine_that_is_logged_out_are_removed',
        patches=((fc.FibreChannelProtocol, 'close_paths',
                  attachments.close_reachable_paths),)),
    Fault(
        'B6', text='Host and zones stay on the second array of a pod that '
        'the volume left while it was attached.',
        story='uniform: attach a sync volume, retype it out of the pod, '
        'detach',
        seen_by='tests/attachments/test_missing_paths.py::'
        'test_volume_that_left_the_pod_leaves_nothing_on_the_second_array',
        patches=((attachment_service.AttachmentService, '_leave_told',
                  attachments.leave_nobody),)),
    Fault(
        'B7', text='An error beside the report loses the report, and what '
        'could not be unzoned stays so.',
        story='FC: zone manager in error while the last volume of a machine '
        'is detached, or database in error during a report; then all well '
        'and reports',
        seen_by='tests/attachments/test_fc.py::'
        'test_zones_that_could_not_be_removed_are_removed_later',
        patches=((housekeeping.Housekeeping, '_attempt',
                  staticmethod(attachments.unguarded)),
                 (attachment_service.AttachmentService, '_delete_unused',
                  attachments.delete_unused_once))),
    Fault(
        'B8', text='Paths over an array that was away during an attachment '
        'are never made: the volume has no high availability.',
        story='uniform: beta away, attach a sync volume, beta back, reports',
        seen_by='tests/attachments/test_missing_paths.py::'
        'test_path_of_an_array_that_was_away_is_made',
        patches=((comparison.Comparison, '_add_missing',
                  attachments.add_nothing),)),
    Fault(
        'C1', text='A write that took effect is told as failed if its '
        'answer cannot be read; what it made is left.',
        story='the answer to POST volume is 200 with HTML: the row is in '
        'error and the volume on the array',
        seen_by='tests/array/test_lost_answers.py::'
        'test_any_answer_that_cannot_be_understood_is_lost',
        patches=((errors, 'LOST', (errors.ArrayOutcomeUnknownError,)),)),
    Fault(
        'A7', text='Volumes of an array that was replaced by another with '
        'all their names are refused.',
        story='one array; its volumes appear on another one with the same '
        'names, san_ip and token name that, restart, attach',
        seen_by='tests/whereabouts/test_places.py::'
        'test_one_array_that_was_replaced',
        patches=((whereabouts.Whereabouts, '_replaced',
                  places.unknown_array),)),
    Fault(
        'A8', text='The delete of a row that was never made destroys the '
        'volume of another cloud, whose name ends alike.',
        story='volume_name_template that makes names of over 56 characters; '
        'create fails before the array has it; a volume of the same ending '
        'is there; restart, delete the row',
        seen_by='tests/volumes/test_volume_names.py::'
        'test_row_that_was_never_made_gets_no_name_at_a_start',
        patches=((rows.VolumeRows, '_derived_name',
                  places.name_of_any_row),)),
    Fault(
        'A9', text='A volume goes on replicating after its type says no, if '
        'the protection group is spelled otherwise than the option.',
        story='protection group Cinder-Group made by hand before the start '
        'with cinder-group; async volume, retype to no replication',
        seen_by='tests/moves/test_retype.py::'
        'test_groups_are_compared_as_the_array_does',
        patches=((retype.RetypeService, 'is_own_pgroup',
                  places.is_own_pgroup_by_spelling),
                 (conversion, '_spelled_alike', places.as_spelled))),
    Fault(
        'A10', text='A snapshot from before the template was changed is '
        'told as deleted and stays.',
        story='snapshot, another snapshot_name_template, restart, delete '
        'the snapshot',
        seen_by='tests/volumes/test_snapshots.py::'
        'test_snapshot_from_before_the_template_was_changed',
        patches=((recovery.Recovery, 'find_snapshot',
                  places.no_other_name),)),
    Fault(
        'A11', text='An attached volume is moved to a backend that cannot '
        'detach it, and the machine keeps it.',
        story='attach over iSCSI, migrate_volume to the FC backend of the '
        'same array, detach there',
        seen_by='tests/moves/test_migration.py::'
        'test_attached_volume_is_not_moved',
        patches=((migration.MigrationService, 'migrate',
                  places.migrate_attached),)),
    Fault(
        'H5', text='A volume whose manage was interrupted has another name '
        'by then, and a retry does not find it.',
        story='manage with a type that moves or limits the volume, killed '
        'after a write, restart, manage it by its name again',
        seen_by='tests/moves/test_manage.py::'
        'test_manage_that_was_killed_can_be_done_again_or_tells_both_names',
        patches=((conversion, 'plan', places.plan_name_first),
                 (manage.ManageService, '_interrupted',
                  places.nothing_interrupted))),
)
FAULTS = (*TABLE, *further_faults.ANSWERS, *further_faults.MENDS)
BY_ID = {each.id: each for each in FAULTS}
