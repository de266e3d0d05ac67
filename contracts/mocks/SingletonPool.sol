// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice The books of an automated market maker that holds the tokens of all pools: what arrives between `sync` and
/// `settle` belongs to the caller.
contract SingletonPool {
    mapping(IERC20 token => uint256) private _reserves;

    mapping(address account => mapping(IERC20 token => uint256)) public creditOf;

    function sync(IERC20 token) external {
        _reserves[token] = token.balanceOf(address(this));
    }

    /// @notice Credits the caller with what has arrived since `sync`.
    function settle(IERC20 token) external returns (uint256 paid) {
        uint256 balance = token.balanceOf(address(this));
        paid = balance - _reserves[token];
        _reserves[token] = balance;
        creditOf[msg.sender][token] += paid;
    }
}
