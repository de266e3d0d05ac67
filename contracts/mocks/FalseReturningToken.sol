// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {TestAsset} from "./TestAsset.sol";

/// @notice While it fails it moves nothing, reverts never, and only says false.
contract FalseReturningToken is TestAsset {
    bool public failing;

    function setFailing(bool failing_) external {
        failing = failing_;
    }

    function transfer(address to, uint256 value) public override returns (bool) {
        return !failing && super.transfer(to, value);
    }

    function transferFrom(address from, address to, uint256 value) public override returns (bool) {
        return !failing && super.transferFrom(from, to, value);
    }
}
