// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IJobEscrow} from "../../contracts/interfaces/IJobEscrow.sol";
import {Harness} from "../helpers/Harness.sol";
import {CaseBook} from "./handlers/CaseBook.sol";
import {SystemHandler} from "./handlers/SystemHandler.sol";

// Concrete in this file, because the runner knows the contracts of test files only.
// solhint-disable-next-line no-empty-blocks, the handler is complete
contract WholeSystemHandler is SystemHandler {}

/// @notice The protocol's invariants over the five real contracts together.
contract SystemInvariants is Harness {
    WholeSystemHandler private _system;

    function setUp() public {
        _system = new WholeSystemHandler();
        bytes4[] memory selectors = new bytes4[](9);
        selectors[0] = CaseBook.open.selector;
        selectors[1] = SystemHandler.advance.selector;
        selectors[2] = SystemHandler.advanceLast.selector;
        selectors[3] = SystemHandler.moveFunds.selector;
        selectors[4] = SystemHandler.moveStake.selector;
        selectors[5] = SystemHandler.moveSeats.selector;
        selectors[6] = SystemHandler.flush.selector;
        selectors[7] = SystemHandler.donate.selector;
        selectors[8] = SystemHandler.pass.selector;
        targetContract(address(_system));
        targetSelector(address(_system), selectors);
    }

    /// @notice 1. The escrow holds the accounts, the budgets of live jobs, and each model's royalties, pool and fees.
    function invariant_EscrowHoldsExactlyWhatItOwes() external view {
        _assertEscrow();
    }

    /// @notice 1. Staking holds everybody's stake and the sink's part; nothing is minted or lost by a slash (5).
    function invariant_StakingHoldsExactlyWhatItOwes() external view {
        _assertStaking();
    }

    /// @notice 2. What is locked is the sum of the open obligations, and never more than the stake.
    function invariant_LockedIsTheSumOfOpenObligations() external view {
        _assertLocks();
    }

    /// @notice Exposure is the value of committed, unfinished batches.
    function invariant_ExposureIsTheOpenValue() external view {
        uint256 value = 0;
        for (uint256 i = 0; i < _system.caseCount(); ++i) {
            CaseBook.Case memory entry = _system.caseAt(i);
            bool live = entry.stage == CaseBook.Stage.Committed || entry.stage == CaseBook.Stage.Audited;
            if (live) value += entry.batch.total;
        }
        assertEq(_system.escrow().modelAccountOf(1).exposure, value, "exposure");
    }

    /// @notice The court, the registry and the beacon never hold anything.
    function invariant_TheOthersHoldNothing() external view {
        assertEq(_system.asset().balanceOf(address(_system.court())), 0, "court");
        assertEq(_system.asset().balanceOf(address(_system.registry())), 0, "registry");
        assertEq(_system.asset().balanceOf(address(_system.beacon())), 0, "beacon");
    }

    /// @notice 6. From wherever a random walk has got to, a stranger who waits can end every job; then only seat bonds are
    /// locked, everybody can take everything else out, and the contracts are left with nothing but what the model is owed.
    function testFuzz_EverythingEndsAndCanBeWithdrawn(uint256 seed) external {
        _walk(seed, 60);
        _system.endAll();
        _assertEscrow();
        _assertStaking();
        _assertLocks();
        address[] memory actors = _system.actors();
        for (uint256 i = 0; i < actors.length; ++i) {
            (uint256 balance, ) = _system.escrow().accountOf(actors[i]);
            uint256 free = _system.staking().freeStake(actors[i]);
            vm.startPrank(actors[i]);
            if (balance > 0) _system.escrow().withdraw(actors[i], balance);
            if (free > 0) _system.staking().withdraw(actors[i], free);
            vm.stopPrank();
        }
        IJobEscrow.ModelAccount memory funds = _system.escrow().modelAccountOf(1);
        uint256 left = funds.royaltyOwed + funds.pool + funds.protocolFees + _system.donatedToEscrow();
        assertEq(_system.asset().balanceOf(address(_system.escrow())), left, "left in the escrow");
        assertEq(funds.exposure, 0, "exposure");
    }

    /// @notice The walk really gets everywhere: no invariant holds just because nothing happens.
    function test_TheWalkReachesEveryEnd() external {
        for (uint256 i = 0; i < 40; ++i) _walk(uint256(keccak256(abi.encode("walk", i))), 60);
        CaseBook.Reached memory reached = _system.reached();
        assertGe(reached.cancelled, 1, "cancelled");
        assertGe(reached.expired, 1, "expired");
        assertGe(reached.paid, 1, "paid");
        assertGe(reached.audited, 20, "audited");
        assertGe(reached.accepted, 1, "accepted");
        assertGe(reached.rejected, 1, "rejected");
        assertGe(reached.unopened, 1, "unopened");
        assertGe(reached.voided, 1, "voided");
        assertGe(reached.laterCandidate, 1, "later candidate");
        assertGe(reached.split, 1, "split");
        assertGe(reached.redrawn, 1, "redrawn");
        _system.open(1);
        _system.endAll();
    }

    function _walk(uint256 seed, uint256 steps) private {
        for (uint256 i = 0; i < steps; ++i) {
            uint256 dice = uint256(keccak256(abi.encode(seed, i)));
            uint256 more = dice >> 16;
            if (dice % 16 < 3) _system.open(more);
            else if (dice % 16 < 9) _system.advance(more, more >> 32);
            else if (dice % 16 < 11) _system.advanceLast(more);
            else if (dice % 16 == 11) _system.moveFunds(more, more >> 32);
            else if (dice % 16 == 12) _system.moveStake(more, more >> 32);
            else if (dice % 16 == 13) _system.moveSeats(more, more >> 32);
            else if (dice % 16 == 14) _system.flush(more);
            else _system.donate(more);
        }
    }

    function _assertEscrow() private view {
        IJobEscrow.ModelAccount memory funds = _system.escrow().modelAccountOf(1);
        uint256 owed = uint256(funds.royaltyOwed) + funds.pool + funds.protocolFees;
        address[] memory actors = _system.actors();
        for (uint256 i = 0; i < actors.length; ++i) {
            (uint256 balance, ) = _system.escrow().accountOf(actors[i]);
            owed += balance;
        }
        for (uint256 i = 0; i < _system.caseCount(); ++i) {
            CaseBook.Case memory entry = _system.caseAt(i);
            if (entry.stage != CaseBook.Stage.Over) owed += entry.job.budget;
        }
        uint256 balanceOf = _system.asset().balanceOf(address(_system.escrow()));
        assertEq(balanceOf, owed + _system.donatedToEscrow(), "escrow");
    }

    function _assertStaking() private view {
        uint256 owed = _system.staking().sinkOwed();
        address[] memory actors = _system.actors();
        for (uint256 i = 0; i < actors.length; ++i) {
            (uint256 staked, ) = _system.staking().accountOf(actors[i]);
            owed += staked;
        }
        uint256 balanceOf = _system.asset().balanceOf(address(_system.staking()));
        assertEq(balanceOf, owed + _system.donatedToStaking(), "staking");
    }

    function _assertLocks() private view {
        uint256[] memory expected = new uint256[](_system.PROVIDERS());
        for (uint256 i = 0; i < _system.caseCount(); ++i) {
            CaseBook.Case memory entry = _system.caseAt(i);
            uint256 index = _system.indexOf(entry.job.provider);
            if (entry.stage == CaseBook.Stage.Active) expected[index] += entry.job.budget / 10;
            bool live = entry.stage == CaseBook.Stage.Committed || entry.stage == CaseBook.Stage.Audited;
            if (live) expected[index] += entry.batch.collateral;
        }
        for (uint32 seat = 0; seat < _system.registry().seatCount(1); ++seat) {
            address holder = _system.registry().seatOf(1, seat).provider;
            if (holder != address(0)) expected[_system.indexOf(holder)] += _system.registry().seatOf(1, seat).bond;
        }
        for (uint256 i = 0; i < expected.length; ++i) {
            (uint256 staked, uint256 locked) = _system.staking().accountOf(_system.provider(i));
            assertEq(locked, expected[i], "locked");
            assertLe(locked, staked, "locked beyond the stake");
        }
    }
}
