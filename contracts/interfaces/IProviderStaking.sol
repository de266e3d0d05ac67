// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Payment} from "./Types.sol";

/// @title All collateral
/// @notice One account an address: `staked`, and `locked ≤ staked`. What is locked backs an open obligation (a batch, a
/// seat, an accepted job); what is free can be withdrawn at once, whatever else is happening.
/// Compensation from a slash is credited to the same accounts, so slashing moves no tokens and cannot be blocked.
/// Assumes of the asset: no callbacks that matter (guarded), no rebasing. A fee on transfer is harmless: what arrived is
/// credited.
interface IProviderStaking {
    event ProviderRegistered(address indexed provider, address indexed operator, string metadataURI);
    event OperatorChanged(address indexed provider, address indexed operator);
    event MetadataChanged(address indexed provider, string metadataURI);
    event StakeDeposited(address indexed account, address indexed from, uint256 amount);
    event StakeWithdrawn(address indexed account, address indexed to, uint256 amount);
    /// @param toSink part of `amount` that nobody gets; the rest was credited, a `StakeCompensated` each
    event StakeSlashed(address indexed provider, address indexed by, uint256 amount, uint256 toSink);
    event StakeCompensated(address indexed account, address indexed fromProvider, uint256 amount);
    event SinkFlushed(address indexed sink, uint256 amount);

    error ProviderStaking_AlreadyRegistered(address provider);
    error ProviderStaking_NotRegistered(address provider);
    error ProviderStaking_OperatorTaken(address operator, address provider);
    error ProviderStaking_InvalidOperator(address operator);
    error ProviderStaking_ZeroAmount();
    error ProviderStaking_ZeroAddress();
    error ProviderStaking_InsufficientFreeStake(address account, uint256 requested, uint256 free);
    error ProviderStaking_InsufficientLocked(address account, uint256 requested, uint256 locked);
    error ProviderStaking_UnauthorizedCaller(address caller);
    error ProviderStaking_PaymentsExceedSlash(uint256 payments, uint256 slashed);

    /// @notice Settlement asset of the deployment.
    function asset() external view returns (address);

    /// @notice Where the part of slashes goes that nobody may get.
    function sink() external view returns (address);

    /// @notice Slashed to the sink and not flushed yet.
    function sinkOwed() external view returns (uint256);

    /// @notice The three contracts that may lock, release and slash; fixed at construction.
    function registry() external view returns (address);
    function escrow() external view returns (address);
    function court() external view returns (address);

    /// @notice Stake and locked part of an account.
    function accountOf(address account) external view returns (uint128 staked, uint128 locked);

    /// @notice What `account` can withdraw now.
    function freeStake(address account) external view returns (uint256);

    /// @notice Operator (hot key) of a provider; zero if not registered.
    function operatorOf(address provider) external view returns (address);

    /// @notice Provider of an operator; zero if none.
    function providerOf(address operator) external view returns (address);

    /// @notice True if `who` is the registered provider itself or its operator.
    function mayAct(address provider, address who) external view returns (bool);

    /// @notice Makes the caller a provider. The caller's key is the cold owner key: funds and seats.
    /// @param operator hot key that works: signs quotes, commits, opens, votes. Not zero, of no other provider
    /// @param metadataURI JSON that says endpoint, operator, models and prices
    function register(address operator, string calldata metadataURI) external;

    /// @notice Replaces the caller's operator, at once.
    function setOperator(address operator) external;

    /// @notice Replaces the caller's metadata.
    function setMetadata(string calldata metadataURI) external;

    /// @notice Adds stake to `account` from the caller; credits what arrived.
    function deposit(address account, uint256 amount) external;

    /// @notice `deposit` with an EIP-2612 permit. A permit that was used by somebody else first does no harm.
    function depositWithPermit(
        address account,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    /// @notice Pays free stake of the caller to `to`, at once.
    function withdraw(address to, uint256 amount) external;

    /// @notice Pays what the sink is owed to it. Anyone.
    function flushSink() external returns (uint256 amount);

    /// @notice Locks free stake of `provider`. Protocol contracts only. No event: the obligation that is locked for has one.
    function lock(address provider, uint256 amount) external;

    /// @notice Releases locked stake. Protocol contracts only. No event, as for `lock`.
    function release(address provider, uint256 amount) external;

    /// @notice Takes locked stake for good: credits `payments` to the accounts named, the rest to the sink.
    /// Protocol contracts only. Reverts if the payments exceed `amount`.
    function slash(address provider, uint256 amount, Payment[] calldata payments) external;
}
