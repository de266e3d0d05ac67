// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title Sale of a share of a model's income
/// @notice Fixed price, hard and soft cap. When more is committed than the hard cap, everybody gets the same part of what
/// they asked for, so that it does not matter when in the window one commits.
///
/// With T committed in all, H the hard cap, c a buyer's commitment and `saleSupply` tokens on sale:
/// T ≤ H: tokens ⌊saleSupply · c / H⌋, nothing back. T > H: used ⌈c · H / T⌉, tokens ⌊saleSupply · c / T⌋, back c − used.
/// What rounding leaves is less than one unit a buyer and stays inside.
///
/// No party can take money before the sale has succeeded; if it did not, everybody gets everything back, without the issuer.
/// Times are seconds since 1970, amounts smallest units of asset and token.
///
/// Assumed of the asset: it moves no balance but by transfer. One that takes a fee on transfer is refused; one that refuses
/// an account keeps only that account from its refund, which it can send to another address.
interface IModelOffering {
    /// @notice Where the sale stands. It follows from the clock and from three recorded facts: scheduled, finalized, ended.
    /// Draft: made, not scheduled; nothing is locked. Scheduled: before `opensAt`. Open: takes commitments. Ended: waits for
    /// `finalize`. Succeeded: `settleFor` pays tokens and what is above the hard cap. Failed: `refundFor` pays everything
    /// back; also when nobody finalized in time. Cancelled: by the issuer, before it opened.
    enum Phase {
        Draft,
        Scheduled,
        Open,
        Ended,
        Succeeded,
        Failed,
        Cancelled
    }

    /// @notice Everything that never changes.
    /// @param issuer who owned the model when the offering was made; takes the proceeds
    /// @param modelId whose royalties the token earns
    /// @param asset what is paid in: the deployment's settlement asset
    /// @param saleSupply tokens on sale
    /// @param hardCap H, most that the issuer raises
    /// @param softCap least that must be raised
    /// @param opensAt first second that takes commitments
    /// @param closesAt first second that takes none
    /// @param withdrawableUntil first second in which commitments are final
    /// @param finalizableUntil first second in which an offering that nobody finalized has failed
    /// @param allowlistRoot root of (account, cap) leaves; 0: everybody may commit
    /// @param liquidityRecipient who gets the liquidity tokens
    struct Terms {
        address issuer;
        uint256 modelId;
        address asset;
        uint96 saleSupply;
        uint96 hardCap;
        uint96 softCap;
        uint48 opensAt;
        uint48 closesAt;
        uint48 withdrawableUntil;
        uint48 finalizableUntil;
        bytes32 allowlistRoot;
        address liquidityRecipient;
    }

    event OfferingScheduled(uint48 opensAt, uint48 closesAt);
    event OfferingCancelled();
    event Committed(address indexed buyer, uint256 amount, uint256 total);
    event CommitmentWithdrawn(address indexed buyer, uint256 amount, uint256 total);
    event OfferingSucceeded(uint256 raised, uint256 proceeds, uint256 sold);
    event OfferingFailed(uint256 raised, uint256 softCap);
    event Settled(address indexed buyer, address indexed refundRecipient, uint256 tokens, uint256 refund);
    event Refunded(address indexed buyer, address indexed recipient, uint256 amount);
    event ProceedsWithdrawn(address indexed recipient, uint256 amount);

    error ModelOffering_WrongPhase(Phase actual, Phase expected);
    error ModelOffering_NotIssuer(address caller, address issuer);
    error ModelOffering_NotFactory(address caller, address factory);
    error ModelOffering_ModelSold(uint256 modelId, address owner, address issuer);
    error ModelOffering_TooLate(uint256 opensAt);
    error ModelOffering_ZeroAmount();
    error ModelOffering_ZeroAddress();
    /// @notice The proof does not say that the caller may commit up to `cap`.
    error ModelOffering_NotAllowed(address buyer, uint256 cap);
    error ModelOffering_CapExceeded(address buyer, uint256 committed, uint256 cap);
    error ModelOffering_TotalTooLarge(uint256 total, uint256 limit);
    /// @notice Less arrived than was committed.
    error ModelOffering_AssetTakesFee(uint256 balance, uint256 expected);
    error ModelOffering_CommitmentsFinal(uint256 withdrawableUntil);
    error ModelOffering_CommitmentTooSmall(address buyer, uint256 amount, uint256 committed);
    error ModelOffering_NothingCommitted(address buyer);
    error ModelOffering_AlreadyTaken();

    // ---- the issuer, before

    /// @notice Locks the model's payout and lets the sale open at its time. Issuer only, while it owns the model, from Draft,
    /// not after `opensAt`. Royalties that the model has earned are paid to the present payout first, if it takes them.
    function schedule() external;

    /// @notice Gives it up and unlocks the payout. Issuer only, before it opens.
    function cancel() external;

    // ---- buyers

    /// @notice Commits `amount` more. Open only.
    /// @param cap most that the caller may commit in all, as the allow-list says; any value without an allow-list
    /// @param proof siblings from the leaf keccak256(bytes.concat(keccak256(abi.encode(caller, cap)))) to the root
    function commit(uint256 amount, uint256 cap, bytes32[] calldata proof) external;

    /// @notice `commit` with an EIP-2612 permit of the asset for `amount`.
    function commitWithPermit(
        uint256 amount,
        uint256 cap,
        bytes32[] calldata proof,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    /// @notice Takes back part of the caller's commitment. Open only, before `withdrawableUntil`.
    function withdraw(uint256 amount) external;

    // ---- anyone, after

    /// @notice Decides. Anyone, once, from Ended. At least the soft cap: tokens move and earn from now on, those not sold
    /// are burned, and the token is the model's payout for ever. Less: the payout is unlocked.
    /// @return succeeded whether the soft cap was met
    function finalize() external returns (bool succeeded);

    /// @notice Records that an offering failed because nobody finalized it, and unlocks the payout. Anyone.
    /// Refunds do not wait for it.
    function expire() external;

    /// @notice Gives a buyer its tokens and what is above the hard cap. Anyone, once a buyer, when the sale succeeded.
    function settleFor(address buyer) external returns (uint256 tokens, uint256 refund);

    /// @notice `settleFor` for the caller, with what is above the hard cap to another address.
    function settleTo(address refundRecipient) external returns (uint256 tokens, uint256 refund);

    /// @notice Gives a buyer everything back. Anyone, once a buyer, when the sale failed.
    function refundFor(address buyer) external returns (uint256 amount);

    /// @notice `refundFor` for the caller, to another address.
    function refundTo(address recipient) external returns (uint256 amount);

    // ---- the issuer, after

    /// @notice Pays min(T, H) to `recipient`. Issuer only, once, when the sale succeeded.
    function withdrawProceeds(address recipient) external returns (uint256 amount);

    /// @notice Sends the liquidity tokens to their recipient. Issuer only, once, when the sale succeeded.
    function releaseLiquidity() external returns (uint256 amount);

    // ---- views

    function terms() external view returns (Terms memory);
    function phase() external view returns (Phase);
    function factory() external view returns (address);
    function token() external view returns (address);

    /// @notice T, after `withdraw`s.
    function totalCommitted() external view returns (uint256);

    /// @notice What a buyer has committed and has not settled or been refunded.
    function commitmentOf(address buyer) external view returns (uint256);

    /// @notice What a commitment of `amount` out of `total` would bring if the sale ended with them.
    /// @return tokens rounded down
    /// @return refund what is not used
    function allocation(uint256 amount, uint256 total) external view returns (uint256 tokens, uint256 refund);
}
