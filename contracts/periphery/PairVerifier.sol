// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IPoolVerifier} from "../interfaces/IPoolVerifier.sol";

/// @title What is used of a pool in the style of Uniswap v2
interface IPair {
    function token0() external view returns (address);
    function token1() external view returns (address);
}

/// @title What is used of its factory
interface IPairFactory {
    /// @return pair zero if there is none; the same in either order
    function getPair(address tokenA, address tokenB) external view returns (address pair);
}

/// @title Knows the pools of one factory in the style of Uniswap v2
contract PairVerifier is IPoolVerifier {
    /// @notice Whose pools are proven.
    IPairFactory public immutable FACTORY;

    constructor(address factory_) {
        FACTORY = IPairFactory(factory_);
    }

    /// @inheritdoc IPoolVerifier
    /// @dev The contract itself only says which pair it claims to be; the factory says whether it is.
    function isPool(address pool, address token) external view returns (bool) {
        if (pool.code.length == 0) return false;
        try IPair(pool).token0() returns (address token0) {
            address token1 = IPair(pool).token1();
            return (token0 == token || token1 == token) && FACTORY.getPair(token0, token1) == pool;
        } catch {
            return false;
        }
    }
}
