// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IAuditCourt} from "../../../contracts/interfaces/IAuditCourt.sol";
import {IJobEscrow} from "../../../contracts/interfaces/IJobEscrow.sol";
import {ReceiptLib} from "../../../contracts/libraries/ReceiptLib.sol";
import {Ghosts} from "./Ghosts.sol";

/// @notice The life of an audit: providers that open or do not, and panelists that work, lie, guess, abstain or are silent.
abstract contract CourtHandler is Ghosts {
    function _whileAudited(Case storage entry, uint256 seed) internal {
        IAuditCourt.Audit memory audit = court.auditOf(entry.batchId);
        IAuditCourt.Phase phase = audit.phase;
        bool over = block.timestamp > audit.deadline;
        if (phase == IAuditCourt.Phase.Committing && !over) {
            _commitVotes(entry, audit);
            if (court.auditOf(entry.batchId).phase == phase) _wayOutOfAudit(entry);
        } else if (phase == IAuditCourt.Phase.Revealing && !over) {
            _revealVotes(entry, audit);
            _wayOutOfAudit(entry);
        } else if (over || seed % 10 == 0) {
            _wayOutOfAudit(entry);
        } else if (phase == IAuditCourt.Phase.Drawing) {
            court.drawPanel(entry.job, entry.batch);
            _checkPanel(entry);
        } else if (phase == IAuditCourt.Phase.Opening) {
            _openLeaves(entry, audit);
        } else {
            _openAnswers(entry, audit);
        }
    }

    /// @dev Ends a phase as a stranger could who only waits for its deadline.
    function _wayOutOfAudit(Case storage entry) internal {
        IAuditCourt.Audit memory audit = court.auditOf(entry.batchId);
        bool revealing = audit.phase == IAuditCourt.Phase.Revealing;
        bool complete = revealing && audit.revealed == audit.committed;
        bytes memory call =
            revealing
                ? abi.encodeCall(court.tally, (entry.job, entry.batch))
                : abi.encodeCall(court.expire, (entry.job, entry.batch));
        if (!complete && block.timestamp <= audit.deadline) {
            if (_succeeds(address(court), STRANGER, call)) ++early;
            vm.warp(audit.deadline + 1);
        }
        Forecast memory forecast = _foresee(entry, audit, court.membersOf(entry.batchId));
        uint256[] memory staked = _stakes();
        (uint256 requesterStake, ) = staking.accountOf(entry.job.requester);
        uint256 sink = staking.sinkOwed();
        assertTrue(_succeeds(address(court), STRANGER, call), "no way out of an audit");
        _compareStakes(entry, forecast, staked, requesterStake, sink);
        _compareEnd(entry, audit, forecast);
        _blame(audit, forecast);
    }

    /// @dev The panel is that of the seed.
    function _checkPanel(Case storage entry) internal {
        IAuditCourt.Audit memory audit = court.auditOf(entry.batchId);
        if (!_isItsPanel(entry)) ++wrongPanels;
        IAuditCourt.Member[] memory members = court.membersOf(entry.batchId);
        for (uint256 i = audit.firstMember; i < members.length; ++i) {
            for (uint256 j = 0; j < audit.firstMember; ++j) {
                if (members[i].provider == members[j].provider) ++_reached.repeatedMember;
            }
        }
    }

    /// @dev Opens the leaves that the seed hits, after it was refused to leave one out or to put another in.
    function _openLeaves(Case storage entry, IAuditCourt.Audit memory audit) private {
        uint256[] memory leaves = _sampled(entry, audit.seed);
        IAuditCourt.LeafOpening[] memory openings = new IAuditCourt.LeafOpening[](leaves.length);
        for (uint256 i = 0; i < leaves.length; ++i) openings[i] = _opening(entry, leaves[i]);
        IAuditCourt.LeafOpening[] memory fewer = new IAuditCourt.LeafOpening[](leaves.length - 1);
        for (uint256 i = 0; i < fewer.length; ++i) fewer[i] = openings[i];
        if (_opens(entry, fewer)) ++wrongSamples;
        if (leaves.length < entry.fees.length) {
            IAuditCourt.LeafOpening[] memory all = new IAuditCourt.LeafOpening[](entry.fees.length);
            for (uint256 i = 0; i < all.length; ++i) all[i] = _opening(entry, i);
            if (_opens(entry, all)) ++wrongSamples;
        }
        court.openLeaves(entry.job, entry.batch, openings);
        // The hash carries the number of samples in its low bits.
        if (uint16(uint256(court.auditOf(entry.batchId).samplesHash)) != leaves.length) ++wrongSamples;
    }

    function _opens(Case storage entry, IAuditCourt.LeafOpening[] memory openings) private returns (bool) {
        bytes memory call = abi.encodeCall(court.openLeaves, (entry.job, entry.batch, openings));
        return _succeeds(address(court), STRANGER, call);
    }

    function _openAnswers(Case storage entry, IAuditCourt.Audit memory audit) private {
        uint256[] memory leaves = _sampled(entry, audit.seed);
        IAuditCourt.AnswerOpening[] memory answers = new IAuditCourt.AnswerOpening[](leaves.length);
        for (uint256 i = 0; i < leaves.length; ++i) answers[i] = _answer(entry, leaves[i]);
        court.openAnswers(entry.batchId, answers);
    }

    function _commitVotes(Case storage entry, IAuditCourt.Audit memory audit) private {
        IAuditCourt.Member[] memory members = court.membersOf(entry.batchId);
        for (uint256 i = audit.firstMember; i < members.length; ++i) {
            (bool silent, bytes32 vote) = _voteOf(entry, audit, i);
            if (silent || members[i].status != IAuditCourt.MemberStatus.Drawn) continue;
            bytes32 commitment = ReceiptLib.verdictCommitment(
                block.chainid,
                address(court),
                entry.batchId,
                audit.panel,
                members[i].provider,
                vote,
                bytes32(i)
            );
            vm.prank(operator(indexOf(members[i].provider)));
            court.commitVerdict(entry.batchId, uint16(i), commitment);
        }
    }

    function _revealVotes(Case storage entry, IAuditCourt.Audit memory audit) private {
        IAuditCourt.Member[] memory members = court.membersOf(entry.batchId);
        for (uint256 i = audit.firstMember; i < members.length; ++i) {
            if (members[i].status != IAuditCourt.MemberStatus.Committed) continue;
            // Some who committed never reveal.
            bool mute = uint256(keccak256(abi.encode(entry.batchId, i, "reveal"))) % 10 == 0;
            if (mute && uint256(entry.batchId) % 3 != 0) continue;
            (, bytes32 vote) = _voteOf(entry, audit, i);
            vm.prank(operator(indexOf(members[i].provider)));
            court.revealVerdict(entry.batchId, uint16(i), vote, bytes32(i));
        }
    }

    /// @dev In a third of the audits everybody works. In the others seven of ten do; the rest stay silent, abstain, agree on
    /// a lie or answer anything.
    function _voteOf(
        Case storage entry,
        IAuditCourt.Audit memory audit,
        uint256 member
    ) private view returns (bool silent, bytes32 vote) {
        uint256 dice = uint256(keccak256(abi.encode(entry.batchId, member))) % 20;
        if (uint256(entry.batchId) % 3 == 0) dice = 0;
        if (dice == 14 || dice == 15) return (true, 0);
        if (dice == 16) return (false, 0);
        if (dice == 17 || dice == 18) return (false, keccak256("agreed lie"));
        if (dice == 19) return (false, keccak256(abi.encode("anything", member)));
        uint256[] memory leaves = _sampled(entry, audit.seed);
        bytes32[] memory digests = new bytes32[](leaves.length);
        for (uint256 i = 0; i < leaves.length; ++i) digests[i] = _digest(entry, leaves[i], false);
        return (false, keccak256(abi.encode(digests)));
    }

    function _stakes() private view returns (uint256[] memory staked) {
        staked = new uint256[](PROVIDERS);
        for (uint256 i = 0; i < PROVIDERS; ++i) (staked[i], ) = staking.accountOf(provider(i));
    }

    /// @dev Everybody's stake and the sink moved by exactly what was foreseen.
    function _compareStakes(
        Case storage entry,
        Forecast memory forecast,
        uint256[] memory staked,
        uint256 requesterStake,
        uint256 sink
    ) private {
        uint256[] memory left = _stakes();
        sink += forecast.slashed - forecast.compensation;
        for (uint256 i = 0; i < PROVIDERS; ++i) {
            uint256 expected = staked[i] + forecast.rewards[i] - forecast.penalties[i];
            if (provider(i) == entry.job.provider) expected -= forecast.slashed;
            sink = sink + forecast.penalties[i] - forecast.rewards[i];
            if (left[i] != expected) ++wrongSlashes;
        }
        (uint256 compensatedStake, ) = staking.accountOf(entry.job.requester);
        if (compensatedStake != requesterStake + forecast.compensation) ++wrongSlashes;
        if (staking.sinkOwed() != sink) ++wrongSlashes;
    }

    /// @dev The audit went on or ended as was foreseen.
    function _compareEnd(Case storage entry, IAuditCourt.Audit memory audit, Forecast memory forecast) private {
        IAuditCourt.Audit memory next = court.auditOf(entry.batchId);
        End end = forecast.end;
        bool ended = next.phase == IAuditCourt.Phase.None;
        (IJobEscrow.JobStatus status, ) = escrow.jobStateOf(entry.jobId);
        if (ended != (end > End.Split) || ended != (status == IJobEscrow.JobStatus.None)) ++wrongEnds;
        (, , uint8 probation) = registry.holdingOf(MODEL, entry.job.provider);
        if (probation != forecast.probation) ++wrongEnds;
        if (ended) {
            entry.stage = Stage.Over;
            return;
        }
        if (end == End.Next) {
            if (next.panel != audit.panel) ++wrongEnds;
            return;
        }
        if (next.panel != audit.panel + 1) ++wrongEnds;
        if (next.redraws != audit.redraws + (end == End.Redraw ? 1 : 0)) ++wrongEnds;
        if (next.level != (end == End.Split ? 2 : audit.level)) ++wrongEnds;
        _checkPanel(entry);
    }

    function _blame(IAuditCourt.Audit memory audit, Forecast memory forecast) private {
        End end = forecast.end;
        if (end == End.Redraw) ++_reached.redrawn;
        if (end == End.Split) ++_reached.split;
        if (end == End.Accepted) ++_reached.accepted;
        if (end == End.Void) ++_reached.voided;
        if (end == End.Rejected) {
            ++_reached.rejected;
            _causes.verdicts += forecast.slashed;
        }
        if (end == End.Missed) {
            if (audit.phase == IAuditCourt.Phase.Opening) ++_reached.unopenedLeaves;
            else ++_reached.unopenedAnswers;
            _causes.missed += forecast.slashed;
        }
        _causes.compensation += forecast.compensation;
        for (uint256 i = 0; i < PROVIDERS; ++i) {
            _causes.rewards += forecast.rewards[i];
            _causes.penalties += forecast.penalties[i];
            if (forecast.penalties[i] > 0) ++_reached.penalised;
        }
    }
}
