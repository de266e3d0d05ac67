// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {TestAsset} from "./TestAsset.sol";

/// @notice Like USDC: its issuer can stop every transfer.
contract PausableToken is TestAsset {
    bool public paused;

    error PausableToken_Paused();

    function setPaused(bool paused_) external {
        paused = paused_;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (paused) revert PausableToken_Paused();
        super._update(from, to, value);
    }
}
