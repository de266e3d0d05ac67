// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title Settlement asset of local and test networks
/// @notice Like USDC: six decimals and EIP-2612 permits. Anyone may mint it, so it must never be worth anything.
contract TestAsset is ERC20, ERC20Permit {
    constructor() ERC20("Assay Test Dollar", "aUSD") ERC20Permit("Assay Test Dollar") {}

    /// @notice Mints `amount` smallest units to `to`. Anyone.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function decimals() public pure override returns (uint8) {
        return 6;
    }
}
