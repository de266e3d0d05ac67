// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IJobEscrow} from "../../contracts/interfaces/IJobEscrow.sol";
import {Batch, Voucher} from "../../contracts/interfaces/Types.sol";
import {Harness} from "../helpers/Harness.sol";
import {SessionBook} from "./handlers/SessionBook.sol";
import {SessionHandler} from "./handlers/SessionHandler.sol";

// Concrete in this file, because the runner knows the contracts of test files only.
// solhint-disable-next-line no-empty-blocks, the handler is complete
contract AllSessionsHandler is SessionHandler {}

/// @notice The invariants of sessions over the five real contracts together, with real signatures. The numbers are those of
/// the list in `docs/invariants.md`.
contract SessionInvariants is Harness {
    AllSessionsHandler private _world;

    function setUp() public {
        _world = new AllSessionsHandler();
        bytes4[] memory selectors = new bytes4[](15);
        selectors[0] = SessionHandler.open.selector;
        selectors[1] = SessionHandler.accept.selector;
        selectors[2] = SessionHandler.cancel.selector;
        selectors[3] = SessionHandler.sign.selector;
        selectors[4] = SessionHandler.commit.selector;
        selectors[5] = SessionHandler.serve.selector;
        selectors[6] = SessionHandler.commitMany.selector;
        selectors[7] = SessionHandler.topUp.selector;
        selectors[8] = SessionHandler.close.selector;
        selectors[9] = SessionHandler.advance.selector;
        selectors[10] = SessionHandler.play.selector;
        selectors[11] = SessionHandler.revoke.selector;
        selectors[12] = SessionHandler.moveFunds.selector;
        selectors[13] = SessionHandler.pass.selector;
        selectors[14] = SessionHandler.attempt.selector;
        targetContract(address(_world));
        targetSelector(address(_world), selectors);
    }

    /// @notice 3. Job, first nonce, count, total and root of every batch are those of a voucher that its requester signed;
    /// each batch begins at the receipt after the last one of the batch before it, so that no receipt is in two.
    function invariant_BatchesAreWhatRequestersSigned() external view {
        assertEq(_world.unsignedBatches(), 0, "batches that nobody signed");
        assertEq(_world.brokenNonces(), 0, "batches that do not begin where the last one ended");
        uint256[] memory next = new uint256[](_world.sessionCount());
        for (uint256 i = 0; i < _world.entryCount(); ++i) {
            SessionBook.Entry memory entry = _world.entryAt(i);
            (Batch memory batch, Voucher memory voucher) = (entry.batch, _world.signedAt(entry.signed).voucher);
            assertEq(batch.jobId, voucher.jobId, "job");
            assertEq(batch.firstNonce, voucher.firstNonce, "first nonce");
            assertEq(batch.firstNonce, next[entry.session], "the receipt after the last");
            assertEq(batch.count, voucher.count, "count");
            assertEq(batch.total, voucher.total, "total");
            assertEq(batch.root, voucher.root, "root");
            next[entry.session] += batch.count;
        }
        for (uint256 i = 0; i < next.length; ++i) _assertStanding(_world.sessionAt(i), next[i]);
    }

    /// @notice 3. Of each session: paid + refunded + open + left = budget + top-ups, to the unit.
    function invariant_PaidIsAtMostSignedAtMostBudget() external view {
        assertEq(_world.overdrawn(), 0, "batches above the budget that was left");
        assertEq(_world.wrongAmounts(), 0, "amounts logged otherwise than they must be");
        for (uint256 i = 0; i < _world.sessionCount(); ++i) {
            SessionBook.Session memory session = _world.sessionAt(i);
            uint256 remaining = session.stage == SessionBook.Stage.Open ? session.job.budget : 0;
            (, uint96 left, , ) = _world.escrow().sessionOf(session.jobId);
            remaining += left;
            uint256 sum = session.paidOut + session.refunded + _world.openOf(i) + remaining;
            assertEq(sum, session.paidIn, "paid + refunded + open + left");
        }
    }

    /// @notice 9. No id of a job or of a batch is ever used twice, also not that of an open job that was accepted; and nothing
    /// goes through that the books do not allow, nor is anything refused that they allow.
    function invariant_NoIdIsUsedTwice() external view {
        assertEq(_world.repeatedIds(), 0, "ids that came again");
        assertEq(_world.unexpected(), 0, "calls that nothing allowed");
        assertEq(_world.refused(), 0, "calls that were refused without a reason");
        assertEq(_world.strayLogs(), 0, "events that the state does not allow");
        for (uint256 i = 0; i < _world.sessionCount(); ++i) {
            SessionBook.Session memory session = _world.sessionAt(i);
            if (session.openId == session.jobId) continue;
            (IJobEscrow.JobStatus status, ) = _world.escrow().jobStateOf(session.openId);
            assertTrue(status == IJobEscrow.JobStatus.None, "an open job that is still there");
        }
    }

    /// @notice 1. The escrow holds the sum of all balances, of what is left and open of all sessions, and of the model's money;
    /// everybody's balance is what the books say.
    function invariant_EscrowHoldsWhatItOwes() external view {
        IJobEscrow.ModelAccount memory funds = _world.escrow().modelAccountOf(1);
        uint256 owed = uint256(funds.royaltyOwed) + funds.pool + funds.protocolFees;
        address[] memory owners = _world.owners();
        for (uint256 i = 0; i < owners.length; ++i) {
            (uint256 balance, ) = _world.escrow().accountOf(owners[i]);
            assertEq(balance, _world.ledger(owners[i]), "balance");
            owed += balance;
        }
        for (uint256 i = 0; i < _world.sessionCount(); ++i) {
            owed += _world.sessionAt(i).remaining + _world.openOf(i);
        }
        assertEq(_world.asset().balanceOf(address(_world.escrow())), owed, "escrow");
    }

    /// @notice 2. What is locked of a provider's stake is its seats' bonds and the collateral of its open batches: a session
    /// locks nothing. The model's exposure is the value that is open on it.
    function invariant_LockedIsTheSumOfOpenBatches() external view {
        uint256[] memory expected = new uint256[](_world.PROVIDERS());
        uint256 value = 0;
        for (uint256 i = 0; i < _world.entryCount(); ++i) {
            SessionBook.Entry memory entry = _world.entryAt(i);
            if (entry.stage == SessionBook.BatchStage.Over) continue;
            SessionBook.Session memory session = _world.sessionAt(entry.session);
            expected[_world.indexOf(session.job.provider)] += entry.batch.collateral;
            value += entry.batch.total + session.job.valueAtRisk;
        }
        assertEq(_world.escrow().modelAccountOf(1).exposure, value, "exposure");
        for (uint32 seat = 0; seat < _world.registry().seatCount(1); ++seat) {
            address holder = _world.registry().seatOf(1, seat).provider;
            if (holder != address(0)) expected[_world.indexOf(holder)] += _world.registry().seatOf(1, seat).bond;
        }
        for (uint256 i = 0; i < expected.length; ++i) {
            (uint256 staked, uint256 locked) = _world.staking().accountOf(_world.provider(i));
            assertEq(locked, expected[i], "locked");
            assertLe(locked, staked, "locked beyond the stake");
        }
    }

    /// @notice 6. From wherever a run is, a stranger who only waits ends every session and every batch, not a second early,
    /// and every unit goes to its owner.
    function invariant_EverySessionHasAWayOut() external {
        uint256 time = block.timestamp;
        // solhint-disable-next-line avoid-low-level-calls, what it reverts with is the question
        (bool success, bytes memory error) = address(_world).call(abi.encodeCall(_world.rehearseTheEnd, ()));
        // The clock is not part of what a revert takes back.
        vm.warp(time);
        assertFalse(success, "a rehearsal must take itself back");
        if (bytes4(error) == SessionHandler.Undone.selector) return;
        assembly ("memory-safe") {
            revert(add(error, 32), mload(error))
        }
    }

    /// @notice A long walk gets everywhere: no invariant holds just because nothing happens.
    function test_TheWalkReachesEverything() external {
        _walk(uint256(keccak256("everywhere")), 2_000);
        _assertAll();
        _assertReached(_world.reached());
    }

    /// @notice All of them after a short walk from any seed.
    function testFuzz_InvariantsHoldAfterAWalk(uint256 seed) external {
        _walk(seed, 40);
        _assertAll();
    }

    function _assertAll() private {
        this.invariant_BatchesAreWhatRequestersSigned();
        this.invariant_PaidIsAtMostSignedAtMostBudget();
        this.invariant_NoIdIsUsedTwice();
        this.invariant_EscrowHoldsWhatItOwes();
        this.invariant_LockedIsTheSumOfOpenBatches();
        this.invariant_EverySessionHasAWayOut();
    }

    /// @dev What the escrow says of a session is what the books say.
    function _assertStanding(SessionBook.Session memory session, uint256 next) private view {
        (IJobEscrow.JobStatus status, uint96 remaining, uint64 nextNonce, uint64 closesAt) = _world.escrow().sessionOf(
            session.jobId
        );
        bool live = session.stage == SessionBook.Stage.Active || session.stage == SessionBook.Stage.Closing;
        if (!live) {
            assertTrue(status == IJobEscrow.JobStatus.None, "a session that should not be there");
            return;
        }
        bool closing = session.stage == SessionBook.Stage.Closing;
        assertTrue(status == (closing ? IJobEscrow.JobStatus.Closing : IJobEscrow.JobStatus.Active), "status");
        assertEq(remaining, session.remaining, "remaining");
        assertEq(nextNonce, next, "next nonce");
        assertEq(closesAt, session.closesAt, "closesAt");
    }

    function _assertReached(SessionHandler.Reached memory reached) private pure {
        assertGe(reached.quoted, 20, "quoted");
        assertGe(reached.assigned, 5, "assigned");
        assertGe(reached.acceptedByName, 5, "accepted by name");
        assertGe(reached.cancelled, 3, "cancelled");
        assertGe(reached.toppedUp, 10, "topped up");
        assertGe(reached.closedByRequester, 10, "closed by its requester");
        assertGe(reached.closedByProvider, 3, "closed by its provider");
        assertGe(reached.closedByStranger, 1, "closed by a stranger");
        assertGe(reached.committed, 40, "committed");
        assertGe(reached.committedInMany, 5, "committed in many");
        assertGe(reached.committedWhileClosing, 5, "committed while closing");
        assertGe(reached.severalOpen, 5, "several open batches");
        assertGe(reached.settledAfterTheEnd, 2, "settled after the end of the session");
        assertGe(reached.paid, 10, "paid");
        assertGe(reached.accepted, 3, "accepted");
        assertGe(reached.rejected, 3, "rejected");
        assertGe(reached.voided, 5, "void");
        assertGe(reached.hugeCount, 3, "2^32 - 1 receipts");
        assertGe(reached.byWallet, 5, "committed for a wallet");
        assertGe(reached.revoked, 5, "revoked");
        assertGe(reached.refusedVouchers, 40, "refused vouchers");
    }

    function _walk(uint256 seed, uint256 steps) private {
        for (uint256 i = 0; i < steps; ++i) {
            uint256 dice = uint256(keccak256(abi.encode(seed, i)));
            if ((dice >> 8) % 2 == 0) _walkOn(dice % 24, dice >> 32, dice >> 64, dice >> 96);
            else _spend(dice % 24, dice >> 32, dice >> 64, dice >> 96);
        }
    }

    function _walkOn(uint256 kind, uint256 a, uint256 b, uint256 c) private {
        if (kind < 4) _world.open(a);
        else if (kind < 9) _world.accept(a, b, c);
        else if (kind == 9) _world.cancel(a, b);
        else if (kind < 14) _world.topUp(a, b, c);
        else if (kind < 18) _world.close(a, b);
        else if (kind < 20) _world.attempt(a, b, c);
        else if (a % 4 == 0) _world.revoke(b);
        else if (a % 4 == 1) _world.moveFunds(b, c);
        else _world.pass(b);
    }

    function _spend(uint256 kind, uint256 a, uint256 b, uint256 c) private {
        if (kind < 2) _world.sign(a, b);
        else if (kind < 6) _world.commit(a, b);
        else if (kind < 14) _world.serve(a, b);
        else if (kind < 17) _world.commitMany(a, b);
        else if (kind < 20) _world.advance(a, b);
        else _world.play(a, c);
    }
}
