/**
 * The bytes of an append log.
 *
 *   file    "ASSAYLOG" ‖ seed (4 random bytes, not all zero) ‖ records
 *   record  length ‖ back ‖ crc ‖ payload            each number a big-endian uint32
 *
 * `back` is the distance from the record to the first one of the write that brought it: everything before that one was on
 * the disk when this write began. So a record that does not hold tells a write that was cut short (nothing that was
 * acknowledged is lost) from damage to what was acknowledged. `crc` is over length, back and payload and starts from the
 * file's seed, so that no payload can pass for records of the file that it is in.
 */
import { randomFillSync } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { crc32 } from "node:zlib";

/** Bytes before the first record. */
export const LOG_HEADER = 12;
/** Bytes of a record before its payload. */
export const RECORD_HEADER = 12;
/** Longest payload, in bytes. */
export const MAX_RECORD = 64 * 1024 * 1024;

const MAGIC = Buffer.from("ASSAYLOG", "latin1");
const SEALED = 8;
const WINDOW = 1024 * 1024;

/** The first bytes of a new log. */
export function newLogHeader(): Buffer {
  const header = Buffer.alloc(LOG_HEADER);
  MAGIC.copy(header);
  while (header.readUInt32BE(MAGIC.length) === 0) randomFillSync(header, MAGIC.length);
  return header;
}

/** The seed of a log, or undefined if `header` is not the start of one. */
export function readLogHeader(header: Buffer): number | undefined {
  if (header.length < LOG_HEADER || !header.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const seed = header.readUInt32BE(MAGIC.length);
  return seed === 0 ? undefined : seed;
}

/** Writes a record at `offset` of `target` and returns where it ends. */
export function writeRecord(target: Buffer, offset: number, payload: Uint8Array, back: number, seed: number): number {
  target.writeUInt32BE(payload.length, offset);
  target.writeUInt32BE(back, offset + 4);
  target.set(payload, offset + RECORD_HEADER);
  target.writeUInt32BE(crc32(payload, crc32(target.subarray(offset, offset + SEALED), seed)), offset + SEALED);
  return offset + RECORD_HEADER + payload.length;
}

/** What stands before a record's payload. */
export interface RecordHeader {
  readonly length: number;
  readonly back: number;
  /** True if `payload` is the one that was written. */
  readonly holds: (payload: Uint8Array) => boolean;
}

/** Reads the header of a record, or nothing if it cannot be one. `header` must have {@link RECORD_HEADER} bytes. */
export function readRecordHeader(header: Buffer, seed: number): RecordHeader | undefined {
  const length = header.readUInt32BE(0);
  if (length > MAX_RECORD) return undefined;
  const crc = header.readUInt32BE(SEALED);
  const sealed = crc32(header.subarray(0, SEALED), seed);
  return { length, back: header.readUInt32BE(4), holds: (payload) => crc32(payload, sealed) === crc };
}

/** Reads `length` bytes of a file at `position`, fewer only at its end. */
export async function readBytes(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(buffer, done, length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return buffer.subarray(0, done);
}

/** Reads the record at `position` of the file, or nothing if no whole record is there. */
export async function readRecordAt(handle: FileHandle, position: number, seed: number): Promise<Buffer | undefined> {
  const first = await readBytes(handle, position, 4096);
  if (first.length < RECORD_HEADER) return undefined;
  const header = readRecordHeader(first, seed);
  if (header === undefined) return undefined;
  const end = RECORD_HEADER + header.length;
  const rest = end > first.length ? await readBytes(handle, position + first.length, end - first.length) : undefined;
  const record = rest === undefined ? first : Buffer.concat([first, rest]);
  const payload = record.subarray(RECORD_HEADER, end);
  return payload.length === header.length && header.holds(payload) ? payload : undefined;
}

/**
 * Reads the records of a file of `size` bytes from the first on, and stops at what is no whole record.
 *
 * @param onRecord gets a payload that is its own to keep, and the position of its record
 * @returns position after the last whole record
 */
export async function scanRecords(
  handle: FileHandle,
  size: number,
  seed: number,
  onRecord: (payload: Buffer, position: number) => void,
): Promise<number> {
  let position = LOG_HEADER;
  let buffer: Buffer = Buffer.alloc(0);
  let start = 0;
  for (;;) {
    const rest = buffer.length - start;
    const header = rest >= RECORD_HEADER ? readRecordHeader(buffer.subarray(start), seed) : undefined;
    if (rest >= RECORD_HEADER && header === undefined) return position;
    const length = RECORD_HEADER + (header?.length ?? 0);
    if (position + length > size) return position;
    if (rest < length || header === undefined) {
      buffer = await readBytes(handle, position, Math.min(Math.max(WINDOW, length), size - position));
      start = 0;
      if (buffer.length < length) return position;
      continue;
    }
    const payload = buffer.subarray(start + RECORD_HEADER, start + length);
    if (!header.holds(payload)) return position;
    onRecord(Buffer.from(payload), position);
    position += length;
    start += length;
  }
}

/**
 * Looks behind `broken`, where no whole record is, for a record whose write began later: it would prove that what was at
 * `broken` had been acknowledged.
 *
 * @returns the position of such a record
 */
export async function findLaterWrite(
  handle: FileHandle,
  size: number,
  seed: number,
  broken: number,
): Promise<number | undefined> {
  for (let window = broken + 1; window + RECORD_HEADER <= size; window += WINDOW) {
    const buffer = await readBytes(handle, window, 2 * WINDOW);
    const last = Math.min(WINDOW - 1, buffer.length - RECORD_HEADER);
    for (let at = 0; at <= last; at += 1) {
      const length = buffer.readUInt32BE(at);
      const position = window + at;
      const end = at + RECORD_HEADER + length;
      if (length > MAX_RECORD || window + end > size || position - buffer.readUInt32BE(at + 4) <= broken) continue;
      const found =
        end <= buffer.length
          ? readRecordHeader(buffer.subarray(at, at + RECORD_HEADER), seed)?.holds(
              buffer.subarray(at + RECORD_HEADER, end),
            )
          : (await readRecordAt(handle, position, seed)) !== undefined;
      if (found === true) return position;
    }
  }
  return undefined;
}
