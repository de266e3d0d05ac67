import { AssayError } from "@assay/sdk";
import { z } from "zod";

/** An answer's receipt, as a session's log keeps it. The rest of it follows from the session and the nonce. */
export interface ReceiptRecord {
  readonly inputUnits: number;
  readonly outputUnits: number;
  readonly fee: bigint;
  /** Unix seconds. */
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly outputHash: Uint8Array;
  /** UTF-8 of the canonical JSON of the request that the output is the whole answer to. */
  readonly request: Uint8Array;
}

const decimal = z
  .string()
  .regex(/^\d{1,29}$/)
  .transform(BigInt);
const hex = z.string().regex(/^0x[0-9a-f]*$/i);

const noteSchema = z.discriminatedUnion("note", [
  /** First record of a log. */
  z.object({ note: z.literal("session"), version: z.literal(1), jobId: hex, secret: hex }),
  /** Both sides signed this state; it replaces the one before of the same tree. */
  z.object({
    note: z.literal("voucher"),
    firstNonce: z.int(),
    count: z.int(),
    total: decimal,
    root: hex,
    signature: hex,
    countersignature: hex,
  }),
  /** The tree ends below this nonce, the next one begins with it. */
  z.object({ note: z.literal("rollover"), firstNonce: z.int() }),
  /** Receipts from this nonce on were never recorded by the requester and do not exist any more. */
  z.object({ note: z.literal("drop"), nonce: z.int() }),
]);

export type Note = z.infer<typeof noteSchema>;
export type VoucherNote = Extract<Note, { note: "voucher" }>;

// A receipt begins with its kind; a note is JSON and begins with a brace.
const RECEIPT = 1;
const AT = {
  inputUnits: 1,
  outputUnits: 7,
  fee: 13,
  startedAt: 25,
  finishedAt: 31,
  outputHash: 37,
  request: 69,
} as const;

export function encodeReceipt(receipt: ReceiptRecord): Uint8Array {
  const bytes = Buffer.allocUnsafe(AT.request + receipt.request.length);
  bytes[0] = RECEIPT;
  bytes.writeUIntBE(receipt.inputUnits, AT.inputUnits, 6);
  bytes.writeUIntBE(receipt.outputUnits, AT.outputUnits, 6);
  bytes.writeUInt32BE(Number(receipt.fee >> 64n), AT.fee);
  bytes.writeBigUInt64BE(receipt.fee & 0xffff_ffff_ffff_ffffn, AT.fee + 4);
  bytes.writeUIntBE(receipt.startedAt, AT.startedAt, 6);
  bytes.writeUIntBE(receipt.finishedAt, AT.finishedAt, 6);
  bytes.set(receipt.outputHash, AT.outputHash);
  bytes.set(receipt.request, AT.request);
  return bytes;
}

export function encodeNote(note: Note): Uint8Array {
  return Buffer.from(
    JSON.stringify(note, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value)),
  );
}

/** @throws AssayError `LOG_CORRUPT` for a record that no version wrote */
export function decodeRecord(record: Uint8Array): ReceiptRecord | Note {
  const bytes = Buffer.from(record.buffer, record.byteOffset, record.byteLength);
  if (bytes[0] !== RECEIPT) return decodeNote(bytes);
  if (bytes.length < AT.request) throw corrupt("a receipt is too short");
  return {
    inputUnits: bytes.readUIntBE(AT.inputUnits, 6),
    outputUnits: bytes.readUIntBE(AT.outputUnits, 6),
    fee: (BigInt(bytes.readUInt32BE(AT.fee)) << 64n) | bytes.readBigUInt64BE(AT.fee + 4),
    startedAt: bytes.readUIntBE(AT.startedAt, 6),
    finishedAt: bytes.readUIntBE(AT.finishedAt, 6),
    outputHash: bytes.subarray(AT.outputHash, AT.request),
    request: bytes.subarray(AT.request),
  };
}

function decodeNote(bytes: Buffer): Note {
  try {
    return noteSchema.parse(JSON.parse(bytes.toString("utf8")));
  } catch (cause) {
    throw corrupt("a note cannot be read", cause);
  }
}

function corrupt(what: string, cause?: unknown): AssayError {
  return new AssayError({
    code: "LOG_CORRUPT",
    message: `The log of a session does not hold: ${what}.`,
    hint: "It may have been written by a newer version; the log was left as it is.",
    cause,
  });
}
