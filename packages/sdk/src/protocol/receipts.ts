/** Hashes that every program of the network must agree on. Twin of `contracts/libraries/ReceiptLib.sol`, same names. */
import { AssayError } from "../errors.js";
import { encodeBatch, hashJob, hashReceipt, typedDataDigest, type AssayDomain } from "./eip712.js";
import { keccakHex } from "./keccak.js";
import type { Batch, Job } from "./types.js";
import { address, bytes32, encodeWords, requireUint, shortString, uint, type AbiValue } from "./words.js";

export { hashJob, hashReceipt };

const WAD = 10n ** 18n;

const hashWords = (...values: readonly AbiValue[]): string => keccakHex(encodeWords(values));

/** EIP-712 digest of a job: its id, and what a quote signs. */
export function jobId(job: Job, domain: AssayDomain): string {
  return typedDataDigest(domain, hashJob(job));
}

export function batchId(batch: Batch): string {
  return keccakHex(encodeBatch(batch));
}

/** Exact mode: what two honest providers must agree on. */
export function digest(outputHash: string, inputUnits: bigint, outputUnits: bigint): string {
  return hashWords(
    bytes32("outputHash", outputHash),
    uint(64, "inputUnits", inputUnits),
    uint(64, "outputUnits", outputUnits),
  );
}

/** Exact mode: the digest, blinded so that nobody can copy it before it is opened. `salt` must be random. */
export function responseRoot(salt: string, answerDigest: string): string {
  return hashWords(bytes32("salt", salt), bytes32("digest", answerDigest));
}

/** Seed of a receipt's decoding. */
export function receiptSeed(id: string, nonce: bigint): bigint {
  return BigInt.asUintN(64, BigInt(hashWords(bytes32("jobId", id), uint(64, "nonce", nonce))));
}

/** Vote over several samples: the digests in the order of their leaves. */
export function vote(digests: readonly string[]): string {
  return hashWords(
    uint(256, "offset", 32n),
    uint(256, "length", BigInt(digests.length)),
    ...digests.map((value, index) => bytes32(`digests[${index}]`, value)),
  );
}

/** What a panelist's commitment binds. */
export interface Verdict {
  readonly chainId: bigint;
  readonly court: string;
  readonly auditId: string;
  readonly panel: bigint;
  /** Owner address of the provider that holds the seat, whoever sends the transaction. */
  readonly provider: string;
  readonly vote: string;
  /** Must be random, or the vote can be guessed. */
  readonly salt: string;
}

/** What a panelist commits to. */
export function verdictCommitment(verdict: Verdict): string {
  return hashWords(
    uint(256, "chainId", verdict.chainId),
    address("court", verdict.court),
    bytes32("auditId", verdict.auditId),
    uint(8, "panel", verdict.panel),
    address("provider", verdict.provider),
    bytes32("vote", verdict.vote),
    bytes32("salt", verdict.salt),
  );
}

/** Seed of a batch: randomness bound to chain, escrow and batch. */
export function batchSeed(randomness: string, chainId: bigint, escrow: string, id: string): string {
  return hashWords(
    bytes32("randomness", randomness),
    uint(256, "chainId", chainId),
    address("escrow", escrow),
    bytes32("batchId", id),
  );
}

/** Seed of the draw of one panel. */
export function panelSeed(seed: string, panel: bigint): string {
  return hashWords(bytes32("seed", seed), uint(256, "offset", 96n), uint(8, "panel", panel), ...shortString("panel"));
}

/** Sample point `index` of an audit, in [0, total). */
export function samplePoint(seed: string, index: bigint, total: bigint): bigint {
  if (total === 0n) throw new AssayError({ code: "VALUE_OUT_OF_RANGE", message: "A total of 0 has no sample points." });
  const hash = hashWords(
    bytes32("seed", seed),
    uint(256, "offset", 96n),
    uint(256, "index", index),
    ...shortString("sample"),
  );
  return BigInt(hash) % requireUint(total, 96, "total");
}

/** True if a batch with probability `p` (WAD) is drawn. p = 1e18 always is. */
export function isAudited(seed: string, p: bigint): boolean {
  const hash = hashWords(bytes32("seed", seed), uint(256, "offset", 64n), ...shortString("audit"));
  return BigInt(hash) % WAD < requireUint(p, 64, "p");
}
