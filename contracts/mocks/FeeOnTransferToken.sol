// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {TestAsset} from "./TestAsset.sol";

/// @notice Burns a share of every transfer: less arrives than was sent.
contract FeeOnTransferToken is TestAsset {
    /// @notice 10,000 burns everything.
    uint256 public feeBps = 100;

    function setFee(uint256 feeBps_) external {
        feeBps = feeBps_;
    }

    function _update(address from, address to, uint256 value) internal override {
        uint256 fee = from == address(0) || to == address(0) ? 0 : (value * feeBps) / 10_000;
        if (fee > 0) super._update(from, address(0), fee);
        super._update(from, to, value - fee);
    }
}
