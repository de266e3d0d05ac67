// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IJobEscrow} from "../../contracts/interfaces/IJobEscrow.sol";
import {Harness} from "../helpers/Harness.sol";
import {CaseBook} from "./handlers/CaseBook.sol";
import {Ghosts} from "./handlers/Ghosts.sol";
import {SystemHandler} from "./handlers/SystemHandler.sol";

// Concrete in this file, because the runner knows the contracts of test files only.
// solhint-disable-next-line no-empty-blocks, the handler is complete
contract WholeSystemHandler is SystemHandler {}

/// @notice The protocol's invariants over the five real contracts together, with real beacon signatures. The numbers are
/// those of the list in `docs/invariants.md`.
contract SystemInvariants is Harness {
    WholeSystemHandler private _system;

    function setUp() public {
        _system = new WholeSystemHandler();
        bytes4[] memory selectors = new bytes4[](11);
        selectors[0] = SystemHandler.open.selector;
        selectors[1] = SystemHandler.advance.selector;
        selectors[2] = SystemHandler.advanceLast.selector;
        selectors[3] = SystemHandler.play.selector;
        selectors[4] = SystemHandler.moveFunds.selector;
        selectors[5] = SystemHandler.moveStake.selector;
        selectors[6] = SystemHandler.moveSeats.selector;
        selectors[7] = SystemHandler.flush.selector;
        selectors[8] = SystemHandler.donate.selector;
        selectors[9] = SystemHandler.pass.selector;
        selectors[10] = SystemHandler.attempt.selector;
        targetContract(address(_system));
        targetSelector(address(_system), selectors);
    }

    /// @notice 1. Each contract holds exactly the sum of what it owes: the escrow all balances, the budgets of live jobs, and
    /// the model's royalties, audit pool and protocol fees; staking everybody's stake and the sink's part; the others nothing.
    function invariant_EachContractHoldsExactlyWhatItOwes() external view {
        _assertEscrow();
        _assertStaking();
        assertEq(_system.asset().balanceOf(address(_system.court())), 0, "court");
        assertEq(_system.asset().balanceOf(address(_system.registry())), 0, "registry");
        assertEq(_system.asset().balanceOf(address(_system.beacon())), 0, "beacon");
    }

    /// @notice 2. What is locked of a provider's stake is never more than the stake, and is the sum of its open obligations:
    /// accepted jobs, the collateral of its batches, its seats' bonds. A model's exposure is the value open on it.
    function invariant_LockedIsTheSumOfOpenObligations() external view {
        _assertLocks();
        uint256 value = 0;
        for (uint256 i = 0; i < _system.caseCount(); ++i) {
            CaseBook.Case memory entry = _system.caseAt(i);
            if (_system.isLive(i)) value += entry.batch.total + entry.job.valueAtRisk;
        }
        assertEq(_system.escrow().modelAccountOf(1).exposure, value, "exposure");
    }

    /// @notice 4. Nothing is slashed without its cause: a deadline that has passed (of a delivery, of an opening) or a
    /// quorum's verdict; for members, silence or a vote against the final decision. And exactly so much.
    function invariant_NothingIsSlashedWithoutItsCause() external view {
        Ghosts.Causes memory causes = _system.causes();
        assertEq(_system.slashedBy(address(_system.escrow())), causes.undelivered, "slashed by the escrow");
        assertEq(_system.slashedBy(address(_system.court())), causes.missed + causes.verdicts, "slashed by the court");
        assertEq(_system.slashedBy(address(_system.registry())), causes.penalties, "slashed by the registry");
        assertEq(_system.wrongEnds(), 0, "audits that ended otherwise than their votes say");
        assertEq(_system.wrongSlashes(), 0, "accounts that a slash moved otherwise than it must");
        assertEq(_system.early(), 0, "deadlines enforced early");
        assertEq(_system.intrusions(), 0, "calls of the protocol's contracts made by others");
    }

    /// @notice 5. What was slashed is what the sink got, what verifiers earned, and what requesters were compensated with;
    /// no dispute mints anything.
    function invariant_SlashedIsSinkRewardsAndCompensation() external view {
        Ghosts.Causes memory causes = _system.causes();
        uint256 compensated = _system.compensated();
        assertEq(compensated, causes.rewards + causes.compensation, "paid from slashes");
        uint256 slashed = causes.undelivered + causes.missed + causes.verdicts + causes.penalties;
        uint256 sink = _system.staking().sinkOwed() + _system.asset().balanceOf(_system.SINK());
        assertEq(sink, slashed - compensated, "sink");
        uint256 staked = 0;
        address[] memory actors = _system.actors();
        for (uint256 i = 0; i < actors.length; ++i) {
            (uint256 stake, ) = _system.staking().accountOf(actors[i]);
            staked += stake;
        }
        assertEq(staked + sink, _system.netStake(), "stake");
    }

    /// @notice 6. Every state that is not final has a way out that a stranger may take after its deadline, and not before;
    /// in the end nothing is locked and everybody can leave with all that is theirs.
    function invariant_EveryStateHasAWayOut() external {
        uint256 time = block.timestamp;
        _rehearse(abi.encodeCall(_system.rehearseTheEnd, ()));
        // The clock is not part of what a revert takes back.
        vm.warp(time);
    }

    /// @notice 7. p, seats and providers of a batch follow from what was fixed at its commit; seed, draw, samples and panels
    /// from that and the deciding round.
    function invariant_DrawsFollowFromTheCommitAndTheRound() external view {
        for (uint256 i = 0; i < _system.caseCount(); ++i) {
            if (!_system.isLive(i)) continue;
            assertTrue(_system.isLawful(i), "p of the law");
            assertTrue(_system.hasItsSeats(i), "seats at the commit");
            if (_system.caseAt(i).stage == CaseBook.Stage.Audited) assertTrue(_system.hasItsSeed(i), "seed");
        }
        assertEq(_system.wrongDraws(), 0, "draws that the seed does not give");
        assertEq(_system.wrongPanels(), 0, "panels that the seed does not draw");
        assertEq(_system.wrongSamples(), 0, "leaves opened that no point hits, or not opened that one hits");
    }

    /// @notice 8. Nobody can withdraw what is locked; everybody can withdraw what is free, whatever else is happening.
    function invariant_FreeCanLeaveLockedCannot() external {
        _rehearse(abi.encodeCall(_system.withdrawEverything, ()));
        assertEq(_system.overdrafts(), 0, "withdrawals beyond what is free");
    }

    /// @notice 9. No id is ever used twice: none comes again, and nothing that is over can be done again.
    function invariant_NoIdIsUsedTwice() external view {
        assertEq(_system.repeatedIds(), 0, "ids that came again");
        assertEq(_system.replays(), 0, "calls that a job's state does not allow");
    }

    /// @notice Eighty jobs, played to their ends in a crowd, get everywhere: no invariant holds just because nothing happens.
    function test_TheWalkReachesEverything() external {
        for (uint256 i = 0; i < 80; ++i) {
            uint256 dice = uint256(keccak256(abi.encode("crowd", i)));
            _system.open(dice);
            for (uint256 j = 0; j < 3; ++j) {
                uint256 more = uint256(keccak256(abi.encode(dice, j)));
                uint256 last = _system.caseCount() - 1;
                _system.play(j > last ? last : last - j, more);
                _system.moveSeats(more >> 8, more >> 16);
            }
            if (i % 4 == 3) _system.flush(dice >> 24);
        }
        _assertAll();
        _assertReached(_system.reached());
    }
    /// @notice All of them after a short walk from any seed.
    function testFuzz_InvariantsHoldAfterAWalk(uint256 seed) external {
        _walk(seed, 15);
        _assertAll();
    }

    function _assertAll() private {
        this.invariant_EachContractHoldsExactlyWhatItOwes();
        this.invariant_LockedIsTheSumOfOpenObligations();
        this.invariant_NothingIsSlashedWithoutItsCause();
        this.invariant_SlashedIsSinkRewardsAndCompensation();
        this.invariant_EveryStateHasAWayOut();
        this.invariant_DrawsFollowFromTheCommitAndTheRound();
        this.invariant_FreeCanLeaveLockedCannot();
        this.invariant_NoIdIsUsedTwice();
    }

    function _assertReached(Ghosts.Reached memory reached) private pure {
        assertGe(reached.openedUnquoted, 1, "opened without a quote");
        assertGe(reached.cancelled, 1, "cancelled");
        assertGe(reached.expired, 1, "expired");
        assertGe(reached.committed, 20, "committed");
        assertGe(reached.severalLeaves, 1, "several leaves");
        assertGe(reached.onProbation, 1, "on probation");
        assertGe(reached.paid, 1, "paid");
        assertGe(reached.audited, 10, "audited");
        assertGe(reached.laterCandidate, 1, "later candidate");
        assertGe(reached.latePost, 1, "late post");
        assertGe(reached.dead, 1, "dead beacon");
        assertGe(reached.split, 1, "split");
        assertGe(reached.redrawn, 1, "redrawn");
        assertGe(reached.accepted, 1, "accepted");
        assertGe(reached.rejected, 1, "rejected");
        assertGe(reached.unopenedLeaves, 1, "unopened leaves");
        assertGe(reached.unopenedAnswers, 1, "unopened answers");
        assertGe(reached.voided, 1, "void");
        assertGe(reached.penalised, 5, "penalised");
        assertGe(reached.repeatedMember, 1, "member of an earlier panel");
        assertGe(reached.seatsVacated, 1, "seats vacated");
        assertGe(reached.debtsPaid, 1, "pool debts paid");
        assertGe(reached.flushed, 5, "flushed");
    }

    function _walk(uint256 seed, uint256 steps) private {
        for (uint256 i = 0; i < steps; ++i) {
            uint256 dice = uint256(keccak256(abi.encode(seed, i)));
            uint256 more = dice >> 16;
            if (dice % 16 < 3) _system.open(more);
            else if (dice % 16 < 8) _system.advance(more, more >> 32);
            else if (dice % 16 < 10) _system.advanceLast(more);
            else if (dice % 16 == 10) _system.moveFunds(more, more >> 32);
            else if (dice % 16 == 11) _system.moveStake(more, more >> 32);
            else if (dice % 16 < 14) _system.moveSeats(more, more >> 32);
            else if (dice % 16 == 14) _system.flush(more);
            else _system.attempt(more, more >> 32, more >> 64);
        }
    }

    /// @dev Runs what takes itself back.
    function _rehearse(bytes memory call) private {
        // solhint-disable-next-line avoid-low-level-calls, what it reverts with is the question
        (bool success, bytes memory error) = address(_system).call(call);
        assertFalse(success, "a rehearsal must take itself back");
        if (bytes4(error) == SystemHandler.Undone.selector) return;
        assembly ("memory-safe") {
            revert(add(error, 32), mload(error))
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
            if (_system.isLive(i)) expected[index] += entry.batch.collateral;
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
