// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IModelToken} from "../interfaces/IModelToken.sol";

/// @title Claims the revenue of many tokens in one transaction
/// @notice It never holds anything: each token pays the account, or the payout address that the account has set there.
contract RevenueClaimer {
    /// @notice Pushes the revenue of `account` in every token that has some. Anyone. A token that fails is left out, so one
    /// never blocks the others: nothing is lost, it can be claimed alone. Contracts that have not opted in (`claimFor`) get
    /// nothing here.
    /// @return amounts what each token paid, in the order of `tokens`; 0 where it failed or owed nothing
    function claimAll(address account, address[] calldata tokens) external returns (uint256[] memory amounts) {
        amounts = new uint256[](tokens.length);
        for (uint256 i = 0; i < tokens.length; ++i) {
            try IModelToken(tokens[i]).claimFor(account) returns (uint256 amount) {
                amounts[i] = amount;
            } catch {
                amounts[i] = 0;
            }
        }
    }
}
