// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title Restrictions on transfers, with the two views of ERC-1404 (https://github.com/ethereum/EIPs/issues/1404)
interface ITransferPolicy {
    /// @return code 0 = allowed; any other number is the reason
    function detectTransferRestriction(address from, address to, uint256 value) external view returns (uint8 code);

    /// @return text the reason in words
    function messageForTransferRestriction(uint8 code) external view returns (string memory text);
}
