import type { Log } from "ethers";

import { AssayError } from "../errors.js";
import { type CheckedReceipt, checkPortableReceipt, type CheckReceiptOptions } from "../protocol/portableReceipt.js";
import { type Batch, Outcome } from "../protocol/types.js";
import type { ReadContext } from "./context.js";
import { eventsOf } from "./decode.js";
import { queryEvents } from "./queryEvents.js";
import { queryLogs } from "./queryLogs.js";
import { read, readPlain } from "./read.js";
import { isSignedByProvider } from "./signatures.js";

/**
 * How well a receipt is bound. `committed`: it is in a batch that the provider committed with its collateral. `signed`: the
 * provider signed a tree that holds it, and no such batch is known. `none`: it is somebody's word.
 */
export type ReceiptEvidence = "committed" | "signed" | "none";

/** How an audit ended, as `Outcome` names it. */
export type AuditOutcome = "Paid" | "Rejected" | "Void";

/** The batch that a receipt is in. */
export interface ReceiptBatch {
  readonly batchId: string;
  readonly batch: Batch;
  /** The receipt's leaf. */
  readonly index: bigint;
  readonly committedAtBlock: number;
  /** `open`: the batch is not decided yet. `refunded`: the requester got everything back. */
  readonly settlement: "open" | "paid" | "refunded";
  readonly audit: ReceiptAudit | undefined;
}

/** The audit of a batch that was drawn. */
export interface ReceiptAudit {
  /** Undefined while it goes on. `Paid`: the panel agreed with the provider. */
  readonly outcome: AuditOutcome | undefined;
  /** Collateral that was taken from the provider. */
  readonly slashed: bigint;
  /** This very receipt was one of those that the provider had to open. */
  readonly sampled: boolean;
}

/** What a receipt and the chain say together. */
export interface VerifiedReceipt extends CheckedReceipt {
  readonly evidence: ReceiptEvidence;
  /** With evidence `committed`. */
  readonly batch: ReceiptBatch | undefined;
  /** What the provider was credited for this receipt, before royalty and fees: its price if the batch is paid, else 0. */
  readonly paid: bigint;
  /**
   * A batch has been committed that holds a receipt with this nonce, and the document has no proof to it: ask for the receipt
   * again. Undefined unless the evidence is less than `committed`.
   */
  readonly supersededBy: string | undefined;
}

export interface VerifyReceiptParameters extends CheckReceiptOptions {
  /** Parsed JSON. */
  readonly document: unknown;
}

/** Outcome that `AuditEnded` and `BatchRefunded` tell. */
const OUTCOMES: Readonly<Record<string, AuditOutcome>> = {
  [Outcome.Paid.toString()]: "Paid",
  [Outcome.Rejected.toString()]: "Rejected",
  [Outcome.Void.toString()]: "Void",
};

/**
 * Checks a portable receipt by itself and against the chain: whether its batch was committed in this deployment's escrow, whether
 * it was paid, whether it was audited and how that ended, and that the model version is the registered one.
 *
 * @throws AssayError `RECEIPT_MALFORMED`; `RECEIPT_INVALID`, also if it names a batch that was never committed or a policy that is not
 *   its version's; `WRONG_NETWORK` if it is of another deployment; or what the RPC failed with
 *
 * @example
 * const { evidence, batch } = await verifyReceipt({ contracts }, { document: JSON.parse(text), output });
 * if (evidence === "committed") console.log(batch?.settlement, batch?.audit?.outcome);
 */
export async function verifyReceipt(
  context: ReadContext,
  { document, output }: VerifyReceiptParameters,
): Promise<VerifiedReceipt> {
  const checked = checkPortableReceipt(document, { output });
  requireDeployment(context, checked);
  const [, found] = await Promise.all([requireVersion(context, checked), findBatch(context, checked)]);
  if (found?.index === undefined) {
    const evidence = (await isSigned(context, checked)) ? "signed" : "none";
    return { ...checked, evidence, batch: undefined, paid: 0n, supersededBy: found?.batchId };
  }
  const batch = await followBatch(context, found.batchId, found.index);
  const paid = batch.settlement === "paid" ? checked.document.receipt.fee : 0n;
  return { ...checked, evidence: "committed", batch, paid, supersededBy: undefined };
}

function requireDeployment({ contracts }: ReadContext, { document: { chainId, escrow } }: CheckedReceipt): void {
  const expected = contracts.deployment.contracts.JobEscrow;
  if (chainId === contracts.chainId && escrow.toLowerCase() === expected.toLowerCase()) return;
  throw new AssayError({
    code: "WRONG_NETWORK",
    message: `The receipt is of the escrow ${escrow} on chain ${chainId}, not of ${expected} on chain ${contracts.chainId}.`,
    hint: "Verify it against the deployment that it is of.",
    details: { chainId, escrow },
  });
}

async function requireVersion({ contracts }: ReadContext, { document: { receipt } }: CheckedReceipt): Promise<void> {
  const { registry } = contracts;
  const call = registry.versionOf(receipt.modelId, receipt.version);
  const { policyId } = await readPlain<{ readonly policyId: string }>(registry, "versionOf", call);
  if (policyId.toLowerCase() === receipt.policyId.toLowerCase()) return;
  throw invalid("receipt.policyId", receipt.policyId, `${policyId}, the policy of that model version`);
}

async function isSigned(
  { contracts }: ReadContext,
  { document: { receipt, signed }, signedDigest }: CheckedReceipt,
): Promise<boolean> {
  if (signed === undefined || signedDigest === undefined) return false;
  return await isSignedByProvider(contracts, receipt.provider, signedDigest, signed.signature);
}

/** A batch that holds a receipt with the nonce. */
interface FoundBatch {
  readonly batchId: string;
  /** Leaf of the receipt; undefined if nothing proves that it is this one. */
  readonly index: bigint | undefined;
}

/** The batch that the document names, or one that was committed since. */
async function findBatch(context: ReadContext, { document, batchId }: CheckedReceipt): Promise<FoundBatch | undefined> {
  const { receipt, signed, committed } = document;
  if (batchId !== undefined) return { batchId, index: committed?.proof.index };
  const { escrow } = context.contracts;
  const { BatchCommitted } = escrow.filters;
  const events = await queryEvents(context, escrow, BatchCommitted, BatchCommitted(undefined, receipt.jobId));
  const found = events.find(
    ({ batch: { firstNonce, count } }) => receipt.nonce >= firstNonce && receipt.nonce < firstNonce + count,
  );
  if (found === undefined) return undefined;
  const isSignedState = signed !== undefined && sameTree(signed, found.batch);
  return { batchId: found.batchId, index: isSignedState ? signed.proof.index : undefined };
}

type Tree = Pick<Batch, "firstNonce" | "count" | "total" | "root">;

function sameTree(a: Tree, b: Tree): boolean {
  const same = a.firstNonce === b.firstNonce && a.count === b.count && a.total === b.total;
  return same && a.root.toLowerCase() === b.root.toLowerCase();
}

/** Everything that the chain says of a batch, in one query: the court's audits have the ids of their batches. */
async function followBatch({ contracts }: ReadContext, batchId: string, index: bigint): Promise<ReceiptBatch> {
  const { escrow, court, provider, deployment } = contracts;
  const { BatchCommitted, BatchAudited, BatchPaid, BatchRefunded } = escrow.filters;
  const { LeafOpened, AuditEnded } = court.filters;
  const events = [BatchCommitted, BatchAudited, BatchPaid, BatchRefunded, LeafOpened, AuditEnded];
  const filter = {
    address: [deployment.contracts.JobEscrow, deployment.contracts.AuditCourt],
    topics: [events.map(({ fragment }) => fragment.topicHash), batchId],
  };
  const latest = await read(provider.getBlockNumber());
  const logs: Log[] = await queryLogs(provider, filter, deployment.deployedAtBlock, latest);
  const [committed] = eventsOf(logs, escrow, BatchCommitted);
  if (committed === undefined) throw invalid("committed.batch", batchId, "a batch that was committed in this escrow");
  const topic = BatchCommitted.fragment.topicHash;
  const [ended] = eventsOf(logs, court, AuditEnded);
  const audited = eventsOf(logs, escrow, BatchAudited).length > 0;
  const [refunded] = eventsOf(logs, escrow, BatchRefunded);
  const isPaid = eventsOf(logs, escrow, BatchPaid).length > 0;
  return {
    batchId,
    batch: committed.batch,
    index,
    committedAtBlock: logs.find(({ topics }) => topics[0] === topic)?.blockNumber ?? latest,
    settlement: isPaid ? "paid" : refunded === undefined ? "open" : "refunded",
    audit: audited
      ? {
          outcome: outcomeOf(ended?.outcome ?? refunded?.outcome),
          slashed: ended?.slashed ?? 0n,
          sampled: eventsOf(logs, court, LeafOpened).some((opened) => opened.index === index),
        }
      : undefined,
  };
}

function outcomeOf(outcome: bigint | undefined): AuditOutcome | undefined {
  return outcome === undefined ? undefined : OUTCOMES[outcome.toString()];
}

function invalid(field: string, actual: string, expected: string): AssayError {
  return new AssayError({
    code: "RECEIPT_INVALID",
    message: `The receipt does not hold: ${field} is ${actual}, not ${expected}.`,
    hint: "Do not rely on it; something in it was changed, or it was never what it says.",
    details: { field, actual, expected },
  });
}
