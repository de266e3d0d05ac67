// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title The curve BN254 (alt_bn128) through the EVM's precompiles
/// @notice G1 is y² = x³ + 3 over the field of P elements; its order is prime, so every point on the curve is in the
/// group. Precompiles: modexp (EIP-198), addition and pairing (EIP-196, EIP-197). A precompile that is given an invalid
/// point burns all gas it was given, so callers check points before.
library BN254 {
    /// @notice Number of elements of the field that coordinates live in.
    uint256 internal constant P = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47;

    uint256 private constant MODEXP = 5;
    uint256 private constant ADD = 6;
    uint256 private constant PAIRING = 8;

    /// @notice The precompile ran out of gas, or the chain lacks it.
    error BN254_PrecompileFailed(uint256 precompile);

    /// @notice Whether (x, y) is a point of G1 other than infinity, in its only encoding (coordinates below P).
    function isPoint(uint256 x, uint256 y) internal pure returns (bool) {
        // Infinity is encoded as (0, 0), which the equation excludes.
        return x < P && y < P && mulmod(y, y, P) == curve(x);
    }

    /// @notice x³ + 3, the square of y on the curve.
    function curve(uint256 x) internal pure returns (uint256) {
        return addmod(mulmod(mulmod(x, x, P), x, P), 3, P);
    }

    /// @notice base^exponent mod P.
    function power(uint256 base, uint256 exponent) internal view returns (uint256 result) {
        bool success;
        assembly ("memory-safe") {
            // Beyond the free memory pointer: scratch space that is not kept.
            let input := mload(0x40)
            mstore(input, 32)
            mstore(add(input, 0x20), 32)
            mstore(add(input, 0x40), 32)
            mstore(add(input, 0x60), base)
            mstore(add(input, 0x80), exponent)
            mstore(add(input, 0xa0), P)
            success := staticcall(gas(), MODEXP, input, 0xc0, 0x00, 0x20)
            success := and(success, eq(returndatasize(), 0x20))
            result := mload(0x00)
        }
        if (!success) revert BN254_PrecompileFailed(MODEXP);
    }

    /// @notice Sum of two points of G1.
    function add(uint256 x0, uint256 y0, uint256 x1, uint256 y1) internal view returns (uint256 x, uint256 y) {
        bool success;
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore(input, x0)
            mstore(add(input, 0x20), y0)
            mstore(add(input, 0x40), x1)
            mstore(add(input, 0x60), y1)
            success := staticcall(gas(), ADD, input, 0x80, 0x00, 0x40)
            success := and(success, eq(returndatasize(), 0x40))
            x := mload(0x00)
            y := mload(0x20)
        }
        if (!success) revert BN254_PrecompileFailed(ADD);
    }

    /// @notice Whether e(a, b) · e(c, d) = 1. Reverts if a point is invalid.
    /// @param points a (x, y), b (x imaginary, x real, y imaginary, y real), c, d likewise
    function pairingIsOne(uint256[12] memory points) internal view returns (bool one) {
        bool success;
        assembly ("memory-safe") {
            success := staticcall(gas(), PAIRING, points, 0x180, 0x00, 0x20)
            success := and(success, eq(returndatasize(), 0x20))
            one := eq(mload(0x00), 1)
        }
        if (!success) revert BN254_PrecompileFailed(PAIRING);
    }

    /// @notice Whether four words are a point of G2 other than infinity: on the twist and in the group of prime order.
    /// @dev Meant for constructors: an invalid point burns 63/64 of the gas that is left.
    /// @param point x imaginary, x real, y imaginary, y real
    function isKey(uint256[4] memory point) internal view returns (bool valid) {
        // e(G1 generator, point) is 1 only for infinity, and the precompile refuses what is not in G2.
        uint256[6] memory input = [1, 2, point[0], point[1], point[2], point[3]];
        assembly ("memory-safe") {
            let success := staticcall(gas(), PAIRING, input, 0xc0, 0x00, 0x20)
            valid := and(and(success, eq(returndatasize(), 0x20)), iszero(mload(0x00)))
        }
    }
}
