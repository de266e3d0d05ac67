// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {TestAsset} from "./TestAsset.sol";

/// @notice Like USDC: its issuer can bar an account from sending and receiving.
contract BlacklistToken is TestAsset {
    mapping(address account => bool) public blacklisted;

    error BlacklistToken_Blacklisted(address account);

    function setBlacklisted(address account, bool barred) external {
        blacklisted[account] = barred;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (blacklisted[from]) revert BlacklistToken_Blacklisted(from);
        if (blacklisted[to]) revert BlacklistToken_Blacklisted(to);
        super._update(from, to, value);
    }
}
