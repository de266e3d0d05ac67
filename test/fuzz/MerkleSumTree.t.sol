// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {MerkleSumTree} from "../../contracts/libraries/MerkleSumTree.sol";
import {Harness} from "../helpers/Harness.sol";

/// @notice The tree as it is defined, without any care for gas.
library PlainSumTree {
    struct Node {
        bytes32 hash;
        uint96 sum;
    }

    struct Proof {
        uint256 count;
        uint256 index;
        bytes32 content;
        uint96 sum;
        bytes32[] siblingHashes;
        uint96[] siblingSums;
    }

    function levelsOf(uint256 count) internal pure returns (uint256 levels) {
        while (uint256(1) << levels < count) ++levels;
    }

    function leaf(bytes32 content, uint96 sum) internal pure returns (Node memory) {
        return Node(keccak256(abi.encodePacked(bytes1(0x00), content, sum)), sum);
    }

    function parent(Node memory left, Node memory right) internal pure returns (Node memory) {
        bytes memory message = abi.encodePacked(bytes1(0x01), left.hash, left.sum, right.hash, right.sum);
        return Node(keccak256(message), left.sum + right.sum);
    }

    /// @notice The subtree over the leaves [start, start + 2^height), empty where there are none.
    function subtree(Node[] memory leaves, uint256 start, uint256 height) internal pure returns (Node memory) {
        if (start >= leaves.length) return Node(0, 0);
        if (height == 0) return leaf(leaves[start].hash, leaves[start].sum);
        uint256 half = uint256(1) << (height - 1);
        return parent(subtree(leaves, start, height - 1), subtree(leaves, start + half, height - 1));
    }

    function proofOf(Node[] memory leaves, uint256 index) internal pure returns (Proof memory proof) {
        uint256 levels = levelsOf(leaves.length);
        proof = Proof({
            count: leaves.length,
            index: index,
            content: leaves[index].hash,
            sum: leaves[index].sum,
            siblingHashes: new bytes32[](levels),
            siblingSums: new uint96[](levels)
        });
        for (uint256 level = 0; level < levels; ++level) {
            Node memory sibling = subtree(leaves, ((index >> level) ^ 1) << level, level);
            (proof.siblingHashes[level], proof.siblingSums[level]) = (sibling.hash, sibling.sum);
        }
    }

    /// @notice What `MerkleSumTree.process` must give.
    function process(Proof memory proof) internal pure returns (bytes32 root, uint96 total, uint96 offset) {
        uint256 levels = levelsOf(proof.count);
        Node memory node = leaf(proof.content, proof.sum);
        for (uint256 level = 0; level < levels; ++level) {
            Node memory sibling = Node(proof.siblingHashes[level], proof.siblingSums[level]);
            require(sibling.hash != 0 || sibling.sum == 0, MerkleSumTree.MerkleSumTree_EmptySiblingWithSum(level));
            uint256 sum = uint256(node.sum) + sibling.sum;
            require(sum <= type(uint96).max, MerkleSumTree.MerkleSumTree_SumOverflow());
            bool isRight = (proof.index / 2 ** level) % 2 == 1;
            if (isRight) offset += sibling.sum;
            node = isRight ? parent(sibling, node) : parent(node, sibling);
        }
        return (node.hash, node.sum, offset);
    }
}

/// @notice Adversary 24: sum-tree overflow, zero-fee leaf, second preimage, padding.
contract MerkleSumTreeTest is Harness {
    uint256 private constant MAX_LEAVES = 40;

    // Calldata for the library.

    function process(PlainSumTree.Proof calldata proof) external pure returns (bytes32, uint96, uint96) {
        return
            MerkleSumTree.process(
                proof.count,
                proof.index,
                proof.content,
                proof.sum,
                proof.siblingHashes,
                proof.siblingSums
            );
    }

    function processPlain(PlainSumTree.Proof calldata proof) external pure returns (bytes32, uint96, uint96) {
        return PlainSumTree.process(proof);
    }

    /// @dev 1 to 40 leaves of which every fourth has no fee.
    function _leaves(uint256 seed) private pure returns (PlainSumTree.Node[] memory leaves) {
        leaves = new PlainSumTree.Node[](1 + (seed % MAX_LEAVES));
        for (uint256 i = 0; i < leaves.length; ++i) {
            bytes32 content = keccak256(abi.encode(seed, i));
            uint96 sum = uint8(content[0]) % 4 == 0 ? 0 : uint96(uint256(content) >> 170);
            leaves[i] = PlainSumTree.Node(content, sum);
        }
    }

    function _root(PlainSumTree.Node[] memory leaves) private pure returns (PlainSumTree.Node memory) {
        return PlainSumTree.subtree(leaves, 0, PlainSumTree.levelsOf(leaves.length));
    }

    /// @dev True if the proof leads to the root, with its total.
    function _proves(PlainSumTree.Proof memory proof, PlainSumTree.Node memory expected) private view returns (bool) {
        try this.process(proof) returns (bytes32 root, uint96 total, uint96) {
            return root == expected.hash && total == expected.sum;
        } catch {
            return false;
        }
    }

    function _someProof(
        uint256 seed,
        uint256 index
    ) private pure returns (PlainSumTree.Node memory root, PlainSumTree.Proof memory proof) {
        PlainSumTree.Node[] memory leaves = _leaves(seed);
        return (_root(leaves), PlainSumTree.proofOf(leaves, index % leaves.length));
    }

    // Right proofs

    function testFuzz_EveryLeafProvesItsPlace(uint256 seed) external view {
        PlainSumTree.Node[] memory leaves = _leaves(seed);
        PlainSumTree.Node memory expected = _root(leaves);
        uint256 sum = 0;
        for (uint256 i = 0; i < leaves.length; ++i) {
            (bytes32 root, uint96 total, uint96 offset) = this.process(PlainSumTree.proofOf(leaves, i));
            assertEq(root, expected.hash, "root");
            assertEq(total, expected.sum, "total");
            assertEq(offset, sum, "offset");
            sum += leaves[i].sum;
        }
        assertEq(sum, expected.sum, "sum of the leaves");
    }

    function testFuzz_DepthIsThePlainOne(uint32 count) external pure {
        assertEq(MerkleSumTree.depth(count), PlainSumTree.levelsOf(count), "depth");
    }

    function testFuzz_NodeHashIsThePlainOne(
        bytes32 left,
        uint96 leftSum,
        bytes32 right,
        uint96 rightSum
    ) external pure {
        bytes32 expected = keccak256(abi.encodePacked(bytes1(0x01), left, leftSum, right, rightSum));
        assertEq(MerkleSumTree.hashNode(left, leftSum, right, rightSum), expected, "node");
        assertEq(MerkleSumTree.hashLeaf(left, leftSum), PlainSumTree.leaf(left, leftSum).hash, "leaf");
    }

    /// @dev Any input of the right length, valid or not, does what the plain implementation does.
    function testFuzz_DoesWhatThePlainOneDoes(uint256 seed, uint32 count, uint32 index, uint96 sum) external view {
        count = uint32(bound(count, 1, type(uint32).max));
        uint256 levels = PlainSumTree.levelsOf(count);
        PlainSumTree.Proof memory proof = PlainSumTree.Proof({
            count: count,
            index: bound(index, 0, count - 1),
            content: bytes32(seed),
            sum: sum >> (seed % 90),
            siblingHashes: new bytes32[](levels),
            siblingSums: new uint96[](levels)
        });
        for (uint256 level = 0; level < levels; ++level) {
            uint256 word = uint256(keccak256(abi.encode(seed, level)));
            if (word % 16 != 0) proof.siblingHashes[level] = bytes32(word);
            if (word % 8 > 1) proof.siblingSums[level] = uint96(word >> (160 + (word % 94)));
        }
        _compare(proof);
    }

    function _compare(PlainSumTree.Proof memory proof) private view {
        try this.processPlain(proof) returns (bytes32 root, uint96 total, uint96 offset) {
            (bytes32 actualRoot, uint96 actualTotal, uint96 actualOffset) = this.process(proof);
            assertEq(actualRoot, root, "root");
            assertEq(actualTotal, total, "total");
            assertEq(actualOffset, offset, "offset");
        } catch (bytes memory expected) {
            _expectFailure(proof, expected);
        }
    }

    function _expectFailure(PlainSumTree.Proof memory proof, bytes memory expected) private view {
        try this.process(proof) {
            assertTrue(false, "a proof must fail");
        } catch (bytes memory actual) {
            assertEq(keccak256(actual), keccak256(expected), "error");
        }
    }

    // Wrong proofs

    function testFuzz_WrongIndexFails(uint256 seed, uint256 index, uint256 wrong) external view {
        (PlainSumTree.Node memory root, PlainSumTree.Proof memory proof) = _someProof(seed, index);
        wrong = bound(wrong, 0, (uint256(1) << proof.siblingSums.length) + 2);
        vm.assume(wrong != proof.index);
        proof.index = wrong;
        assertFalse(_proves(proof, root), "another index proves");
        if (wrong < proof.count) return;
        bytes4 selector = MerkleSumTree.MerkleSumTree_IndexOutOfRange.selector;
        _expectFailure(proof, abi.encodeWithSelector(selector, wrong, proof.count));
    }

    function testFuzz_WrongFeeFails(uint256 seed, uint256 index, uint96 wrong) external view {
        (PlainSumTree.Node memory root, PlainSumTree.Proof memory proof) = _someProof(seed, index);
        vm.assume(wrong != proof.sum);
        proof.sum = wrong;
        assertFalse(_proves(proof, root), "another fee proves");
    }

    function testFuzz_WrongHashFails(uint256 seed, uint256 index, bytes32 wrong) external view {
        (PlainSumTree.Node memory root, PlainSumTree.Proof memory proof) = _someProof(seed, index);
        vm.assume(wrong != proof.content);
        proof.content = wrong;
        assertFalse(_proves(proof, root), "another content proves");
    }

    function testFuzz_WrongSiblingFails(uint256 seed, uint256 index, uint256 level, bytes32 wrong) external view {
        (PlainSumTree.Node memory root, PlainSumTree.Proof memory proof) = _someProof(seed, index);
        vm.assume(proof.siblingSums.length > 0);
        level = bound(level, 0, proof.siblingSums.length - 1);
        vm.assume(wrong != proof.siblingHashes[level]);
        proof.siblingHashes[level] = wrong;
        assertFalse(_proves(proof, root), "another sibling proves");
        proof.siblingHashes[level] = 0;
        if (proof.siblingSums[level] == 0) return;
        bytes4 selector = MerkleSumTree.MerkleSumTree_EmptySiblingWithSum.selector;
        _expectFailure(proof, abi.encodeWithSelector(selector, level));
    }

    /// @dev Even if the leaf's fee or another sibling makes up for it, so that the total stays the same.
    function testFuzz_WrongSumFails(uint256 seed, uint256 index, uint256 level, uint96 wrong) external view {
        (PlainSumTree.Node memory root, PlainSumTree.Proof memory proof) = _someProof(seed, index);
        uint256 levels = proof.siblingSums.length;
        vm.assume(levels > 0);
        level = bound(level, 0, levels - 1);
        uint96 right = proof.siblingSums[level];
        uint256 others = uint256(right) + proof.sum;
        vm.assume(others > 0);
        wrong = uint96(bound(wrong, 0, others));
        vm.assume(wrong != right);
        proof.siblingSums[level] = wrong;
        assertFalse(_proves(proof, root), "another sum proves");
        proof.sum = uint96(others - wrong);
        assertFalse(_proves(proof, root), "a fee moved to the sibling proves");
    }

    function testFuzz_WrongLengthFails(uint256 seed, uint256 index, uint256 length) external view {
        (, PlainSumTree.Proof memory proof) = _someProof(seed, index);
        uint256 levels = proof.siblingSums.length;
        length = bound(length, 0, 40);
        vm.assume(length != levels);
        bytes4 selector = MerkleSumTree.MerkleSumTree_ProofLength.selector;
        proof.siblingSums = new uint96[](length);
        _expectFailure(proof, abi.encodeWithSelector(selector, length, levels));
        proof.siblingHashes = new bytes32[](length);
        _expectFailure(proof, abi.encodeWithSelector(selector, length, levels));
    }

    // Adversary 24

    /// @dev An inner node, its hash and sum given out for a leaf's, at every height and with every count of that depth.
    function testFuzz_NodeIsNoLeaf(uint256 seed, uint256 index, uint256 height) external view {
        PlainSumTree.Node[] memory leaves = _leaves(seed);
        PlainSumTree.Node memory root = _root(leaves);
        PlainSumTree.Proof memory proof = PlainSumTree.proofOf(leaves, index % leaves.length);
        uint256 levels = proof.siblingSums.length;
        vm.assume(levels > 0);
        height = bound(height, 1, levels);
        PlainSumTree.Node memory node = PlainSumTree.subtree(leaves, (proof.index >> height) << height, height);
        PlainSumTree.Proof memory forged = PlainSumTree.Proof({
            count: uint256(1) << (levels - height),
            index: proof.index >> height,
            content: node.hash,
            sum: node.sum,
            siblingHashes: new bytes32[](levels - height),
            siblingSums: new uint96[](levels - height)
        });
        for (uint256 i = 0; i < levels - height; ++i) {
            forged.siblingHashes[i] = proof.siblingHashes[height + i];
            forged.siblingSums[i] = proof.siblingSums[height + i];
        }
        assertFalse(_proves(forged, root), "a node proves as a leaf");
    }

    /// @dev What hashes to an inner node can be no leaf: 89 bytes and a first byte of 1 against 45 and 0.
    function testFuzz_LeafIsNoNode(bytes32 left, uint96 leftSum, bytes32 right, uint96 rightSum) external pure {
        bytes32 node = MerkleSumTree.hashNode(left, leftSum, right, rightSum);
        assertFalse(node == MerkleSumTree.hashLeaf(left, leftSum), "a node hashes like its left child");
        assertFalse(node == MerkleSumTree.hashLeaf(right, rightSum), "a node hashes like its right child");
    }

    /// @dev Nothing can be proven where the tree has no leaf, whatever count is claimed: no content hashes to zero.
    function testFuzz_PaddingIsNoLeaf(uint256 seed, uint256 index, bytes32 content, uint96 sum) external view {
        PlainSumTree.Node[] memory leaves = _leaves(seed);
        uint256 levels = PlainSumTree.levelsOf(leaves.length);
        uint256 places = uint256(1) << levels;
        vm.assume(leaves.length < places);
        index = bound(index, leaves.length, places - 1);
        PlainSumTree.Proof memory proof = PlainSumTree.Proof({
            count: places,
            index: index,
            content: content,
            sum: sum,
            siblingHashes: new bytes32[](levels),
            siblingSums: new uint96[](levels)
        });
        for (uint256 level = 0; level < levels; ++level) {
            PlainSumTree.Node memory sibling = PlainSumTree.subtree(leaves, ((index >> level) ^ 1) << level, level);
            (proof.siblingHashes[level], proof.siblingSums[level]) = (sibling.hash, sibling.sum);
        }
        assertFalse(_proves(proof, _root(leaves)), "padding proves as a leaf");
        proof.sum = 0;
        assertFalse(_proves(proof, _root(leaves)), "padding proves as a leaf without a fee");
    }

    function testFuzz_OverflowFails(uint256 seed, uint256 index, uint256 level, uint96 excess) external view {
        (, PlainSumTree.Proof memory proof) = _someProof(seed, index);
        uint256 levels = proof.siblingSums.length;
        vm.assume(levels > 0);
        level = bound(level, 0, levels - 1);
        uint256 below = proof.sum;
        for (uint256 i = 0; i < level; ++i) below += proof.siblingSums[i];
        vm.assume(below > 0);
        if (proof.siblingHashes[level] == 0) proof.siblingHashes[level] = bytes32(seed | 1);
        uint256 room = type(uint96).max - below;
        proof.siblingSums[level] = uint96(bound(excess, room + 1, type(uint96).max));
        _expectFailure(proof, abi.encodeWithSelector(MerkleSumTree.MerkleSumTree_SumOverflow.selector));
    }

    /// @dev A leaf without a fee proves like any other, and covers no point of [0, total).
    function testFuzz_ZeroFeeLeafCoversNothing(uint256 seed, uint256 index, uint256 point) external view {
        PlainSumTree.Node[] memory leaves = _leaves(seed);
        index = index % leaves.length;
        leaves[index].sum = 0;
        PlainSumTree.Node memory root = _root(leaves);
        vm.assume(root.sum > 0);
        (bytes32 hash, uint96 total, uint96 offset) = this.process(PlainSumTree.proofOf(leaves, index));
        assertEq(hash, root.hash, "root");
        assertEq(total, root.sum, "total");
        point = bound(point, 0, root.sum - 1);
        assertFalse(point >= offset && point < uint256(offset) + leaves[index].sum, "a point hits it");

        uint256 hits;
        for (uint256 i = 0; i < leaves.length; ++i) {
            (, , offset) = this.process(PlainSumTree.proofOf(leaves, i));
            if (point >= offset && point < uint256(offset) + leaves[i].sum) ++hits;
        }
        assertEq(hits, 1, "leaves that a point hits");
    }
}
