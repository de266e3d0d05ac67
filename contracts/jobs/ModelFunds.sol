// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IJobEscrow} from "../interfaces/IJobEscrow.sol";
import {Payment} from "../interfaces/Types.sol";
import {EscrowAccounts} from "./EscrowAccounts.sol";

/// @title What the escrow holds for each model: royalties, protocol fees, the audit pool and what a short pool owes
abstract contract ModelFunds is EscrowAccounts {
    using SafeERC20 for IERC20;

    uint256 internal constant HIGH = 128;

    /// @notice One slot. Entries [head, tail) are unpaid, `amount` is their sum.
    struct DebtQueue {
        uint64 head;
        uint64 tail;
        uint128 amount;
    }

    /// @dev Low half: exposure. High half: protocol fees. What is a word here is `ModelAccount` outside.
    mapping(uint256 modelId => uint256 packed) internal _openValues;
    /// @dev Low half: royalty owed. High half: audit pool.
    mapping(uint256 modelId => uint256 packed) internal _pools;
    mapping(uint256 modelId => DebtQueue) private _debts;
    mapping(uint256 modelId => mapping(uint256 position => Payment)) private _debtEntries;

    /// @inheritdoc IJobEscrow
    function flushRoyalty(uint256 modelId) external nonReentrant returns (uint256 amount) {
        // Check
        amount = uint128(_pools[modelId]);
        if (amount == 0) revert JobEscrow_NothingOwed(modelId);
        address payout = REGISTRY.payoutOf(modelId);
        // Effect
        _pools[modelId] -= amount;
        emit RoyaltyFlushed(modelId, payout, amount);
        // Interaction
        ASSET.safeTransfer(payout, amount);
    }

    /// @inheritdoc IJobEscrow
    function flushProtocolFees(uint256 modelId) external nonReentrant returns (uint256 amount) {
        // Check
        amount = _openValues[modelId] >> HIGH;
        if (amount == 0) revert JobEscrow_NothingOwed(modelId);
        // Effect
        _openValues[modelId] -= amount << HIGH;
        emit ProtocolFeesFlushed(modelId, TREASURY, amount);
        // Interaction
        ASSET.safeTransfer(TREASURY, amount);
    }

    /// @inheritdoc IJobEscrow
    function payPoolDebts(uint256 modelId, uint256 count) external returns (uint256 paid) {
        DebtQueue memory queue = _debts[modelId];
        uint256 pool = _pools[modelId] >> HIGH;
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
        _pools[modelId] -= paid << HIGH;
    }

    /// @inheritdoc IJobEscrow
    function modelAccountOf(uint256 modelId) external view returns (ModelAccount memory) {
        (uint256 open, uint256 owed) = (_openValues[modelId], _pools[modelId]);
        return
            ModelAccount({
                royaltyOwed: SafeCast.toUint96(uint128(owed)),
                pool: SafeCast.toUint96(owed >> HIGH),
                exposure: SafeCast.toUint96(uint128(open)),
                protocolFees: SafeCast.toUint96(open >> HIGH)
            });
    }

    /// @inheritdoc IJobEscrow
    function poolDebtsOf(uint256 modelId) external view returns (uint256 amount, uint256 entries) {
        DebtQueue memory queue = _debts[modelId];
        return (queue.amount, queue.tail - queue.head);
    }

    /// @dev Pays from the pool, or queues: behind older debts, so that they are paid first.
    function _payFromPool(uint256 modelId, address to, uint96 amount) internal {
        if (amount == 0) return;
        uint256 packed = _pools[modelId];
        DebtQueue memory queue = _debts[modelId];
        bool owed = queue.head != queue.tail || amount > packed >> HIGH;
        if (owed) {
            _debtEntries[modelId][queue.tail] = Payment(to, amount);
            _debts[modelId] = DebtQueue(queue.head, queue.tail + 1, queue.amount + amount);
        } else {
            _pools[modelId] = packed - (uint256(amount) << HIGH);
            _credit(to, amount);
        }
        emit PoolPaid(modelId, to, amount, owed);
    }
}
