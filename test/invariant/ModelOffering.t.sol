// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IModelOffering} from "../../contracts/interfaces/IModelOffering.sol";
import {IOfferingFactory} from "../../contracts/interfaces/IOfferingFactory.sol";
import {Harness} from "../helpers/Harness.sol";
import {SaleBook} from "./handlers/SaleBook.sol";
import {SaleHandler} from "./handlers/SaleHandler.sol";
import {SystemHandler} from "./handlers/SystemHandler.sol";

// Concrete in this file, because the runner knows the contracts of test files only.
// solhint-disable-next-line no-empty-blocks, the handler is complete
contract WholeSaleHandler is SaleHandler {}

abstract contract SaleWalks is Harness {
    WholeSaleHandler internal handler;

    function _walk(uint256 seed, uint256 steps) internal {
        bytes4[] memory selectors = _selectors();
        for (uint256 i = 0; i < steps; ++i) {
            uint256 dice = uint256(keccak256(abi.encode(seed, i)));
            // As many arguments as any of them takes; the rest is ignored.
            bytes memory data = abi.encodeWithSelector(
                selectors[dice % selectors.length],
                keccak256(abi.encode(dice, 1)),
                keccak256(abi.encode(dice, 2)),
                (dice >> 128) % 2
            );
            // solhint-disable-next-line avoid-low-level-calls, any function of the handler
            (bool success, ) = address(handler).call(data);
            assertTrue(success, "a step reverted");
        }
    }

    /// @dev What sales live on comes more often than the rest: commitments, royalties, time.
    function _selectors() internal pure returns (bytes4[] memory selectors) {
        selectors = new bytes4[](24);
        selectors[0] = SaleHandler.create.selector;
        selectors[1] = SaleHandler.finalize.selector;
        selectors[2] = SaleHandler.schedule.selector;
        selectors[3] = SaleHandler.cancel.selector;
        selectors[4] = SaleHandler.commit.selector;
        selectors[5] = SaleHandler.commitAll.selector;
        selectors[6] = SaleHandler.commitAll.selector;
        selectors[7] = SaleHandler.withdraw.selector;
        selectors[8] = SaleHandler.finalize.selector;
        selectors[9] = SaleHandler.expire.selector;
        selectors[10] = SaleHandler.settle.selector;
        selectors[11] = SaleHandler.refund.selector;
        selectors[12] = SaleHandler.withdrawProceeds.selector;
        selectors[13] = SaleHandler.releaseLiquidity.selector;
        selectors[14] = SaleHandler.moveTokens.selector;
        selectors[15] = SaleHandler.giveToOffering.selector;
        selectors[16] = SaleHandler.flushRoyalty.selector;
        selectors[17] = SaleHandler.changeModel.selector;
        selectors[18] = SaleHandler.passSeconds.selector;
        selectors[19] = SaleHandler.passToDeadline.selector;
        selectors[20] = SaleHandler.rush.selector;
        selectors[21] = SaleHandler.earn.selector;
        selectors[22] = SaleHandler.earn.selector;
        selectors[23] = SaleHandler.flushRoyalty.selector;
    }
}

/// @notice The invariants of offerings, on the whole system with real jobs that earn royalties. The numbers are those of the
/// list in `docs/invariants.md`.
contract ModelOfferingInvariants is SaleWalks {
    function setUp() public {
        handler = new WholeSaleHandler();
        targetContract(address(handler));
        targetSelector(address(handler), _selectors());
    }

    /// @notice O1. The total is the sum of what buyers committed; after the end, of what was paid and what is still to pay.
    function invariant_CommitmentsSumToTheTotal() external view {
        for (uint256 i = 0; i < handler.saleCount(); ++i) {
            SaleBook.Sale memory sale = handler.saleAt(i);
            assertEq(sale.offering.totalCommitted(), sale.committed, "total");
            assertEq(_open(sale), sale.committed - sale.refunded - sale.settled, "open commitments");
        }
    }

    /// @notice O2. An offering holds exactly what came in and did not go out, and that covers all that it owes.
    function invariant_AnOfferingHoldsWhatItOwes() external view {
        for (uint256 i = 0; i < handler.saleCount(); ++i) {
            SaleBook.Sale memory sale = handler.saleAt(i);
            uint256 balance = handler.asset().balanceOf(address(sale.offering));
            uint256 out = sale.refunded + sale.refunds + sale.proceeds;
            assertEq(balance, sale.committed + sale.gifts - out, "balance");
            assertGe(balance - sale.gifts, _owed(sale), "owed");
        }
    }

    /// @notice O3. A failed sale pays back what was committed, to the unit, and nothing else.
    function invariant_AFailedSaleOnlyRefunds() external view {
        for (uint256 i = 0; i < handler.saleCount(); ++i) {
            SaleBook.Sale memory sale = handler.saleAt(i);
            if (sale.phase == IModelOffering.Phase.Succeeded) continue;
            assertEq(sale.proceeds + sale.refunds + sale.tokens + sale.settled, 0, "paid without success");
            if (sale.phase != IModelOffering.Phase.Failed) assertEq(sale.refunded, 0, "refunded without failure");
        }
    }

    /// @notice O4. A sale that succeeded pays the issuer min(T, H), and never more tokens than were on sale.
    function invariant_ASuccessTakesNoMoreThanTheCap() external view {
        for (uint256 i = 0; i < handler.saleCount(); ++i) {
            SaleBook.Sale memory sale = handler.saleAt(i);
            if (sale.phase != IModelOffering.Phase.Succeeded) continue;
            assertEq(sale.refunded, 0, "refunded in full");
            assertGe(sale.committed, sale.terms.softCap, "soft cap");
            uint256 proceeds = _proceeds(sale);
            if (sale.proceeds > 0) assertEq(sale.proceeds, proceeds, "proceeds");
            uint256 sold = (uint256(sale.terms.saleSupply) * proceeds) / sale.terms.hardCap;
            assertEq(sale.token.balanceOf(address(sale.offering)), sold - sale.tokens, "tokens of the sale");
            assertGe(sold - sale.tokens, _openTokens(sale), "tokens for buyers");
            assertEq(sale.token.totalSupply(), sale.supply - (sale.terms.saleSupply - sold), "supply");
        }
    }

    /// @notice O5. Phases only move forward, and each ends as its commitments say.
    function invariant_PhasesOnlyMoveForward() external view {
        _assertKept(SaleBook.Rule.Phase, "phases");
    }

    /// @notice O6. The payout is locked from `Scheduled` on, free again after a cancelled or failed sale, and the token's after
    /// success; one offering holds it at most.
    function invariant_ThePayoutFollowsThePhase() external view {
        (address offering, uint16 floorBps, bool assigned) = handler.registry().offeringOf(handler.MODEL());
        uint256 holder = handler.holder();
        assertEq(floorBps, handler.floorBps(), "floor");
        assertGe(handler.registry().royaltyOf(handler.MODEL()), floorBps, "royalty");
        address payout = handler.OWNER();
        bool succeeded = false;
        if (holder > 0) {
            SaleBook.Sale memory sale = handler.saleAt(holder - 1);
            succeeded = sale.phase == IModelOffering.Phase.Succeeded;
            assertEq(offering, address(sale.offering), "holder");
            if (succeeded) payout = address(sale.token);
        } else {
            assertEq(offering, address(0), "held by nobody");
        }
        assertTrue(assigned == succeeded, "assigned");
        assertEq(handler.registry().payoutOf(handler.MODEL()), payout, "payout");
        for (uint256 i = 0; i < handler.saleCount(); ++i) {
            IModelOffering.Phase phase = handler.saleAt(i).phase;
            bool running = phase >= IModelOffering.Phase.Scheduled && phase <= IModelOffering.Phase.Succeeded;
            if (running) assertEq(i + 1, holder, "runs without holding the payout");
        }
    }

    /// @notice O7. The token moves and earns exactly if its sale succeeded.
    function invariant_TokensMoveOnlyAfterSuccess() external view {
        for (uint256 i = 0; i < handler.saleCount(); ++i) {
            SaleBook.Sale memory sale = handler.saleAt(i);
            bool succeeded = sale.phase == IModelOffering.Phase.Succeeded;
            assertTrue(sale.token.launched() == succeeded, "launched");
            if (succeeded) continue;
            assertEq(sale.token.totalSupply(), sale.supply, "supply");
            assertEq(sale.token.balanceOf(address(sale.offering)), sale.terms.saleSupply, "unsold tokens");
            assertEq(sale.token.streamState().reserves, 0, "revenue before success");
        }
    }

    /// @notice O8. Royalties wait while a sale is undecided. After success every one of them is the holders', whoever owns the
    /// model.
    function invariant_RoyaltiesFollowThePayout() external view {
        _assertKept(SaleBook.Rule.Royalty, "royalties that went elsewhere");
        uint256 reserves = 0;
        for (uint256 i = 0; i < handler.saleCount(); ++i) {
            reserves += handler.saleAt(i).token.streamState().reserves;
        }
        assertEq(reserves, handler.royaltiesIn(), "revenue of the tokens");
        assertEq(handler.asset().balanceOf(handler.OWNER()), handler.royaltiesOut(), "royalties of the owner");
    }

    /// @notice O9. What a buyer gets is what the formulas say, rounded to the offering's side.
    function invariant_SettlementsFollowTheFormulas() external view {
        _assertKept(SaleBook.Rule.Settlement, "settlements");
        _assertKept(SaleBook.Rule.Payment, "payments");
    }

    /// @notice O10. Nobody can keep a sale from its end: a stranger who waits pays everybody.
    function invariant_EverySaleComesToItsEnd() external {
        uint256 time = block.timestamp;
        // solhint-disable-next-line avoid-low-level-calls, what it reverts with is the question
        (bool success, bytes memory error) = address(handler).call(abi.encodeCall(handler.rehearseTheEndOfSales, ()));
        assertFalse(success, "a rehearsal must take itself back");
        // The clock is not part of what a revert takes back.
        vm.warp(time);
        if (bytes4(error) == SystemHandler.Undone.selector) return;
        assembly ("memory-safe") {
            revert(add(error, 32), mload(error))
        }
    }

    /// @notice O11. What the phase, the role, the caps or the allow-list forbid is refused, and nothing else is.
    function invariant_OnlyWhatIsForbiddenIsRefused() external view {
        _assertKept(SaleBook.Rule.Refusal, "calls that were not refused, or were");
    }

    /// @notice O12. The factory knows each offering by one number, and nothing else.
    function invariant_TheFactoryKnowsEachOfferingOnce() external view {
        assertEq(handler.offerings().offeringCount(), handler.saleCount(), "count");
        for (uint256 i = 0; i < handler.saleCount(); ++i) {
            SaleBook.Sale memory sale = handler.saleAt(i);
            IOfferingFactory.OfferingRecord memory record = handler.offerings().offeringAt(i + 1);
            assertEq(handler.offerings().offeringIdOf(address(sale.offering)), i + 1, "id");
            assertEq(record.offering, address(sale.offering), "offering");
            assertEq(record.token, sale.offering.token(), "token");
            assertEq(sale.token.offering(), address(sale.offering), "offering of the token");
        }
    }

    /// @notice All of them after a walk from any seed.
    function testFuzz_InvariantsHoldAfterAWalk(uint256 seed) external {
        _walk(seed, 40);
        this.invariant_CommitmentsSumToTheTotal();
        this.invariant_AnOfferingHoldsWhatItOwes();
        this.invariant_AFailedSaleOnlyRefunds();
        this.invariant_ASuccessTakesNoMoreThanTheCap();
        this.invariant_PhasesOnlyMoveForward();
        this.invariant_ThePayoutFollowsThePhase();
        this.invariant_TokensMoveOnlyAfterSuccess();
        this.invariant_RoyaltiesFollowThePayout();
        this.invariant_SettlementsFollowTheFormulas();
        this.invariant_EverySaleComesToItsEnd();
        this.invariant_OnlyWhatIsForbiddenIsRefused();
        this.invariant_TheFactoryKnowsEachOfferingOnce();
    }

    function _assertKept(SaleBook.Rule rule, string memory what) private view {
        assertEq(handler.broken(rule), 0, what);
    }

    function _open(SaleBook.Sale memory sale) private view returns (uint256 sum) {
        for (uint256 i = 0; i < handler.BUYERS(); ++i) sum += sale.offering.commitmentOf(handler.buyer(i));
    }

    /// @dev What the offering still has to pay, by the formulas that it tells buyers.
    function _owed(SaleBook.Sale memory sale) private view returns (uint256 owed) {
        if (sale.phase != IModelOffering.Phase.Succeeded) return _open(sale);
        for (uint256 i = 0; i < handler.BUYERS(); ++i) {
            uint256 committed = sale.offering.commitmentOf(handler.buyer(i));
            (, uint256 refund) = sale.offering.allocation(committed, sale.committed);
            owed += refund;
        }
        if (sale.proceeds == 0) owed += _proceeds(sale);
    }

    function _openTokens(SaleBook.Sale memory sale) private view returns (uint256 sum) {
        for (uint256 i = 0; i < handler.BUYERS(); ++i) {
            uint256 committed = sale.offering.commitmentOf(handler.buyer(i));
            (uint256 tokens, ) = sale.offering.allocation(committed, sale.committed);
            sum += tokens;
        }
    }

    function _proceeds(SaleBook.Sale memory sale) private pure returns (uint256) {
        return sale.committed < sale.terms.hardCap ? sale.committed : sale.terms.hardCap;
    }
}

/// @notice A few walks get everywhere: no invariant holds just because nothing happens.
contract ModelOfferingReachTest is SaleWalks {
    uint256[20] private _sum;

    /// @dev Here, because a failing test is traced, and so long a trace would fill the memory.
    function setUp() public {
        for (uint256 seed = 0; seed < 15; ++seed) {
            handler = new WholeSaleHandler();
            _walk(seed, 200);
            uint256[20] memory reached = abi.decode(abi.encode(handler.salesReached()), (uint256[20]));
            for (uint256 i = 0; i < reached.length; ++i) _sum[i] += reached[i];
        }
    }

    function test_TheWalksReachEverything() external view {
        for (uint256 i = 0; i < _sum.length; ++i) {
            assertGe(_sum[i], 2, string.concat("field of SalesReached: ", vm.toString(i)));
        }
    }
}
