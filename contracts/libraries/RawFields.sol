// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Batch, Job} from "../interfaces/Types.sol";

/// @title Fields of a job in calldata, as whole words
/// @notice What `job.field` reads without looking for dirty high bits, at a tenth of the gas. For structs whose id was looked
/// up (see `RawTerms`), and for comparisons of whole words, which dirty bits fail.
library JobFields {
    function nonce(Job calldata job) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(job, 0x20))
        }
    }

    function provider(Job calldata job) internal pure returns (address value) {
        assembly ("memory-safe") {
            value := calldataload(add(job, 0x40))
        }
    }

    function kind(Job calldata job) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(job, 0x60))
        }
    }

    function modelId(Job calldata job) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(job, 0x80))
        }
    }

    function units(Job calldata job) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(job, 0xc0))
        }
    }

    function budget(Job calldata job) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(job, 0x100))
        }
    }

    function inputPrice(Job calldata job) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(job, 0x120))
        }
    }

    function outputPrice(Job calldata job) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(job, 0x140))
        }
    }

    function creditLine(Job calldata job) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(job, 0x160))
        }
    }

    function valueAtRisk(Job calldata job) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(job, 0x180))
        }
    }

    function collateralBps(Job calldata job) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(job, 0x1a0))
        }
    }

    function royaltyBps(Job calldata job) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(job, 0x1c0))
        }
    }

    function verifierFee(Job calldata job) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(job, 0x1e0))
        }
    }

    function samplePoints(Job calldata job) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(job, 0x200))
        }
    }

    function detection(Job calldata job) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(job, 0x220))
        }
    }

    function disputeWindow(Job calldata job) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(job, 0x240))
        }
    }

    function acceptBy(Job calldata job) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(job, 0x260))
        }
    }

    function commitBy(Job calldata job) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(job, 0x280))
        }
    }

    function callback(Job calldata job) internal pure returns (address value) {
        assembly ("memory-safe") {
            value := calldataload(add(job, 0x2a0))
        }
    }
}

/// @title Fields of a batch in calldata, as whole words
/// @notice As `JobFields`.
library BatchFields {
    function jobId(Batch calldata batch) internal pure returns (bytes32 value) {
        assembly ("memory-safe") {
            value := calldataload(add(batch, 0x0))
        }
    }

    function root(Batch calldata batch) internal pure returns (bytes32 value) {
        assembly ("memory-safe") {
            value := calldataload(add(batch, 0x20))
        }
    }

    function total(Batch calldata batch) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(batch, 0x40))
        }
    }

    function collateral(Batch calldata batch) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(batch, 0x60))
        }
    }

    function count(Batch calldata batch) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(batch, 0xa0))
        }
    }

    function maxLeafFee(Batch calldata batch) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(batch, 0xc0))
        }
    }

    function targetRound(Batch calldata batch) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(batch, 0xe0))
        }
    }

    function p(Batch calldata batch) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(batch, 0x140))
        }
    }

    function committedAt(Batch calldata batch) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(batch, 0x160))
        }
    }
}
