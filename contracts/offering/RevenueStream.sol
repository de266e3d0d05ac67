// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IModelToken} from "../interfaces/IModelToken.sol";
import {StreamMath} from "../libraries/StreamMath.sol";

/// @title The revenue stream of a token: what came in, what has been released, and what each account has of it
/// @notice Knows nothing of transfers: who uses it tells it balances, and settles both sides before a balance changes.
abstract contract RevenueStream is IModelToken {
    using StreamMath for StreamMath.Stream;

    /// @dev Low 152 bits: index. Next 96: accrued. Next 8: flags.
    struct Account {
        uint256 packed;
    }

    /// @dev Never earns: fixed at creation, or a proven pool.
    uint256 internal constant EXCLUDED = 1;
    /// @dev Does not earn, by its own choice.
    uint256 internal constant PAUSED = 2;
    /// @dev Has code and lets anybody push its revenue.
    uint256 internal constant PUSHABLE = 4;
    /// @dev Has an entry in `_payouts`.
    uint256 internal constant REDIRECTED = 8;

    uint256 private constant INDEX_MASK = (1 << 152) - 1;
    uint256 private constant AMOUNT_MASK = (1 << 96) - 1;
    uint256 private constant ACCRUED_SHIFT = 152;
    uint256 private constant FLAGS_SHIFT = 248;
    uint256 private constant PENDING_SHIFT = 152;
    uint256 private constant LAUNCHED = 1 << 248;
    uint256 private constant ELIGIBLE_SHIFT = 96;
    uint256 private constant TIME_SHIFT = 192;
    uint256 private constant RESERVES_SHIFT = 96;

    uint256 internal immutable EPOCH_LENGTH;
    uint256 internal immutable REDEEM_BPS;

    // Packed by hand: the compiler would write each field of a slot with a store of its own.

    /// @dev Low 152 bits: A. Next 96: pending. Bit 248: launched. With the next slot all that a transfer reads.
    uint256 private _indexSlot;
    /// @dev Low 96 bits: what the present epoch releases in all. Next 96: E. Next 40: time of the last update.
    uint256 private _rateSlot;
    /// @dev Low 96 bits: F. Next 96: reserves.
    uint256 private _fundsSlot;
    // One slot, written once an epoch at most: A at the begin of the epoch of the last update, and what concerns snapshots.
    uint152 private _boundaryIndex;
    uint40 private _nextSnapshotEpoch;
    uint64 private _snapshots;

    mapping(address account => Account) private _accounts;
    mapping(address account => address payout) private _payouts;
    mapping(uint256 snapshotId => uint256 index) private _snapshotIndices;

    constructor(uint48 epochLength_, uint16 redeemBps_) {
        EPOCH_LENGTH = epochLength_;
        REDEEM_BPS = redeemBps_;
    }

    modifier whenLaunched() {
        _requireLaunched();
        _;
    }

    /// @inheritdoc IModelToken
    function epochLength() external view returns (uint256) {
        return EPOCH_LENGTH;
    }

    /// @inheritdoc IModelToken
    function redeemBps() external view returns (uint256) {
        return REDEEM_BPS;
    }

    /// @inheritdoc IModelToken
    function launched() external view returns (bool) {
        return _isLaunched();
    }

    /// @inheritdoc IModelToken
    function accrualRate() external view returns (uint256) {
        (StreamMath.Stream memory stream, ) = _streamAt(block.timestamp);
        if (stream.eligible < StreamMath.MIN_ELIGIBLE) return 0;
        uint256 toHolders = (stream.current * (StreamMath.BPS - REDEEM_BPS)) << StreamMath.Q_BITS;
        return toHolders / (StreamMath.BPS * EPOCH_LENGTH * stream.eligible);
    }

    /// @inheritdoc IModelToken
    function streamState() external view returns (StreamState memory) {
        (StreamMath.Stream memory stream, uint256 toPool) = _streamAt(block.timestamp);
        uint256 elapsed = block.timestamp % EPOCH_LENGTH;
        return
            StreamState({
                index: stream.index,
                pending: stream.pending,
                unstreamed: stream.current - StreamMath.releasedDown(stream.current, elapsed, EPOCH_LENGTH),
                eligible: stream.eligible,
                redemptionPool: (_fundsSlot & AMOUNT_MASK) + toPool,
                reserves: _reserves()
            });
    }

    /// @inheritdoc IModelToken
    function accountOf(
        address account
    ) external view returns (uint256 index, uint256 accrued, bool accruing, bool pushable) {
        uint256 packed = _accounts[account].packed;
        uint256 flags = packed >> FLAGS_SHIFT;
        return (packed & INDEX_MASK, _accrued(packed), _earns(flags), flags & PUSHABLE != 0);
    }

    /// @inheritdoc IModelToken
    function payoutAddressOf(address account) public view returns (address) {
        return _flagsOf(account) & REDIRECTED != 0 ? _payouts[account] : account;
    }

    /// @inheritdoc IModelToken
    function snapshotCount() public view returns (uint256) {
        return _snapshots;
    }

    /// @inheritdoc IModelToken
    function snapshotIndex(uint256 snapshotId) public view returns (uint256) {
        return _snapshotIndices[snapshotId];
    }

    // The stream

    /// @dev Credits revenue that has arrived. It belongs to the epoch of now, so an older epoch is closed first.
    function _receive(address from, uint256 amount) internal {
        uint256 epoch = block.timestamp / EPOCH_LENGTH;
        uint256 funds = _fundsSlot;
        uint256 limit = AMOUNT_MASK - (funds >> RESERVES_SHIFT);
        if (amount > limit) revert ModelToken_RevenueTooLarge(amount, limit);
        uint256 rate = _rateSlot;
        if ((rate >> TIME_SHIFT) / EPOCH_LENGTH != epoch) {
            _advance();
            (funds, rate) = (_fundsSlot, _rateSlot);
        }
        uint256 slot = _indexSlot;
        _requireIndexRoom(slot, amount, rate & AMOUNT_MASK);
        unchecked {
            // Pending is part of the reserves, which stay below 2^96.
            _fundsSlot = funds + (amount << RESERVES_SHIFT);
            _indexSlot = slot + (amount << PENDING_SHIFT);
        }
        emit RevenueDeposited(from, amount, epoch);
    }

    /// @dev Advances the stream to now and stores it.
    function _advance() internal {
        StreamMath.Stream memory stream = _load();
        uint256 updatedAt = stream.updatedAt;
        if (updatedAt == block.timestamp) return;
        (uint256 toPool, uint256 boundaryIndex) = stream.advance(block.timestamp, EPOCH_LENGTH, REDEEM_BPS);
        unchecked {
            // A below 2^152 by the bounds of StreamMath; amounts are parts of the reserves, so below 2^96.
            if (block.timestamp / EPOCH_LENGTH != updatedAt / EPOCH_LENGTH) _boundaryIndex = uint152(boundaryIndex);
            if (toPool > 0) _fundsSlot += toPool;
        }
        _indexSlot = (_indexSlot & LAUNCHED) | (stream.pending << PENDING_SHIFT) | stream.index;
        _storeRate(stream.current, stream.eligible);
    }

    /// @dev A now, without storing anything.
    function _currentIndex() internal view returns (uint256) {
        return _indexAt(block.timestamp);
    }

    /// @dev A now, for what is possible only after launch.
    function _launchedIndex() internal view returns (uint256) {
        uint256 slot = _indexSlot;
        if (slot & LAUNCHED == 0) revert ModelToken_NotLaunched();
        return _unpack(slot, _rateSlot).indexAt(block.timestamp, EPOCH_LENGTH, REDEEM_BPS);
    }

    function _indexAt(uint256 time) internal view returns (uint256) {
        return _load().indexAt(time, EPOCH_LENGTH, REDEEM_BPS);
    }

    /// @dev Sets the tokens that earn at first. Constructor only; the caller checks that they are below 2^96.
    function _initializeStream(uint256 eligible) internal {
        _storeRate(0, eligible);
    }

    /// @dev From now on epochs can be closed: the first one when the epoch of now ends.
    function _startStream() internal {
        _indexSlot = LAUNCHED;
        _storeRate(0, _eligible());
        _nextSnapshotEpoch = uint40(block.timestamp / EPOCH_LENGTH + 1);
    }

    /// @dev Adds to or takes from the tokens that earn, after advancing to now.
    function _changeEligible(uint256 added, uint256 removed) internal {
        _advance();
        // At most the supply, which is below 2^96.
        _storeRate(_rateSlot & AMOUNT_MASK, _eligible() + added - removed);
    }

    /// @dev A at the begin of the epoch of now: stored, if the stream was advanced in this epoch, otherwise computed.
    function _takeSnapshot() internal returns (uint256 snapshotId) {
        uint256 epoch = block.timestamp / EPOCH_LENGTH;
        if (epoch < _nextSnapshotEpoch) revert ModelToken_NoEpochClosed(_nextSnapshotEpoch * EPOCH_LENGTH);
        uint256 boundary = epoch * EPOCH_LENGTH;
        uint256 index = _rateSlot >> TIME_SHIFT < boundary ? _indexAt(boundary) : _boundaryIndex;
        snapshotId = _snapshots + 1;
        (_nextSnapshotEpoch, _snapshots) = (uint40(epoch + 1), uint64(snapshotId));
        _snapshotIndices[snapshotId] = index;
        emit SnapshotTaken(snapshotId, index, epoch - 1);
    }

    // Accounts

    /// @dev Moves what an account has earned until A = `index` to accrued. Nothing changes for one that does not earn.
    /// @return earns whether it does
    function _settleAccount(address account, uint256 balance, uint256 index) internal returns (bool earns) {
        Account storage state = _accounts[account];
        uint256 packed = state.packed;
        earns = _earns(packed >> FLAGS_SHIFT);
        if (earns && packed & INDEX_MASK != index) state.packed = _settled(packed, balance, index);
    }

    /// @dev Adds the revenue of tokens that have earned since launch, at the account's own index: for an account that never
    /// had anything, nothing needs to be stored.
    /// @return earns whether the account earns from now on
    function _addSinceLaunch(
        address account,
        uint256 balance,
        uint256 amount,
        uint256 index
    ) internal returns (bool earns) {
        Account storage state = _accounts[account];
        uint256 packed = state.packed;
        earns = _earns(packed >> FLAGS_SHIFT);
        if (earns && packed & INDEX_MASK == 0) return true;
        if (earns) packed = _settled(packed, balance, index);
        unchecked {
            // What all accounts have earned is part of the reserves, so below 2^96.
            state.packed = packed + (_revenueDown(amount, index) << ACCRUED_SHIFT);
        }
    }

    /// @dev Empties an account.
    /// @return amount what it had earned up to A = `index`
    /// @return payout where it wants that
    function _takeRevenue(
        address account,
        uint256 balance,
        uint256 index
    ) internal returns (uint256 amount, address payout) {
        Account storage state = _accounts[account];
        uint256 packed = state.packed;
        uint256 flags = packed >> FLAGS_SHIFT;
        if (_earns(flags) && index > packed & INDEX_MASK) packed = _settled(packed, balance, index);
        amount = _accrued(packed);
        payout = flags & REDIRECTED != 0 ? _payouts[account] : account;
        unchecked {
            // Its own field, and a part of the reserves.
            state.packed = packed - (amount << ACCRUED_SHIFT);
            _fundsSlot -= amount << RESERVES_SHIFT;
        }
    }

    /// @dev Gives back what `_takeRevenue` took from an account that could not be paid.
    function _returnRevenue(address account, uint256 amount) internal {
        unchecked {
            // It was part of both a moment ago.
            _accounts[account].packed += amount << ACCRUED_SHIFT;
            _fundsSlot += amount << RESERVES_SHIFT;
        }
    }

    /// @dev Takes the share of `amount` in the redemption pool. @return paid ⌊F · amount / supply⌋
    function _takeRedemption(uint256 amount, uint256 supply) internal returns (uint256 paid) {
        uint256 funds = _fundsSlot;
        paid = _redemptionDown(funds & AMOUNT_MASK, amount, supply);
        unchecked {
            // At most F, which is part of the reserves.
            _fundsSlot = funds - paid - (paid << RESERVES_SHIFT);
        }
    }

    /// @dev Marks an account. The caller has settled it and changes E.
    function _setFlag(address account, uint256 flag, bool value) internal {
        uint256 packed = _accounts[account].packed;
        uint256 bit = flag << FLAGS_SHIFT;
        _accounts[account].packed = value ? packed | bit : packed & ~bit;
    }

    /// @dev Lets a stopped account earn from now on: it does not get what it missed.
    function _resume(address account) internal {
        _accounts[account].packed = (_accounts[account].packed & ~INDEX_MASK) | _currentIndex();
    }

    function _setPayout(address account, address payout) internal {
        bool set = payout != address(0);
        _payouts[account] = payout;
        _setFlag(account, REDIRECTED | PUSHABLE, set);
        emit PayoutAddressSet(account, payout);
    }

    function _flagsOf(address account) internal view returns (uint256) {
        return _accounts[account].packed >> FLAGS_SHIFT;
    }

    /// @dev What an account has earned up to A = `index`, for balance `balance`.
    function _claimableAt(address account, uint256 balance, uint256 index) internal view returns (uint256) {
        return _accruedAt(_accounts[account].packed, balance, index);
    }

    /// @dev ⌊F · amount / supply⌋ now.
    function _redeemable(uint256 amount, uint256 supply) internal view returns (uint256) {
        (, uint256 toPool) = _streamAt(block.timestamp);
        return _redemptionDown((_fundsSlot & AMOUNT_MASK) + toPool, amount, supply);
    }

    function _reserves() internal view returns (uint256) {
        return _fundsSlot >> RESERVES_SHIFT;
    }

    function _eligible() internal view returns (uint256) {
        return (_rateSlot >> ELIGIBLE_SHIFT) & AMOUNT_MASK;
    }

    function _isLaunched() internal view returns (bool) {
        return _indexSlot & LAUNCHED != 0;
    }

    function _requireLaunched() internal view {
        if (!_isLaunched()) revert ModelToken_NotLaunched();
    }

    function _earns(uint256 flags) internal pure returns (bool) {
        return flags & (EXCLUDED | PAUSED) == 0;
    }

    /// @dev The slot of the rate, updated now.
    function _storeRate(uint256 current, uint256 eligible) private {
        _rateSlot = (block.timestamp << TIME_SHIFT) | (eligible << ELIGIBLE_SHIFT) | current;
    }

    /// @dev An account that earns, with everything up to A = `index` in accrued.
    function _settled(uint256 packed, uint256 balance, uint256 index) private pure returns (uint256) {
        unchecked {
            // Index and accrued keep to their bits: A never falls, and what all accounts have earned is below 2^96.
            uint256 earned = _revenueDown(balance, index - (packed & INDEX_MASK));
            return ((packed & ~INDEX_MASK) | index) + (earned << ACCRUED_SHIFT);
        }
    }

    function _accruedAt(uint256 packed, uint256 balance, uint256 index) private pure returns (uint256) {
        uint256 settled = packed & INDEX_MASK;
        if (!_earns(packed >> FLAGS_SHIFT) || index <= settled) return _accrued(packed);
        unchecked {
            return _accrued(packed) + _revenueDown(balance, index - settled);
        }
    }

    function _accrued(uint256 packed) private pure returns (uint256) {
        return (packed >> ACCRUED_SHIFT) & AMOUNT_MASK;
    }

    /// @dev Balance below 2^96 times index below 2^152.
    function _revenueDown(uint256 balance, uint256 index) private pure returns (uint256) {
        unchecked {
            return (balance * index) >> StreamMath.Q_BITS;
        }
    }

    function _redemptionDown(uint256 pool, uint256 amount, uint256 supply) private pure returns (uint256) {
        return supply == 0 ? 0 : (pool * amount) / supply;
    }

    /// @dev Even if everything that is not released yet went to the least eligible supply, A would fit its 152 bits.
    function _requireIndexRoom(uint256 slot, uint256 amount, uint256 current) private pure {
        uint256 unreleased = ((slot >> PENDING_SHIFT) & AMOUNT_MASK) + current + amount;
        uint256 limit = (INDEX_MASK - (slot & INDEX_MASK)) / ((1 << StreamMath.Q_BITS) / StreamMath.MIN_ELIGIBLE);
        if (unreleased > limit) revert ModelToken_RevenueTooLarge(unreleased, limit);
    }

    function _load() private view returns (StreamMath.Stream memory) {
        return _unpack(_indexSlot, _rateSlot);
    }

    function _streamAt(uint256 time) private view returns (StreamMath.Stream memory stream, uint256 toPool) {
        stream = _load();
        (toPool, ) = stream.advance(time, EPOCH_LENGTH, REDEEM_BPS);
    }

    function _unpack(uint256 slot, uint256 rate) private pure returns (StreamMath.Stream memory) {
        return
            StreamMath.Stream({
                index: slot & INDEX_MASK,
                pending: (slot >> PENDING_SHIFT) & AMOUNT_MASK,
                current: rate & AMOUNT_MASK,
                eligible: (rate >> ELIGIBLE_SHIFT) & AMOUNT_MASK,
                updatedAt: rate >> TIME_SHIFT
            });
    }
}
