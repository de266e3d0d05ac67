// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

/// @title What programs use of a deployment's settlement asset
/// @notice The contracts need plain ERC-20 only; `permit` saves an approval where the asset has it.
interface ISettlementAsset is IERC20Metadata, IERC20Permit {}
