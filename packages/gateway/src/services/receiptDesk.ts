import {
  type BatchInfo,
  getBatches,
  portableReceiptJson,
  ReceiptHasher,
  type ReceiptProof,
  toAssayError,
} from "@assay/sdk";

import { ReceiptLog, sessionFolder } from "../adapters/storage/receiptLog.js";
import type { StoredSession } from "../adapters/storage/sessionStore.js";
import type { ReceiptName } from "../domain/receiptId.js";
import type { ReceiptRecord } from "../domain/receiptRecord.js";
import type { GatewayContext } from "./context.js";
import { ReceiptTree } from "./session/receiptTree.js";
import type { SessionClient } from "./session/sessionClient.js";
import type { SessionPool } from "./sessionPool.js";

/** Closed sessions whose files stay open for the next question. */
const KEPT_OPEN = 8;

/** The receipts of one session, however they are held. */
interface Source {
  readonly read: (nonce: number) => Promise<ReceiptRecord | undefined>;
  readonly tree: ReceiptTree;
  readonly countersigned: SessionClient["countersigned"];
}

/** Gives out receipts that their holders can show to anybody. */
export class ReceiptDesk {
  readonly #closed = new Map<string, { readonly source: Source; readonly log: ReceiptLog }>();

  constructor(
    private readonly context: Pick<GatewayContext, "contracts" | "sessions" | "config" | "logger">,
    private readonly pool: Pick<SessionPool, "find">,
  ) {}

  /**
   * A portable receipt: with its batch and the proof to it once there is one, before that with the newest state that the provider
   * signed.
   *
   * @param keyId who asks; undefined: whoever asked for the answer
   * @returns JSON text, or undefined if there is no such receipt of that key
   */
  async find({ jobId, nonce }: ReceiptName, keyId: number | undefined): Promise<string | undefined> {
    const stored = await this.context.sessions.find(jobId);
    if (stored === undefined) return undefined;
    const source = await this.#source(stored);
    const record = await source.read(nonce);
    if (record === undefined || (keyId !== undefined && record.keyId !== keyId)) return undefined;
    const { contracts } = this.context;
    const { job, policyId } = stored;
    const hasher = new ReceiptHasher({
      provider: job.provider,
      jobId,
      modelId: job.modelId,
      version: job.version,
      policyId,
    });
    const batch = await this.#batchOf(jobId, nonce);
    return portableReceiptJson({
      chainId: contracts.chainId,
      escrow: contracts.deployment.contracts.JobEscrow,
      job,
      receipt: hasher.receipt(record),
      salt: hex(record.salt),
      outputHash: hex(record.outputHash),
      ...(batch === undefined
        ? await signedPart(source, nonce)
        : { committed: { batch: batch.batch, proof: await proofOf(source.tree, batch.batch, nonce) } }),
    });
  }

  async close(): Promise<void> {
    for (const { log } of this.#closed.values()) await log.close();
    this.#closed.clear();
  }

  async #source(stored: StoredSession): Promise<Source> {
    const live = this.pool.find(stored.jobId);
    if (live !== undefined) {
      return { read: async (nonce) => await live.receipt(nonce), tree: live.tree, countersigned: live.countersigned };
    }
    const known = this.#closed.get(stored.jobId);
    if (known !== undefined) return known.source;
    const folder = sessionFolder(this.context.config.dataDir, stored.jobId);
    const log = await ReceiptLog.open(folder);
    const read = async (nonce: number): Promise<ReceiptRecord | undefined> => await log.read(nonce);
    const source = { read, tree: new ReceiptTree(folder, read), countersigned: undefined };
    const [oldest] = this.#closed.keys();
    if (this.#closed.size >= KEPT_OPEN && oldest !== undefined) {
      await this.#closed.get(oldest)?.log.close();
      this.#closed.delete(oldest);
    }
    this.#closed.set(stored.jobId, { source, log });
    return source;
  }

  /** Without the chain a receipt is still one, only without its batch. */
  async #batchOf(jobId: string, nonce: number): Promise<BatchInfo | undefined> {
    try {
      const batches = await getBatches({ contracts: this.context.contracts }, { jobId });
      return batches.find(
        ({ batch }) => batch.firstNonce <= BigInt(nonce) && BigInt(nonce) < batch.firstNonce + batch.count,
      );
    } catch (thrown) {
      const { code, message } = toAssayError(thrown);
      this.context.logger.warn({ code, jobId }, `the batch of a receipt could not be looked up: ${message}`);
      return undefined;
    }
  }
}

async function signedPart({ countersigned, tree }: Source, nonce: number): Promise<object> {
  if (countersigned === undefined) return {};
  const { voucher, countersignature: signature } = countersigned;
  const { firstNonce, count, total, root } = voucher;
  if (BigInt(nonce) < firstNonce || BigInt(nonce) >= firstNonce + count) return {};
  return { signed: { firstNonce, count, total, root, signature, proof: await proofOf(tree, voucher, nonce) } };
}

async function proofOf(
  tree: ReceiptTree,
  { firstNonce, count }: { readonly firstNonce: bigint; readonly count: bigint },
  nonce: number,
): Promise<ReceiptProof> {
  const { siblingHashes, siblingSums } = await tree.proof(Number(firstNonce), Number(count), nonce);
  return { index: BigInt(nonce) - firstNonce, siblingHashes: [...siblingHashes], siblingSums: [...siblingSums] };
}

const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString("hex")}`;
