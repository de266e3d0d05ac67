/** Jobs and batches of the usual system, in any state. */
import {
  assayDomain,
  type Batch,
  batchId,
  batchSeed,
  type Commitment,
  isAudited,
  type Job,
  JOB_TYPES,
  jobId,
  JobKind,
  Outcome,
  storedRandomness,
  type Voucher,
  VOUCHER_TYPES,
} from "@assay/sdk";
import { id, type Result, ZeroAddress, ZeroHash } from "ethers";

import {
  courtSigner,
  ethers,
  MODEL,
  networkHelpers,
  post,
  SAMPLE_POINTS,
  signatureOf,
  type Signer,
  type System,
  usd,
  VERIFIER_FEE,
  WAD,
} from "./system.js";

export interface OpenedJob {
  readonly job: Job;
  readonly jobId: string;
}

export interface CommittedJob extends OpenedJob {
  readonly batch: Batch;
  readonly batchId: string;
  readonly seed: string;
}

/** A provider's signature over a job: its quote. */
export interface TypedDataSigner {
  signTypedData: Signer["signTypedData"];
}

let counter = 0;

/** A hash that was not there before. */
export const freshHash = (): string => id(`fresh ${String((counter += 1))}`);

export async function domainOf({ escrow }: System) {
  const { chainId } = await ethers.provider.getNetwork();
  return assayDomain(chainId, await escrow.getAddress());
}

/** Terms that the usual system accepts now: 2 USD, at least 2.5 times that as collateral. */
export async function jobOf({ escrow, requester, provider }: System, terms: Partial<Job> = {}): Promise<Job> {
  const { nonce } = await escrow.accountOf(terms.requester ?? requester.address);
  const now = BigInt(await networkHelpers.time.latest());
  return {
    requester: requester.address,
    nonce,
    provider: provider.address,
    kind: 0n,
    modelId: MODEL,
    version: 1n,
    units: 1n,
    requestHash: freshHash(),
    budget: usd(2),
    inputPrice: 0n,
    outputPrice: 0n,
    creditLine: 0n,
    valueAtRisk: 0n,
    collateralBps: 25_000n,
    royaltyBps: 500n,
    verifierFee: VERIFIER_FEE,
    samplePoints: SAMPLE_POINTS,
    detection: WAD,
    disputeWindow: 0n,
    acceptBy: now + 600n,
    commitBy: now + 3_600n,
    callback: ZeroAddress,
    ...terms,
  };
}

export async function quoteOf(system: System, job: Job, signer: TypedDataSigner = system.operator): Promise<string> {
  return signer.signTypedData(await domainOf(system), JOB_TYPES, job);
}

/** An Active job: opened with the operator's quote. */
export async function activeJob(system: System, terms: Partial<Job> = {}): Promise<OpenedJob> {
  const job = await jobOf(system, terms);
  const requester = await ethers.getSigner(job.requester);
  await system.escrow.connect(requester).openJob(job, await quoteOf(system, job));
  return { job, jobId: jobId(job, await domainOf(system)) };
}

/** An Open job: nobody has quoted it. */
export async function openJob(system: System, terms: Partial<Job> = {}): Promise<OpenedJob> {
  const job = await jobOf(system, terms);
  await system.escrow.connect(await ethers.getSigner(job.requester)).openJob(job, "0x");
  return { job, jobId: jobId(job, await domainOf(system)) };
}

/** Terms of a session of 100 USD at 1 and 4 USD a million units. */
export const SESSION: Partial<Job> = {
  kind: JobKind.Session,
  units: 0n,
  requestHash: ZeroHash,
  budget: usd(100),
  inputPrice: usd(1),
  outputPrice: usd(4),
  creditLine: usd(1),
};

/** An Active session. */
export const activeSession = async (system: System, terms: Partial<Job> = {}): Promise<OpenedJob> =>
  activeJob(system, { ...SESSION, ...terms });

/** What a session's provider commits: three answers for two USD, fifty times that as collateral. */
export const sessionCommitment = (changes: Partial<Commitment> = {}): Commitment => ({
  root: freshHash(),
  total: usd(2),
  collateral: usd(100),
  count: 3n,
  maxLeafFee: usd(1),
  ...changes,
});

/** The requester's signature over exactly what is committed. */
export async function voucherOf(
  system: System,
  { jobId: idOfJob }: OpenedJob,
  { root, total, count }: Commitment,
  { signer = system.requester, ...changes }: Partial<Voucher> & { signer?: TypedDataSigner } = {},
): Promise<string> {
  const [, , firstNonce] = await system.escrow.sessionOf(idOfJob);
  const voucher: Voucher = { jobId: idOfJob, firstNonce, count, total, root, ...changes };
  return signer.signTypedData(await domainOf(system), VOUCHER_TYPES, voucher);
}

/** What its provider commits: one answer, fifty times its price as collateral, p = 8.36 %. */
export const commitmentOf = ({ budget, units }: Job, changes: Partial<Commitment> = {}): Commitment => ({
  root: freshHash(),
  total: budget,
  collateral: 50n * budget,
  count: units,
  maxLeafFee: budget,
  ...changes,
});

export interface CommitOptions {
  readonly terms?: Partial<Job>;
  readonly commitment?: Partial<Commitment>;
  /** Whether the target round draws the batch; not drawn unless given, except where p leaves no chance. */
  readonly drawn?: boolean;
}

/** Batch of a decoded event or result. */
export const plainBatch = (decoded: object): Batch => (decoded as Result).toObject() as unknown as Batch;

/** Opens a job and commits its batch with a root for which the first candidate decides as wanted. */
export async function committedJob(system: System, options: CommitOptions = {}): Promise<CommittedJob> {
  const opened = await activeJob(system, options.terms);
  return commitOpened(system, opened, options);
}

/** Tests hold the beacon's key: they know the randomness before it is public, which nobody else does. */
export async function commitOpened(
  system: System,
  opened: OpenedJob,
  { commitment: changes = {}, drawn = false }: CommitOptions = {},
): Promise<CommittedJob> {
  const { escrow, beacon } = system;
  const { job, jobId: idOfJob } = opened;
  const { chainId } = await ethers.provider.getNetwork();
  const operator = job.provider === system.provider.address ? system.operator : await ethers.getSigner(job.provider);
  const signer = await ethers.getSigner(job.requester);
  const isSession = job.kind === JobKind.Session;
  const vouched = (value: Commitment) => (isSession ? voucherOf(system, opened, value, { signer }) : "0x");
  const timestamp = BigInt(await networkHelpers.time.latest()) + 1n;
  const commitment = isSession ? sessionCommitment(changes) : commitmentOf(job, changes);
  await networkHelpers.time.setNextBlockTimestamp(timestamp);
  const [, preview] = await escrow
    .connect(operator)
    .commitBatch.staticCall(job, commitment, await vouched(commitment), { blockTag: "pending" });
  const delay = BigInt(system.parameters.escrow.beaconDelay);
  const targetRound = await beacon.nextTarget(timestamp + delay);
  const randomness = storedRandomness(signatureOf(targetRound));
  const expected = { ...plainBatch(preview), committedAt: timestamp, targetRound };
  const seedWith = (root: string): [string, string] => {
    const idOfBatch = batchId({ ...expected, root });
    return [idOfBatch, batchSeed(randomness, chainId, escrow.target as string, idOfBatch)];
  };
  let root = commitment.root;
  const possible = drawn || expected.p < (WAD * 99n) / 100n;
  while (possible && isAudited(seedWith(root)[1], expected.p) !== drawn) root = freshHash();
  const voucher = await vouched({ ...commitment, root });
  await networkHelpers.time.setNextBlockTimestamp(timestamp);
  await escrow.connect(operator).commitBatch(job, { ...commitment, root }, voucher);
  const [idOfBatch, seed] = seedWith(root);
  return { job, jobId: idOfJob, batch: { ...expected, root }, batchId: idOfBatch, seed };
}

/** A committed batch whose round is posted: `finalizeBatch` decides it. */
export async function decidableJob(system: System, options: CommitOptions = {}): Promise<CommittedJob> {
  const committed = await committedJob(system, options);
  await post(system, committed.batch.targetRound);
  return committed;
}

/** An Audited batch. */
export async function auditedJob(system: System, options: CommitOptions = {}): Promise<CommittedJob> {
  const committed = await decidableJob(system, { ...options, drawn: true });
  await system.escrow.finalizeBatch(committed.job, committed.batch);
  return committed;
}

/** A batch that was paid without an audit. */
export async function paidJob(system: System, options: CommitOptions = {}): Promise<CommittedJob> {
  const committed = await decidableJob(system, options);
  await system.escrow.finalizeBatch(committed.job, committed.batch);
  return committed;
}

/** Ends an audited batch as the court would, without its audit. */
export async function settle(
  system: System,
  { job, batch }: CommittedJob,
  outcome: bigint,
  fees: { to: string; amount: bigint }[] = [],
) {
  const court = await courtSigner(system);
  if (outcome === Outcome.Rejected) await system.staking.connect(court).slash(job.provider, batch.collateral, []);
  return system.escrow.connect(court).settleAudit(job, batch, outcome, fees);
}
