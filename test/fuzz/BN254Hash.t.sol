// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {BLS} from "@kevincharm/bls-bn254/contracts/BLS.sol";

import {BN254Hash} from "../../contracts/libraries/BN254Hash.sol";
import {BN254} from "../../contracts/libraries/BN254.sol";
import {Harness} from "../helpers/Harness.sol";

/// @notice Held against an independent implementation of the same hash.
contract BN254HashFuzz is Harness {
    bytes private constant TAG = "BLS_SIG_BN254G1_XMD:KECCAK-256_SVDW_RO_NUL_";

    function testFuzz_HashesAsTheReference(bytes32 message) external view {
        (uint256 x, uint256 y) = BN254Hash.hashToG1(message);
        uint256[2] memory expected = BLS.hashToPoint(TAG, abi.encodePacked(message));
        assertEq(x, expected[0], "x");
        assertEq(y, expected[1], "y");
    }

    function testFuzz_HashesToTheFieldAsTheReference(bytes32 message) external pure {
        (uint256 u0, uint256 u1) = BN254Hash.hashToField(message);
        uint256[2] memory expected = BLS.hashToField(TAG, abi.encodePacked(message));
        assertEq(u0, expected[0], "u0");
        assertEq(u1, expected[1], "u1");
    }

    function testFuzz_MapsAsTheReference(uint256 u0, uint256 u1) external view {
        _assertMap(u0 % BN254.P, u1 % BN254.P);
    }

    /// @dev ±1/2 have no inverse; small and large elements, and an element with its negative, whose sum is infinity.
    function test_MapsExceptionalElementsAsTheReference() external view {
        uint256 half = (BN254.P + 1) / 2;
        uint256[8] memory elements = [0, 1, 2, half - 1, half, BN254.P - 2, BN254.P - 1, 3];
        for (uint256 i = 0; i < 8; ++i) for (uint256 j = 0; j < 8; ++j) _assertMap(elements[i], elements[j]);
    }

    function testFuzz_KnowsPointsFromOtherPairs(uint256 u, uint256 y) external view {
        uint256[2] memory point = BLS.mapToPoint(u % BN254.P);
        assertTrue(BN254.isPoint(point[0], point[1]), "point");
        assertTrue(BN254.isPoint(point[0], BN254.P - point[1]), "negated point");
        assertFalse(BN254.isPoint(point[0] + BN254.P, point[1]), "x above the field");
        assertFalse(BN254.isPoint(point[0], point[1] + BN254.P), "y above the field");
        y %= BN254.P;
        if (y != point[1] && y != BN254.P - point[1]) assertFalse(BN254.isPoint(point[0], y), "other y");
    }

    function test_CostsLessThanTheReference() external view {
        (uint256 own, uint256 theirs) = (0, 0);
        for (uint256 i = 0; i < 100; ++i) {
            bytes32 message = keccak256(abi.encode(i));
            uint256 start = gasleft();
            BN254Hash.hashToG1(message);
            own += start - gasleft();
            start = gasleft();
            BLS.hashToPoint(TAG, abi.encodePacked(message));
            theirs += start - gasleft();
        }
        assertLe(own * 10, theirs * 9, "gas of 100 hashes");
    }

    function _assertMap(uint256 u0, uint256 u1) private view {
        (uint256 x, uint256 y) = BN254Hash.mapToG1(u0, u1);
        uint256[2] memory a = BLS.mapToPoint(u0);
        uint256[2] memory b = BLS.mapToPoint(u1);
        (uint256 expectedX, uint256 expectedY) = BN254.add(a[0], a[1], b[0], b[1]);
        assertEq(x, expectedX, "x");
        assertEq(y, expectedY, "y");
    }
}
