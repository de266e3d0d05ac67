// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IModelToken} from "../../contracts/interfaces/IModelToken.sol";
import {Harness} from "../helpers/Harness.sol";
import {TokenAdversary} from "./handlers/TokenAdversary.sol";
import {TokenBooks} from "./handlers/TokenBooks.sol";
import {TokenHandler} from "./handlers/TokenHandler.sol";
import {TokenWorld} from "./handlers/TokenWorld.sol";

// The handlers are concrete in this file, because the runner knows the contracts of test files only.

/// @notice So few tokens that those which earn are often too few.
contract ScarceTokenHandler is TokenAdversary {
    constructor() TokenWorld(Setting({supply: 3e17, epochLength: 1 hours, redeemBps: 2_000, unit: 1e6})) {}
}

/// @notice The largest supply, and an asset of 18 decimals.
contract AbundantTokenHandler is TokenAdversary {
    constructor() TokenWorld(Setting({supply: type(uint96).max, epochLength: 7 days, redeemBps: 5_000, unit: 1e18})) {}
}

abstract contract TokenWalks is Harness {
    TokenAdversary internal handler;

    function _walk(uint256 seed, uint256 steps) internal {
        bytes4[] memory selectors = _selectors();
        for (uint256 i = 0; i < steps; ++i) {
            uint256 dice = uint256(keccak256(abi.encode(seed, i)));
            // As many arguments as any of them takes; the rest is ignored.
            bytes memory data = abi.encodeWithSelector(
                selectors[dice % selectors.length],
                keccak256(abi.encode(dice, 1)),
                keccak256(abi.encode(dice, 2)),
                keccak256(abi.encode(dice, 3))
            );
            // solhint-disable-next-line avoid-low-level-calls, any function of the handler
            (bool success, ) = address(handler).call(data);
            assertTrue(success, "a step reverted");
        }
    }

    function _selectors() internal pure returns (bytes4[] memory selectors) {
        selectors = new bytes4[](22);
        selectors[0] = TokenHandler.transfer.selector;
        selectors[1] = TokenHandler.deposit.selector;
        selectors[2] = TokenHandler.donate.selector;
        selectors[3] = TokenHandler.absorb.selector;
        selectors[4] = TokenHandler.claim.selector;
        selectors[5] = TokenHandler.claimSnapshot.selector;
        selectors[6] = TokenHandler.claimMany.selector;
        selectors[7] = TokenHandler.burn.selector;
        selectors[8] = TokenHandler.snapshot.selector;
        selectors[9] = TokenHandler.setAccruing.selector;
        selectors[10] = TokenHandler.setPayout.selector;
        selectors[11] = TokenHandler.excludePool.selector;
        selectors[12] = TokenHandler.settle.selector;
        selectors[13] = TokenHandler.releaseLiquidity.selector;
        selectors[14] = TokenHandler.vest.selector;
        selectors[15] = TokenHandler.bar.selector;
        selectors[16] = TokenHandler.passSeconds.selector;
        selectors[17] = TokenHandler.passToBoundary.selector;
        selectors[18] = TokenHandler.passEpochs.selector;
        selectors[19] = TokenAdversary.roundTrip.selector;
        selectors[20] = TokenAdversary.claimInParts.selector;
        selectors[21] = TokenAdversary.attempt.selector;
    }
}

/// @notice The revenue invariants of a token, after anything that anybody may do. The numbers are those of the list in
/// `docs/invariants.md`.
abstract contract ModelTokenInvariants is TokenWalks {
    IModelToken private _token;

    function setUp() public {
        handler = _deploy();
        _token = handler.token();
        targetContract(address(handler));
        targetSelector(address(handler), _selectors());
    }

    /// @notice T1. What the token holds of the asset covers everything that is claimable, pending, unstreamed and in the
    /// redemption pool; what is above its reserves is gifts that nobody has absorbed yet.
    function invariant_TheAssetCoversWhatIsOwed() external view {
        IModelToken.StreamState memory state = _token.streamState();
        uint256 balance = handler.asset().balanceOf(address(_token));
        assertGe(balance, _owed(state), "asset");
        assertEq(balance, state.reserves + handler.gifts(), "reserves and gifts");
    }

    /// @notice T2. What came in is what went out, what is owed, and less dust than roundings can leave.
    function invariant_EveryUnitIsAccountedFor() external view {
        IModelToken.StreamState memory state = _token.streamState();
        assertEq(state.reserves, handler.moneyIn() - handler.moneyOut(), "reserves");
        uint256 owed = _owed(state);
        assertGe(state.reserves, owed, "dust below nothing");
        assertLe(state.reserves - owed, handler.dustBound(), "dust");
    }

    /// @notice T3. E is the sum of the balances that earn.
    function invariant_EligibleIsTheSumOfEarningBalances() external view {
        assertEq(_token.streamState().eligible, handler.earningBalances(), "eligible");
    }

    /// @notice T3. A never falls, nor runs ahead of the clock, and no account is ahead of it.
    function invariant_TheIndexOnlyGrowsWithTime() external view {
        uint256 index = _token.streamState().index;
        for (uint256 i = 0; i < handler.HOLDERS() + 2; ++i) {
            (uint256 settled, , , ) = _token.accountOf(handler.account(i));
            assertLe(settled, index, "index of an account");
        }
        _assertKept(TokenBooks.Rule.Clock, "index, redemption pool or revenue that moved otherwise than foretold");
    }

    /// @notice T4. A transfer moves no revenue, of the two sides or of anybody else.
    function invariant_TransfersMoveNoRevenue() external view {
        _assertKept(TokenBooks.Rule.Transfer, "revenue that a transfer changed");
    }

    /// @notice T5. Who borrows all tokens for no time has nothing of it, whatever else it does with them.
    function invariant_ARoundTripEarnsNothing() external view {
        _assertKept(TokenBooks.Rule.RoundTrip, "revenue of a round trip");
    }

    /// @notice T6. Claiming up to one snapshot and then up to a later one pays what the later one alone does, within a unit.
    function invariant_ClaimingInPartsPaysTheSame() external view {
        _assertKept(TokenBooks.Rule.Parts, "claims in parts that paid otherwise");
    }

    /// @notice T7. What a token unit redeems for never falls, in a burn least of all.
    function invariant_TheRedemptionValueNeverFalls() external view {
        _assertKept(TokenBooks.Rule.Burn, "burns that took more than their share");
    }

    /// @notice T8. Only its own claim, or a push that pays it, lowers what an account can claim; nothing but time raises it.
    function invariant_NobodyElseTouchesRevenue() external view {
        _assertKept(TokenBooks.Rule.OthersRevenue, "revenue that somebody else changed");
    }

    /// @notice T8. Each payment is exactly what the views said, and goes where the account wants it.
    function invariant_PaymentsAreWhatWasClaimable() external view {
        _assertKept(TokenBooks.Rule.Payment, "payments");
    }

    /// @notice T9. Whoever settles late has what its tokens earned since launch, and nobody else less or more.
    function invariant_LateBuyersLoseNothing() external view {
        _assertKept(TokenBooks.Rule.Settlement, "settlements");
    }

    /// @notice T10. A snapshot is A at the end of a closed epoch, one an epoch; what is not there pays nothing.
    function invariant_SnapshotsMarkClosedEpochs() external view {
        _assertKept(TokenBooks.Rule.Snapshot, "snapshots");
        uint256 count = handler.snapshotsTaken();
        assertEq(_token.snapshotCount(), count, "count");
        for (uint256 id = 1; id <= count; ++id) {
            assertEq(_token.snapshotIndex(id), handler.snapshotIndices(id - 1), "index");
        }
        assertEq(_token.snapshotIndex(0) + _token.snapshotIndex(count + 1), 0, "index of none");
        assertEq(_token.claimableRevenue(handler.account(0), count + 1), 0, "revenue of none");
    }

    /// @notice T11. Everybody can always leave with everything, and then only dust is there.
    function invariant_EverybodyCanLeave() external {
        uint256 time = block.timestamp;
        _assertUndone(abi.encodeCall(handler.rehearseTheEnd, ()));
        // The clock is not part of what a revert takes back.
        vm.warp(time);
    }

    /// @notice T12. What the roles, the state and the bounds forbid is refused.
    function invariant_WhatIsForbiddenIsRefused() external view {
        _assertKept(TokenBooks.Rule.Refusal, "calls that were not refused, or were");
    }

    /// @notice All of them after a walk from any seed.
    function testFuzz_InvariantsHoldAfterAWalk(uint256 seed) external {
        _walk(seed, 40);
        _assertAll();
    }

    function _deploy() internal virtual returns (TokenAdversary);

    function _assertAll() internal {
        this.invariant_TheAssetCoversWhatIsOwed();
        this.invariant_EveryUnitIsAccountedFor();
        this.invariant_EligibleIsTheSumOfEarningBalances();
        this.invariant_TheIndexOnlyGrowsWithTime();
        this.invariant_TransfersMoveNoRevenue();
        this.invariant_ARoundTripEarnsNothing();
        this.invariant_ClaimingInPartsPaysTheSame();
        this.invariant_TheRedemptionValueNeverFalls();
        this.invariant_NobodyElseTouchesRevenue();
        this.invariant_PaymentsAreWhatWasClaimable();
        this.invariant_LateBuyersLoseNothing();
        this.invariant_SnapshotsMarkClosedEpochs();
        this.invariant_EverybodyCanLeave();
        this.invariant_WhatIsForbiddenIsRefused();
    }

    function _owed(IModelToken.StreamState memory state) private view returns (uint256) {
        return handler.claimableInAll() + state.pending + state.unstreamed + state.redemptionPool;
    }

    function _assertKept(TokenBooks.Rule rule, string memory what) private view {
        assertEq(handler.broken(rule), 0, what);
    }

    /// @dev Runs what takes itself back.
    function _assertUndone(bytes memory call) private {
        // solhint-disable-next-line avoid-low-level-calls, what it reverts with is the question
        (bool success, bytes memory error) = address(handler).call(call);
        assertFalse(success, "a rehearsal must take itself back");
        if (bytes4(error) == TokenAdversary.Undone.selector) return;
        assembly ("memory-safe") {
            revert(add(error, 32), mload(error))
        }
    }
}

contract ScarceModelTokenInvariantTest is ModelTokenInvariants {
    function _deploy() internal override returns (TokenAdversary) {
        return new ScarceTokenHandler();
    }
}

contract AbundantModelTokenInvariantTest is ModelTokenInvariants {
    function _deploy() internal override returns (TokenAdversary) {
        return new AbundantTokenHandler();
    }
}

/// @notice A few walks get everywhere: no invariant holds just because nothing happens.
contract ModelTokenReachTest is TokenWalks {
    uint256[22] private _sum;

    /// @dev Here, because a failing test is traced, and so long a trace would fill the memory.
    function setUp() public {
        for (uint256 seed = 0; seed < 32; ++seed) {
            handler = new ScarceTokenHandler();
            _walk(seed, 200);
            uint256[22] memory reached = abi.decode(abi.encode(handler.reached()), (uint256[22]));
            for (uint256 i = 0; i < reached.length; ++i) _sum[i] += reached[i];
        }
    }

    function test_TheWalksReachEverything() external view {
        for (uint256 i = 0; i < _sum.length; ++i) {
            assertGe(_sum[i], 2, string.concat("field of Reached: ", vm.toString(i)));
        }
    }
}
