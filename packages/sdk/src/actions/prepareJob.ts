import { ZeroAddress, ZeroHash } from "ethers";

import { AssayError } from "../errors.js";
import { assayDomain } from "../protocol/eip712.js";
import { jobId } from "../protocol/receipts.js";
import { type CommitPreview, previewCommit } from "../protocol/samplingLaw.js";
import { SumTree } from "../protocol/sumTree.js";
import { type Commitment, type Job, JobKind } from "../protocol/types.js";
import type { ReadContext } from "./context.js";
import { getParameters } from "./getParameters.js";
import { read } from "./read.js";

const BPS = 10_000n;

/** Seconds to use a quote or to accept, and from there to commit, unless the requester says otherwise. */
const ACCEPT_WITHIN = 300n;
const COMMIT_WITHIN = 3_600n;

/** One request of a job and its price. */
export interface PricedRequest {
  /** keccak256 of the request's canonical JSON. */
  readonly hash: string;
  readonly fee: bigint;
}

export interface PrepareJobParameters {
  /** Who pays: the account in the escrow. */
  readonly requester: string;
  /** Owner address of the provider. */
  readonly provider: string;
  readonly modelId: bigint;
  /** The latest unless given. */
  readonly version?: bigint;
  /** At least one; the budget is the sum of their fees. */
  readonly requests: readonly PricedRequest[];
  /** Least collateral, in bps of the budget: 25,000 is 2.5×. More collateral means fewer audits. */
  readonly collateralBps: bigint;
  /** What the provider says it will lock, if more than that: for the preview only. */
  readonly collateral?: bigint;
  /** What a forged answer could be worth to somebody beyond its price. */
  readonly valueAtRisk?: bigint;
  /** Seconds between commit and payment of a batch that is not drawn. */
  readonly disputeWindow?: bigint;
  /** Seconds from now, by the chain's clock, in which the provider can be bound. */
  readonly acceptWithin?: bigint;
  /** Seconds after that in which it can commit. */
  readonly commitWithin?: bigint;
  /** Contract that is told how the job ended. */
  readonly callback?: string;
}

export interface PreparedJob {
  readonly jobId: string;
  readonly job: Job;
  /** What the provider would commit, without the root. */
  readonly commitment: Commitment;
  /** Probability of an audit and who gets what, for the requester and the provider to see before they sign. */
  readonly preview: CommitPreview;
  /** After an undecidable batch everything of this provider on this model is audited for a while. */
  readonly onProbation: boolean;
}

/**
 * Builds a job from the model's present terms, with a preview of how likely an audit is and what each side gets. Nothing is
 * sent; the nonce is the account's next one, so only one prepared job at a time can be opened.
 *
 * @throws AssayError `NO_REQUESTS`, `ModelRegistry_UnknownModel`, `ModelRegistry_UnknownVersion`
 *
 * @example
 * const { job, preview } = await prepareJob({ contracts }, {
 *   requester, provider, modelId: 1n, requests: [{ hash: keccakHex(json), fee: 1_000_000n }], collateralBps: 25_000n,
 * });
 */
export async function prepareJob(context: ReadContext, parameters: PrepareJobParameters): Promise<PreparedJob> {
  const { contracts } = context;
  const { requester, provider, modelId, requests, collateralBps, valueAtRisk = 0n, disputeWindow = 0n } = parameters;
  const { acceptWithin = ACCEPT_WITHIN, commitWithin = COMMIT_WITHIN, callback = ZeroAddress } = parameters;
  const version = parameters.version ?? (await read(contracts.registry.latestVersion(modelId)));
  const [terms, account, block, params, holding] = await Promise.all([
    read(contracts.registry.jobTerms(modelId, version)),
    read(contracts.escrow.accountOf(requester)),
    read(contracts.provider.getBlock("latest")),
    getParameters(context),
    read(contracts.registry.holdingOf(modelId, provider)),
  ]);
  const { requestHash, budget, maxLeafFee } = bundle(requests);
  const acceptBy = BigInt(block?.timestamp ?? 0) + acceptWithin;
  const job: Job = {
    requester,
    nonce: account.nonce,
    provider,
    kind: JobKind.OneShot,
    modelId,
    version,
    units: BigInt(requests.length),
    requestHash,
    budget,
    inputPrice: 0n,
    outputPrice: 0n,
    creditLine: 0n,
    valueAtRisk,
    collateralBps,
    royaltyBps: terms.royaltyBps,
    verifierFee: terms.verifierFee,
    samplePoints: terms.samplePoints,
    detection: terms.detection,
    disputeWindow,
    acceptBy,
    commitBy: acceptBy + commitWithin,
    callback,
  };
  const least = (budget * collateralBps + BPS - 1n) / BPS;
  const offered = parameters.collateral ?? least;
  const draft = { root: ZeroHash, total: budget, count: job.units, maxLeafFee };
  const onProbation = holding.probation > 0n;
  const { requiredCollateral } = previewCommit(job, { ...draft, collateral: 0n }, params.escrow, { onProbation });
  const collateral = offered > requiredCollateral ? offered : requiredCollateral;
  const commitment = { ...draft, collateral };
  return {
    jobId: jobId(job, assayDomain(contracts.chainId, contracts.deployment.contracts.JobEscrow)),
    job,
    commitment,
    preview: previewCommit(job, commitment, params.escrow, { onProbation }),
    onProbation,
  };
}

/** One request stands for itself; of several, the root of their tree does. */
function bundle(requests: readonly PricedRequest[]): { requestHash: string; budget: bigint; maxLeafFee: bigint } {
  const [first, ...others] = requests;
  if (first === undefined) {
    throw new AssayError({ code: "NO_REQUESTS", message: "A job needs at least one request." });
  }
  if (others.length === 0) return { requestHash: first.hash, budget: first.fee, maxLeafFee: first.fee };
  const tree = SumTree.build(requests.map(({ hash, fee }) => ({ content: hash, sum: fee })));
  const maxLeafFee = requests.reduce((most, { fee }) => (fee > most ? fee : most), 0n);
  return { requestHash: tree.root, budget: tree.total, maxLeafFee };
}
