// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Merkle-sum tree
/// @notice keccak256 over packed data: leaf `0x00 ‖ hash ‖ uint96 sum`, node `0x01 ‖ hL ‖ uint96 sumL ‖ hR ‖ uint96 sumR`;
/// an empty subtree of any height is (0, 0). Depth is ⌈log₂ count⌉; the bits of the leaf's index, lowest first, give the
/// directions. One proof binds a leaf's position, its content, its sum, and the sum of everything left of it.
/// Twin: `packages/sdk/src/protocol/sumTree.ts`.
library MerkleSumTree {
    uint256 private constant MAX_SUM = 0xffffffffffffffffffffffff;
    uint256 private constant OVERFLOW = 1 << 255;

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

    function hashNode(bytes32 left, uint96 leftSum, bytes32 right, uint96 rightSum) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(bytes1(0x01), left, leftSum, right, rightSum));
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
        return _climb(hashLeaf(content, sum), sum, index, siblingHashes, siblingSums);
    }

    /// @dev `hashNode` at every level, written out because opening a leaf climbs up to twenty of them, twice.
    /// @param path bits of the index
    function _climb(
        bytes32 leaf,
        uint96 sum,
        uint256 path,
        bytes32[] calldata siblingHashes,
        uint96[] calldata siblingSums
    ) private pure returns (bytes32 root, uint96 total, uint96 offset) {
        root = leaf;
        total = sum;
        // Bit i: the sibling at level i is empty and has a sum. Highest bit: some sum does not fit 96 bits; without it
        // nothing has wrapped, and total and offset are clean.
        uint256 faults;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore8(free, 0x01)
            for {
                let level := 0
            } lt(level, siblingHashes.length) {
                level := add(level, 1)
            } {
                let sibling := calldataload(add(siblingHashes.offset, shl(5, level)))
                let siblingSum := calldataload(add(siblingSums.offset, shl(5, level)))
                faults := or(faults, shl(level, gt(iszero(sibling), iszero(siblingSum))))
                // A sum takes the 12 bytes after its hash; the zeros that come with it are overwritten or not hashed.
                switch and(shr(level, path), 1)
                case 0 {
                    mstore(add(free, 1), root)
                    mstore(add(free, 33), shl(160, total))
                    mstore(add(free, 45), sibling)
                    mstore(add(free, 77), shl(160, siblingSum))
                }
                default {
                    mstore(add(free, 1), sibling)
                    mstore(add(free, 33), shl(160, siblingSum))
                    mstore(add(free, 45), root)
                    mstore(add(free, 77), shl(160, total))
                    offset := add(offset, siblingSum)
                }
                root := keccak256(free, 89)
                total := add(total, siblingSum)
                faults := or(faults, shl(255, gt(or(siblingSum, total), MAX_SUM)))
            }
        }
        if (faults == 0) return (root, total, offset);
        if (faults < OVERFLOW) revert MerkleSumTree_EmptySiblingWithSum(Math.log2(faults & (~faults + 1)));
        revert MerkleSumTree_SumOverflow();
    }
}
