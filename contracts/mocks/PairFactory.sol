// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IPair, IPairFactory} from "../periphery/PairVerifier.sol";

/// @notice The books of a constant-product pool: what is above its reserves goes to whoever asks first.
contract Pair is IPair {
    address public token0;
    address public token1;
    uint256 public reserve0;
    uint256 public reserve1;

    constructor(address token0_, address token1_) {
        (token0, token1) = (token0_, token1_);
    }

    /// @notice Sets the reserves to the balances. Anyone.
    function sync() external {
        (reserve0, reserve1) = (IERC20(token0).balanceOf(address(this)), IERC20(token1).balanceOf(address(this)));
    }

    /// @notice Pays what is above the reserves to `to`. Anyone.
    function skim(address to) external {
        IERC20(token0).transfer(to, IERC20(token0).balanceOf(address(this)) - reserve0);
        IERC20(token1).transfer(to, IERC20(token1).balanceOf(address(this)) - reserve1);
    }
}

/// @notice Makes pairs and knows its own.
contract PairFactory is IPairFactory {
    mapping(address tokenA => mapping(address tokenB => address)) public getPair;

    function createPair(address tokenA, address tokenB) external returns (address pair) {
        pair = address(new Pair(tokenA, tokenB));
        getPair[tokenA][tokenB] = pair;
        getPair[tokenB][tokenA] = pair;
    }
}
