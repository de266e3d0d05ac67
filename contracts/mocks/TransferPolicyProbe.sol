// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ITransferPolicy} from "../interfaces/ITransferPolicy.sol";

/// @notice A transfer policy that says what a test tells it to, or fails.
contract TransferPolicyProbe is ITransferPolicy {
    bool private _failing;
    mapping(address recipient => uint8 code) private _codes;

    error TransferPolicyProbe_Failing();

    function setFailing(bool failing) external {
        _failing = failing;
    }

    /// @notice Restricts transfers to `recipient`; 0 allows them again.
    function restrict(address recipient, uint8 code) external {
        _codes[recipient] = code;
    }

    function detectTransferRestriction(address, address to, uint256) external view returns (uint8) {
        if (_failing) revert TransferPolicyProbe_Failing();
        return _codes[to];
    }

    function messageForTransferRestriction(uint8 code) external pure returns (string memory) {
        return code == 0 ? "allowed" : "recipient is restricted";
    }
}
