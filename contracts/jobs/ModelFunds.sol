// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {IJobEscrow} from "../interfaces/IJobEscrow.sol";
import {Payment} from "../interfaces/Types.sol";
import {EscrowAccounts} from "./EscrowAccounts.sol";

/// @title What the escrow holds for each model: royalties, protocol fees, the audit pool and what a short pool owes
abstract contract ModelFunds is EscrowAccounts {
    using SafeERC20 for IERC20;

    /// @notice One slot. Entries [head, tail) are unpaid, `amount` is their sum.
    struct DebtQueue {
        uint64 head;
        uint64 tail;
        uint128 amount;
    }

    mapping(uint256 modelId => ModelAccount) internal _models;
    mapping(uint256 modelId => DebtQueue) private _debts;
    mapping(uint256 modelId => mapping(uint256 position => Payment)) private _debtEntries;

    /// @inheritdoc IJobEscrow
    function flushRoyalty(uint256 modelId) external nonReentrant returns (uint256 amount) {
        // Check
        amount = _models[modelId].royaltyOwed;
        if (amount == 0) revert JobEscrow_NothingOwed(modelId);
        address payout = REGISTRY.payoutOf(modelId);
        // Effect
        _models[modelId].royaltyOwed = 0;
        emit RoyaltyFlushed(modelId, payout, amount);
        // Interaction
        ASSET.safeTransfer(payout, amount);
    }

    /// @inheritdoc IJobEscrow
    function flushProtocolFees(uint256 modelId) external nonReentrant returns (uint256 amount) {
        // Check
        amount = _models[modelId].protocolFees;
        if (amount == 0) revert JobEscrow_NothingOwed(modelId);
        // Effect
        _models[modelId].protocolFees = 0;
        emit ProtocolFeesFlushed(modelId, TREASURY, amount);
        // Interaction
        ASSET.safeTransfer(TREASURY, amount);
    }

    /// @inheritdoc IJobEscrow
    function payPoolDebts(uint256 modelId, uint256 count) external returns (uint256 paid) {
        DebtQueue memory queue = _debts[modelId];
        uint96 pool = _models[modelId].pool;
        for (uint256 i = 0; i < count && queue.head < queue.tail; ++i) {
            Payment memory entry = _debtEntries[modelId][queue.head];
            if (entry.amount > pool) break;
            delete _debtEntries[modelId][queue.head];
            ++queue.head;
            pool -= entry.amount;
            paid += entry.amount;
            _credit(entry.to, entry.amount);
            emit PoolPaid(modelId, entry.to, entry.amount, false);
        }
        if (paid == 0) return 0;
        // paid ≤ the pool < 2^96, and part of the queue's sum
        queue.amount -= uint128(paid);
        _debts[modelId] = queue;
        _models[modelId].pool = pool;
    }

    /// @inheritdoc IJobEscrow
    function modelAccountOf(uint256 modelId) external view returns (ModelAccount memory) {
        return _models[modelId];
    }

    /// @inheritdoc IJobEscrow
    function poolDebtsOf(uint256 modelId) external view returns (uint256 amount, uint256 entries) {
        DebtQueue memory queue = _debts[modelId];
        return (queue.amount, queue.tail - queue.head);
    }

    /// @dev Pays from the pool, or queues: behind older debts, so that they are paid first.
    function _payFromPool(uint256 modelId, address to, uint96 amount) internal {
        if (amount == 0) return;
        uint96 pool = _models[modelId].pool;
        DebtQueue memory queue = _debts[modelId];
        bool owed = queue.head != queue.tail || amount > pool;
        if (owed) {
            _debtEntries[modelId][queue.tail] = Payment(to, amount);
            _debts[modelId] = DebtQueue(queue.head, queue.tail + 1, queue.amount + amount);
        } else {
            _models[modelId].pool = pool - amount;
            _credit(to, amount);
        }
        emit PoolPaid(modelId, to, amount, owed);
    }
}
