import { AssayError, type FinishReason } from "@assay/sdk";

/** What the gateway keeps of an answer: enough for its leaf, for a portable receipt and for the books; nothing of prompt or output. */
export interface ReceiptRecord {
  readonly nonce: number;
  /** Number of the API key that asked; 0 without keys. */
  readonly keyId: number;
  readonly finish: FinishReason;
  /** Unix seconds. */
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly inputUnits: number;
  readonly outputUnits: number;
  readonly fee: bigint;
  readonly requestHash: Uint8Array;
  readonly outputHash: Uint8Array;
  readonly salt: Uint8Array;
  /** Content of its leaf. */
  readonly receiptHash: Uint8Array;
}

/** From here on receipts belong to the next tree. */
export interface RolloverRecord {
  readonly firstNonce: number;
}

export type SessionRecord =
  ({ readonly kind: "receipt" } & ReceiptRecord) | ({ readonly kind: "rollover" } & RolloverRecord);

const RECEIPT = 1;
const ROLLOVER = 2;
const RECEIPT_BYTES = 186;
const ROLLOVER_BYTES = 9;
const FINISHES: readonly FinishReason[] = ["stop", "length", "tool_calls", "content_filter", "cancelled"];

/** Binary form of a receipt for the session's log. */
export function encodeReceipt(record: ReceiptRecord): Uint8Array {
  const bytes = Buffer.allocUnsafe(RECEIPT_BYTES);
  bytes[0] = RECEIPT;
  bytes[1] = FINISHES.indexOf(record.finish);
  bytes.writeUInt32BE(record.keyId, 2);
  bytes.writeDoubleBE(record.nonce, 6);
  bytes.writeDoubleBE(record.startedAt, 14);
  bytes.writeDoubleBE(record.finishedAt, 22);
  bytes.writeDoubleBE(record.inputUnits, 30);
  bytes.writeDoubleBE(record.outputUnits, 38);
  bytes.writeUInt32BE(Number(record.fee >> 64n), 46);
  bytes.writeBigUInt64BE(record.fee & 0xffff_ffff_ffff_ffffn, 50);
  bytes.set(record.requestHash, 58);
  bytes.set(record.outputHash, 90);
  bytes.set(record.salt, 122);
  bytes.set(record.receiptHash, 154);
  return bytes;
}

export function encodeRollover({ firstNonce }: RolloverRecord): Uint8Array {
  const bytes = Buffer.allocUnsafe(ROLLOVER_BYTES);
  bytes[0] = ROLLOVER;
  bytes.writeDoubleBE(firstNonce, 1);
  return bytes;
}

/**
 * Reads a record of the log.
 *
 * @throws AssayError `RECORD_UNKNOWN` for one that another version wrote
 */
export function decodeRecord(record: Uint8Array): SessionRecord {
  const bytes = Buffer.from(record.buffer, record.byteOffset, record.byteLength);
  if (bytes[0] === ROLLOVER && bytes.length === ROLLOVER_BYTES) {
    return { kind: "rollover", firstNonce: bytes.readDoubleBE(1) };
  }
  const finish = FINISHES[bytes[1] ?? FINISHES.length];
  if (bytes[0] !== RECEIPT || bytes.length !== RECEIPT_BYTES || finish === undefined) throw unknownRecord();
  const part = (start: number): Uint8Array => Uint8Array.prototype.slice.call(bytes, start, start + 32);
  return {
    kind: "receipt",
    finish,
    keyId: bytes.readUInt32BE(2),
    nonce: bytes.readDoubleBE(6),
    startedAt: bytes.readDoubleBE(14),
    finishedAt: bytes.readDoubleBE(22),
    inputUnits: bytes.readDoubleBE(30),
    outputUnits: bytes.readDoubleBE(38),
    fee: (BigInt(bytes.readUInt32BE(46)) << 64n) | bytes.readBigUInt64BE(50),
    requestHash: part(58),
    outputHash: part(90),
    salt: part(122),
    receiptHash: part(154),
  };
}

function unknownRecord(): AssayError {
  return new AssayError({
    code: "RECORD_UNKNOWN",
    message: "The log of a session holds a record that is not known here.",
    hint: "Another version of the gateway wrote it; start that one, or give this one a data folder of its own.",
  });
}
