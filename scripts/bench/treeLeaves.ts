import { randomBytes } from "node:crypto";
import { open } from "node:fs/promises";

import { loadFastKeccak, ReceiptHasher } from "@assay/sdk";

/** Bytes of a leaf in the file: a receipt's hash and its fee, as 96 bits. */
export const LEAF = 44;

/** What one tree took. */
export interface TreeFigures {
  readonly seconds: number;
  /** Largest resident memory of the whole process, the leaves included. */
  readonly peakBytes: number;
}

const BLOCK = 10_000;
const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString("hex")}`;

/** Writes the hashes and fees of `count` receipts of one session, each with an output, a salt and units of its own. */
export async function writeLeaves(file: string, count: number): Promise<void> {
  await loadFastKeccak();
  const hasher = new ReceiptHasher({
    provider: hex(randomBytes(20)),
    jobId: hex(randomBytes(32)),
    modelId: 1n,
    version: 1n,
    policyId: hex(randomBytes(32)),
  });
  const handle = await open(file, "wx");
  try {
    for (let first = 0; first < count; first += BLOCK) {
      const leaves = Buffer.alloc(Math.min(BLOCK, count - first) * LEAF);
      for (let at = 0; at < leaves.length; at += LEAF) writeLeaf(hasher, leaves, at, first + at / LEAF);
      await handle.writeFile(leaves);
    }
  } finally {
    await handle.close();
  }
}

function writeLeaf(hasher: ReceiptHasher, leaves: Buffer, at: number, nonce: number): void {
  const random = randomBytes(96);
  const [inputUnits, outputUnits] = [random.readUInt16BE(0), random.readUInt16BE(2)];
  const fee = BigInt(inputUnits + 4 * outputUnits);
  const { receiptHash } = hasher.hash({
    nonce,
    requestHash: random.subarray(0, 32),
    outputHash: random.subarray(32, 64),
    salt: random.subarray(64),
    inputUnits,
    outputUnits,
    fee,
    startedAt: 1_764_000_000 + nonce,
    finishedAt: 1_764_000_002 + nonce,
  });
  leaves.set(receiptHash, at);
  leaves.writeBigUInt64BE(fee, at + LEAF - 8);
}
