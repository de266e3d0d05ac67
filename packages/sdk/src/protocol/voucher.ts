/**
 * Vouchers: how a requester countersigns the receipts of a session. Twin of the voucher part of
 * `contracts/libraries/ReceiptLib.sol`.
 */
import type { TypedDataField } from "ethers";

import { type AssayDomain, typedDataDigest } from "./eip712.js";
import { keccakHex } from "./keccak.js";
import { bytes32, encodeWords, uint } from "./words.js";

/**
 * The state of a session's receipt tree: receipts [firstNonce, firstNonce + count) and nothing else. A batch is exactly what
 * the last voucher says; each new one replaces those with the same `firstNonce`.
 */
export interface Voucher {
  readonly jobId: string;
  /** Nonce of the receipt in leaf 0: the session's receipt counter when the tree was begun. */
  readonly firstNonce: bigint;
  /** Leaves, 1 to 2³² - 1. */
  readonly count: bigint;
  /** Sum of their fees. */
  readonly total: bigint;
  /** Root of their sum tree. */
  readonly root: string;
}

/** EIP-712 types of a voucher. Requester and provider sign the same struct in the escrow's domain. */
export const VOUCHER_TYPES: Record<string, TypedDataField[]> = {
  Voucher: [
    { name: "jobId", type: "bytes32" },
    { name: "firstNonce", type: "uint64" },
    { name: "count", type: "uint32" },
    { name: "total", type: "uint96" },
    { name: "root", type: "bytes32" },
  ],
};

const VOUCHER_TYPE_HASH = keccakHex("Voucher(bytes32 jobId,uint64 firstNonce,uint32 count,uint96 total,bytes32 root)");

/** EIP-712 struct hash of a voucher. */
export function hashVoucher({ jobId, firstNonce, count, total, root }: Voucher): string {
  return keccakHex(
    encodeWords([
      bytes32("type", VOUCHER_TYPE_HASH),
      bytes32("jobId", jobId),
      uint(64, "firstNonce", firstNonce),
      uint(32, "count", count),
      uint(96, "total", total),
      bytes32("root", root),
    ]),
  );
}

/** EIP-712 digest of a voucher: what both sides sign. Twin of `ReceiptLib.voucherDigest`. */
export function voucherDigest(voucher: Voucher, domain: AssayDomain): string {
  return typedDataDigest(domain, hashVoucher(voucher));
}
