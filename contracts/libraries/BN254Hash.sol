// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {BN254} from "./BN254.sol";

/// @title Hashing to BN254 as drand's scheme bls-bn254-unchained-on-g1 does
/// @notice RFC 9380's hash_to_curve for G1: expand_message_xmd with keccak256, the Shallue–van de Woestijne map with
/// Z = 1 (§6.6.1), no cofactor. Gas follows from the number of modular powers, 3 to 7 a hash: both maps share one
/// inversion, and one power x^((P + 1)/4) is square test and root at once, because P ≡ 3 (mod 4).
/// Twin: `packages/sdk/src/protocol/bn254.ts`.
library BN254Hash {
    uint256 private constant P = BN254.P;

    // The domain separation tag and its length, 43, as the last byte.
    bytes32 private constant TAG_HEAD = "BLS_SIG_BN254G1_XMD:KECCAK-256_S";
    bytes12 private constant TAG_TAIL = "VDW_RO_NUL_\x2b";

    // The map's constants for g(x) = x³ + 3; g(Z) = 4 stands in the formulas. Names as in RFC 9380, §6.6.1.
    /// @notice -Z / 2.
    uint256 private constant C2 = 0x183227397098d014dc2822db40c0ac2ecbc0b548b438e5469e10460b6c3e7ea3;
    /// @notice √(-3 · Z² · g(Z)), the even root.
    uint256 private constant C3 = 0x16789af3a83522eb353c98fc6b36d713d5d8d1cc5dffffffa;
    /// @notice -4 · g(Z) / (3 · Z²).
    uint256 private constant C4 = 0x10216f7ba065e00de81ac1e7808072c9dd2b2385cd7b438469602eb24829a9bd;

    /// @notice Hash of a 32-byte message as a point of G1.
    function hashToG1(bytes32 message) internal view returns (uint256 x, uint256 y) {
        (uint256 u0, uint256 u1) = hashToField(message);
        return mapToG1(u0, u1);
    }

    /// @notice Two field elements of 48 uniform bytes each.
    function hashToField(bytes32 message) internal pure returns (uint256 u0, uint256 u1) {
        // 136 zero bytes are keccak's input block; 0x0060 is the length of the output, 96; one zero byte.
        bytes32 b0 = keccak256(
            abi.encodePacked(
                [bytes32(0), bytes32(0), bytes32(0), bytes32(0)],
                bytes8(0),
                message,
                bytes3(0x006000),
                TAG_HEAD,
                TAG_TAIL
            )
        );
        bytes32 b1 = _expand(b0, 0x01);
        bytes32 b2 = _expand(b0 ^ b1, 0x02);
        bytes32 b3 = _expand(b0 ^ b2, 0x03);
        u0 = _reduce(uint256(b1) >> 64, (uint256(uint64(uint256(b1))) << 128) | (uint256(b2) >> 128));
        u1 = _reduce((uint256(uint128(uint256(b2))) << 64) | (uint256(b3) >> 192), uint256(uint192(uint256(b3))));
    }

    /// @notice Sum of the maps of two field elements.
    function mapToG1(uint256 u0, uint256 u1) internal view returns (uint256 x, uint256 y) {
        uint256 d0 = _denominator(u0);
        uint256 d1 = _denominator(u1);
        // u = ±1/2 has no denominator; the RFC takes 0 for its inverse, and the other one must not suffer from it.
        uint256 f0 = d0 == 0 ? 1 : d0;
        uint256 f1 = d1 == 0 ? 1 : d1;
        uint256 inverse = BN254.power(mulmod(f0, f1, P), P - 2);
        (uint256 x0, uint256 y0) = _map(u0, d0 == 0 ? 0 : mulmod(inverse, f1, P));
        (uint256 x1, uint256 y1) = _map(u1, d1 == 0 ? 0 : mulmod(inverse, f0, P));
        return BN254.add(x0, y0, x1, y1);
    }

    /// @dev The first of three candidates whose curve equation has a root; the third always has one if both others lack it.
    function _map(uint256 u, uint256 inverse) private view returns (uint256 x, uint256 y) {
        uint256 square = mulmod(4, mulmod(u, u, P), P);
        // P - square ≥ 1 because mulmod returns less than P.
        uint256 step = mulmod(mulmod(mulmod(u, addmod(1, P - square, P), P), inverse, P), C3, P);
        bool found;
        x = addmod(C2, P - step, P);
        (y, found) = _root(BN254.curve(x));
        if (!found) {
            x = addmod(C2, step, P);
            (y, found) = _root(BN254.curve(x));
        }
        if (!found) {
            uint256 sum = addmod(1, square, P);
            uint256 ratio = mulmod(mulmod(sum, sum, P), inverse, P);
            x = addmod(1, mulmod(C4, mulmod(ratio, ratio, P), P), P);
            (y, ) = _root(BN254.curve(x));
        }
        // y is never 0: a group of odd order has no point of order two.
        if ((u ^ y) & 1 == 1) y = P - y;
    }

    function _root(uint256 square) private view returns (uint256 root, bool exists) {
        root = BN254.power(square, (P + 1) / 4);
        exists = mulmod(root, root, P) == square;
    }

    /// @dev (1 - 4u²)(1 + 4u²)
    function _denominator(uint256 u) private pure returns (uint256) {
        uint256 square = mulmod(4, mulmod(u, u, P), P);
        return addmod(1, P - mulmod(square, square, P), P);
    }

    function _expand(bytes32 seed, bytes1 index) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(seed, index, TAG_HEAD, TAG_TAIL));
    }

    /// @dev (high · 2^192 + low) mod P of 24 bytes each
    function _reduce(uint256 high, uint256 low) private pure returns (uint256) {
        return addmod(mulmod(high, 1 << 192, P), low, P);
    }
}
