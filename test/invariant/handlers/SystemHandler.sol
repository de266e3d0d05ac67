// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IJobEscrow} from "../../../contracts/interfaces/IJobEscrow.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {Batch, Commitment, Job, Outcome, Payment} from "../../../contracts/interfaces/Types.sol";
import {CourtHandler} from "./CourtHandler.sol";

/// @notice What anybody may do to the system, honest and hostile, one step a call. Nothing here may ever revert.
abstract contract SystemHandler is CourtHandler {
    error Undone();

    function open(uint256 seed) external watched {
        uint256 count = _cases.length;
        _open(seed);
        if (_cases.length > count && _cases[count].stage == Stage.Open) ++_reached.openedUnquoted;
    }

    /// @notice Brings one job a step further, in a way that the seed chooses.
    function advance(uint256 which, uint256 seed) external watched {
        if (_cases.length > 0) _advance(_cases[which % _cases.length], seed);
    }

    /// @notice Brings the last jobs a step further each.
    function advanceLast(uint256 seed) external watched {
        uint256 count = _cases.length;
        for (uint256 i = count > 3 ? count - 3 : 0; i < count; ++i) {
            _advance(_cases[i], uint256(keccak256(abi.encode(seed, i))));
        }
    }

    /// @notice Brings one job many steps further.
    function play(uint256 which, uint256 seed) external watched {
        if (_cases.length == 0) return;
        Case storage entry = _cases[which % _cases.length];
        for (uint256 i = 0; i < 6; ++i) _advance(entry, uint256(keccak256(abi.encode(seed, i))));
    }

    function moveFunds(uint256 who, uint256 amount) external watched {
        address account = actors()[who % (PROVIDERS + REQUESTERS + 2)];
        (uint256 balance, ) = escrow.accountOf(account);
        if (_succeeds(address(escrow), account, abi.encodeCall(escrow.withdraw, (account, balance + 1)))) ++overdrafts;
        vm.startPrank(account);
        if (amount % 2 == 0 && balance > 0) escrow.withdraw(account, bound(amount, 1, balance));
        uint256 wallet = asset.balanceOf(account);
        if (amount % 2 == 1 && wallet > 0) {
            asset.approve(address(escrow), type(uint256).max);
            escrow.deposit(account, bound(amount, 1, wallet));
        }
        vm.stopPrank();
    }

    function moveStake(uint256 who, uint256 amount) external watched {
        address account = actors()[who % (PROVIDERS + REQUESTERS + 2)];
        uint256 free = staking.freeStake(account);
        if (_succeeds(address(staking), account, abi.encodeCall(staking.withdraw, (account, free + 1)))) ++overdrafts;
        vm.startPrank(account);
        if (amount % 4 == 0 && free > 0) staking.withdraw(account, bound(amount, 1, free));
        uint256 wallet = asset.balanceOf(account);
        if (amount % 4 != 0 && wallet > 0) {
            asset.approve(address(staking), type(uint256).max);
            staking.deposit(account, bound(amount, 1, wallet));
        }
        vm.stopPrank();
    }

    /// @notice Takes seats, activates them at once or later, leaves and vacates them.
    function moveSeats(uint256 who, uint256 seed) external watched {
        address account = provider(who % PROVIDERS);
        // Seats are told apart by seconds.
        vm.warp(block.timestamp + 1);
        (uint8 held, , ) = registry.holdingOf(MODEL, account);
        if (seed % 2 == 0) {
            if (held >= 3 || staking.freeStake(account) < BOND) return;
            vm.startPrank(account);
            uint32[] memory taken = registry.takeSeats(MODEL, 1);
            if (seed % 8 != 0) registry.activateSeats(MODEL, taken);
            vm.stopPrank();
        } else if (registry.seatCount(MODEL) > 0) {
            _moveSeat(uint32((seed >> 8) % registry.seatCount(MODEL)), seed);
        }
    }

    /// @notice Most providers leave: panels of the few that stay must repeat members, or cannot be completed.
    function shrinkPool(uint256 seed) external watched {
        vm.warp(block.timestamp + 1);
        uint256 most = bound(seed, 4, 6);
        uint32[] memory one = new uint32[](1);
        for (uint32 i = 0; i < registry.seatCount(MODEL); ++i) {
            IModelRegistry.Seat memory seat = registry.seatOf(MODEL, i);
            (, uint256 providers) = registry.activeCounts(MODEL);
            if (providers <= most) return;
            if (seat.activatedAt == 0 || seat.leavingSince != 0) continue;
            one[0] = i;
            vm.prank(seat.provider);
            registry.leaveSeats(MODEL, one);
        }
    }

    function flush(uint256 seed) external watched {
        IJobEscrow.ModelAccount memory funds = escrow.modelAccountOf(MODEL);
        if (seed % 4 == 0 && funds.royaltyOwed > 0) escrow.flushRoyalty(MODEL);
        if (seed % 4 == 1 && funds.protocolFees > 0) escrow.flushProtocolFees(MODEL);
        if (seed % 4 == 2 && staking.sinkOwed() > 0) staking.flushSink();
        if (escrow.payPoolDebts(MODEL, 3) > 0) ++_reached.debtsPaid;
        ++_reached.flushed;
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

    /// @notice What must be refused to everybody: the protocol's own calls, and anything that a job's state does not allow.
    function attempt(uint256 who, uint256 which, uint256 seed) external watched {
        address account = actors()[who % (PROVIDERS + REQUESTERS + 2)];
        _intrude(account, seed);
        if (_cases.length == 0) return;
        Case storage entry = _cases[which % _cases.length];
        Job memory job = entry.job;
        bytes memory quote = _quote(job, indexOf(job.provider));
        _replay(address(escrow), job.requester, abi.encodeCall(escrow.openJob, (job, quote)));
        if (entry.stage == Stage.Open) return;
        address worker = operator(indexOf(job.provider));
        _replay(address(escrow), worker, abi.encodeCall(escrow.acceptJob, (job, job.provider)));
        _replay(address(escrow), job.requester, abi.encodeCall(escrow.cancelJob, (job)));
        if (entry.batchId == 0) return;
        Batch memory batch = entry.batch;
        Commitment memory terms = Commitment(batch.root, batch.total, batch.collateral, batch.count, batch.maxLeafFee);
        _replay(address(escrow), worker, abi.encodeCall(escrow.commitBatch, (job, terms, "")));
        _replay(address(escrow), account, abi.encodeCall(escrow.expireJob, (job)));
        if (entry.stage == Stage.Committed) return;
        _replay(address(escrow), account, abi.encodeCall(escrow.finalizeBatch, (job, batch)));
        _replay(address(escrow), account, abi.encodeCall(escrow.voidBatch, (job, batch)));
        if (entry.stage == Stage.Audited) return;
        _replay(address(court), account, abi.encodeCall(court.tally, (job, batch)));
        _replay(address(court), account, abi.encodeCall(court.expire, (job, batch)));
        _replay(address(court), account, abi.encodeCall(court.drawPanel, (job, batch)));
    }

    /// @notice Lets a stranger who waits end every job, then everybody leave with all that is theirs; takes it back by
    /// reverting with `Undone`. The caller must put the clock back.
    function rehearseTheEnd() external {
        for (uint256 i = 0; i < _cases.length; ++i) {
            for (uint256 step = 0; _cases[i].stage != Stage.Over; ++step) {
                assertLe(step, 30, "steps to the end");
                _wayOut(_cases[i]);
            }
        }
        assertEq(escrow.modelAccountOf(MODEL).exposure, 0, "exposure at the end");
        _vacateAll();
        address[] memory all = actors();
        for (uint256 i = 0; i < all.length; ++i) {
            (uint256 staked, uint256 locked) = staking.accountOf(all[i]);
            assertEq(locked, 0, "locked at the end");
            (uint256 balance, ) = escrow.accountOf(all[i]);
            vm.startPrank(all[i]);
            if (balance > 0) escrow.withdraw(all[i], balance);
            if (staked > 0) staking.withdraw(all[i], staked);
            vm.stopPrank();
        }
        IJobEscrow.ModelAccount memory funds = escrow.modelAccountOf(MODEL);
        uint256 left = uint256(funds.royaltyOwed) + funds.pool + funds.protocolFees + donatedToEscrow;
        assertEq(asset.balanceOf(address(escrow)), left, "left in the escrow");
        assertEq(asset.balanceOf(address(staking)), staking.sinkOwed() + donatedToStaking, "left in staking");
        revert Undone();
    }

    /// @notice Lets everybody withdraw all that is free and not a unit more; takes it back by reverting with `Undone`.
    function withdrawEverything() external {
        address[] memory all = actors();
        for (uint256 i = 0; i < all.length; ++i) {
            uint256 free = staking.freeStake(all[i]);
            (uint256 balance, ) = escrow.accountOf(all[i]);
            uint256 wallet = asset.balanceOf(all[i]);
            vm.startPrank(all[i]);
            if (free > 0) staking.withdraw(all[i], free);
            if (balance > 0) escrow.withdraw(all[i], balance);
            vm.stopPrank();
            assertEq(asset.balanceOf(all[i]), wallet + free + balance, "paid out");
            bytes memory more = abi.encodeCall(staking.withdraw, (all[i], 1));
            assertFalse(_succeeds(address(staking), all[i], more), "locked stake was paid out");
        }
        revert Undone();
    }

    function _moveSeat(uint32 index, uint256 seed) private {
        IModelRegistry.Seat memory seat = registry.seatOf(MODEL, index);
        uint32[] memory one = new uint32[](1);
        one[0] = index;
        (, uint256 providers) = registry.activeCounts(MODEL);
        if (seat.provider == address(0)) return;
        if (seat.leavingSince != 0) {
            uint256 freeAt = seat.leavingSince + EXIT_DELAY;
            bytes memory call = abi.encodeCall(registry.vacateSeats, (MODEL, one));
            if (block.timestamp < freeAt && _succeeds(address(registry), seat.provider, call)) ++early;
            // To wait for it lets every deadline pass, so it is rare.
            if (block.timestamp < freeAt && seed % 7 == 0) vm.warp(freeAt);
            if (block.timestamp < freeAt) return;
            registry.vacateSeats(MODEL, one);
            ++_reached.seatsVacated;
        } else if (seat.activatedAt == 0) {
            registry.activateSeats(MODEL, one);
        } else if (providers > 5) {
            vm.prank(seat.provider);
            registry.leaveSeats(MODEL, one);
        }
    }

    function _intrude(address account, uint256 seed) private {
        address victim = provider(seed % PROVIDERS);
        Payment[] memory payments = new Payment[](1);
        payments[0] = Payment(account, 1);
        if (_succeeds(address(staking), account, abi.encodeCall(staking.slash, (victim, 1, payments)))) ++intrusions;
        if (_succeeds(address(staking), account, abi.encodeCall(staking.release, (victim, 1)))) ++intrusions;
        if (_succeeds(address(staking), account, abi.encodeCall(staking.lock, (victim, 1)))) ++intrusions;
        bytes memory penalty = abi.encodeCall(registry.penalise, (MODEL, uint32(seed % 4), victim, 1));
        if (_succeeds(address(registry), account, penalty)) ++intrusions;
        if (_cases.length == 0) return;
        Case storage entry = _cases[seed % _cases.length];
        bytes memory settle = abi.encodeCall(escrow.settleAudit, (entry.job, entry.batch, Outcome.Paid, payments));
        if (_succeeds(address(escrow), account, settle)) ++intrusions;
        bytes memory audit = abi.encodeCall(court.openAudit, (entry.job, entry.batch, bytes32(seed)));
        if (_succeeds(address(court), account, audit)) ++intrusions;
    }

    function _replay(address target, address sender, bytes memory call) private {
        if (_succeeds(target, sender, call)) ++replays;
    }

    function _advance(Case storage entry, uint256 seed) private {
        if (entry.stage == Stage.Open) _whileOpen(entry, seed);
        else if (entry.stage == Stage.Active) _whileActive(entry, seed);
        else if (entry.stage == Stage.Committed) _whileCommitted(entry, seed);
        else if (entry.stage == Stage.Audited) _whileAudited(entry, seed);
    }

    function _whileOpen(Case storage entry, uint256 seed) private {
        Job memory job = entry.job;
        if (seed % 6 == 0) {
            vm.prank(job.requester);
            escrow.cancelJob(job);
            entry.stage = Stage.Over;
            ++_reached.cancelled;
        } else if (seed % 6 == 1 || block.timestamp > job.acceptBy) {
            _wayOut(entry);
        } else if (staking.freeStake(job.provider) >= job.budget / 10) {
            vm.prank(operator(indexOf(job.provider)));
            escrow.acceptJob(job, job.provider);
            entry.stage = Stage.Active;
        }
    }

    function _whileActive(Case storage entry, uint256 seed) private {
        if (seed % 10 == 0 || block.timestamp > entry.job.commitBy) _wayOut(entry);
        else _commit(entry);
        if (entry.stage != Stage.Committed) return;
        ++_reached.committed;
        if (entry.fees.length > 1) ++_reached.severalLeaves;
        if (_probationAt[entry.batchId]) ++_reached.onProbation;
    }

    function _whileCommitted(Case storage entry, uint256 seed) private {
        (bool ready, uint64 index) = _decidingCandidate(entry.batch.targetRound);
        if (ready) _finalize(entry, index, seed);
        else if (index == CANDIDATES || seed % 40 == 0) _wayOut(entry);
        else _post(entry, entry.batch.targetRound + index * TIMEOUT, seed);
    }

    function _post(Case storage entry, uint64 round, uint256 seed) private {
        uint64 publishedAt = GENESIS + round - 1;
        bytes memory signature = signRound(round);
        bool late = seed % 5 == 0;
        if (late) {
            vm.warp(publishedAt + TIMEOUT);
            if (seed % 2 == 0) return;
            // Public too late: it must have no effect on this batch.
            ++_reached.latePost;
        } else if (block.timestamp < publishedAt) {
            vm.warp(publishedAt);
        }
        _postedAt[round] = block.timestamp;
        vm.prank(STRANGER);
        if (seed % 2 == 0) escrow.postRound(entry.job, entry.batch, signature);
        else beacon.post(round, signature);
    }

    function _finalize(Case storage entry, uint64 index, uint256 seed) private {
        Batch memory batch = entry.batch;
        if (index > 0) ++_reached.laterCandidate;
        bool drawn = _isDrawn(entry, index);
        uint64 closesAt = batch.committedAt + entry.job.disputeWindow;
        if (!drawn && block.timestamp < closesAt) {
            bytes memory call = abi.encodeCall(escrow.finalizeBatch, (entry.job, batch));
            if (_succeeds(address(escrow), STRANGER, call)) ++early;
            vm.warp(closesAt);
        }
        if (seed % 2 == 0) {
            vm.prank(STRANGER);
            escrow.finalizeBatch(entry.job, batch);
        } else {
            Job[] memory jobs = new Job[](2);
            Batch[] memory batches = new Batch[](2);
            // One bad item in front of it.
            (jobs[0], jobs[1]) = (entry.job, entry.job);
            batches[1] = batch;
            if (escrow.finalizeMany(jobs, batches)[0] != IJobEscrow.FinalizeStatus.Skipped) ++wrongDraws;
        }
        (IJobEscrow.JobStatus status, ) = escrow.jobStateOf(entry.jobId);
        if (status != (drawn ? IJobEscrow.JobStatus.Audited : IJobEscrow.JobStatus.None)) ++wrongDraws;
        entry.stage = drawn ? Stage.Audited : Stage.Over;
        if (drawn) {
            ++_reached.audited;
            _checkPanel(entry);
        } else {
            ++_reached.paid;
        }
    }

    /// @dev What a stranger can do who waits for the deadline.
    function _wayOut(Case storage entry) private {
        if (entry.stage == Stage.Audited) {
            _wayOutOfAudit(entry);
        } else if (entry.stage == Stage.Committed) {
            _wayOutOfCommitted(entry);
        } else if (entry.stage == Stage.Open) {
            _enforce(entry.job.acceptBy, abi.encodeCall(escrow.cancelJob, (entry.job)));
            ++_reached.cancelled;
            entry.stage = Stage.Over;
        } else if (entry.stage == Stage.Active) {
            _enforce(entry.job.commitBy, abi.encodeCall(escrow.expireJob, (entry.job)));
            _causes.undelivered += entry.job.budget / 10;
            _causes.compensation += entry.job.budget / 10;
            ++_reached.expired;
            entry.stage = Stage.Over;
        }
    }

    function _wayOutOfCommitted(Case storage entry) private {
        (bool ready, uint64 index) = _decidingCandidate(entry.batch.targetRound);
        if (ready) {
            _finalize(entry, index, 0);
            return;
        }
        // Nobody ever posts a round again: the last second of the last candidate passes.
        uint64 last = GENESIS + entry.batch.targetRound - 1 + CANDIDATES * TIMEOUT - 1;
        _enforce(last, abi.encodeCall(escrow.voidBatch, (entry.job, entry.batch)));
        ++_reached.dead;
        entry.stage = Stage.Over;
    }

    /// @dev A stranger is refused up to `deadline`, and has its way after it.
    function _enforce(uint64 deadline, bytes memory call) private {
        if (block.timestamp <= deadline) {
            if (_succeeds(address(escrow), STRANGER, call)) ++early;
            vm.warp(deadline);
            if (_succeeds(address(escrow), STRANGER, call)) ++early;
            vm.warp(deadline + 1);
        }
        assertTrue(_succeeds(address(escrow), STRANGER, call), "no way out");
    }

    function _vacateAll() private {
        uint32[] memory one = new uint32[](1);
        uint32 count = registry.seatCount(MODEL);
        for (uint32 i = 0; i < count; ++i) {
            one[0] = i;
            IModelRegistry.Seat memory seat = registry.seatOf(MODEL, i);
            if (seat.provider == address(0) || seat.leavingSince != 0) continue;
            vm.prank(seat.provider);
            registry.leaveSeats(MODEL, one);
        }
        vm.warp(block.timestamp + EXIT_DELAY);
        for (uint32 i = 0; i < count; ++i) {
            one[0] = i;
            if (registry.seatOf(MODEL, i).provider == address(0)) continue;
            vm.prank(STRANGER);
            registry.vacateSeats(MODEL, one);
        }
    }
}
