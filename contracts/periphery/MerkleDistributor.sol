// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

/// @title Distributes an asset by lists that only grow
/// @notice For income of a model in another asset than the deployment's, which a model token cannot stream: its owner computes
/// off-chain what each holder has earned in all and publishes the root; each account is paid the difference to what it had.
/// Nothing expires: a later list holds everything of the earlier ones.
/// Warning: the lists are the owner's word. Holders check them against the chain, and trust nothing else here.
contract MerkleDistributor is Ownable {
    using SafeERC20 for IERC20;

    /// @notice What is paid.
    IERC20 public immutable ASSET;

    /// @notice Root of the present list: leaves keccak256(bytes.concat(keccak256(abi.encode(account, cumulative)))).
    bytes32 public root;

    /// @notice What an account has been paid in all.
    mapping(address account => uint256 amount) public paid;

    /// @param uri where the list can be read
    event RootSet(bytes32 indexed root, string uri);
    event Paid(address indexed account, uint256 amount);

    error MerkleDistributor_NotListed(address account, uint256 cumulative);
    error MerkleDistributor_NothingOwed(address account, uint256 paid, uint256 cumulative);

    constructor(address asset_, address owner_) Ownable(owner_) {
        ASSET = IERC20(asset_);
    }

    /// @notice Publishes a list. Owner only.
    function setRoot(bytes32 root_, string calldata uri) external onlyOwner {
        root = root_;
        emit RootSet(root_, uri);
    }

    /// @notice Pays an account what the present list says beyond what it has been paid. Anyone.
    /// @param cumulative what the account has earned in all, as listed
    /// @param proof siblings from its leaf to the root
    /// @return amount more than 0
    function claimFor(address account, uint256 cumulative, bytes32[] calldata proof) external returns (uint256 amount) {
        // Check
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(account, cumulative))));
        if (!MerkleProof.verifyCalldata(proof, root, leaf)) revert MerkleDistributor_NotListed(account, cumulative);
        uint256 before = paid[account];
        if (cumulative <= before) revert MerkleDistributor_NothingOwed(account, before, cumulative);
        // Effect
        amount = cumulative - before;
        paid[account] = cumulative;
        emit Paid(account, amount);
        // Interaction
        ASSET.safeTransfer(account, amount);
    }
}
