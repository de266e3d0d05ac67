// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IPoolVerifier} from "../interfaces/IPoolVerifier.sol";

/// @notice The books of a constant-product pool: what is above its reserves goes to whoever asks first.
contract Pair {
    IERC20 public immutable TOKEN0;
    IERC20 public immutable TOKEN1;
    uint256 public reserve0;
    uint256 public reserve1;

    constructor(IERC20 token0, IERC20 token1) {
        TOKEN0 = token0;
        TOKEN1 = token1;
    }

    /// @notice Sets the reserves to the balances. Anyone.
    function sync() external {
        (reserve0, reserve1) = (TOKEN0.balanceOf(address(this)), TOKEN1.balanceOf(address(this)));
    }

    /// @notice Pays what is above the reserves to `to`. Anyone.
    function skim(address to) external {
        TOKEN0.transfer(to, TOKEN0.balanceOf(address(this)) - reserve0);
        TOKEN1.transfer(to, TOKEN1.balanceOf(address(this)) - reserve1);
    }
}

/// @notice Makes pairs and, as a model token's verifier, knows its own.
contract PairFactory is IPoolVerifier {
    mapping(address pair => bool) public isPair;

    function createPair(IERC20 token0, IERC20 token1) external returns (Pair pair) {
        pair = new Pair(token0, token1);
        isPair[address(pair)] = true;
    }

    function isPool(address pool, address token) external view returns (bool) {
        return isPair[pool] && (address(Pair(pool).TOKEN0()) == token || address(Pair(pool).TOKEN1()) == token);
    }
}
