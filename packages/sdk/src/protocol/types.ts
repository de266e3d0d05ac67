/**
 * The structs of `contracts/interfaces/`, as TypeScript reads and writes them. Every integer is a `bigint`, as ethers
 * returns them, so that a struct decoded from an event can be passed back as it is. Addresses and hashes are 0x strings.
 * What each field means is said once, in `contracts/interfaces/Types.sol`.
 */

/** Twin of `JobKind`. */
export const JobKind = { OneShot: 0n, Session: 1n } as const;

/** Twin of `Outcome`. */
export const Outcome = { Paid: 0n, Rejected: 1n, Void: 2n, Undelivered: 3n } as const;

/** Twin of `IJobEscrow.JobStatus`. */
export const JobStatus = { None: 0n, Open: 1n, Active: 2n, Committed: 3n, Audited: 4n, Closing: 5n } as const;

/** Twin of `IJobEscrow.FinalizeStatus`. */
export const FinalizeStatus = { Skipped: 0n, Paid: 1n, Audited: 2n } as const;

/** Twin of `IAuditCourt.Phase`. */
export const AuditPhase = {
  None: 0n,
  Drawing: 1n,
  Opening: 2n,
  Committing: 3n,
  Answering: 4n,
  Revealing: 5n,
} as const;

/** Twin of `IAuditCourt.MemberStatus`. */
export const MemberStatus = { Drawn: 0n, Committed: 1n, Revealed: 2n, Abstained: 3n } as const;

/** Twin of `IRandomnessBeacon.Resolution`. */
export const Resolution = { Pending: 0n, Ready: 1n, Dead: 2n } as const;

/** Terms of a job; its EIP-712 digest is the job's id. */
export interface Job {
  readonly requester: string;
  readonly nonce: bigint;
  readonly provider: string;
  readonly kind: bigint;
  readonly modelId: bigint;
  readonly version: bigint;
  readonly units: bigint;
  readonly requestHash: string;
  readonly budget: bigint;
  readonly inputPrice: bigint;
  readonly outputPrice: bigint;
  readonly creditLine: bigint;
  readonly valueAtRisk: bigint;
  readonly collateralBps: bigint;
  readonly royaltyBps: bigint;
  readonly verifierFee: bigint;
  readonly samplePoints: bigint;
  readonly detection: bigint;
  readonly disputeWindow: bigint;
  readonly acceptBy: bigint;
  readonly commitBy: bigint;
  readonly callback: string;
}

/** What a provider commits for a batch. */
export interface Commitment {
  readonly root: string;
  readonly total: bigint;
  readonly collateral: bigint;
  readonly count: bigint;
  readonly maxLeafFee: bigint;
}

/** A committed batch. */
export interface Batch {
  readonly jobId: string;
  readonly root: string;
  readonly total: bigint;
  readonly collateral: bigint;
  readonly firstNonce: bigint;
  readonly count: bigint;
  readonly maxLeafFee: bigint;
  readonly targetRound: bigint;
  readonly seatsAtCommit: bigint;
  readonly eligibleProviders: bigint;
  readonly p: bigint;
  readonly committedAt: bigint;
}

/** One served inference; its struct hash is the content of a leaf of the batch's tree. */
export interface Receipt {
  readonly provider: string;
  readonly jobId: string;
  readonly nonce: bigint;
  readonly modelId: bigint;
  readonly version: bigint;
  readonly policyId: string;
  readonly requestHash: string;
  readonly responseRoot: string;
  readonly seed: bigint;
  readonly inputUnits: bigint;
  readonly outputUnits: bigint;
  readonly fee: bigint;
  readonly startedAt: bigint;
  readonly finishedAt: bigint;
}

/** A sampled leaf with its request and proofs, as `AuditCourt.openLeaves` takes it. */
export interface LeafOpening {
  readonly index: bigint;
  readonly receipt: Receipt;
  readonly request: string;
  readonly siblingHashes: readonly string[];
  readonly siblingSums: readonly bigint[];
  readonly requestSiblingHashes: readonly string[];
  readonly requestSiblingSums: readonly bigint[];
}

/** The answer behind an opened leaf, as `AuditCourt.openAnswers` takes it. */
export interface AnswerOpening {
  readonly responseRoot: string;
  readonly inputUnits: bigint;
  readonly outputUnits: bigint;
  readonly salt: string;
  readonly outputHash: string;
}

/** What a model version pins on chain. */
export interface ModelVersion {
  readonly policyId: string;
  readonly verifierFee: bigint;
  readonly detection: bigint;
  readonly samplePoints: bigint;
}

/** Parameters of an escrow; the sampling law reads them. */
export interface EscrowParams {
  readonly treasury: string;
  readonly protocolFeeBps: bigint;
  readonly beaconShare: bigint;
  readonly beaconDelay: bigint;
  readonly maxDisputeWindow: bigint;
  readonly callbackGas: bigint;
  readonly verifierValueBps: bigint;
  readonly alwaysAuditAbove: bigint;
  readonly collusion: bigint;
  readonly capture: bigint;
  readonly recovery: bigint;
  readonly safety: bigint;
  readonly floor: bigint;
  readonly closeGrace: bigint;
  readonly testNetwork: boolean;
}
