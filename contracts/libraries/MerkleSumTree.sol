// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Merkle-sum tree
/// @notice keccak256 over packed data: leaf `0x00 ‖ hash ‖ uint96 sum`, node `0x01 ‖ hL ‖ uint96 sumL ‖ hR ‖ uint96 sumR`;
/// an empty subtree of any height is (0, 0). Depth is ⌈log₂ count⌉; the bits of the leaf's index, lowest first, give the
/// directions. One proof binds a leaf's position, its content, its sum, and the sum of everything left of it.
/// Twin: `packages/sdk/src/protocol/sumTree.ts`.
library MerkleSumTree {
    uint256 private constant MAX_SUM = type(uint96).max;

    error MerkleSumTree_IndexOutOfRange(uint256 index, uint256 count);
    error MerkleSumTree_ProofLength(uint256 actual, uint256 expected);
    error MerkleSumTree_SumOverflow();
    error MerkleSumTree_EmptySiblingWithSum(uint256 level);

    /// @notice ⌈log₂ count⌉; 0 for one leaf.
    function depth(uint256 count) internal pure returns (uint256) {
        return count < 2 ? 0 : Math.log2(count - 1) + 1;
    }

    function hashLeaf(bytes32 content, uint96 sum) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(bytes1(0x00), content, sum));
    }

    /// @dev keccak256(abi.encodePacked(bytes1(0x01), left, leftSum, right, rightSum)) at half of its gas: written from the
    /// end, so that each word covers the unused high bytes of the one before, into memory that stays free.
    function hashNode(
        bytes32 left,
        uint96 leftSum,
        bytes32 right,
        uint96 rightSum
    ) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(add(free, 57), rightSum)
            mstore(add(free, 45), right)
            mstore(add(free, 13), leftSum)
            mstore(add(free, 1), left)
            mstore8(free, 0x01)
            hash := keccak256(free, 89)
        }
    }

    /// @notice Walks a proof up to the root.
    /// Reverts for an index outside [0, count), a proof of the wrong length, and sums that do not fit 96 bits.
    /// @param count leaves of the tree, ≥ 1
    /// @param index position of the leaf
    /// @param content hash in the leaf
    /// @param sum amount in the leaf
    /// @return root hash of the root
    /// @return total sum of the root
    /// @return offset sum of all leaves left of this one: the leaf covers [offset, offset + sum)
    function process(
        uint256 count,
        uint256 index,
        bytes32 content,
        uint96 sum,
        bytes32[] calldata siblingHashes,
        uint96[] calldata siblingSums
    ) internal pure returns (bytes32 root, uint96 total, uint96 offset) {
        if (index >= count) revert MerkleSumTree_IndexOutOfRange(index, count);
        uint256 levels = depth(count);
        if (siblingHashes.length != levels) revert MerkleSumTree_ProofLength(siblingHashes.length, levels);
        if (siblingSums.length != levels) revert MerkleSumTree_ProofLength(siblingSums.length, levels);
        root = hashLeaf(content, sum);
        total = sum;
        for (uint256 level = 0; level < levels; ++level) {
            bytes32 sibling;
            uint256 siblingSum;
            assembly ("memory-safe") {
                // In bounds: both arrays hold `levels` words. The high bits of the sum are checked with it.
                sibling := calldataload(add(siblingHashes.offset, shl(5, level)))
                siblingSum := calldataload(add(siblingSums.offset, shl(5, level)))
            }
            if (siblingSum > MAX_SUM - total) revert MerkleSumTree_SumOverflow();
            if (sibling == 0 && siblingSum != 0) revert MerkleSumTree_EmptySiblingWithSum(level);
            unchecked {
                // siblingSum ≤ MAX_SUM - total, and offset ≤ total
                if ((index >> level) & 1 == 0) {
                    root = hashNode(root, total, sibling, uint96(siblingSum));
                } else {
                    root = hashNode(sibling, uint96(siblingSum), root, total);
                    offset += uint96(siblingSum);
                }
                total += uint96(siblingSum);
            }
        }
    }
}
