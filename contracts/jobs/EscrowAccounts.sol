// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IJobEscrow} from "../interfaces/IJobEscrow.sol";
import {EscrowConfig} from "./EscrowConfig.sol";

/// @title Internal balances of the escrow
/// @notice Everybody who pays or earns has one slot here; fees move between slots, tokens only in and out.
abstract contract EscrowAccounts is EscrowConfig, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    uint256 internal constant NONCE_SHIFT = 128;

    /// @dev Low 128 bits: balance. Next 64 bits: nonce of the next job that the account opens; it never goes back.
    mapping(address account => uint256 packed) internal _accounts;

    /// @inheritdoc IJobEscrow
    function deposit(address account, uint256 amount) external nonReentrant {
        _deposit(account, amount);
    }

    /// @inheritdoc IJobEscrow
    function depositWithPermit(
        address account,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant {
        // Somebody may have used the permit first: then the allowance is there, and if it is not the transfer says so.
        // solhint-disable-next-line no-empty-blocks, both outcomes go on in the same way
        try IERC20Permit(address(ASSET)).permit(msg.sender, address(this), amount, deadline, v, r, s) {} catch {}
        _deposit(account, amount);
    }

    /// @inheritdoc IJobEscrow
    function withdraw(address to, uint256 amount) external nonReentrant {
        // Check
        _requireNonZero(to);
        if (amount == 0) revert JobEscrow_ZeroAmount();
        // Effect
        _accounts[msg.sender] = _debited(msg.sender, amount);
        emit Withdrawn(msg.sender, to, amount);
        // Interaction
        ASSET.safeTransfer(to, amount);
    }

    /// @inheritdoc IJobEscrow
    function accountOf(address account) external view returns (uint128 balance, uint64 nonce) {
        uint256 packed = _accounts[account];
        return (uint128(packed), uint64(packed >> NONCE_SHIFT));
    }

    function _credit(address account, uint256 amount) internal {
        uint256 packed = _accounts[account];
        // Keeps the balance out of the nonce, whatever the asset says that it has moved.
        SafeCast.toUint128(uint128(packed) + amount);
        unchecked {
            _accounts[account] = packed + amount;
        }
    }

    /// @return packed what is left, not stored yet
    function _debited(address account, uint256 amount) internal view returns (uint256 packed) {
        packed = _accounts[account];
        if (amount > uint128(packed)) revert JobEscrow_InsufficientBalance(account, amount, uint128(packed));
        unchecked {
            packed -= amount;
        }
    }

    /// @dev Credits the balance's difference: a token that takes a fee on transfer cannot make the accounts exceed it.
    function _deposit(address account, uint256 amount) private {
        // Check
        _requireNonZero(account);
        if (amount == 0) revert JobEscrow_ZeroAmount();
        // Interaction before effect, guarded: what arrived is known only afterwards
        uint256 before = ASSET.balanceOf(address(this));
        ASSET.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = ASSET.balanceOf(address(this)) - before;
        if (received == 0) revert JobEscrow_ZeroAmount();
        // Effect
        _credit(account, received);
        emit Deposited(account, msg.sender, received);
    }
}
