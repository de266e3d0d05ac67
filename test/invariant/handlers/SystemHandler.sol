// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IAuditCourt} from "../../../contracts/interfaces/IAuditCourt.sol";
import {IJobEscrow} from "../../../contracts/interfaces/IJobEscrow.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {IRandomnessBeacon} from "../../../contracts/interfaces/IRandomnessBeacon.sol";
import {Batch, Job} from "../../../contracts/interfaces/Types.sol";
import {PanelRules} from "../../../contracts/sampling/PanelRules.sol";
import {ReceiptLib} from "../../../contracts/libraries/ReceiptLib.sol";
import {SamplingMath} from "../../../contracts/libraries/SamplingMath.sol";
import {CaseBook} from "./CaseBook.sol";

/// @notice What anybody may do to the system, honest and hostile, one step a call. Nothing here may ever revert.
abstract contract SystemHandler is CaseBook {
    uint256 public donatedToEscrow;
    uint256 public donatedToStaking;

    /// @notice Brings one job a step further, in a way that the seed chooses.
    function advance(uint256 which, uint256 seed) public {
        if (_cases.length == 0) return;
        _advance(which % _cases.length, seed);
    }

    /// @notice Brings the last jobs a step further each.
    function advanceLast(uint256 seed) external {
        uint256 count = _cases.length;
        for (uint256 i = count > 3 ? count - 3 : 0; i < count; ++i)
            _advance(i, uint256(keccak256(abi.encode(seed, i))));
    }

    function moveFunds(uint256 who, uint256 amount) external {
        address account = actors()[who % (PROVIDERS + REQUESTERS + 2)];
        (uint256 balance, ) = escrow.accountOf(account);
        vm.startPrank(account);
        if (amount % 2 == 0 && balance > 0) escrow.withdraw(account, bound(amount, 1, balance));
        uint256 wallet = asset.balanceOf(account);
        if (amount % 2 == 1 && wallet > 0) {
            asset.approve(address(escrow), type(uint256).max);
            escrow.deposit(account, bound(amount, 1, wallet));
        }
        vm.stopPrank();
    }

    /// @notice Free stake can always be taken out, locked stake never.
    function moveStake(uint256 who, uint256 amount) external {
        address account = provider(who % PROVIDERS);
        uint256 free = staking.freeStake(account);
        vm.startPrank(account);
        try staking.withdraw(account, free + 1) {
            assertTrue(false, "locked stake was withdrawn");
            // solhint-disable-next-line no-empty-blocks, refused as it must be
        } catch {}
        if (amount % 4 == 0 && free > 0) staking.withdraw(account, bound(amount, 1, free));
        uint256 wallet = asset.balanceOf(account);
        if (amount % 4 != 0 && wallet > 0) staking.deposit(account, bound(amount, 1, wallet));
        vm.stopPrank();
    }

    /// @notice Takes and leaves seats; the last five providers keep theirs, so that there are panels.
    function moveSeats(uint256 who, uint256 seed) external {
        address account = provider(who % 4);
        (uint8 held, , ) = registry.holdingOf(MODEL, account);
        vm.startPrank(account);
        if (seed % 2 == 0 && held < 3 && staking.freeStake(account) >= BOND) {
            registry.activateSeats(MODEL, registry.takeSeats(MODEL, 1));
        }
        vm.stopPrank();
        uint32 seat = uint32(seed % registry.seatCount(MODEL));
        IModelRegistry.Seat memory taken = registry.seatOf(MODEL, seat);
        uint32[] memory one = new uint32[](1);
        one[0] = seat;
        if (seed % 2 == 1 && taken.provider == account && taken.leavingSince == 0) {
            vm.prank(account);
            registry.leaveSeats(MODEL, one);
        } else if (taken.leavingSince != 0 && taken.leavingSince + 180_000 <= block.timestamp) {
            registry.vacateSeats(MODEL, one);
        }
    }

    function flush(uint256 seed) external {
        IJobEscrow.ModelAccount memory funds = escrow.modelAccountOf(MODEL);
        if (seed % 4 == 0 && funds.royaltyOwed > 0) escrow.flushRoyalty(MODEL);
        if (seed % 4 == 1 && funds.protocolFees > 0) escrow.flushProtocolFees(MODEL);
        if (seed % 4 == 2 && staking.sinkOwed() > 0) staking.flushSink();
        escrow.payPoolDebts(MODEL, 3);
    }

    function donate(uint256 amount) external {
        amount = bound(amount, 1, 1e6);
        asset.mint(address(escrow), amount);
        asset.mint(address(staking), amount);
        donatedToEscrow += amount;
        donatedToStaking += amount;
    }

    function pass(uint256 time) external {
        vm.warp(block.timestamp + bound(time, 1, 90));
    }

    /// @notice Ends every live job as a stranger could who only waits for deadlines.
    function endAll() external {
        for (uint256 i = 0; i < _cases.length; ++i) {
            for (uint256 step = 0; _cases[i].stage != Stage.Over; ++step) {
                assertLe(step, 60, "steps to the end");
                _wayOut(_cases[i]);
            }
        }
    }

    function _advance(uint256 index, uint256 seed) private {
        Case storage entry = _cases[index];
        uint256 sinkBefore = staking.sinkOwed();
        Stage before = entry.stage;
        if (before == Stage.Open) _whileOpen(entry, seed);
        else if (before == Stage.Active) _whileActive(entry, seed);
        else if (before == Stage.Committed) _whileCommitted(entry, seed);
        else if (before == Stage.Audited) _whileAudited(entry, seed);
        // Only the court sends anything to the sink.
        if (before != Stage.Audited) assertEq(staking.sinkOwed(), sinkBefore, "slashed outside the court");
    }

    function _whileOpen(Case storage entry, uint256 seed) private {
        Job memory job = entry.job;
        if (seed % 3 == 0) {
            vm.prank(job.requester);
            escrow.cancelJob(job);
            entry.stage = Stage.Over;
            ++_reached.cancelled;
        } else if (seed % 3 == 1 || block.timestamp > job.acceptBy) {
            _wayOut(entry);
        } else if (staking.freeStake(job.provider) >= job.budget / 10) {
            vm.prank(operator(indexOf(job.provider)));
            escrow.acceptJob(job);
            entry.stage = Stage.Active;
        }
    }

    function _whileActive(Case storage entry, uint256 seed) private {
        if (seed % 8 == 0 || block.timestamp > entry.job.commitBy) _wayOut(entry);
        else _commit(entry);
    }

    function _whileCommitted(Case storage entry, uint256 seed) private {
        Batch memory batch = entry.batch;
        (IRandomnessBeacon.Resolution resolution, bytes32 value, uint64 index) = beacon.resolve(batch.targetRound);
        if (resolution == IRandomnessBeacon.Resolution.Dead) {
            _wayOut(entry);
        } else if (resolution == IRandomnessBeacon.Resolution.Pending) {
            _post(entry, beacon.candidate(batch.targetRound, index), seed);
        } else {
            if (index > 0) ++_reached.laterCandidate;
            _finalize(entry, value, index, seed);
        }
    }

    function _post(Case storage entry, uint64 round, uint256 seed) private {
        if (seed % 5 == 0) {
            // Nobody posts it in time.
            vm.warp(beacon.timeOf(round) + TIMEOUT);
            return;
        }
        if (block.timestamp < beacon.timeOf(round)) vm.warp(beacon.timeOf(round));
        bytes memory signature = signRound(round);
        vm.prank(STRANGER);
        if (seed % 2 == 0) escrow.postRound(entry.job, entry.batch, signature);
        else beacon.post(round, signature);
    }

    function _finalize(Case storage entry, bytes32 value, uint64 index, uint256 seed) private {
        Batch memory batch = entry.batch;
        bytes32 batchSeed = ReceiptLib.batchSeed(value, block.chainid, address(escrow), entry.batchId);
        bool audited = index > 0 || ReceiptLib.isAudited(batchSeed, batch.p);
        _assertLaw(entry);
        uint64 closesAt = batch.committedAt + entry.job.disputeWindow;
        if (!audited && block.timestamp < closesAt) vm.warp(closesAt);
        if (seed % 2 == 0) {
            vm.prank(STRANGER);
            escrow.finalizeBatch(entry.job, batch);
        } else {
            Job[] memory jobs = new Job[](2);
            Batch[] memory batches = new Batch[](2);
            // One bad item in front of it.
            (jobs[0], jobs[1]) = (entry.job, entry.job);
            batches[1] = batch;
            assertEq(uint256(escrow.finalizeMany(jobs, batches)[0]), 0, "bad item");
        }
        (IJobEscrow.JobStatus status, ) = escrow.jobStateOf(entry.jobId);
        assertEq(uint256(status), uint256(audited ? IJobEscrow.JobStatus.Audited : IJobEscrow.JobStatus.None), "draw");
        entry.stage = audited ? Stage.Audited : Stage.Over;
        if (audited) ++_reached.audited;
        else ++_reached.paid;
    }

    /// @dev p is what the law gives for what the batch fixed, or 1 on probation.
    function _assertLaw(Case storage entry) private view {
        Batch memory batch = entry.batch;
        SamplingMath.Law memory law = SamplingMath.Law(0.08e18, 0.5e18, 2e18, 0.01e18);
        uint256 p = SamplingMath.rawProbability(law, batch.total, batch.total, batch.collateral, WAD);
        if (p < 0.01e18) p = 0.01e18;
        assertTrue(batch.p == p || batch.p == WAD, "p of the law");
    }

    function _whileAudited(Case storage entry, uint256 seed) private {
        bytes32 id = entry.batchId;
        IAuditCourt.Audit memory audit = court.auditOf(id);
        IAuditCourt.Phase phase = audit.phase;
        if (phase == IAuditCourt.Phase.Drawing) {
            court.drawPanel(entry.job, entry.batch);
        } else if (phase == IAuditCourt.Phase.Opening) {
            if (seed % 8 == 0 || block.timestamp > audit.deadline) _wayOut(entry);
            else court.openLeaves(entry.job, entry.batch, _opening(entry));
        } else if (phase == IAuditCourt.Phase.Committing) {
            _commitVotes(entry, audit);
            if (court.auditOf(id).phase == IAuditCourt.Phase.Committing) _wayOut(entry);
        } else if (phase == IAuditCourt.Phase.Answering) {
            if (seed % 8 == 0 || block.timestamp > audit.deadline) _wayOut(entry);
            else court.openAnswers(id, _answer(entry));
        } else {
            _revealVotes(entry, audit);
            _wayOut(entry);
        }
    }

    function _commitVotes(Case storage entry, IAuditCourt.Audit memory audit) private {
        if (block.timestamp > audit.deadline) return;
        IAuditCourt.Member[] memory members = court.membersOf(entry.batchId);
        for (uint256 i = audit.firstMember; i < members.length; ++i) {
            (bool silent, bytes32 vote) = _voteOf(entry, i);
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
        if (block.timestamp > audit.deadline) return;
        IAuditCourt.Member[] memory members = court.membersOf(entry.batchId);
        for (uint256 i = audit.firstMember; i < members.length; ++i) {
            if (members[i].status != IAuditCourt.MemberStatus.Committed) continue;
            // Some who committed never reveal.
            if (uint256(keccak256(abi.encode(entry.batchId, i, "reveal"))) % 10 == 0) continue;
            (, bytes32 vote) = _voteOf(entry, i);
            vm.prank(operator(indexOf(members[i].provider)));
            court.revealVerdict(entry.batchId, uint16(i), vote, bytes32(i));
        }
    }

    /// @dev Seven of ten do the work; the others stay silent, abstain, agree on a lie or answer anything.
    function _voteOf(Case storage entry, uint256 member) private view returns (bool silent, bytes32 vote) {
        uint256 dice = uint256(keccak256(abi.encode(entry.batchId, member))) % 20;
        bytes32[] memory digests = new bytes32[](1);
        if (dice < 14) digests[0] = _truth(entry);
        else if (dice < 16) return (true, 0);
        else if (dice < 17) return (false, 0);
        else if (dice < 19) digests[0] = keccak256("agreed lie");
        else digests[0] = keccak256(abi.encode("anything", member));
        return (false, ReceiptLib.vote(digests));
    }

    /// @dev What a stranger can do who waits for the deadline.
    function _wayOut(Case storage entry) private {
        if (entry.stage == Stage.Open) {
            if (block.timestamp <= entry.job.acceptBy) vm.warp(entry.job.acceptBy + 1);
            vm.prank(STRANGER);
            escrow.cancelJob(entry.job);
            entry.stage = Stage.Over;
            ++_reached.cancelled;
        } else if (entry.stage == Stage.Active) {
            if (block.timestamp <= entry.job.commitBy) vm.warp(entry.job.commitBy + 1);
            vm.prank(STRANGER);
            escrow.expireJob(entry.job);
            entry.stage = Stage.Over;
            ++_reached.expired;
        } else if (entry.stage == Stage.Committed) {
            _wayOutOfCommitted(entry);
        } else if (entry.stage == Stage.Audited) {
            _wayOutOfAudit(entry);
        }
    }

    function _wayOutOfCommitted(Case storage entry) private {
        uint64 target = entry.batch.targetRound;
        (IRandomnessBeacon.Resolution resolution, bytes32 value, uint64 index) = beacon.resolve(target);
        if (resolution == IRandomnessBeacon.Resolution.Ready) {
            _finalize(entry, value, index, 0);
            return;
        }
        // Nobody ever posts a round again.
        uint256 deadFrom = beacon.timeOf(beacon.candidate(target, 7)) + TIMEOUT;
        if (block.timestamp < deadFrom) vm.warp(deadFrom);
        vm.prank(STRANGER);
        escrow.voidBatch(entry.job, entry.batch);
        entry.stage = Stage.Over;
        ++_reached.dead;
    }

    function _wayOutOfAudit(Case storage entry) private {
        IAuditCourt.Audit memory audit = court.auditOf(entry.batchId);
        bool revealing = audit.phase == IAuditCourt.Phase.Revealing;
        bool complete = revealing && audit.revealed == audit.committed;
        if (!complete && block.timestamp <= audit.deadline) vm.warp(audit.deadline + 1);
        (uint256 staked, ) = staking.accountOf(entry.job.provider);
        uint256 votes = _votesAgainst(entry, audit);
        vm.prank(STRANGER);
        if (revealing) court.tally(entry.job, entry.batch);
        else court.expire(entry.job, entry.batch);
        IAuditCourt.Audit memory next = court.auditOf(entry.batchId);
        if (next.phase != IAuditCourt.Phase.None) {
            if (next.redraws > audit.redraws) ++_reached.redrawn;
            else if (next.level > audit.level) ++_reached.split;
            return;
        }
        entry.stage = Stage.Over;
        (uint256 left, ) = staking.accountOf(entry.job.provider);
        _countEnd(entry, audit, staked - left, votes);
    }

    /// @dev No slash without a missed opening or enough equal votes against the provider.
    function _countEnd(Case storage entry, IAuditCourt.Audit memory audit, uint256 lost, uint256 votes) private {
        bool missed = audit.phase == IAuditCourt.Phase.Opening || audit.phase == IAuditCourt.Phase.Answering;
        if (lost >= entry.batch.collateral) {
            uint256 needed = audit.level == 1 ? 2 : PanelRules.quorum(audit.size);
            assertTrue(missed || votes >= needed, "slash without a verdict");
            if (missed) ++_reached.unopened;
            else ++_reached.rejected;
        } else {
            assertFalse(missed, "a missed opening went unpunished");
            if (_wasPaid(entry)) ++_reached.accepted;
            else ++_reached.voided;
        }
    }

    /// @dev A Void sets the probation anew, whatever it was.
    function _wasPaid(Case storage entry) private view returns (bool) {
        (, , uint8 probation) = registry.holdingOf(MODEL, entry.job.provider);
        return probation < 3;
    }

    /// @dev Most equal votes of this panel that differ from the provider's.
    function _votesAgainst(Case storage entry, IAuditCourt.Audit memory audit) private view returns (uint256 most) {
        if (audit.phase != IAuditCourt.Phase.Revealing) return 0;
        IAuditCourt.Member[] memory members = court.membersOf(entry.batchId);
        for (uint256 i = audit.firstMember; i < members.length; ++i) {
            bytes32 vote = members[i].vote;
            if (members[i].status != IAuditCourt.MemberStatus.Revealed || vote == audit.answersHash) continue;
            uint256 equal = 0;
            for (uint256 j = audit.firstMember; j < members.length; ++j) {
                bool same = members[j].status == IAuditCourt.MemberStatus.Revealed && members[j].vote == vote;
                if (same) ++equal;
            }
            if (equal > most) most = equal;
        }
    }
}
