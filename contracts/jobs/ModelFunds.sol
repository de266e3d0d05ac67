// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IJobEscrow} from "../interfaces/IJobEscrow.sol";
import {IModelToken} from "../interfaces/IModelToken.sol";
import {Payment} from "../interfaces/Types.sol";
import {EscrowAccounts} from "./EscrowAccounts.sol";

/// @title What the escrow holds for each model: royalties, protocol fees, the audit pool and what a short pool owes
abstract contract ModelFunds is EscrowAccounts {
    using SafeERC20 for IERC20;

    /// @notice `ModelAccount` without its limits: sums of what the escrow holds, so below 2^127 for any sane asset.
    struct Funds {
        uint256 royaltyOwed;
        uint256 pool;
        uint256 exposure;
        uint256 protocolFees;
    }

    /// @notice One slot. Entries [head, tail) are unpaid, `amount` is their sum.
    struct DebtQueue {
        uint64 head;
        uint64 tail;
        uint128 amount;
    }

    uint256 private constant LANE = 63;
    uint256 private constant LANE_MASK = (1 << LANE) - 1;
    uint256 private constant WIDE = 1 << 255;

    /// @dev Four lanes of 63 bits in the order of `Funds`, and bit 255: the upper parts of the amounts are in `_upper`.
    /// An asset of six decimals never needs them (2^63 is nine trillion of it), so a batch touches one slot.
    mapping(uint256 modelId => uint256 lanes) private _lower;
    /// @dev Four lanes of 64 bits: what is above 63 bits of each amount.
    mapping(uint256 modelId => uint256 lanes) private _upper;
    mapping(uint256 modelId => DebtQueue) private _debts;
    mapping(uint256 modelId => mapping(uint256 position => Payment)) private _debtEntries;

    /// @inheritdoc IJobEscrow
    function flushRoyalty(uint256 modelId) external nonReentrant returns (uint256 amount) {
        // Check
        Funds memory funds = _loadFunds(modelId);
        amount = funds.royaltyOwed;
        (address recipient, bool isToken) = REGISTRY.royaltyRecipient(modelId);
        // Effect
        funds.royaltyOwed = 0;
        emit RoyaltyFlushed(modelId, recipient, amount);
        _flush(modelId, funds, recipient, amount);
        if (isToken) IModelToken(recipient).absorb();
    }

    /// @inheritdoc IJobEscrow
    function flushProtocolFees(uint256 modelId) external nonReentrant returns (uint256 amount) {
        // Check
        Funds memory funds = _loadFunds(modelId);
        amount = funds.protocolFees;
        // Effect
        funds.protocolFees = 0;
        emit ProtocolFeesFlushed(modelId, TREASURY, amount);
        _flush(modelId, funds, TREASURY, amount);
    }

    /// @inheritdoc IJobEscrow
    function payPoolDebts(uint256 modelId, uint256 count) external returns (uint256 paid) {
        Funds memory funds = _loadFunds(modelId);
        DebtQueue memory queue = _debts[modelId];
        for (uint256 i = 0; i < count && queue.head < queue.tail; ++i) {
            Payment memory entry = _debtEntries[modelId][queue.head];
            if (entry.amount > funds.pool) break;
            delete _debtEntries[modelId][queue.head];
            ++queue.head;
            queue.amount -= entry.amount;
            funds.pool -= entry.amount;
            paid += entry.amount;
            _credit(entry.to, entry.amount);
            emit PoolPaid(modelId, entry.to, entry.amount, false);
        }
        _debts[modelId] = queue;
        _storeFunds(modelId, funds);
    }

    /// @inheritdoc IJobEscrow
    function modelAccountOf(uint256 modelId) external view returns (ModelAccount memory) {
        Funds memory funds = _loadFunds(modelId);
        return
            ModelAccount({
                royaltyOwed: SafeCast.toUint96(funds.royaltyOwed),
                pool: SafeCast.toUint96(funds.pool),
                exposure: SafeCast.toUint96(funds.exposure),
                protocolFees: SafeCast.toUint96(funds.protocolFees)
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
        Funds memory funds = _loadFunds(modelId);
        DebtQueue memory queue = _debts[modelId];
        bool owed = queue.head != queue.tail || amount > funds.pool;
        if (owed) {
            _debtEntries[modelId][queue.tail] = Payment(to, amount);
            _debts[modelId] = DebtQueue(queue.head, queue.tail + 1, queue.amount + amount);
        } else {
            funds.pool -= amount;
            _storeFunds(modelId, funds);
            _credit(to, amount);
        }
        emit PoolPaid(modelId, to, amount, owed);
    }

    /// @dev Opens `gain` more value on a model.
    function _addExposure(uint256 modelId, uint256 gain, uint256 cap) internal {
        uint256 lower = _lower[modelId];
        uint256 exposure = ((lower >> (2 * LANE)) & LANE_MASK) + gain;
        if ((lower & WIDE) | (exposure >> LANE) == 0) {
            if (exposure > cap) revert JobEscrow_ExposureExceeded(modelId, exposure, cap);
            unchecked {
                // The lane's sum fits the lane.
                _lower[modelId] = lower + (gain << (2 * LANE));
            }
            return;
        }
        Funds memory funds = _loadFunds(modelId);
        funds.exposure += gain;
        cap = Math.min(cap, type(uint96).max);
        if (funds.exposure > cap) revert JobEscrow_ExposureExceeded(modelId, funds.exposure, cap);
        _storeFunds(modelId, funds);
    }

    function _loadFunds(uint256 modelId) internal view returns (Funds memory funds) {
        uint256 lower = _lower[modelId];
        funds.royaltyOwed = lower & LANE_MASK;
        funds.pool = (lower >> LANE) & LANE_MASK;
        funds.exposure = (lower >> (2 * LANE)) & LANE_MASK;
        funds.protocolFees = (lower >> (3 * LANE)) & LANE_MASK;
        if (lower & WIDE == 0) return funds;
        uint256 upper = _upper[modelId];
        funds.royaltyOwed |= uint256(uint64(upper)) << LANE;
        funds.pool |= uint256(uint64(upper >> 64)) << LANE;
        funds.exposure |= uint256(uint64(upper >> 128)) << LANE;
        funds.protocolFees |= (upper >> 192) << LANE;
    }

    function _storeFunds(uint256 modelId, Funds memory funds) internal {
        (uint256 royaltyOwed, uint256 pool) = (funds.royaltyOwed, funds.pool);
        (uint256 exposure, uint256 protocolFees) = (funds.exposure, funds.protocolFees);
        uint256 lower = 0;
        if ((royaltyOwed | pool | exposure | protocolFees) >> LANE != 0) {
            lower = WIDE;
            _upper[modelId] =
                SafeCast.toUint64(royaltyOwed >> LANE) |
                (uint256(SafeCast.toUint64(pool >> LANE)) << 64) |
                (uint256(SafeCast.toUint64(exposure >> LANE)) << 128) |
                (uint256(SafeCast.toUint64(protocolFees >> LANE)) << 192);
            royaltyOwed &= LANE_MASK;
            pool &= LANE_MASK;
            exposure &= LANE_MASK;
            protocolFees &= LANE_MASK;
        }
        _lower[modelId] =
            lower |
            royaltyOwed |
            (pool << LANE) |
            (exposure << (2 * LANE)) |
            (protocolFees << (3 * LANE));
    }

    function _flush(uint256 modelId, Funds memory funds, address to, uint256 amount) private {
        if (amount == 0) revert JobEscrow_NothingOwed(modelId);
        _storeFunds(modelId, funds);
        // Interaction
        ASSET.safeTransfer(to, amount);
    }
}
