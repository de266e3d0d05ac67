/** One job that is served, committed and drawn, with everything that its provider and its panel know. */
import {
  assayDomain,
  batchId,
  batchSeed,
  digest,
  hashReceipt,
  jobId,
  JOB_TYPES,
  receiptSeed,
  responseRoot,
  sampledLeaves,
  SumTree,
  vote,
  type AnswerOpening,
  type Batch,
  type Job,
  type LeafOpening,
  type Receipt,
} from "@assay/sdk";
import { hexlify, id, keccak256, toBeHex, toUtf8Bytes, ZeroAddress } from "ethers";

import {
  ethers,
  MODEL,
  networkHelpers,
  plain,
  postRound,
  SAMPLE_POINTS,
  usd,
  VERIFIER_FEE,
  type System,
} from "./system.js";

/** A request, its answer and its price. */
export interface Unit {
  readonly request: string;
  readonly outputHash: string;
  readonly salt: string;
  readonly fee: bigint;
}

export interface CaseOptions {
  /** Fee of each unit; one of 10 unless given. */
  readonly fees?: readonly bigint[];
  readonly collateral?: bigint;
  readonly maxLeafFee?: bigint;
  /** Bytes of each request. */
  readonly requestSize?: number;
  readonly job?: Partial<Job>;
  /** Changes a receipt before it is committed. */
  readonly receipt?: (honest: Receipt, index: number) => Receipt;
  /** Changes the fee in a leaf of the request tree. */
  readonly requestFee?: (fee: bigint, index: number) => bigint;
}

export interface AuditCase {
  readonly system: System;
  readonly job: Job;
  readonly batch: Batch;
  readonly auditId: string;
  readonly units: readonly Unit[];
  readonly receipts: readonly Receipt[];
  readonly tree: SumTree;
  readonly requestTree: SumTree;
  /** Randomness of the batch. */
  readonly seed: string;
}

const INPUT_UNITS = 12n;
const OUTPUT_UNITS = 34n;

function makeUnits(fees: readonly bigint[], size: number): Unit[] {
  return fees.map((fee, index) => {
    const text = `{"prompt":"${String(index)}"}`.padEnd(size, " ");
    return {
      request: hexlify(toUtf8Bytes(text)),
      outputHash: id(`output ${String(index)}`),
      salt: id(`salt ${String(index)}`),
      fee,
    };
  });
}

/** Opens, serves, commits and draws a job of the first provider. */
export async function drawnCase(system: System, options: CaseOptions = {}): Promise<AuditCase> {
  const committed = await committedCase(system, options);
  await system.escrow.finalizeBatch(committed.job, committed.batch);
  return committed;
}

/** `drawnCase` up to the posted round: one call of `finalizeBatch` opens the audit. */
export async function committedCase(system: System, options: CaseOptions = {}): Promise<AuditCase> {
  const units = makeUnits(options.fees ?? [usd(10)], options.requestSize ?? 64);
  const budget = units.reduce((sum, { fee }) => sum + fee, 0n);
  const requestTree = SumTree.build(
    units.map(({ request, fee }, index) => ({
      content: keccak256(request),
      sum: options.requestFee?.(fee, index) ?? fee,
    })),
  );
  const job = await openJob(system, {
    units: BigInt(units.length),
    requestHash: units.length === 1 ? keccak256(units[0]!.request) : requestTree.root,
    budget,
    ...options.job,
  });
  const { chainId } = await ethers.provider.getNetwork();
  const escrowAddress = await system.escrow.getAddress();
  const receipts = makeReceipts(system, job, jobId(job, assayDomain(chainId, escrowAddress)), units, options);
  const tree = SumTree.build(receipts.map((receipt) => ({ content: hashReceipt(receipt), sum: receipt.fee })));
  const batch = await commit(system, job, {
    root: tree.root,
    total: budget,
    collateral: options.collateral ?? 3n * budget,
    count: units.length,
    maxLeafFee: options.maxLeafFee ?? units.reduce((most, { fee }) => (fee > most ? fee : most), 0n),
  });
  await postRound(system, batch.targetRound);
  const [randomness] = await system.beacon.randomness(batch.targetRound);
  const auditId = batchId(batch);
  const seed = batchSeed(randomness, chainId, escrowAddress, auditId);
  return { system, job, batch, auditId, units, receipts, tree, requestTree, seed };
}

async function openJob(system: System, terms: Partial<Job>): Promise<Job> {
  const { escrow, requester, providers } = system;
  const [, nonce] = await escrow.accountOf(requester.address);
  const now = BigInt(await networkHelpers.time.latest());
  const job: Job = {
    requester: requester.address,
    nonce,
    provider: providers[0]!.address,
    kind: 0n,
    modelId: MODEL,
    version: 1n,
    units: 1n,
    requestHash: "",
    budget: 0n,
    inputPrice: 0n,
    outputPrice: 0n,
    creditLine: 0n,
    valueAtRisk: 0n,
    collateralBps: 10_000n,
    royaltyBps: 500n,
    verifierFee: VERIFIER_FEE,
    samplePoints: SAMPLE_POINTS,
    detection: 10n ** 18n,
    disputeWindow: 0n,
    acceptBy: now + 600n,
    commitBy: now + 3_600n,
    callback: ZeroAddress,
    ...terms,
  };
  const { chainId } = await ethers.provider.getNetwork();
  const domain = assayDomain(chainId, await escrow.getAddress());
  const quote = await providers[0]!.signTypedData(domain, JOB_TYPES, job);
  await escrow.connect(requester).openJob(job, quote);
  return job;
}

function makeReceipts(
  { policyId }: System,
  job: Job,
  idOfJob: string,
  units: readonly Unit[],
  { receipt = (honest) => honest }: CaseOptions,
): Receipt[] {
  return units.map(({ request, outputHash, salt, fee }, index) => {
    const honest: Receipt = {
      provider: job.provider,
      jobId: idOfJob,
      nonce: BigInt(index),
      modelId: job.modelId,
      version: job.version,
      policyId,
      requestHash: keccak256(request),
      responseRoot: responseRoot(salt, digest(outputHash, INPUT_UNITS, OUTPUT_UNITS)),
      seed: receiptSeed(idOfJob, BigInt(index)),
      inputUnits: INPUT_UNITS,
      outputUnits: OUTPUT_UNITS,
      fee,
      startedAt: 1_000n,
      finishedAt: 1_001n,
    };
    return receipt(honest, index);
  });
}

async function commit(
  { escrow, providers }: System,
  job: Job,
  commitment: { root: string; total: bigint; collateral: bigint; count: number; maxLeafFee: bigint },
): Promise<Batch> {
  const sent = await escrow.connect(providers[0]).commitBatch(job, commitment, "0x");
  const mined = await sent.getBlock();
  const [event] = await escrow.queryFilter(escrow.filters.BatchCommitted(), mined!.number);
  return plain(event!.args.batch) as unknown as Batch;
}

/** Indices of the leaves that the sample points hit. */
export const sampled = ({ tree, seed, job }: AuditCase): number[] => sampledLeaves(tree, seed, job.samplePoints);

/** A `LeafOpening` that typechain takes: its arrays are not read-only. */
export type OpenLeaf = {
  -readonly [K in keyof LeafOpening]: LeafOpening[K] extends readonly (infer T)[] ? T[] : LeafOpening[K];
};

/** The opening of leaf `index`. */
export function leafOpening({ units, receipts, tree, requestTree }: AuditCase, index: number): OpenLeaf {
  const { siblingHashes, siblingSums } = tree.proof(index);
  const requestProof = units.length === 1 ? { siblingHashes: [], siblingSums: [] } : requestTree.proof(index);
  return {
    index: BigInt(index),
    receipt: receipts[index]!,
    request: units[index]!.request,
    siblingHashes: [...siblingHashes],
    siblingSums: [...siblingSums],
    requestSiblingHashes: [...requestProof.siblingHashes],
    requestSiblingSums: [...requestProof.siblingSums],
  };
}

/** The openings of all sampled leaves. */
export const leafOpenings = (audit: AuditCase): OpenLeaf[] => sampled(audit).map((index) => leafOpening(audit, index));

/** The openings of their answers. */
export const answerOpenings = (audit: AuditCase): AnswerOpening[] =>
  sampled(audit).map((index) => {
    const { responseRoot: root, inputUnits, outputUnits } = audit.receipts[index]!;
    const { salt, outputHash } = audit.units[index]!;
    return { responseRoot: root, inputUnits, outputUnits, salt, outputHash };
  });

/** What the provider answered, as digests. */
export const answerDigests = (audit: AuditCase): string[] =>
  answerOpenings(audit).map(({ outputHash, inputUnits, outputUnits }) => digest(outputHash, inputUnits, outputUnits));

/** The vote of a member that agrees with the provider. */
export const matchingVote = (audit: AuditCase): string => vote(answerDigests(audit));

/** A vote against the provider; members with the same number agree with each other. */
export const otherVote = (audit: AuditCase, number = 0): string =>
  vote(answerDigests(audit).map((value, index) => (index === 0 ? id(`${value}${String(number)}`) : value)));

export const randomSalt = (): string => toBeHex(BigInt(hexlify(ethers.randomBytes(32))), 32);
