// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @notice A Merkle-sum tree of a few leaves, built as the protocol describes it and not as the contracts do.
library SmallTree {
    /// @return root of the tree
    /// @return siblingHashes proof of leaf `index`
    /// @return siblingSums sums of that proof
    function build(
        bytes32[] memory contents,
        uint96[] memory sums,
        uint256 index
    ) internal pure returns (bytes32 root, bytes32[] memory siblingHashes, uint96[] memory siblingSums) {
        uint256 levels = 0;
        while (1 << levels < contents.length) ++levels;
        uint256 width = 1 << levels;
        (bytes32[] memory hashes, uint96[] memory totals) = (new bytes32[](width), new uint96[](width));
        for (uint256 i = 0; i < contents.length; ++i) {
            hashes[i] = keccak256(abi.encodePacked(uint8(0), contents[i], sums[i]));
            totals[i] = sums[i];
        }
        (siblingHashes, siblingSums) = (new bytes32[](levels), new uint96[](levels));
        for (uint256 level = 0; level < levels; ++level) {
            (siblingHashes[level], siblingSums[level]) = (hashes[index ^ 1], totals[index ^ 1]);
            width /= 2;
            for (uint256 i = 0; i < width; ++i) _join(hashes, totals, i);
            index /= 2;
        }
        root = hashes[0];
    }

    /// @dev An empty subtree of any height is (0, 0).
    function _join(bytes32[] memory hashes, uint96[] memory totals, uint256 i) private pure {
        (uint256 left, uint256 right) = (2 * i, 2 * i + 1);
        bool empty = hashes[left] == 0 && hashes[right] == 0;
        bytes memory packed = abi.encodePacked(uint8(1), hashes[left], totals[left], hashes[right], totals[right]);
        hashes[i] = empty ? bytes32(0) : keccak256(packed);
        totals[i] = totals[left] + totals[right];
    }
}
