// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IJobEscrow} from "../../contracts/interfaces/IJobEscrow.sol";
import {Batch, Commitment, Job, Voucher} from "../../contracts/interfaces/Types.sol";
import {SessionBook} from "../invariant/handlers/SessionBook.sol";

/// @notice The packed state of a session: its fields reach their ends and never touch each other. States that no test could
/// come to, such as a receipt counter near 2^64, are written into the escrow's storage.
contract JobStatesTest is SessionBook {
    /// @notice What is in a session's slot.
    struct Packed {
        uint96 remaining;
        uint64 nonce;
        uint64 closesAt;
    }

    uint256 private constant MOST = type(uint96).max;
    uint32 private constant FULL = type(uint32).max;

    Job private _job;
    bytes32 private _jobId;

    function setUp() external {
        vm.warp(block.timestamp + 1_000);
        address account = client(0);
        asset.mint(account, 1 << 100);
        vm.prank(account);
        escrow.deposit(account, 1 << 100);
    }

    /// @notice Budget and top-ups together fill 96 bits and no more; the whole of it is refunded.
    function testFuzz_ABudgetFillsItsBitsAndNoMore(uint96 budget, uint96 amount, bool full) external {
        _begin(budget == 0 ? 1 : budget);
        if (full) amount = uint96(MOST - _job.budget);
        (uint128 before, ) = escrow.accountOf(_job.requester);
        bool fits = amount > 0 && uint256(_job.budget) + amount <= MOST;
        assertTrue(_goes(_job.requester, abi.encodeCall(escrow.topUp, (_job, amount))) == fits, "topped up");
        uint256 remaining = _job.budget + (fits ? uint256(amount) : 0);
        _assertState(Packed(uint96(remaining), 0, 0));
        assertFalse(
            remaining == MOST && _goes(_job.requester, abi.encodeCall(escrow.topUp, (_job, 1))),
            "beyond 96 bits"
        );
        vm.prank(_job.provider);
        escrow.closeJob(_job);
        (uint128 balance, ) = escrow.accountOf(_job.requester);
        assertEq(balance, before + _job.budget, "refund");
        _assertOver();
    }

    /// @notice A commit takes its total from the budget and adds its count to the counter, whatever else is in the slot.
    function testFuzz_ACommitMovesItsFieldsOnly(
        uint96 remaining,
        uint64 nonce,
        uint32 count,
        uint64 grace,
        bool scarce
    ) external {
        _begin(uint96(MOST));
        if (count == 0) count = FULL;
        uint96 total = uint96(bound(remaining, 2e6, 6e6));
        // Around the total every other time.
        if (scarce) remaining = uint96(total - 1 + (remaining % 3));
        nonce = uint64(bound(nonce, 0, type(uint64).max - count));
        uint64 closesAt = grace % 2 == 0 ? 0 : uint64(block.timestamp + (grace % 600));
        _store(Packed(remaining, nonce, closesAt));
        bool taken = _commit(nonce, count, total);
        assertTrue(taken == (total <= remaining), "taken");
        if (!taken) (total, count) = (0, 0);
        _assertState(Packed(remaining - total, nonce + count, closesAt));
    }

    /// @notice Top-ups and closings leave the counter alone.
    function testFuzz_MoneyAndTimeLeaveTheCounterAlone(uint96 remaining, uint64 nonce, uint96 amount) external {
        _begin(uint96(MOST));
        _store(Packed(remaining, nonce, 0));
        amount = uint96(bound(amount, 0, MOST - remaining));
        if (amount > 0) {
            vm.prank(_job.requester);
            escrow.topUp(_job, amount);
        }
        _assertState(Packed(remaining + amount, nonce, 0));
        vm.prank(_job.requester);
        escrow.closeJob(_job);
        uint256 closesAt = block.timestamp + GRACE;
        if (closesAt > _job.commitBy) closesAt = _job.commitBy;
        _assertState(Packed(remaining + amount, nonce, uint64(closesAt)));
        vm.warp(closesAt + 1);
        (uint128 before, ) = escrow.accountOf(_job.requester);
        vm.prank(STRANGER);
        escrow.closeJob(_job);
        (uint128 balance, ) = escrow.accountOf(_job.requester);
        assertEq(balance, uint256(before) + remaining + amount, "refund");
        _assertOver();
    }

    /// @notice Batches as large as they can be run up to the last nonce, each from where the one before it ended.
    function testFuzz_FullBatchesRunToTheLastNonce(uint8 batches) external {
        uint64 count = 1 + (batches % 6);
        uint64 first = type(uint64).max - count * FULL;
        _begin(uint96(MOST));
        _store(Packed(uint96(MOST), first, 0));
        for (uint64 i = 0; i < count; ++i) {
            uint64 nonce = first + i * FULL;
            assertFalse(_commit(nonce + 1, FULL, 2e6), "a nonce left out");
            assertTrue(_commit(nonce, FULL, 2e6), "taken");
            assertFalse(_commit(nonce, FULL, 2e6), "the same receipts again");
            _assertState(Packed(uint96(MOST - (i + 1) * 2e6), nonce + FULL, 0));
        }
        (, , uint64 last, ) = escrow.sessionOf(_jobId);
        assertEq(last, type(uint64).max, "the last nonce");
    }

    /// @notice Several open batches end in any order: none touches the status of another, nor the session.
    function testFuzz_BatchesEndInAnyOrder(uint256 seed) external {
        _begin(100e6);
        uint256 count = 2 + (seed % 4);
        (bytes32[] memory ids, Batch[] memory batches) = (new bytes32[](count), new Batch[](count));
        for (uint64 i = 0; i < count; ++i) (ids[i], batches[i]) = _commitNow(i, 1, 2e6);
        // The last candidate is too late: the beacon is dead for all of them.
        uint64 target = batches[count - 1].targetRound;
        vm.warp(beacon.timeOf(beacon.candidate(target, beacon.MAX_CANDIDATES() - 1)) + TIMEOUT);
        if (seed & 64 == 0) {
            vm.prank(_job.provider);
            escrow.closeJob(_job);
        }
        for (uint256 left = count; left > 0; --left) {
            uint256 pick = uint256(keccak256(abi.encode(seed, left))) % left;
            (bytes32 id, Batch memory batch) = (ids[pick], batches[pick]);
            (ids[pick], batches[pick]) = (ids[left - 1], batches[left - 1]);
            escrow.voidBatch(_job, batch);
            assertTrue(escrow.batchStatusOf(id, _jobId) == IJobEscrow.JobStatus.None, "still there");
            assertFalse(_goes(STRANGER, abi.encodeCall(escrow.voidBatch, (_job, batch))), "ended twice");
            for (uint256 i = 0; i + 1 < left; ++i) {
                bool there = escrow.batchStatusOf(ids[i], _jobId) == IJobEscrow.JobStatus.Committed;
                assertTrue(there, "ended with another");
            }
        }
        // A job's slot that a batch left behind after the close says Active for ever, and no call heeds it.
        if (seed & 64 == 0) _assertGone();
        else _assertState(Packed(uint96(100e6 - count * 2e6), uint64(count), 0));
    }

    function _begin(uint96 budget) private {
        Job memory job = _terms(0, client(0), provider(0));
        job.budget = budget;
        (job.collateralBps, job.commitBy) = (10_000, uint64(block.timestamp) + 100_000);
        _job = job;
        _jobId = escrow.jobIdOf(job);
        vm.prank(job.requester);
        escrow.openJob(job, _sign(operatorKey(0), _jobId));
    }

    function _commit(uint64 nonce, uint32 count, uint96 total) private returns (bool) {
        return _goes(_job.provider, _commitCall(nonce, count, total));
    }

    function _commitNow(uint64 nonce, uint32 count, uint96 total) private returns (bytes32 id, Batch memory batch) {
        bytes memory call = _commitCall(nonce, count, total);
        vm.prank(_job.provider);
        // solhint-disable-next-line avoid-low-level-calls, the call is built in one place
        (bool success, bytes memory result) = address(escrow).call(call);
        assertTrue(success, "commit");
        return abi.decode(result, (bytes32, Batch));
    }

    function _commitCall(uint64 nonce, uint32 count, uint96 total) private view returns (bytes memory) {
        bytes32 root = keccak256(abi.encode(nonce, count));
        bytes memory voucher = _sign(_keyOf(_job.requester), _digest(Voucher(_jobId, nonce, count, total, root)));
        return abi.encodeCall(escrow.commitBatch, (_job, Commitment(root, total, 10 * total, count, total), voucher));
    }

    function _goes(address sender, bytes memory call) private returns (bool success) {
        vm.prank(sender);
        // solhint-disable-next-line avoid-low-level-calls, whether it reverts is the question
        (success, ) = address(escrow).call(call);
    }

    function _assertState(Packed memory expected) private view {
        (IJobEscrow.JobStatus status, uint96 remaining, uint64 nonce, uint64 closesAt) = escrow.sessionOf(_jobId);
        bool closing = expected.closesAt != 0;
        assertTrue(status == (closing ? IJobEscrow.JobStatus.Closing : IJobEscrow.JobStatus.Active), "status");
        assertEq(remaining, expected.remaining, "remaining");
        assertEq(nonce, expected.nonce, "nonce");
        assertEq(closesAt, expected.closesAt, "closesAt");
    }

    function _assertOver() private view {
        _assertGone();
        (IJobEscrow.JobStatus job, ) = escrow.jobStateOf(_jobId);
        assertTrue(job == IJobEscrow.JobStatus.None, "job left behind");
    }

    function _assertGone() private view {
        (IJobEscrow.JobStatus status, uint96 remaining, uint64 nonce, uint64 closesAt) = escrow.sessionOf(_jobId);
        assertTrue(status == IJobEscrow.JobStatus.None, "over");
        assertEq(uint256(remaining) + nonce + closesAt, 0, "left behind");
    }

    /// @dev Writes a state where the escrow keeps it: the slot of this session is the one that holds its budget.
    function _store(Packed memory state) private {
        for (uint256 i = 0; i < 64; ++i) {
            bytes32 slot = keccak256(abi.encode(_jobId, i));
            if (uint256(vm.load(address(escrow), slot)) != (1 << 224) + _job.budget) continue;
            uint256 packed = (uint256(state.closesAt) << 160) | (uint256(state.nonce) << 96) | state.remaining;
            vm.store(address(escrow), slot, bytes32((1 << 224) | packed));
            return;
        }
        revert AssertionFailed("the session's slot", 0, 1);
    }
}
