import type { TypedDataField } from "ethers";

import { keccak, keccakHex } from "./keccak.js";
import type { Batch, Job, Receipt } from "./types.js";
import { address, bytes32, encodeWords, hexBytes, toHex, uint, type AbiValue } from "./words.js";

/** The EIP-712 domain of a deployment: its escrow on its chain. ethers' `signTypedData` takes it as it is. */
export interface AssayDomain {
  readonly name: "Assay";
  readonly version: "1";
  readonly chainId: bigint;
  readonly verifyingContract: string;
}

/** A field of a static struct, in the order of its declaration. */
interface Field<T> extends TypedDataField {
  name: keyof T & string;
}

const JOB_FIELDS: Field<Job>[] = [
  { name: "requester", type: "address" },
  { name: "nonce", type: "uint64" },
  { name: "provider", type: "address" },
  { name: "kind", type: "uint8" },
  { name: "modelId", type: "uint256" },
  { name: "version", type: "uint32" },
  { name: "units", type: "uint32" },
  { name: "requestHash", type: "bytes32" },
  { name: "budget", type: "uint96" },
  { name: "inputPrice", type: "uint96" },
  { name: "outputPrice", type: "uint96" },
  { name: "creditLine", type: "uint96" },
  { name: "valueAtRisk", type: "uint96" },
  { name: "collateralBps", type: "uint32" },
  { name: "royaltyBps", type: "uint16" },
  { name: "verifierFee", type: "uint96" },
  { name: "samplePoints", type: "uint16" },
  { name: "detection", type: "uint64" },
  { name: "disputeWindow", type: "uint32" },
  { name: "acceptBy", type: "uint64" },
  { name: "commitBy", type: "uint64" },
  { name: "callback", type: "address" },
];

const RECEIPT_FIELDS: Field<Receipt>[] = [
  { name: "provider", type: "address" },
  { name: "jobId", type: "bytes32" },
  { name: "nonce", type: "uint64" },
  { name: "modelId", type: "uint256" },
  { name: "version", type: "uint32" },
  { name: "policyId", type: "bytes32" },
  { name: "requestHash", type: "bytes32" },
  { name: "responseRoot", type: "bytes32" },
  { name: "seed", type: "uint64" },
  { name: "inputUnits", type: "uint64" },
  { name: "outputUnits", type: "uint64" },
  { name: "fee", type: "uint96" },
  { name: "startedAt", type: "uint64" },
  { name: "finishedAt", type: "uint64" },
];

const BATCH_FIELDS: Field<Batch>[] = [
  { name: "jobId", type: "bytes32" },
  { name: "root", type: "bytes32" },
  { name: "total", type: "uint96" },
  { name: "collateral", type: "uint96" },
  { name: "firstNonce", type: "uint64" },
  { name: "count", type: "uint32" },
  { name: "maxLeafFee", type: "uint96" },
  { name: "targetRound", type: "uint64" },
  { name: "seatsAtCommit", type: "uint32" },
  { name: "eligibleProviders", type: "uint16" },
  { name: "p", type: "uint64" },
  { name: "committedAt", type: "uint64" },
];

/** EIP-712 types of a job; a provider's quote is its operator's signature over them. */
export const JOB_TYPES: Record<string, TypedDataField[]> = { Job: JOB_FIELDS };

/** EIP-712 types of a receipt. Receipts are never signed one by one: a proof to a signed root is their signature. */
export const RECEIPT_TYPES: Record<string, TypedDataField[]> = { Receipt: RECEIPT_FIELDS };

const typeHash = (name: string, fields: readonly TypedDataField[]): Uint8Array =>
  keccak(new TextEncoder().encode(`${name}(${fields.map(({ type, name: field }) => `${type} ${field}`).join(",")})`));

const JOB_TYPE_HASH = typeHash("Job", JOB_FIELDS);
/** EIP-712 type hash of a receipt, for encoders that do not go through {@link hashReceipt}. */
export const RECEIPT_TYPE_HASH = typeHash("Receipt", RECEIPT_FIELDS);
const DOMAIN_TYPE_HASH = keccakHex(
  "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)",
);

function valuesOf<T>(fields: readonly Field<T>[], struct: T): AbiValue[] {
  return fields.map(({ name, type }) => ({ name, type, value: struct[name] as bigint | string }));
}

function hashStruct(hash: Uint8Array, values: readonly AbiValue[]): string {
  const bytes = encodeWords(values, hash.length);
  bytes.set(hash);
  return keccakHex(bytes);
}

/** The domain of the deployment whose escrow is at `escrow` on chain `chainId`. */
export function assayDomain(chainId: bigint, escrow: string): AssayDomain {
  return { name: "Assay", version: "1", chainId, verifyingContract: escrow };
}

/** Twin of `IJobEscrow.domainSeparator`. */
export function domainSeparator(domain: AssayDomain): string {
  return keccakHex(
    encodeWords([
      bytes32("type", DOMAIN_TYPE_HASH),
      bytes32("name", keccakHex(domain.name)),
      bytes32("version", keccakHex(domain.version)),
      uint(256, "chainId", domain.chainId),
      address("verifyingContract", domain.verifyingContract),
    ]),
  );
}

/** EIP-712 digest of a struct hash in a domain. */
export function typedDataDigest(domain: AssayDomain, structHash: string): string {
  const bytes = new Uint8Array(2 + 32 + 32);
  bytes.set([0x19, 0x01]);
  bytes.set(hexBytes(domainSeparator(domain), 32, "domainSeparator"), 2);
  bytes.set(hexBytes(structHash, 32, "structHash"), 34);
  return toHex(keccak(bytes));
}

/** EIP-712 struct hash of a job. Twin of `ReceiptLib.hashJob`. */
export function hashJob(job: Job): string {
  return hashStruct(JOB_TYPE_HASH, valuesOf(JOB_FIELDS, job));
}

/** EIP-712 struct hash of a receipt: the content of its leaf. Twin of `ReceiptLib.hashReceipt`. */
export function hashReceipt(receipt: Receipt): string {
  return hashStruct(RECEIPT_TYPE_HASH, valuesOf(RECEIPT_FIELDS, receipt));
}

/** `abi.encode(batch)`. */
export function encodeBatch(batch: Batch): Uint8Array {
  return encodeWords(valuesOf(BATCH_FIELDS, batch));
}
