// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {TestAsset} from "./TestAsset.sol";

/// @notice Calls back in the middle of each transfer, before the balances move, and keeps what came of it.
contract ReentrantToken is TestAsset {
    address private _target;
    bytes private _call;

    bool public called;
    bool public succeeded;
    bytes public result;

    /// @notice Arms one call to `target_` during the next transfer; a zero target disarms.
    function arm(address target_, bytes calldata call_) external {
        _target = target_;
        _call = call_;
        called = false;
    }

    /// @dev Swallows a failure, so that a test sees whether the outer call was honest in spite of it.
    function _update(address from, address to, uint256 value) internal override {
        address target = _target;
        if (target != address(0) && from != address(0)) {
            _target = address(0);
            called = true;
            // solhint-disable-next-line avoid-low-level-calls, the test chooses what is called
            (succeeded, result) = target.call(_call);
        }
        super._update(from, to, value);
    }
}
