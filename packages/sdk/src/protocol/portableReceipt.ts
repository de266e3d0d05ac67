/**
 * A receipt as a file that its holder can show to anybody: with it, the output and one look at the chain it can be told which
 * provider and model version answered, what was paid, and how an audit ended. It holds neither the request nor the output.
 */
import { recoverAddress, ZeroAddress } from "ethers";
import { z } from "zod";

import { AssayError } from "../errors.js";
import { assayDomain } from "./eip712.js";
import { keccakHex } from "./keccak.js";
import { batchId, digest, hashReceipt, jobId, receiptSeed, responseRoot } from "./receipts.js";
import { sessionFeeUp } from "./sessionApi.js";
import { type SumProof, verifySumProof } from "./sumTree.js";
import { type Batch, type Job, JobKind, type Receipt } from "./types.js";
import { type Voucher, voucherDigest } from "./voucher.js";
import { wireAddress, wireBytes, wireBytes32, wireUint } from "./wire.js";
import { jobSchema, receiptSchema, toWireJson } from "./workerApi.js";

/** Name and version of the format. */
export const RECEIPT_FORMAT = "assay-receipt/1";

const MAX_DEPTH = 32;

/** The way from a receipt to a root. */
export interface ReceiptProof extends SumProof {
  /** Of the receipt's leaf. */
  readonly index: bigint;
}

/** A state of a session's tree that its provider signed, and the way from the receipt to it. */
export interface SignedTree extends Omit<Voucher, "jobId"> {
  /** Of the provider's operator or owner, over the voucher. */
  readonly signature: string;
  readonly proof: ReceiptProof;
}

/** The document. In JSON every integer is a decimal string. */
export interface PortableReceipt {
  readonly format: typeof RECEIPT_FORMAT;
  readonly chainId: bigint;
  readonly escrow: string;
  /** Terms; their digest in the escrow's domain is the receipt's `jobId`. */
  readonly job: Job;
  readonly receipt: Receipt;
  /** Unblinds the receipt's `responseRoot`. */
  readonly salt: string;
  /** keccak256 of the output's bytes: binds the output to the receipt. */
  readonly outputHash: string;
  readonly signed?: SignedTree | undefined;
  /** The batch that was committed, and the way from the receipt to it. */
  readonly committed?: { readonly batch: Batch; readonly proof: ReceiptProof } | undefined;
}

const proofSchema = z.strictObject({
  index: wireUint(32),
  siblingHashes: z.array(wireBytes32).max(MAX_DEPTH),
  siblingSums: z.array(wireUint(96)).max(MAX_DEPTH),
});

const batchSchema = z.strictObject({
  jobId: wireBytes32,
  root: wireBytes32,
  total: wireUint(96),
  collateral: wireUint(96),
  firstNonce: wireUint(64),
  count: wireUint(32),
  maxLeafFee: wireUint(96),
  targetRound: wireUint(64),
  seatsAtCommit: wireUint(32),
  eligibleProviders: wireUint(16),
  p: wireUint(64),
  committedAt: wireUint(64),
});

/** The document as JSON. */
export const portableReceiptSchema = z.strictObject({
  format: z.literal(RECEIPT_FORMAT),
  chainId: wireUint(256),
  escrow: wireAddress,
  job: jobSchema,
  receipt: receiptSchema,
  salt: wireBytes32,
  outputHash: wireBytes32,
  signed: z
    .strictObject({
      firstNonce: wireUint(64),
      count: wireUint(32),
      total: wireUint(96),
      root: wireBytes32,
      signature: wireBytes.max(4096),
      proof: proofSchema,
    })
    .optional(),
  committed: z.strictObject({ batch: batchSchema, proof: proofSchema }).optional(),
}) satisfies z.ZodType<PortableReceipt>;

/** What a document proves by itself. */
export interface CheckedReceipt {
  readonly document: PortableReceipt;
  readonly receiptHash: string;
  /** Who signed the tree; undefined without `signed`, or if a contract signed it, which only the chain can tell. */
  readonly signer: string | undefined;
  /** Digest of the voucher in `signed`. */
  readonly signedDigest: string | undefined;
  /** Id of the batch in `committed`. */
  readonly batchId: string | undefined;
  /** The output was there, and is the one that the receipt binds. */
  readonly outputChecked: boolean;
}

/** What else the holder has. */
export interface CheckReceiptOptions {
  /** The bytes of the output, as `outputBytes` makes them. */
  readonly output?: Uint8Array | undefined;
}

/**
 * A receipt as the JSON text of its document.
 *
 * @example
 * await writeFile("receipt.json", portableReceiptJson({ chainId, escrow, job, receipt, salt, outputHash, committed: { batch, proof } }));
 */
export function portableReceiptJson(receipt: Omit<PortableReceipt, "format">): string {
  return toWireJson({ format: RECEIPT_FORMAT, ...receipt });
}

/**
 * Reads a document, without checking what it says.
 *
 * @param document parsed JSON
 * @throws AssayError `RECEIPT_MALFORMED` that names the first field that is wrong
 */
export function parsePortableReceipt(document: unknown): PortableReceipt {
  const { success, data, error } = portableReceiptSchema.safeParse(document);
  if (success) return data;
  const [issue] = error.issues;
  const field = issue?.path.map(String).join(".") ?? "";
  throw new AssayError({
    code: "RECEIPT_MALFORMED",
    message: `This is no receipt of the format ${RECEIPT_FORMAT}: ${field === "" ? "the document" : field}: ${issue?.message ?? "invalid"}.`,
    hint: "Ask whoever served the answer for the receipt again; newer formats need a newer program.",
    details: { field },
  });
}

/**
 * Checks everything that a document proves without the chain: the terms are those that the job's id was made of, the receipt is
 * one of that job with the right price, it binds the output's hash and units, and its proofs lead to the roots they name.
 *
 * Warning: whether a batch was committed, and whether a signer is the provider's, only the chain can tell: see `verifyReceipt`.
 *
 * @param document parsed JSON
 * @throws AssayError `RECEIPT_MALFORMED`; `RECEIPT_INVALID` that names what differs
 *
 * @example
 * const { receiptHash } = checkPortableReceipt(JSON.parse(await readFile("receipt.json", "utf8")), { output });
 */
export function checkPortableReceipt(document: unknown, { output }: CheckReceiptOptions = {}): CheckedReceipt {
  const parsed = parsePortableReceipt(document);
  checkTerms(parsed);
  const { receipt, salt, outputHash, signed, committed } = parsed;
  const answerDigest = digest(outputHash, receipt.inputUnits, receipt.outputUnits);
  requireEqual("receipt.responseRoot", receipt.responseRoot, responseRoot(salt, answerDigest));
  if (output !== undefined) requireEqual("outputHash", outputHash, keccakHex(output));

  const receiptHash = hashReceipt(receipt);
  if (signed !== undefined) {
    requireEqual("job.kind", parsed.job.kind, JobKind.Session);
    checkProof("signed", parsed, receiptHash, signed, signed.proof);
  }
  if (committed !== undefined) {
    const { batch, proof } = committed;
    requireEqual("committed.batch.jobId", batch.jobId, receipt.jobId);
    checkProof("committed", parsed, receiptHash, batch, proof);
    if (receipt.fee > batch.maxLeafFee) {
      throw invalid("receipt.fee", receipt.fee, `at most the batch's maxLeafFee, ${batch.maxLeafFee}`);
    }
  }
  return {
    document: parsed,
    receiptHash,
    ...signerOf(parsed),
    batchId: committed && batchId(committed.batch),
    outputChecked: output !== undefined,
  };
}

const domainOf = ({ chainId, escrow }: PortableReceipt) => assayDomain(chainId, escrow);

function checkTerms(document: PortableReceipt): void {
  const { job, receipt } = document;
  requireEqual("receipt.jobId", receipt.jobId, jobId(job, domainOf(document)));
  if (job.provider === ZeroAddress) throw invalid("job.provider", job.provider, "a provider");
  requireEqual("receipt.provider", receipt.provider, job.provider);
  requireEqual("receipt.modelId", receipt.modelId, job.modelId);
  requireEqual("receipt.version", receipt.version, job.version);
  requireEqual("receipt.seed", receipt.seed, receiptSeed(receipt.jobId, receipt.nonce));
  if (receipt.finishedAt < receipt.startedAt) {
    throw invalid("receipt.finishedAt", receipt.finishedAt, `at least startedAt, ${receipt.startedAt}`);
  }
  if (job.kind === JobKind.Session) {
    requireEqual("receipt.fee", receipt.fee, sessionFeeUp(job, receipt.inputUnits, receipt.outputUnits));
    return;
  }
  if (receipt.nonce >= job.units) throw invalid("receipt.nonce", receipt.nonce, `below the job's units, ${job.units}`);
  if (job.units === 1n) {
    requireEqual("receipt.requestHash", receipt.requestHash, job.requestHash);
    requireEqual("receipt.fee", receipt.fee, job.budget);
  }
}

type Tree = Omit<Voucher, "jobId">;

function checkProof(
  name: string,
  { receipt }: PortableReceipt,
  content: string,
  tree: Tree,
  proof: ReceiptProof,
): void {
  const { index, siblingHashes, siblingSums } = proof;
  requireEqual("receipt.nonce", receipt.nonce, tree.firstNonce + index);
  const leaf = { content, sum: receipt.fee, count: Number(tree.count), index: Number(index) };
  if (!verifySumProof(tree, { ...leaf, siblingHashes, siblingSums })) {
    throw invalid(`${name}.proof`, `leaf ${index}`, `the way to the root ${tree.root}`);
  }
}

function signerOf(document: PortableReceipt): Pick<CheckedReceipt, "signer" | "signedDigest"> {
  const { receipt, signed } = document;
  if (signed === undefined) return { signer: undefined, signedDigest: undefined };
  const signedDigest = voucherDigest({ jobId: receipt.jobId, ...signed }, domainOf(document));
  try {
    return { signer: recoverAddress(signedDigest, signed.signature), signedDigest };
  } catch {
    return { signer: undefined, signedDigest };
  }
}

function requireEqual(field: string, actual: string | bigint, expected: string | bigint): void {
  if (String(actual).toLowerCase() !== String(expected).toLowerCase()) throw invalid(field, actual, expected);
}

function invalid(field: string, actual: string | bigint, expected: string | bigint): AssayError {
  return new AssayError({
    code: "RECEIPT_INVALID",
    message: `The receipt does not hold: ${field} is ${actual}, not ${expected}.`,
    hint: "Do not rely on it; something in it was changed, or it is not the receipt of this output.",
    details: { field, actual, expected },
  });
}
