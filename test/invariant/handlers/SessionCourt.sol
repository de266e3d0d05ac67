// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IAuditCourt} from "../../../contracts/interfaces/IAuditCourt.sol";
import {IJobEscrow} from "../../../contracts/interfaces/IJobEscrow.sol";
import {IRandomnessBeacon} from "../../../contracts/interfaces/IRandomnessBeacon.sol";
import {Batch, Job} from "../../../contracts/interfaces/Types.sol";
import {ReceiptLib} from "../../../contracts/libraries/ReceiptLib.sol";
import {SessionOffers} from "./SessionOffers.sol";

/// @notice Brings the batches of sessions to their ends: by the round, by the court, or because the beacon died.
/// What the court does is foreseen in `Oracle.sol`; here it only has to come to each of its ends with batches of sessions.
abstract contract SessionCourt is SessionOffers {
    /// @dev Brings a Committed batch as far as the beacon lets it.
    function _settle(Entry storage entry, uint256 seed) internal {
        Job memory job = _sessions[entry.session].job;
        Batch memory batch = entry.batch;
        (IRandomnessBeacon.Resolution resolution, , uint64 index) = beacon.resolve(batch.targetRound);
        bool pending = resolution == IRandomnessBeacon.Resolution.Pending;
        if (pending) {
            if (seed % 20 == 0) vm.warp(_timeOfDeath(batch.targetRound));
            else _post(beacon.candidate(batch.targetRound, index));
            (resolution, , ) = beacon.resolve(batch.targetRound);
        }
        bool dead = resolution == IRandomnessBeacon.Resolution.Dead;
        _endForAnother(entry, seed >> 16);
        _attempt(address(escrow), STRANGER, abi.encodeCall(escrow.voidBatch, (job, batch)), dead);
        if (dead || resolution == IRandomnessBeacon.Resolution.Pending) return;
        uint64 closesAt = batch.committedAt + job.disputeWindow;
        bool early = block.timestamp < closesAt;
        if (early) {
            // It goes through if the batch is drawn, and only then.
            uint256 before = unexpected;
            bool drawn = _attempt(address(escrow), STRANGER, abi.encodeCall(escrow.finalizeBatch, (job, batch)), false);
            if (drawn && entry.stage == BatchStage.Audited) unexpected = before;
            if (drawn) return;
            vm.warp(closesAt);
        }
        _endForAnother(entry, seed >> 32);
        if (seed % 2 == 0)
            _attempt(address(escrow), STRANGER, abi.encodeCall(escrow.finalizeBatch, (job, batch)), true);
        else _finalizeMany(job, batch);
    }

    /// @dev What is due for a batch is due to the parties of its own job. With the job of another session nothing happens, nor
    /// with one that was never opened: the same provider, which then owes no royalty, and somebody else to be refunded.
    function _endForAnother(Entry storage entry, uint256 seed) private {
        _endAs(_sessions[seed % _sessions.length].job, entry);
        Job memory forged = _sessions[entry.session].job;
        (forged.requester, forged.royaltyBps, forged.disputeWindow) = (STRANGER, 0, 0);
        _endAs(forged, entry);
    }

    function _endAs(Job memory job, Entry storage entry) private {
        if (escrow.jobIdOf(job) == entry.batch.jobId) return;
        _attempt(address(escrow), STRANGER, abi.encodeCall(escrow.finalizeBatch, (job, entry.batch)), false);
        _attempt(address(escrow), STRANGER, abi.encodeCall(escrow.voidBatch, (job, entry.batch)), false);
    }

    /// @dev The batch twice, and in front of it something that is no batch: only one item counts.
    function _finalizeMany(Job memory job, Batch memory batch) private {
        (Job[] memory jobs, Batch[] memory batches) = (new Job[](3), new Batch[](3));
        (jobs[0], jobs[1], jobs[2]) = (job, job, job);
        (batches[1], batches[2]) = (batch, batch);
        IJobEscrow.FinalizeStatus[] memory statuses = escrow.finalizeMany(jobs, batches);
        if (statuses[0] != IJobEscrow.FinalizeStatus.Skipped) ++unexpected;
        if (statuses[1] == IJobEscrow.FinalizeStatus.Skipped) ++refused;
        if (statuses[2] != IJobEscrow.FinalizeStatus.Skipped) ++unexpected;
    }

    /// @dev One step of an audit. Of four batches two are audited by an honest panel, one is never opened, and one panel after
    /// the other is silent about the last. What nobody served cannot be opened.
    function _judge(Entry storage entry) internal {
        Signed memory item = _signed[entry.signed];
        IAuditCourt.Audit memory audit = court.auditOf(entry.batchId);
        IAuditCourt.Phase phase = audit.phase;
        uint256 course = uint256(entry.batchId) % 4;
        bool silent =
            (phase == IAuditCourt.Phase.Opening && (course == 2 || item.fees.length == 0)) ||
                (phase == IAuditCourt.Phase.Committing && course == 3);
        if (phase == IAuditCourt.Phase.Revealing) _reveal(entry, audit, item);
        else if (silent || block.timestamp > audit.deadline) _wayOutOfAudit(entry);
        else if (phase == IAuditCourt.Phase.Drawing) _wayOutOfAudit(entry);
        else if (phase == IAuditCourt.Phase.Opening) _open(entry, audit, item);
        else if (phase == IAuditCourt.Phase.Committing) _vote(entry, audit, item);
        else court.openAnswers(entry.batchId, _answers(entry, audit, item));
    }

    /// @dev What a stranger can do who only waits.
    function _wayOutOfAudit(Entry storage entry) internal {
        Job memory job = _sessions[entry.session].job;
        IAuditCourt.Audit memory audit = court.auditOf(entry.batchId);
        if (block.timestamp <= audit.deadline) vm.warp(audit.deadline + 1);
        vm.prank(STRANGER);
        if (audit.phase == IAuditCourt.Phase.Revealing) court.tally(job, entry.batch);
        else court.expire(job, entry.batch);
    }

    function _timeOfDeath(uint64 target) internal view returns (uint256) {
        return beacon.timeOf(beacon.candidate(target, beacon.MAX_CANDIDATES() - 1)) + TIMEOUT;
    }

    function _post(uint64 round) private {
        if (block.timestamp < beacon.timeOf(round)) vm.warp(beacon.timeOf(round));
        beacon.post(round, signRound(round));
    }

    function _open(Entry storage entry, IAuditCourt.Audit memory audit, Signed memory item) private {
        Job memory job = _sessions[entry.session].job;
        uint256[] memory leaves = _sampled(entry.batch, audit.seed, item);
        IAuditCourt.LeafOpening[] memory openings = new IAuditCourt.LeafOpening[](leaves.length);
        for (uint256 i = 0; i < leaves.length; ++i) {
            openings[i].index = uint32(leaves[i]);
            openings[i].receipt = _receipt(job, item, leaves[i]);
            openings[i].request = _request(item, leaves[i]);
            (, openings[i].siblingHashes, openings[i].siblingSums) = _receiptTree(job, item, leaves[i]);
        }
        court.openLeaves(job, entry.batch, openings);
    }

    function _answers(
        Entry storage entry,
        IAuditCourt.Audit memory audit,
        Signed memory item
    ) private view returns (IAuditCourt.AnswerOpening[] memory answers) {
        uint256[] memory leaves = _sampled(entry.batch, audit.seed, item);
        answers = new IAuditCourt.AnswerOpening[](leaves.length);
        for (uint256 i = 0; i < leaves.length; ++i) {
            answers[i].responseRoot = _receipt(_sessions[entry.session].job, item, leaves[i]).responseRoot;
            (answers[i].inputUnits, answers[i].outputUnits) = (10, 20);
            answers[i].salt = bytes32(item.salt);
            answers[i].outputHash = _output(item, leaves[i]);
        }
    }

    function _vote(Entry storage entry, IAuditCourt.Audit memory audit, Signed memory item) private {
        IAuditCourt.Member[] memory members = court.membersOf(entry.batchId);
        bytes32 vote = _rightVote(entry, audit, item);
        for (uint256 i = audit.firstMember; i < members.length; ++i) {
            bytes32 commitment = ReceiptLib.verdictCommitment(
                block.chainid,
                address(court),
                entry.batchId,
                audit.panel,
                members[i].provider,
                vote,
                bytes32(i)
            );
            vm.prank(members[i].provider);
            court.commitVerdict(entry.batchId, uint16(i), commitment);
        }
    }

    function _reveal(Entry storage entry, IAuditCourt.Audit memory audit, Signed memory item) private {
        IAuditCourt.Member[] memory members = court.membersOf(entry.batchId);
        if (block.timestamp <= audit.deadline) {
            bytes32 vote = _rightVote(entry, audit, item);
            for (uint256 i = audit.firstMember; i < members.length; ++i) {
                vm.prank(members[i].provider);
                court.revealVerdict(entry.batchId, uint16(i), vote, bytes32(i));
            }
        }
        court.tally(_sessions[entry.session].job, entry.batch);
    }

    function _rightVote(
        Entry storage entry,
        IAuditCourt.Audit memory audit,
        Signed memory item
    ) private view returns (bytes32) {
        uint256[] memory leaves = _sampled(entry.batch, audit.seed, item);
        bytes32[] memory digests = new bytes32[](leaves.length);
        for (uint256 i = 0; i < leaves.length; ++i) digests[i] = _answerDigest(item, leaves[i]);
        return keccak256(abi.encode(digests));
    }

    /// @dev Indices of the leaves that a sample point falls into.
    function _sampled(
        Batch memory batch,
        bytes32 seed,
        Signed memory item
    ) private view returns (uint256[] memory leaves) {
        uint256 points = registry.versionOf(MODEL, _sessions[item.session].job.version).samplePoints;
        leaves = new uint256[](item.fees.length);
        (uint256 found, uint256 offset) = (0, 0);
        for (uint256 leaf = 0; leaf < item.fees.length; ++leaf) {
            bool hit = false;
            for (uint256 i = 0; i < points; ++i) {
                uint256 point = uint256(keccak256(abi.encode(seed, "sample", i))) % batch.total;
                if (point >= offset && point < offset + item.fees[leaf]) hit = true;
            }
            offset += item.fees[leaf];
            if (hit) leaves[found++] = leaf;
        }
        assembly ("memory-safe") {
            mstore(leaves, found)
        }
    }
}
