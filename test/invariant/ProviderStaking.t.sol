// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {FeeOnTransferToken} from "../../contracts/mocks/FeeOnTransferToken.sol";
import {ReentrantToken} from "../../contracts/mocks/ReentrantToken.sol";
import {TestAsset} from "../../contracts/mocks/TestAsset.sol";
import {Harness} from "../helpers/Harness.sol";
import {StakingHandler} from "./handlers/StakingHandler.sol";

// The handlers are concrete in this file, because the runner knows the contracts of test files only.

contract OrdinaryStakingHandler is StakingHandler {
    constructor(TestAsset token) StakingHandler(token) {}

    // solhint-disable-next-line no-empty-blocks, an ordinary asset needs nothing
    function _beforeTransfer(uint256) internal override {}
}

/// @notice The asset takes another fee of every transfer, sometimes everything.
contract FeeStakingHandler is StakingHandler {
    FeeOnTransferToken private _token;

    constructor(FeeOnTransferToken token) StakingHandler(token) {
        _token = token;
    }

    function _beforeTransfer(uint256 amount) internal override {
        _token.setFee((amount * 7_919) % 10_001);
    }
}

/// @notice The asset has stake of its own and calls back in every transfer.
contract ReentrantStakingHandler is StakingHandler {
    ReentrantToken private _token;

    constructor(ReentrantToken token) StakingHandler(token) {
        _token = token;
    }

    /// @notice What every callback was answered with.
    function assertRefused() external view {
        if (!_token.called()) return;
        assertFalse(_token.succeeded(), "reentrant call succeeded");
        assertEq(
            bytes32(_token.result()),
            bytes32(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector),
            "reentrant call refused"
        );
    }

    function _beforeTransfer(uint256 amount) internal override {
        bytes[4] memory calls = [
            abi.encodeCall(staking.deposit, (address(_token), 1)),
            abi.encodeCall(staking.depositWithPermit, (address(_token), 1, 0, 27, 0, 0)),
            abi.encodeCall(staking.withdraw, (address(_token), 1)),
            abi.encodeCall(staking.flushSink, ())
        ];
        _token.arm(address(staking), calls[amount % 4]);
    }
}

/// @notice Invariants 1, 2, 5 and 8 of the protocol for the collateral, whatever its asset does.
abstract contract ProviderStakingInvariants is Harness {
    StakingHandler internal handler;

    function setUp() public {
        handler = _deploy();
        bytes4[] memory selectors = new bytes4[](11);
        selectors[0] = StakingHandler.deposit.selector;
        selectors[1] = StakingHandler.withdraw.selector;
        selectors[2] = StakingHandler.withdrawTooMuch.selector;
        selectors[3] = StakingHandler.donate.selector;
        selectors[4] = StakingHandler.lock.selector;
        selectors[5] = StakingHandler.release.selector;
        selectors[6] = StakingHandler.slash.selector;
        selectors[7] = StakingHandler.flushSink.selector;
        selectors[8] = StakingHandler.takeSeats.selector;
        selectors[9] = StakingHandler.moveSeat.selector;
        selectors[10] = StakingHandler.penalise.selector;
        targetContract(address(handler));
        targetSelector(address(handler), selectors);
    }

    /// @notice What staking holds is what it owes, to the unit; a gift belongs to nobody and stays.
    function invariant_StakingHoldsExactlyWhatItOwes() external view {
        uint256 balance = handler.asset().balanceOf(address(handler.staking()));
        assertEq(balance, _staked() + handler.staking().sinkOwed() + handler.donated(), "balance");
    }

    /// @notice What is locked is staked, and is what the open obligations and seats of a provider add up to.
    function invariant_LockedBacksExactlyTheOpenObligations() external view {
        for (uint256 i = 0; i < handler.ACTORS(); ++i) {
            (uint128 staked, uint128 locked) = handler.staking().accountOf(handler.actor(i));
            assertLe(locked, staked, "locked above staked");
            assertEq(locked, handler.owedBy(handler.actor(i)), "locked without an obligation");
        }
    }

    /// @notice Slashed = sink + compensation, and nothing else makes or destroys a claim.
    function invariant_SlashingMintsNothing() external view {
        uint256 toSink = handler.staking().sinkOwed() + handler.flushed();
        assertEq(handler.slashed(), toSink + handler.compensated(), "slashed");
        assertEq(handler.deposited(), handler.withdrawn() + _staked() + toSink, "deposited");
    }

    /// @notice All that is free can be withdrawn, by everybody, at any moment.
    function invariant_FreeStakeIsWithdrawable() external {
        try handler.withdrawEverything() {
            revert AssertionFailed("withdrawals were not undone", 0, 1);
        } catch (bytes memory reason) {
            assertEq(bytes32(bytes4(reason)), bytes32(StakingHandler.Undone.selector), "withdrawal failed");
        }
    }

    function _deploy() internal virtual returns (StakingHandler);

    function _staked() private view returns (uint256 sum) {
        for (uint256 i = 0; i < handler.ACTORS(); ++i) {
            (uint128 staked, ) = handler.staking().accountOf(handler.actor(i));
            sum += staked;
        }
    }
}

contract ProviderStakingInvariantTest is ProviderStakingInvariants {
    function _deploy() internal override returns (StakingHandler) {
        return new OrdinaryStakingHandler(new TestAsset());
    }
}

contract ProviderStakingWithFeeInvariantTest is ProviderStakingInvariants {
    function _deploy() internal override returns (StakingHandler) {
        return new FeeStakingHandler(new FeeOnTransferToken());
    }
}

contract ProviderStakingReenteredInvariantTest is ProviderStakingInvariants {
    function invariant_CallbacksAreRefused() external view {
        ReentrantStakingHandler(address(handler)).assertRefused();
    }

    function _deploy() internal override returns (StakingHandler) {
        return new ReentrantStakingHandler(new ReentrantToken());
    }
}
