// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Batch, Commitment, Job, Outcome, Payment} from "./Types.sol";

/// @title All fees in flight
/// @notice Jobs, batches, account balances, royalties and the audit pool of each model. On the hot path nothing but
/// internal balances move; tokens move in `deposit`, `withdraw`, `flushRoyalty` and `flushProtocolFees` only.
///
/// One-shot job: Open (no quote yet) → Active (quote or acceptance) → Committed → cleared, or → Audited → cleared.
/// Session: Open → Active ⇄ any number of batches, each Committed → cleared, or → Audited → cleared; Active → Closing (the
/// provider can still commit what is signed) → cleared. Batches that are open then settle as they would have.
/// Ways out of every state, by anyone, after its deadline: Open → `cancelJob`; Active → `expireJob`, of a session
/// `closeJob`; Closing → `closeJob`; a batch Committed → `finalizeBatch`, or `voidBatch` when the beacon is dead; Audited →
/// the court's `expire` and `tally`.
/// A cleared slot means that the job is over; its id can never come back because the account nonce has moved on.
///
/// A session's batch is exactly what its requester signed last: `Voucher(jobId, firstNonce, count, total, root)` with the
/// session's receipt counter as `firstNonce`. The counter then moves on by `count`, so that no receipt is in two batches and
/// no voucher counts twice; what is paid is at most what is signed, and at most the budget with its top-ups.
///
/// Assumes of the asset: as in `IProviderStaking`. Assumes of callers: nothing; every call may be hostile.
interface IJobEscrow {
    /// @notice State of a job, or of a batch (`None`, `Committed`, `Audited`). `Closing`: sessions only, see `sessionOf`.
    enum JobStatus {
        None,
        Open,
        Active,
        Committed,
        Audited,
        Closing
    }

    /// @notice What `finalizeMany` did with an item.
    /// `Skipped`: nothing happened; `BatchSkipped` says why.
    enum FinalizeStatus {
        Skipped,
        Paid,
        Audited
    }

    /// @notice Parameters of the deployment. All WADs unless named otherwise.
    /// @param treasury receives protocol fees
    /// @param protocolFeeBps share of every batch total
    /// @param beaconShare what a batch pays towards posting its round, and what the poster gets once a round
    /// @param beaconDelay seconds between a commit and the earliest target round; above the worst lag of block timestamps
    /// and reorganisations
    /// @param maxDisputeWindow longest dispute window of a job, seconds, at most 24 h
    /// @param callbackGas stipend of `onJobFinalized`
    /// @param verifierValueBps value-dependent part of a panelist's fee, bps of min(V, k · maxLeafFee)
    /// @param alwaysAuditAbove batches of a greater total are always audited
    /// @param collusion r, assumed colluding share of seats
    /// @param capture κ, chance that the panel procedure is captured at r; at least what r gives
    /// @param recovery α, share of a slash that a cheat may win back; at least 1 − the sink's least share
    /// @param safety σ ≥ 1
    /// @param floor least p, > 0
    /// @param closeGrace seconds in which the provider of a session that its requester closes can still commit, at least 24 h
    /// @param testNetwork allows a short `beaconDelay` and a short `closeGrace`
    struct EscrowParams {
        address treasury;
        uint16 protocolFeeBps;
        uint96 beaconShare;
        uint32 beaconDelay;
        uint32 maxDisputeWindow;
        uint32 callbackGas;
        uint16 verifierValueBps;
        uint96 alwaysAuditAbove;
        uint64 collusion;
        uint64 capture;
        uint64 recovery;
        uint64 safety;
        uint64 floor;
        uint32 closeGrace;
        bool testNetwork;
    }

    /// @notice Money of one model.
    /// @param royaltyOwed royalties not flushed yet
    /// @param pool audit pool: pays panels and posters
    /// @param exposure Σ (V + valueAtRisk) of committed, unfinished batches
    /// @param protocolFees protocol fees not flushed yet
    struct ModelAccount {
        uint96 royaltyOwed;
        uint96 pool;
        uint96 exposure;
        uint96 protocolFees;
    }

    event Deposited(address indexed account, address indexed from, uint256 amount);
    event Withdrawn(address indexed account, address indexed to, uint256 amount);
    event JobOpened(bytes32 indexed jobId, address indexed requester, address indexed provider, Job job);
    event JobAccepted(bytes32 indexed jobId, address indexed provider);
    /// @notice An open job goes on as `jobId`: the same terms with `provider` filled in.
    event JobAssigned(bytes32 indexed openJobId, bytes32 indexed jobId, address indexed provider);
    event SessionToppedUp(bytes32 indexed jobId, uint256 amount, uint256 remaining);
    event JobClosing(bytes32 indexed jobId, uint64 closesAt);
    event JobClosed(bytes32 indexed jobId, uint256 refund);
    event JobCancelled(bytes32 indexed jobId, uint256 refund);
    /// @param compensation collateral that went to the requester's account in `ProviderStaking`
    event JobExpired(bytes32 indexed jobId, uint256 refund, uint256 compensation);
    event BatchCommitted(bytes32 indexed batchId, bytes32 indexed jobId, Batch batch);
    event BatchAudited(bytes32 indexed batchId, bytes32 indexed jobId, bytes32 seed);
    event BatchPaid(
        bytes32 indexed batchId,
        bytes32 indexed jobId,
        uint256 paid,
        uint256 royalty,
        uint256 protocolFee,
        uint256 premium
    );
    event BatchRefunded(bytes32 indexed batchId, bytes32 indexed jobId, Outcome outcome, uint256 refund);
    /// @param reason selector of the error that `finalizeBatch` would have given
    event BatchSkipped(bytes32 indexed batchId, bytes4 reason);
    /// @param reason selector of the error that `commitBatch` would have given
    event CommitSkipped(bytes32 indexed jobId, bytes4 reason);
    event RoyaltyFlushed(uint256 indexed modelId, address indexed payout, uint256 amount);
    event ProtocolFeesFlushed(uint256 indexed modelId, address indexed treasury, uint256 amount);
    /// @param owed true if the pool was short: recorded, paid first from the next premiums by `payPoolDebts`
    event PoolPaid(uint256 indexed modelId, address indexed to, uint256 amount, bool owed);
    event CallbackFailed(bytes32 indexed jobId, address indexed callback);

    error JobEscrow_ZeroAmount();
    error JobEscrow_ZeroAddress();
    error JobEscrow_InsufficientBalance(address account, uint256 requested, uint256 balance);
    error JobEscrow_NotRequester(address caller, address requester);
    error JobEscrow_NotProvider(address caller, address provider);
    error JobEscrow_InvalidNonce(uint64 actual, uint64 expected);
    error JobEscrow_InvalidTerm(bytes32 field, uint256 actual, uint256 limit);
    error JobEscrow_TermMismatch(bytes32 field, uint256 actual, uint256 expected);
    error JobEscrow_InvalidQuote(bytes32 jobId, address provider);
    /// @notice Not the requester's signature over the voucher of what is committed, from the session's receipt counter on.
    error JobEscrow_InvalidVoucher(bytes32 jobId, uint256 firstNonce, uint256 count);
    error JobEscrow_BudgetExceeded(bytes32 jobId, uint256 total, uint256 remaining);
    error JobEscrow_NotSeatHolder(uint256 modelId, address provider);
    error JobEscrow_WrongStatus(bytes32 jobId, JobStatus actual, JobStatus expected);
    error JobEscrow_UnknownBatch(bytes32 batchId, bytes32 jobId);
    error JobEscrow_DeadlinePassed(bytes32 jobId, uint64 deadline);
    error JobEscrow_DeadlineNotReached(bytes32 jobId, uint64 deadline);
    error JobEscrow_WindowOpen(bytes32 batchId, uint64 closesAt);
    error JobEscrow_RoundNotPosted(bytes32 batchId, uint64 round);
    error JobEscrow_BeaconDead(bytes32 batchId, uint64 targetRound);
    error JobEscrow_BeaconAlive(bytes32 batchId, uint64 targetRound);
    error JobEscrow_CollateralTooLow(uint256 actual, uint256 required);
    error JobEscrow_CostsExceedTotal(uint256 costs, uint256 total);
    error JobEscrow_ExposureExceeded(uint256 modelId, uint256 exposure, uint256 cap);
    error JobEscrow_InsufficientCallbackGas(uint256 available, uint256 required);
    error JobEscrow_LengthMismatch(uint256 jobs, uint256 others);
    error JobEscrow_UnauthorizedCaller(address caller);
    error JobEscrow_NothingOwed(uint256 modelId);
    error JobEscrow_InvalidParameter(bytes32 name, uint256 actual, uint256 limit);

    function asset() external view returns (address);

    function staking() external view returns (address);

    function registry() external view returns (address);

    function court() external view returns (address);

    function beacon() external view returns (address);

    function params() external view returns (EscrowParams memory);

    /// @notice EIP-712 domain separator: name "Assay", version "1", this chain, this contract.
    function domainSeparator() external view returns (bytes32);

    function accountOf(address account) external view returns (uint128 balance, uint64 nonce);

    function modelAccountOf(uint256 modelId) external view returns (ModelAccount memory);

    /// @notice EIP-712 digest of a job in this escrow: its id, and what a quote signs.
    function jobIdOf(Job calldata job) external view returns (bytes32 jobId);

    /// @notice Warning: of a session that was closed while a batch was in its slot this stays Active; `sessionOf` says that
    /// it is over.
    /// @return status state of the job; of a session: Open, Active, or that of the batch in the job's slot
    /// @return batchTag low 248 bits of that batch's id, shifted left by 8; 0 without one
    function jobStateOf(bytes32 jobId) external view returns (JobStatus status, bytes32 batchTag);

    /// @return status Active, Closing, or None: not a session, not bound to a provider yet, or closed
    /// @return remaining budget that no batch has drawn on
    /// @return nextNonce receipts in all batches so far: the first nonce of the next batch
    /// @return closesAt last second of the grace period; 0 unless Closing
    function sessionOf(
        bytes32 jobId
    ) external view returns (JobStatus status, uint96 remaining, uint64 nextNonce, uint64 closesAt);

    /// @return status of a batch of the job: Committed, Audited, or None: never committed, or over
    function batchStatusOf(bytes32 batchId, bytes32 jobId) external view returns (JobStatus status);

    /// @notice Credits `account` with what arrived from the caller.
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

    /// @notice Pays `amount` of the caller's balance to `to`, at once.
    function withdraw(address to, uint256 amount) external;

    /// @notice Opens a job and debits its budget. The requester only.
    /// With `quote`, the signature of the provider's operator (or owner; EOA or ERC-1271) over the job's digest, the job is
    /// Active at once; with an empty quote it is Open until the named provider accepts it, or, if it names none, any
    /// provider with an active seat of the model. Binding the provider of a one-shot job locks min(L, 10 % of the budget) of
    /// its stake. `commitBy` is later than `acceptBy` and at most 365 days from now.
    /// Reverts unless royalty and sampling terms equal the registry's of this moment.
    /// Warning: a session binds no stake. That a provider did not serve can be proven to no contract; the requester pays for
    /// nothing that it did not sign, and gets its budget back with `closeJob`.
    function openJob(Job calldata job, bytes calldata quote) external returns (bytes32 jobId);

    /// @notice Binds `provider` to an Open job, until `acceptBy`. Its operator or owner only.
    /// A job that names no provider goes on under the id of the same terms with `provider` filled in.
    /// @param provider the job's own, or, if it names none, one with an active seat of the model
    /// @return jobId the id under which the job goes on
    function acceptJob(Job calldata job, address provider) external returns (bytes32 jobId);

    /// @notice Adds to the budget of a session that is not closing, from the requester's balance. The requester only.
    /// @return remaining budget that no batch has drawn on
    function topUp(Job calldata job, uint96 amount) external returns (uint256 remaining);

    /// @notice Ends a session. By its requester: commits are still taken for `closeGrace` seconds, at most until
    /// `commitBy`. By its provider, or by anyone after that: the budget that is left goes back to the requester.
    function closeJob(Job calldata job) external;

    /// @notice Refunds an Open job: the requester at any time, anyone after `acceptBy`.
    function cancelJob(Job calldata job) external;

    /// @notice Refunds an Active one-shot job after `commitBy`; the provider's lock goes to the requester. Anyone.
    function expireJob(Job calldata job) external;

    /// @notice Commits a batch and locks its collateral. The provider's operator or owner only.
    /// Nothing about the draw can be chosen afterwards. Reverts
    /// - `JobEscrow_InvalidVoucher` unless the requester (EOA or ERC-1271) signed what is committed; sessions only,
    /// - `JobEscrow_BudgetExceeded` above the budget that is left; sessions only,
    /// - `JobEscrow_CollateralTooLow` below `collateralBps` or below what the sampling law needs for p ≤ 1 (ask more),
    /// - `JobEscrow_CostsExceedTotal` if royalty, protocol fee and premium exceed the total,
    /// - `JobEscrow_ExposureExceeded` if the model's seats do not carry that much open value,
    /// - as `ModelRegistry.samplingState` and `IRandomnessBeacon.nextTarget` do.
    /// Warning: a requester that is a contract can take its signatures back at any time (ERC-1271). Serve one on credit only
    /// if you know its code.
    /// @param voucher signature over the voucher whose count, total and root are the commitment's and whose first nonce is the
    /// session's receipt counter; empty for a one-shot job
    function commitBatch(
        Job calldata job,
        Commitment calldata commitment,
        bytes calldata voucher
    ) external returns (bytes32 batchId, Batch memory batch);

    /// @notice `commitBatch` for many; one bad item never reverts the others.
    /// Warning: as for `finalizeMany`, an estimate finds the least gas that skips everything: set the limit yourself.
    /// @return batchIds zero for an item that was skipped; `CommitSkipped` says why
    function commitMany(
        Job[] calldata jobs,
        Commitment[] calldata commitments,
        bytes[] calldata vouchers
    ) external returns (bytes32[] memory batchIds);

    /// @notice Pays a batch that was not drawn, or hands a drawn one to the court. Anyone.
    /// A drawn batch goes to the court as soon as the round is there; another is paid when its dispute window is over.
    /// Reverts if less than the full callback stipend can be forwarded.
    function finalizeBatch(Job calldata job, Batch calldata batch) external returns (FinalizeStatus status);

    /// @notice `finalizeBatch` for many; one bad item never reverts the others.
    /// Warning: an item that the gas does not reach for is skipped too, with reason 0. So an estimate finds the least gas
    /// that skips everything: set the limit yourself.
    function finalizeMany(
        Job[] calldata jobs,
        Batch[] calldata batches
    ) external returns (FinalizeStatus[] memory statuses);

    /// @notice Ends a batch as Void when its target is `Dead` at the beacon: refund, release, no probation. Anyone.
    function voidBatch(Job calldata job, Batch calldata batch) external;

    /// @notice Posts the round that a committed batch waits for and pays the caller `beaconShare` from the model's pool,
    /// once a round. Reverts if it is posted already.
    function postRound(Job calldata job, Batch calldata batch, bytes calldata signature) external;

    /// @notice Pays a model's royalties to its payout address. Anyone. If that is the token of an offering that succeeded,
    /// the amount is credited there as `depositRevenue` would credit it. Reverts while an offering goes on: royalties wait
    /// until it is known whose they are.
    function flushRoyalty(uint256 modelId) external returns (uint256 amount);

    /// @notice Pays the protocol fees that a model's batches brought to the treasury. Anyone.
    function flushProtocolFees(uint256 modelId) external returns (uint256 amount);

    /// @notice Oldest first, pays up to `count` entries that a short audit pool owes. Anyone.
    /// @return paid sum credited
    function payPoolDebts(uint256 modelId, uint256 count) external returns (uint256 paid);

    /// @notice Sum and number of unpaid pool debts.
    function poolDebtsOf(uint256 modelId) external view returns (uint256 amount, uint256 entries);

    /// @notice Fee of one panelist for auditing this batch:
    /// min(k, count) · verifierFee + ⌊verifierValueBps · min(V, k · maxLeafFee)⌋.
    function panelFee(Job calldata job, Batch calldata batch) external view returns (uint96 fee);

    /// @notice Ends an audited batch. Court only.
    /// `Paid`: pays the provider, releases the collateral, then `fees` from the model's pool.
    /// `Rejected`: refunds the requester; the court slashes. `Void`: refunds, releases, sets probation.
    function settleAudit(Job calldata job, Batch calldata batch, Outcome outcome, Payment[] calldata fees) external;
}
