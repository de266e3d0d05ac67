/** What a reader can do about an error of a contract. */
export interface ContractHint {
  readonly hint: string;
  /** The same call may succeed later without any change by the caller. */
  readonly retryable?: true;
}

const later = (hint: string): ContractHint => ({ hint, retryable: true });
const fix = (hint: string): ContractHint => ({ hint });

const protocolOnly = fix("Only the protocol's own contracts may make this call.");
const parameterRule = fix(
  "Change the deployment's parameter so that it keeps the limit; such a set cannot be deployed.",
);
const zeroAddress = fix("Give an address that is not zero.");
const zeroAmount = fix("Give an amount above zero.");

const staking: Record<string, ContractHint> = {
  ProviderStaking_AlreadyRegistered: fix(
    "This key is a provider already; use setOperator and setMetadata to change it.",
  ),
  ProviderStaking_NotRegistered: fix("Register the provider first, with its owner key."),
  ProviderStaking_OperatorTaken: fix("Each operator key serves one provider; use a fresh key."),
  ProviderStaking_InvalidOperator: fix("Name an operator key that is neither zero nor another provider's owner key."),
  ProviderStaking_ZeroAmount: zeroAmount,
  ProviderStaking_ZeroAddress: zeroAddress,
  ProviderStaking_InsufficientFreeStake: fix(
    "Deposit more stake, or wait until open batches and seats release theirs.",
  ),
  ProviderStaking_InsufficientLocked: fix("No more can be released or slashed than is locked; check the ids."),
  ProviderStaking_UnauthorizedCaller: protocolOnly,
  ProviderStaking_PaymentsExceedSlash: fix("A slash cannot pay out more than it takes."),
};

const registry: Record<string, ContractHint> = {
  ModelRegistry_UnknownModel: fix("Check the model id; models are listed by getModels."),
  ModelRegistry_UnknownVersion: fix("Use a published version, at most the latest one."),
  ModelRegistry_NotModelOwner: fix("Use the key that holds the model's token."),
  ModelRegistry_RoyaltyBelowFloor: fix(
    "A share of the royalty has been sold, or is on sale: it can rise, but not fall below the floor.",
  ),
  ModelRegistry_PayoutLocked: fix(
    "An offering of the model decides who is paid: wait until it has ended, or cancel it before it opens. After one that succeeded the payout is its token for ever.",
  ),
  ModelRegistry_NotOffering: protocolOnly,
  ModelRegistry_RoyaltyTooHigh: fix("Set a royalty within the limit of the deployment."),
  ModelRegistry_InvalidVersion: fix("Change this field of the version so that it keeps the limit."),
  ModelRegistry_ZeroAddress: zeroAddress,
  ModelRegistry_NotRegisteredProvider: fix("Register as a provider first, and use the owner key for seats."),
  ModelRegistry_TooManySeats: fix("Take fewer seats; ones that are leaving count until they are vacated."),
  ModelRegistry_ZeroSeats: fix("Ask for at least one seat."),
  ModelRegistry_NotSeatHolder: fix("Name seats that this provider holds, with its owner key."),
  ModelRegistry_NotActivatable: later("Wait until the activation delay is over; a seat is activated once."),
  ModelRegistry_AlreadyLeaving: fix("The seat is leaving already; vacate it after its delay."),
  ModelRegistry_NotLeaving: fix("Announce to leave the seat first."),
  ModelRegistry_ExitDelay: later("Wait until the exit delay is over; the bond stays until then for open audits."),
  ModelRegistry_TooFewProviders: later("The model takes batches once enough providers hold active seats."),
  ModelRegistry_UnauthorizedCaller: protocolOnly,
  ModelRegistry_InvalidParameter: parameterRule,
};

const escrow: Record<string, ContractHint> = {
  JobEscrow_ZeroAmount: zeroAmount,
  JobEscrow_ZeroAddress: zeroAddress,
  JobEscrow_InsufficientBalance: fix("Deposit into the escrow account first, or ask for less."),
  JobEscrow_NotRequester: fix("Only the job's requester may do this; use its key."),
  JobEscrow_NotProvider: fix("Only the job's provider or its operator may do this; use one of their keys."),
  JobEscrow_InvalidNonce: fix("Build the job again with the account's present nonce and ask for a new quote."),
  JobEscrow_InvalidTerm: fix("Change this term of the job so that it keeps the limit."),
  JobEscrow_TermMismatch: fix("The model's terms have changed; build the job again and ask for a new quote."),
  JobEscrow_InvalidQuote: fix("Ask for a quote over exactly this job, signed by the provider's operator."),
  JobEscrow_InvalidVoucher: fix(
    "Commit exactly what the requester signed, from the session's receipt counter on; sessionOf says where it stands.",
  ),
  JobEscrow_BudgetExceeded: fix("The session's budget does not cover the batch; the requester can top it up."),
  JobEscrow_NotSeatHolder: fix("Only a provider with an active seat of the model may accept an open job."),
  JobEscrow_WrongStatus: fix("The job has moved on, or was never opened; read its state."),
  JobEscrow_UnknownBatch: fix("Pass the batch exactly as BatchCommitted gave it, with its own job."),
  JobEscrow_DeadlinePassed: fix("It is too late for this step; cancel or expire the job to get the funds back."),
  JobEscrow_DeadlineNotReached: later("Wait until the deadline has passed."),
  JobEscrow_WindowOpen: later("The batch is paid when its dispute window is over."),
  JobEscrow_RoundNotPosted: later("Post the beacon round that the batch waits for, or wait until somebody does."),
  JobEscrow_BeaconDead: fix("No round was posted in time; end the batch with voidBatch."),
  JobEscrow_BeaconAlive: later("A round can still decide this batch; post it and finalize."),
  JobEscrow_CollateralTooLow: fix("Lock at least the required collateral for this batch, or ask a lower price."),
  JobEscrow_CostsExceedTotal: fix("Ask a higher price or lock more collateral, which lowers the audit premium."),
  JobEscrow_ExposureExceeded: later(
    "The model's seats carry no more open value; wait for batches to end or for more seats.",
  ),
  JobEscrow_InsufficientCallbackGas: fix(
    "Send the transaction with a higher gas limit; the callback's stipend must fit.",
  ),
  JobEscrow_LengthMismatch: fix("Pass one item of each kind for each job."),
  JobEscrow_UnauthorizedCaller: protocolOnly,
  JobEscrow_NothingOwed: fix("There is nothing to pay out for this model."),
  JobEscrow_InvalidParameter: parameterRule,
};

const court: Record<string, ContractHint> = {
  AuditCourt_UnknownBatch: fix("Pass job and batch exactly as the events gave them; an ended audit is deleted."),
  AuditCourt_WrongPhase: fix("The audit is in another phase, or over; read it again."),
  AuditCourt_DeadlinePassed: fix("The phase is over; call tally or expire to go on."),
  AuditCourt_DeadlineNotReached: later("Wait for the phase's deadline, or until everyone has acted."),
  AuditCourt_MissingSample: fix("Open every leaf that a sample point hits."),
  AuditCourt_UnsampledLeaf: fix("Open only the leaves that sample points hit."),
  AuditCourt_LeavesNotSorted: fix("Sort the openings by leaf index, each leaf once."),
  AuditCourt_LeafFeeTooHigh: fix("A leaf above the batch's maxLeafFee cannot be opened."),
  AuditCourt_InvalidProof: fix(
    "Open the leaf with a proof of the committed tree, and the request with one of the job's tree.",
  ),
  AuditCourt_InvalidReceipt: fix(
    "The receipt's field differs from what job and batch fix; open the receipt that was committed.",
  ),
  AuditCourt_InvalidAnswer: fix("Open the salt and output hash that the receipt's response root commits to."),
  AuditCourt_AnswerCount: fix("Open one answer for each opened leaf, in their order."),
  AuditCourt_NotMember: fix("Use the panelist's operator or owner key and the member number of its draw."),
  AuditCourt_AlreadyActed: fix("This panelist has acted in this phase already."),
  AuditCourt_ZeroCommitment: fix("Commit to a vote with verdictCommitment."),
  AuditCourt_CommitmentMismatch: fix(
    "Reveal exactly the vote and the salt that were committed, or abstain with vote 0.",
  ),
  AuditCourt_UnauthorizedCaller: protocolOnly,
  AuditCourt_InvalidParameter: parameterRule,
};

const beacon: Record<string, ContractHint> = {
  RandomnessBeacon_RoundAlreadyPosted: fix("Nothing to do: somebody else posted this round."),
  RandomnessBeacon_InvalidSignature: fix(
    "Use the signature of exactly this round from the deployment's drand network.",
  ),
  RandomnessBeacon_InvalidRound: fix("Rounds start at 1."),
  RandomnessBeacon_InvalidSignatureLength: fix("Pass the signature as 64 bytes, x then y of the G1 point."),
  RandomnessBeacon_TargetAlreadyPosted: later("The chain's clock lags behind the beacon; try again in a moment."),
  RandomnessBeacon_InvalidParameter: parameterRule,
};

const offerings: Record<string, ContractHint> = {
  OfferingFactory_InvalidParameter: fix("Change this value so that it keeps the limit."),
  OfferingFactory_ZeroAddress: fix("Name an address for this share, or set the share to 0."),
  OfferingFactory_RecipientIsOffering: fix("Name another recipient than the offering that is being made."),
  OfferingFactory_NotModelOwner: fix("Use the key that holds the model's token."),
  OfferingFactory_UnknownOffering: protocolOnly,
  OfferingFactory_NotContract: fix("Only contracts, such as an exchange's, can be excluded from revenue."),
  ModelOffering_WrongPhase: fix("Look at the offering's phase: it decides what can be done now."),
  ModelOffering_NotIssuer: fix("Use the key of the offering's issuer."),
  ModelOffering_NotFactory: protocolOnly,
  ModelOffering_ModelSold: fix("The issuer does not own the model any more, so it cannot sell its royalties."),
  ModelOffering_TooLate: fix("The opening time has passed; make a new offering with a later one."),
  ModelOffering_ZeroAmount: zeroAmount,
  ModelOffering_ZeroAddress: zeroAddress,
  ModelOffering_NotAllowed: fix("Use the account, the cap and the proof of the offering's allow-list."),
  ModelOffering_CapExceeded: fix("Commit less: the allow-list caps what this account may commit in all."),
  ModelOffering_TotalTooLarge: fix("Commit less; the total must fit 96 bits."),
  ModelOffering_AssetTakesFee: fix("Assets that take a fee on transfer cannot be committed."),
  ModelOffering_CommitmentsFinal: fix("Commitments are final now; settle or take the refund after the end."),
  ModelOffering_CommitmentTooSmall: fix("Withdraw at most what this account has committed."),
  ModelOffering_NothingCommitted: fix("This account has committed nothing, or has taken its tokens or refund already."),
  ModelOffering_AlreadyTaken: fix("This was done already; it happens once."),
  ModelToken_NotOffering: protocolOnly,
  ModelToken_NotLaunched: fix("The token's offering has not succeeded: nothing moves and nothing is paid in before."),
  ModelToken_AlreadyLaunched: protocolOnly,
  ModelToken_InvalidParameter: fix("Change this value so that it keeps the limit."),
  ModelToken_ZeroAddress: zeroAddress,
  ModelToken_ZeroAmount: zeroAmount,
  ModelToken_RevenueTooLarge: fix("Deposit less; the token can account for no more."),
  ModelToken_NothingToClaim: later("Nothing has streamed to this account since its last claim."),
  ModelToken_NothingRedeemed: fix("The redemption pool pays nothing for so few tokens now."),
  ModelToken_RedemptionTooLow: fix("The pool pays less than the minimum now; accept less, or keep the tokens."),
  ModelToken_NoEpochClosed: later("Wait until the present epoch has ended."),
  ModelToken_NotPushable: fix("This contract has to claim itself, or to set a payout address first."),
  ModelToken_Excluded: fix("This address never earns revenue; it was excluded when the token was made, or is a pool."),
  ModelToken_NotPool: fix("The token's verifier does not know this address as one of its pools."),
  ModelToken_TransferRestricted: fix("The issuer's transfer policy refuses this transfer; it says why by its code."),
};

const libraries: Record<string, ContractHint> = {
  BN254_PrecompileFailed: fix(
    "The key or the signature is no point of the curve, or the chain lacks the curve's precompiles.",
  ),
  MerkleSumTree_IndexOutOfRange: fix("Name a leaf below the batch's count."),
  MerkleSumTree_ProofLength: fix("Pass a proof of exactly the tree's depth."),
  MerkleSumTree_SumOverflow: fix("The fees of a tree must fit 96 bits."),
  MerkleSumTree_EmptySiblingWithSum: fix("An empty subtree has sum 0; build the proof from the committed tree."),
};

/** Errors of the token standards and of the libraries that the contracts and the assets are built on. */
const foreign: Record<string, ContractHint> = {
  ERC20InsufficientBalance: fix("The wallet holds less of the asset than this needs; fund it."),
  ERC20InsufficientAllowance: fix("Approve the amount for the contract first, or use a permit."),
  ERC20InvalidSender: zeroAddress,
  ERC20InvalidReceiver: fix("The asset refuses this receiver."),
  ERC20InvalidApprover: zeroAddress,
  ERC20InvalidSpender: zeroAddress,
  ERC2612ExpiredSignature: fix("Sign a new permit with a later deadline."),
  ERC2612InvalidSigner: fix("The permit was signed by another key, or its nonce was used; sign it again."),
  InvalidAccountNonce: fix("The permit's nonce was used; sign it again."),
  ERC721NonexistentToken: fix("Check the model id; models are listed by getModels."),
  ERC721InvalidOwner: zeroAddress,
  ERC721IncorrectOwner: fix("Use the key that holds the model's token."),
  ERC721InvalidSender: zeroAddress,
  ERC721InvalidReceiver: fix("The receiver takes no ERC-721 tokens."),
  ERC721InsufficientApproval: fix("Use the token's owner, or have it approve this key."),
  ERC721InvalidApprover: fix("Use the token's owner, or have it approve this key."),
  ERC721InvalidOperator: zeroAddress,
  SafeERC20FailedOperation: fix("The asset refused the transfer; check balance, allowance and the asset's own rules."),
  SafeCastOverflowedUintDowncast: fix("The amount is too large for this field."),
  SafeCastOverflowedIntDowncast: fix("The amount is too large for this field."),
  SafeCastOverflowedIntToUint: fix("The amount must not be negative."),
  SafeCastOverflowedUintToInt: fix("The amount is too large for this field."),
  ReentrancyGuardReentrantCall: fix("The contract cannot be called again from inside its own call."),
  ECDSAInvalidSignature: fix("Pass a signature as a wallet makes it: r, s, v."),
  ECDSAInvalidSignatureLength: fix("Pass a signature of 65 bytes."),
  ECDSAInvalidSignatureS: fix("Pass a signature with its low s value."),
  InvalidShortString: fix("The name is longer than 31 bytes."),
  StringTooLong: fix("The name is longer than 31 bytes."),
  StringsInsufficientHexLength: fix("The number does not fit the text's length."),
  AddressEmptyCode: fix("There is no contract at this address on this network."),
  AddressInsufficientBalance: fix("Fund the account with the network's coin."),
  FailedInnerCall: fix("A call inside the transaction failed without a reason."),
  FailedCall: fix("A call inside the transaction failed without a reason."),
  InsufficientBalance: fix("Fund the account with the network's coin."),
};

/** Every custom error of the system by its name; a test holds it complete. */
export const CONTRACT_HINTS: Readonly<Record<string, ContractHint>> = {
  ...staking,
  ...registry,
  ...escrow,
  ...court,
  ...beacon,
  ...offerings,
  ...libraries,
  ...foreign,
};
