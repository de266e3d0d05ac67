import { type CheckedReceipt, JobKind, type ReceiptAudit, type VerifiedReceipt } from "@assay/sdk";

import { amountText, type Fact, factLines } from "./format.js";
import { durationText, momentText } from "./time.js";

/** What was found out about a receipt: with the chain, or from its file alone. */
type Found = CheckedReceipt | VerifiedReceipt;

/** `unconfirmed`: the file names a batch or holds a signature, and the chain was not asked. */
type Evidence = VerifiedReceipt["evidence"] | "unconfirmed";

const isVerified = (found: Found): found is VerifiedReceipt => "evidence" in found;

function evidenceOf(found: Found): Evidence {
  if (isVerified(found)) return found.evidence;
  return found.batchId === undefined && found.signer === undefined ? "none" : "unconfirmed";
}

/** The result for programs. */
export function receiptValue(found: Found) {
  const { document, receiptHash, signer, outputChecked } = found;
  const { chainId, escrow, job, receipt, outputHash } = document;
  const verified = isVerified(found) ? found : undefined;
  const batch = verified?.batch;
  return {
    chainId,
    escrow,
    requester: job.requester,
    ...receipt,
    outputHash,
    receiptHash,
    outputChecked,
    evidence: evidenceOf(found),
    signer,
    batchId: batch?.batchId ?? found.batchId,
    committedAtBlock: batch?.committedAtBlock,
    settlement: batch?.settlement,
    paid: verified?.paid,
    audited: batch === undefined ? undefined : batch.audit !== undefined,
    audit: batch?.audit,
    supersededBy: verified?.supersededBy,
  };
}

const HEADLINES: Readonly<Record<Evidence, string>> = {
  committed: "The receipt holds: its provider committed to it on the chain.",
  signed: "The receipt holds: its provider signed for it. It is not on the chain yet.",
  unconfirmed: "The receipt holds together. What it says of the chain was not looked up.",
  none: "The receipt holds together, but nothing binds the provider to it.",
};

/** The result for people. */
export function receiptReport(found: Found, money: (amount: bigint) => string): string {
  const { document, outputChecked } = found;
  const { job, receipt, outputHash } = document;
  const kind = job.kind === JobKind.Session ? "session" : "job";
  const facts: Fact[] = [
    ["provider", receipt.provider],
    ["model", `${receipt.modelId}, version ${receipt.version}`],
    ["policy", receipt.policyId],
    ["requester", job.requester],
    [kind, `${receipt.jobId}, answer ${amountText(receipt.nonce + 1n, 0)}`],
    ["request", receipt.requestHash],
    ["output", outputHash],
    ["", outputChecked ? "that of the file" : "not compared: pass the output with --output"],
    ["units", `${amountText(receipt.inputUnits, 0)} in, ${amountText(receipt.outputUnits, 0)} out`],
    ["answered", `${momentText(receipt.finishedAt)}, in ${durationText(receipt.finishedAt - receipt.startedAt)}`],
    ["price", money(receipt.fee)],
    ...(isVerified(found) ? chainFacts(found, money) : fileFacts(found)),
  ];
  return `${HEADLINES[evidenceOf(found)]}\n\n${factLines(facts)}`;
}

function fileFacts({ batchId, signer }: CheckedReceipt): Fact[] {
  return [
    ...(batchId === undefined ? [] : [["batch", `${batchId}, if it was committed`] as const]),
    ...(signer === undefined ? [] : [["signed by", `${signer}, if that is the provider's key`] as const]),
  ];
}

function chainFacts(
  { batch, paid, signer, evidence, supersededBy }: VerifiedReceipt,
  money: (amount: bigint) => string,
) {
  const facts: Fact[] = [];
  if (evidence === "signed") facts.push(["signed by", signer ?? "the provider's contract"]);
  if (supersededBy !== undefined) {
    facts.push(["committed", `in batch ${supersededBy}, says the session;`]);
    facts.push(["", "this file has no proof of that: ask for the receipt again"]);
  }
  if (batch === undefined) return facts;
  const leaf = `leaf ${amountText(batch.index + 1n, 0)} of ${amountText(batch.batch.count, 0)}`;
  facts.push(["batch", batch.batchId], ["", `${leaf}, committed in block ${batch.committedAtBlock}`]);
  facts.push(["collateral", money(batch.batch.collateral)]);
  const settlements = {
    open: "not yet: the batch is not decided",
    paid: money(paid),
    refunded: "nothing: the requester got its money back",
  };
  facts.push(["paid", settlements[batch.settlement]]);
  facts.push(["audit", auditText(batch.audit, batch.settlement === "open", money)]);
  return facts;
}

function auditText(audit: ReceiptAudit | undefined, isOpen: boolean, money: (amount: bigint) => string): string {
  if (audit === undefined) return isOpen ? "not drawn so far" : "not drawn";
  const drawn = audit.sampled ? "drawn, with this answer among the samples" : "drawn";
  if (audit.outcome === undefined) return `${drawn}; it goes on`;
  const ends = {
    Paid: "the panel agreed with the provider",
    Rejected: `rejected, and the provider lost ${money(audit.slashed)}`,
    Void: "undecided",
  };
  return `${drawn}; ${ends[audit.outcome]}`;
}
