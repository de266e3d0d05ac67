// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice Gives tokens to addresses by the hundred, so that a token can have thousands of holders.
contract HolderFarm {
    /// @notice Sends `amount` to each of `count` addresses, counted from `first`. The farm must hold the tokens.
    function grow(IERC20 token, uint256 first, uint256 count, uint256 amount) external {
        for (uint256 i = first; i < first + count; ++i) {
            token.transfer(address(uint160(uint256(keccak256(abi.encode("holder", i))))), amount);
        }
    }
}
