// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IProviderStaking} from "../interfaces/IProviderStaking.sol";
import {Payment} from "../interfaces/Types.sol";

/// @title All collateral
/// @notice See `IProviderStaking`.
contract ProviderStaking is IProviderStaking, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @notice One slot. `locked ≤ staked` always.
    struct Account {
        uint128 staked;
        uint128 locked;
    }

    IERC20 private immutable ASSET;
    address private immutable SINK;
    address private immutable REGISTRY;
    address private immutable ESCROW;
    address private immutable COURT;

    /// @inheritdoc IProviderStaking
    uint256 public sinkOwed;

    mapping(address account => Account) private _accounts;
    mapping(address provider => address operator) private _operators;
    mapping(address operator => address provider) private _providers;

    constructor(address asset_, address sink_, address registry_, address escrow_, address court_) {
        _requireNonZero(asset_);
        _requireNonZero(sink_);
        _requireNonZero(registry_);
        _requireNonZero(escrow_);
        _requireNonZero(court_);
        ASSET = IERC20(asset_);
        SINK = sink_;
        REGISTRY = registry_;
        ESCROW = escrow_;
        COURT = court_;
    }

    modifier onlyProtocol() {
        _requireProtocol();
        _;
    }

    /// @inheritdoc IProviderStaking
    function register(address operator, string calldata metadataURI) external {
        if (_operators[msg.sender] != address(0)) revert ProviderStaking_AlreadyRegistered(msg.sender);
        _assignOperator(operator);
        emit ProviderRegistered(msg.sender, operator, metadataURI);
    }

    /// @inheritdoc IProviderStaking
    function setOperator(address operator) external {
        address previous = _requireRegistered();
        delete _providers[previous];
        _assignOperator(operator);
        emit OperatorChanged(msg.sender, operator);
    }

    /// @inheritdoc IProviderStaking
    function setMetadata(string calldata metadataURI) external {
        _requireRegistered();
        emit MetadataChanged(msg.sender, metadataURI);
    }

    /// @inheritdoc IProviderStaking
    function deposit(address account, uint256 amount) external nonReentrant {
        _deposit(account, amount);
    }

    /// @inheritdoc IProviderStaking
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

    /// @inheritdoc IProviderStaking
    function withdraw(address to, uint256 amount) external nonReentrant {
        // Check
        _requireNonZero(to);
        if (amount == 0) revert ProviderStaking_ZeroAmount();
        Account storage account = _accounts[msg.sender];
        uint256 free = account.staked - account.locked;
        if (amount > free) revert ProviderStaking_InsufficientFreeStake(msg.sender, amount, free);
        // Effect: amount ≤ free < 2^128
        account.staked -= uint128(amount);
        emit StakeWithdrawn(msg.sender, to, amount);
        // Interaction
        ASSET.safeTransfer(to, amount);
    }

    /// @inheritdoc IProviderStaking
    function flushSink() external nonReentrant returns (uint256 amount) {
        // Check
        amount = sinkOwed;
        if (amount == 0) revert ProviderStaking_ZeroAmount();
        // Effect
        sinkOwed = 0;
        emit SinkFlushed(SINK, amount);
        // Interaction
        ASSET.safeTransfer(SINK, amount);
    }

    /// @inheritdoc IProviderStaking
    function lock(address provider, uint256 amount) external onlyProtocol {
        // Check
        Account storage account = _accounts[provider];
        uint128 locked = account.locked;
        uint256 free = account.staked - locked;
        if (amount > free) revert ProviderStaking_InsufficientFreeStake(provider, amount, free);
        // Effect: locked + amount ≤ staked < 2^128
        unchecked {
            account.locked = locked + uint128(amount);
        }
    }

    /// @inheritdoc IProviderStaking
    function release(address provider, uint256 amount) external onlyProtocol {
        // Check
        Account storage account = _accounts[provider];
        uint128 locked = account.locked;
        if (amount > locked) revert ProviderStaking_InsufficientLocked(provider, amount, locked);
        // Effect: amount ≤ locked < 2^128
        unchecked {
            account.locked = locked - uint128(amount);
        }
    }

    /// @inheritdoc IProviderStaking
    function slash(address provider, uint256 amount, Payment[] calldata payments) external onlyProtocol {
        // Check
        Account storage account = _accounts[provider];
        uint128 locked = account.locked;
        if (amount > locked) revert ProviderStaking_InsufficientLocked(provider, amount, locked);
        // Effect: amount ≤ locked ≤ staked < 2^128
        account.locked = locked - uint128(amount);
        account.staked -= uint128(amount);
        uint256 paid = 0;
        for (uint256 i = 0; i < payments.length; ++i) {
            Payment calldata payment = payments[i];
            _requireNonZero(payment.to);
            paid += payment.amount;
            _accounts[payment.to].staked += payment.amount;
            emit StakeCompensated(payment.to, provider, payment.amount);
        }
        if (paid > amount) revert ProviderStaking_PaymentsExceedSlash(paid, amount);
        uint256 toSink = amount - paid;
        if (toSink > 0) sinkOwed += toSink;
        emit StakeSlashed(provider, msg.sender, amount, toSink);
    }

    /// @inheritdoc IProviderStaking
    function asset() external view returns (address) {
        return address(ASSET);
    }

    /// @inheritdoc IProviderStaking
    function sink() external view returns (address) {
        return SINK;
    }

    /// @inheritdoc IProviderStaking
    function registry() external view returns (address) {
        return REGISTRY;
    }

    /// @inheritdoc IProviderStaking
    function escrow() external view returns (address) {
        return ESCROW;
    }

    /// @inheritdoc IProviderStaking
    function court() external view returns (address) {
        return COURT;
    }

    /// @inheritdoc IProviderStaking
    function accountOf(address account) external view returns (uint128 staked, uint128 locked) {
        Account memory state = _accounts[account];
        return (state.staked, state.locked);
    }

    /// @inheritdoc IProviderStaking
    function freeStake(address account) external view returns (uint256) {
        Account memory state = _accounts[account];
        return state.staked - state.locked;
    }

    /// @inheritdoc IProviderStaking
    function operatorOf(address provider) external view returns (address) {
        return _operators[provider];
    }

    /// @inheritdoc IProviderStaking
    function providerOf(address operator) external view returns (address) {
        return _providers[operator];
    }

    /// @inheritdoc IProviderStaking
    function mayAct(address provider, address who) external view returns (bool) {
        address operator = _operators[provider];
        return operator != address(0) && (who == operator || who == provider);
    }

    /// @dev Credits the balance's difference: a token that takes a fee on transfer cannot make the accounts exceed it.
    function _deposit(address account, uint256 amount) private {
        // Check
        _requireNonZero(account);
        if (amount == 0) revert ProviderStaking_ZeroAmount();
        // Interaction before effect, guarded: what arrived is known only afterwards
        uint256 before = ASSET.balanceOf(address(this));
        ASSET.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = ASSET.balanceOf(address(this)) - before;
        if (received == 0) revert ProviderStaking_ZeroAmount();
        // Effect
        _accounts[account].staked += SafeCast.toUint128(received);
        emit StakeDeposited(account, msg.sender, received);
    }

    function _assignOperator(address operator) private {
        if (operator == address(0)) revert ProviderStaking_InvalidOperator(operator);
        address holder = _providers[operator];
        if (holder != address(0)) revert ProviderStaking_OperatorTaken(operator, holder);
        _operators[msg.sender] = operator;
        _providers[operator] = msg.sender;
    }

    function _requireRegistered() private view returns (address operator) {
        operator = _operators[msg.sender];
        if (operator == address(0)) revert ProviderStaking_NotRegistered(msg.sender);
    }

    function _requireProtocol() private view {
        if (msg.sender != ESCROW && msg.sender != COURT && msg.sender != REGISTRY) {
            revert ProviderStaking_UnauthorizedCaller(msg.sender);
        }
    }

    function _requireNonZero(address value) private pure {
        if (value == address(0)) revert ProviderStaking_ZeroAddress();
    }
}
