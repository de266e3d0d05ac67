// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";

/// @notice Shares revenue as the reference implementation of ERC-7641 does (https://eips.ethereum.org/EIPS/eip-7641): by
/// balances at a snapshot. Warning: a flash loan takes the revenue. Tests show that it does.
contract SnapshotRevenueToken is ERC20 {
    using Checkpoints for Checkpoints.Trace208;

    IERC20 private immutable ASSET;

    uint256 private _owed;
    uint256 private _snapshots;
    mapping(uint256 snapshotId => uint256 amount) private _revenue;
    mapping(address account => Checkpoints.Trace208) private _balances;
    mapping(address account => mapping(uint256 snapshotId => bool)) private _claimed;

    error SnapshotRevenueToken_Claimed(address account, uint256 snapshotId);

    constructor(IERC20 asset, uint256 supply) ERC20("Snapshot Revenue", "SNAP") {
        ASSET = asset;
        _mint(msg.sender, supply);
    }

    /// @notice Gives what arrived since the last snapshot to those that hold the token now.
    function snapshot() external returns (uint256 snapshotId) {
        snapshotId = ++_snapshots;
        uint256 amount = ASSET.balanceOf(address(this)) - _owed;
        _revenue[snapshotId] = amount;
        _owed += amount;
    }

    function claim(uint256 snapshotId) external {
        if (_claimed[msg.sender][snapshotId]) revert SnapshotRevenueToken_Claimed(msg.sender, snapshotId);
        uint256 amount = claimableRevenue(msg.sender, snapshotId);
        _claimed[msg.sender][snapshotId] = true;
        _owed -= amount;
        ASSET.transfer(msg.sender, amount);
    }

    function claimableRevenue(address account, uint256 snapshotId) public view returns (uint256) {
        if (_claimed[account][snapshotId]) return 0;
        // The last change before the snapshot.
        uint256 balance = _balances[account].upperLookup(uint48(snapshotId - 1));
        return (_revenue[snapshotId] * balance) / totalSupply();
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from != address(0)) _balances[from].push(uint48(_snapshots), uint208(balanceOf(from)));
        if (to != address(0)) _balances[to].push(uint48(_snapshots), uint208(balanceOf(to)));
    }
}
