// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Tokens that share revenue (draft ERC-7641, https://eips.ethereum.org/EIPS/eip-7641)
/// @notice ERC-165 id 0xed7b2e4e.
interface IERC7641 is IERC20 {
    /// @notice What `account` could take with `claim(snapshotId)`. 0 for an id that does not exist.
    function claimableRevenue(address account, uint256 snapshotId) external view returns (uint256);

    /// @notice Pays the caller its revenue up to a snapshot. Reverts if that is nothing.
    function claim(uint256 snapshotId) external;

    /// @notice Takes a snapshot. Anyone.
    /// @return snapshotId from 1, one more than the last
    function snapshot() external returns (uint256 snapshotId);

    /// @notice What burning `amount` of the present supply would pay.
    function redeemableOnBurn(uint256 amount) external view returns (uint256);

    /// @notice Burns tokens of the caller and pays their share of the redemption pool. Reverts if that is nothing.
    function burn(uint256 amount) external;
}

/// @title The views of ERC-7641's extension for revenue in an ERC-20
/// @notice ERC-165 id 0x5d18f986.
interface IERC7641AltRevToken is IERC7641 {
    /// @notice `claimableRevenue` if `token` is the revenue's asset, otherwise 0.
    function claimableERC20(address account, uint256 snapshotId, address token) external view returns (uint256);

    /// @notice `redeemableOnBurn` if `token` is the revenue's asset, otherwise 0.
    function redeemableERC20OnBurn(uint256 amount, address token) external view returns (uint256);
}
