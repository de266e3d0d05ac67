// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {VestingWallet} from "@openzeppelin/contracts/finance/VestingWallet.sol";
import {VestingWalletCliff} from "@openzeppelin/contracts/finance/VestingWalletCliff.sol";

/// @title Holds tokens, and the revenue they earn, until they have vested
/// @notice `release(token)` pays what has vested to the owner, who may sell the wallet as a whole. Anyone may push the revenue
/// of its tokens to it with `ModelToken.claimFor`; it vests by the same schedule.
contract ModelVesting is VestingWalletCliff {
    /// @param beneficiary first owner
    /// @param start seconds since 1970
    /// @param duration seconds after `start` after which everything has vested
    /// @param cliff seconds after `start` before which nothing has
    constructor(
        address beneficiary,
        uint64 start,
        uint64 duration,
        uint64 cliff
    ) VestingWallet(beneficiary, start, duration) VestingWalletCliff(cliff) {}
}
