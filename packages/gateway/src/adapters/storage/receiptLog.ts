import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { AssayError } from "@assay/sdk";
import { AppendLog } from "@assay/sdk/node";

import { decodeRecord, encodeReceipt, encodeRollover, type ReceiptRecord } from "../../domain/receiptRecord.js";

const FIRST_CAPACITY = 1_024;

/**
 * The receipts of one session, durable: an append-only file and, in memory, where in it each receipt is. Group commit makes many
 * appends cost one write.
 *
 * @example
 * const log = await ReceiptLog.open(folder, (receipt) => books.restore(receipt.fee));
 * await log.append(receipt);
 */
export class ReceiptLog {
  #offsets = new Float64Array(FIRST_CAPACITY);
  #count = 0;
  #firstNonces: number[] = [0];
  #log: AppendLog | undefined;

  /**
   * Opens or makes the log.
   *
   * @param onReceipt called with every receipt that is there, in order
   * @throws AssayError `LOG_CORRUPT` if receipts are missing in the middle; what `AppendLog` throws
   */
  static async open(folder: string, onReceipt?: (receipt: ReceiptRecord) => void): Promise<ReceiptLog> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const receipts = new ReceiptLog();
    receipts.#log = await AppendLog.open({
      file: join(folder, "receipts.log"),
      onRecord: (bytes, offset) => {
        const record = decodeRecord(bytes);
        if (record.kind === "rollover") {
          receipts.#noteRollover(record.firstNonce);
          return;
        }
        if (record.nonce !== receipts.#count) throw corrupt(folder, receipts.#count, record.nonce);
        receipts.#note(offset);
        onReceipt?.(record);
      },
    });
    return receipts;
  }

  /** Receipts in the log: the nonce of the next one. */
  get count(): number {
    return this.#count;
  }

  /** Where trees begin, rising; the last one is being built. */
  get firstNonces(): readonly number[] {
    return this.#firstNonces;
  }

  /** Resolves when the receipt is durable. Receipts become durable in the order of the calls. */
  async append(receipt: ReceiptRecord): Promise<void> {
    const offset = await this.#file.append(encodeReceipt(receipt));
    this.#note(offset);
  }

  /** Notes that a tree begins at this nonce. */
  async rollover(firstNonce: number): Promise<void> {
    this.#noteRollover(firstNonce);
    await this.#file.append(encodeRollover({ firstNonce }));
  }

  /** @returns undefined if there is no such receipt */
  async read(nonce: number): Promise<ReceiptRecord | undefined> {
    const offset = nonce < this.#count ? this.#offsets[nonce] : undefined;
    if (offset === undefined) return undefined;
    const record = decodeRecord(await this.#file.read(offset));
    return record.kind === "receipt" ? record : undefined;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  get #file(): AppendLog {
    if (this.#log !== undefined) return this.#log;
    throw new AssayError({ code: "INTERNAL", message: "The log of the session is not open." });
  }

  #note(offset: number): void {
    if (this.#count === this.#offsets.length) {
      const grown = new Float64Array(2 * this.#count);
      grown.set(this.#offsets);
      this.#offsets = grown;
    }
    this.#offsets[this.#count] = offset;
    this.#count += 1;
  }

  #noteRollover(firstNonce: number): void {
    this.#firstNonces = [...this.#firstNonces.filter((nonce) => nonce < firstNonce), firstNonce];
  }
}

function corrupt(folder: string, expected: number, found: number): AssayError {
  return new AssayError({
    code: "LOG_CORRUPT",
    message: `The receipts in ${folder} jump from nonce ${expected} to ${found}.`,
    hint: "Restore the folder from a copy, or close the session; its receipts are needed to prove what was paid for.",
  });
}

/** Where the files of a session are. */
export function sessionFolder(dataDir: string, jobId: string): string {
  return join(dataDir, "sessions", jobId.toLowerCase());
}
