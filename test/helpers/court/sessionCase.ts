/** A batch of a session in the court's system: what was served, what its requester signed, and what is committed. */
import {
  assayDomain,
  batchId,
  batchSeed,
  type Commitment,
  digest,
  hashReceipt,
  type Job,
  JOB_TYPES,
  jobId,
  JobKind,
  type Receipt,
  receiptSeed,
  responseRoot,
  SumTree,
  type Voucher,
  VOUCHER_TYPES,
} from "@assay/sdk";
import { hexlify, id, keccak256, toUtf8Bytes, ZeroAddress, ZeroHash } from "ethers";

import type { AuditCase, OpenLeaf, Unit } from "./auditCase.js";
import {
  ethers,
  MODEL,
  networkHelpers,
  plain,
  postRound,
  SAMPLE_POINTS,
  type System,
  usd,
  VERIFIER_FEE,
} from "./system.js";

export interface Session {
  readonly system: System;
  readonly job: Job;
  readonly jobId: string;
}

const INPUT_UNITS = 12n;
const OUTPUT_UNITS = 34n;

/** Opens a session of 100 USD with the first provider's quote. */
export async function openSession(system: System): Promise<Session> {
  const { escrow, requester, providers } = system;
  const now = BigInt(await networkHelpers.time.latest());
  const job: Job = {
    requester: requester.address,
    nonce: (await escrow.accountOf(requester.address)).nonce,
    provider: providers[0]!.address,
    kind: JobKind.Session,
    modelId: MODEL,
    version: 1n,
    units: 0n,
    requestHash: ZeroHash,
    budget: usd(100),
    inputPrice: usd(1),
    outputPrice: usd(4),
    creditLine: usd(1),
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
  };
  const domain = await domainOf(system);
  const quote = await providers[0]!.signTypedData(domain, JOB_TYPES, job);
  await escrow.connect(requester).openJob(job, quote);
  return { system, job, jobId: jobId(job, domain) };
}

export async function domainOf({ escrow }: System) {
  const { chainId } = await ethers.provider.getNetwork();
  return assayDomain(chainId, await escrow.getAddress());
}

/** Request, answer and price of the receipt with this nonce. */
export const unitOf = (nonce: number): Unit => ({
  request: hexlify(toUtf8Bytes(`{"prompt":"${String(nonce)}"}`)),
  outputHash: id(`output ${String(nonce)}`),
  salt: id(`salt ${String(nonce)}`),
  fee: usd(1),
});

/** The honest receipt of `nonce`, for the answer of `answered`. */
export function receiptOf({ system, job, jobId: session }: Session, nonce: number, answered = nonce): Receipt {
  const { request, fee } = unitOf(nonce);
  const { outputHash, salt } = unitOf(answered);
  return {
    provider: job.provider,
    jobId: session,
    nonce: BigInt(nonce),
    modelId: job.modelId,
    version: job.version,
    policyId: system.policyId,
    requestHash: keccak256(request),
    responseRoot: responseRoot(salt, digest(outputHash, INPUT_UNITS, OUTPUT_UNITS)),
    seed: receiptSeed(session, BigInt(nonce)),
    inputUnits: INPUT_UNITS,
    outputUnits: OUTPUT_UNITS,
    fee,
    startedAt: 1_000n,
    finishedAt: 1_001n,
  };
}

export const treeOf = (receipts: readonly Receipt[]): SumTree =>
  SumTree.build(receipts.map((receipt) => ({ content: hashReceipt(receipt), sum: receipt.fee })));

/** What a provider commits for a tree. */
export const commitmentOf = ({ root, total, count }: SumTree, changes: Partial<Commitment> = {}): Commitment => ({
  root,
  total,
  collateral: 3n * total,
  count: BigInt(count),
  maxLeafFee: usd(1),
  ...changes,
});

/** The requester's signature over a tree whose first receipt has the nonce `firstNonce`. */
export async function sign(session: Session, { root, total, count }: SumTree, firstNonce = 0n): Promise<string> {
  const voucher: Voucher = { jobId: session.jobId, firstNonce, count: BigInt(count), total, root };
  return session.system.requester.signTypedData(await domainOf(session.system), VOUCHER_TYPES, voucher);
}

/** Commits `receipts`, which the requester has signed in this order, and has the batch drawn: this system draws every one. */
export async function drawnSession(session: Session, receipts: readonly Receipt[]): Promise<AuditCase> {
  const { system, job } = session;
  const { escrow, beacon, providers } = system;
  const tree = treeOf(receipts);
  await escrow.connect(providers[0]).commitBatch(job, commitmentOf(tree), await sign(session, tree));
  const [event] = await escrow.queryFilter(escrow.filters.BatchCommitted(), "latest");
  const batch = plain(event!.args.batch) as unknown as AuditCase["batch"];
  await postRound(system, batch.targetRound);
  await escrow.finalizeBatch(job, batch);
  const [randomness] = await beacon.randomness(batch.targetRound);
  const { chainId } = await ethers.provider.getNetwork();
  const auditId = batchId(batch);
  const seed = batchSeed(randomness, chainId, await escrow.getAddress(), auditId);
  const units = receipts.map(({ nonce }) => unitOf(Number(nonce)));
  // The requests of a session stand in its receipts: a tree of their own has no meaning to the court.
  return { system, job, batch, auditId, units, receipts, tree, requestTree: tree, seed };
}

/** The opening of leaf `index`. */
export function sessionLeaf({ receipts, units, tree }: AuditCase, index: number): OpenLeaf {
  const { siblingHashes, siblingSums } = tree.proof(index);
  return {
    index: BigInt(index),
    receipt: receipts[index]!,
    request: units[index]!.request,
    siblingHashes: [...siblingHashes],
    siblingSums: [...siblingSums],
    requestSiblingHashes: [],
    requestSiblingSums: [],
  };
}
