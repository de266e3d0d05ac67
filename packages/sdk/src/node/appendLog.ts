import { constants, fdatasync, writeSync } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { promisify } from "node:util";

import { AssayError } from "../errors.js";
import {
  findLaterWrite,
  LOG_HEADER,
  MAX_RECORD,
  newLogHeader,
  readBytes,
  readLogHeader,
  readRecordAt,
  RECORD_HEADER,
  scanRecords,
  writeRecord,
} from "./appendLogFormat.js";
import { isSystemError, syncFolder } from "./files.js";

/** Most bytes of records in one write; one record may be longer. */
const MAX_WRITE = 4 * 1024 * 1024;

/** Of the file alone, at half the overhead of a `FileHandle`'s. */
const sync = promisify(fdatasync);

/**
 * Zeros that are written ahead of the records: a sync of bytes that the file has already takes two thirds of the time of one
 * that makes it longer. Opening and closing cut them off.
 */
const AHEAD = Buffer.alloc(256 * 1024);

/** Most bytes that are written without leaving the thread. */
const SMALL_WRITE = 64 * 1024;

/** What {@link AppendLog.open} needs. */
export interface AppendLogOptions {
  /** Path of the file; its folder is made if it is not there. */
  readonly file: string;
  /** Gets every record of the file, in order, before `open` resolves. What it throws, `open` throws. */
  readonly onRecord: (record: Uint8Array, offset: number) => void;
}

interface Append {
  readonly record: Uint8Array;
  readonly resolve: (offset: number) => void;
  readonly reject: (error: AssayError) => void;
}

interface Truncation {
  readonly offset: number;
  readonly resolve: () => void;
  readonly reject: (error: AssayError) => void;
}

/**
 * Append-only file of records with checksums and group commit: one write and one `fdatasync` for all appends that came while
 * the last write was under way, so durable appends cost little when there are many of them.
 *
 * A record is on the disk when its promise resolves, and stays there whatever is killed. Records are kept in the order of
 * the calls. One whose promise did not resolve before a crash is there as a whole or not at all. When a write fails nothing
 * is acknowledged any more: the log must be opened again.
 *
 * Warning: nothing keeps a second process from opening the same file. Programs lock their data folder.
 */
export class AppendLog {
  /** Bytes of the file that are written and synced. */
  private end: number;
  /** Bytes that the file has, records or zeros. */
  private allocated: number;
  private readonly queue: (Append | Truncation)[] = [];
  private worker: Promise<void> | undefined;
  private failure: AssayError | undefined;
  private closing: Promise<void> | undefined;

  private constructor(
    private readonly file: string,
    private readonly handle: FileHandle,
    private readonly seed: number,
    end: number,
  ) {
    this.end = end;
    this.allocated = end;
  }

  /**
   * Opens the log, or makes a new one. What a crash left half written at its end is cut off.
   *
   * @throws AssayError `LOG_UNUSABLE` if the file cannot be read, written or is no log; `LOG_CORRUPT` if a record that had been
   *   acknowledged does not hold: nothing is changed then
   *
   * @example
   * const records: Uint8Array[] = [];
   * const log = await AppendLog.open({ file: "/var/lib/assay/receipts.log", onRecord: (record) => records.push(record) });
   * const offset = await log.append(new TextEncoder().encode("a receipt"));
   * await log.read(offset);
   * await log.close();
   */
  static async open({ file, onRecord }: AppendLogOptions): Promise<AppendLog> {
    const { handle, seed, size } = await openFile(file);
    try {
      const end = await scanRecords(handle, size, seed, (record, position) => {
        onRecord(record, position - LOG_HEADER);
      });
      await cutTail(file, handle, seed, size, end);
      return new AppendLog(file, handle, seed, end);
    } catch (error) {
      await handle.close();
      throw AssayError.is(error) || !isSystemError(error) ? error : unusable(file, error);
    }
  }

  /** Bytes of all durable records: the offset of the next one if nothing is under way. 0 for an empty log. */
  get size(): number {
    return this.end - LOG_HEADER;
  }

  /**
   * Appends a record; the bytes must not be changed before the promise resolves.
   *
   * @param record at most 64 MiB
   * @returns its offset, when it is durable
   * @throws AssayError `LOG_FAILED` if the disk refused, now or at an earlier append; `LOG_CLOSED`; `LOG_RECORD_TOO_LARGE`
   */
  append(record: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      if (record.length > MAX_RECORD) {
        reject(
          new AssayError({
            code: "LOG_RECORD_TOO_LARGE",
            message: `A record has ${record.length} bytes; the log takes ${MAX_RECORD}.`,
          }),
        );
        return;
      }
      this.enqueue({ record, resolve, reject });
    });
  }

  /**
   * Reads the record at an offset that {@link append} or `onRecord` gave.
   *
   * @throws AssayError `LOG_OFFSET_INVALID` if no record begins there; `LOG_CORRUPT` if it does not hold any more; `LOG_CLOSED`
   */
  async read(offset: number): Promise<Uint8Array> {
    if (this.isClosed()) throw this.closed();
    if (!Number.isSafeInteger(offset) || offset < 0 || offset >= this.size) throw this.noRecordAt(offset);
    let record: Uint8Array | undefined;
    try {
      record = await readRecordAt(this.handle, offset + LOG_HEADER, this.seed);
    } catch (cause) {
      throw this.isClosed() ? this.closed() : unusable(this.file, cause);
    }
    if (record !== undefined) return record;
    throw offset < this.size ? corrupt(this.file, offset) : this.noRecordAt(offset);
  }

  /**
   * Drops the record at `offset` and all after it, durable when the promise resolves. Appends that were called earlier come
   * first, later ones go where the dropped ones were.
   *
   * @throws AssayError `LOG_OFFSET_INVALID` if no record begins there; `LOG_FAILED`; `LOG_CLOSED`
   */
  truncate(offset: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.enqueue({ offset, resolve, reject });
    });
  }

  /** Waits for what is under way, then closes the file. Later calls of anything else are refused. */
  close(): Promise<void> {
    this.closing ??= (async () => {
      await this.worker;
      if (this.failure === undefined && this.allocated > this.end) await this.handle.truncate(this.end);
      await this.handle.close();
    })();
    return this.closing;
  }

  private enqueue(entry: Append | Truncation): void {
    const refusal = this.isClosed() ? this.closed() : this.failure;
    if (refusal !== undefined) {
      entry.reject(refusal);
      return;
    }
    this.queue.push(entry);
    this.worker ??= this.work();
  }

  private async work(): Promise<void> {
    // At the end of the turn of the event loop, so that everything appended in it travels in the first write.
    await new Promise((resolve) => setImmediate(resolve));
    for (;;) {
      const first = this.queue[0];
      if (first === undefined) break;
      if ("record" in first) await this.writeAppends();
      else await this.writeTruncation(first);
    }
    this.worker = undefined;
  }

  private async writeAppends(): Promise<void> {
    const batch: Append[] = [];
    let length = 0;
    for (const entry of this.queue) {
      if (!("record" in entry)) break;
      const size = RECORD_HEADER + entry.record.length;
      if (batch.length > 0 && length + size > MAX_WRITE) break;
      batch.push(entry);
      length += size;
    }

    try {
      const buffer = Buffer.allocUnsafe(length);
      let at = 0;
      for (const { record } of batch) at = writeRecord(buffer, at, record, at, this.seed);
      if (this.end + length > this.allocated) await this.allocate(this.end + length);
      await writeAll(this.handle, buffer, this.end);
      await sync(this.handle.fd);
    } catch (cause) {
      this.poison(cause);
      return;
    }

    this.queue.splice(0, batch.length);
    for (const { record, resolve } of batch) {
      resolve(this.size);
      this.end += RECORD_HEADER + record.length;
    }
  }

  /** Makes room for a write that ends at `least`, and for those after it. Without room the file grows by each write. */
  private async allocate(least: number): Promise<void> {
    this.allocated = least;
    try {
      await writeAll(this.handle, AHEAD, least);
      this.allocated += AHEAD.length;
    } catch {
      // The records' own write says whether the disk takes them.
    }
  }

  private async writeTruncation({ offset, resolve, reject }: Truncation): Promise<void> {
    try {
      const inside = Number.isSafeInteger(offset) && offset >= 0 && offset < this.size;
      const found = inside && (await readRecordAt(this.handle, offset + LOG_HEADER, this.seed)) !== undefined;
      this.queue.shift();
      if (!found && offset !== this.size) {
        reject(this.noRecordAt(offset));
        return;
      }
      if (found) {
        this.end = offset + LOG_HEADER;
        this.allocated = this.end;
        await this.handle.truncate(this.end);
        await this.handle.datasync();
      }
      resolve();
    } catch (cause) {
      this.poison(cause);
      reject(this.failure ?? unusable(this.file, cause));
    }
  }

  /** After a failed write nobody knows what is on the disk, and a later sync may succeed without it: nothing is acknowledged. */
  private poison(cause: unknown): void {
    const failure = new AssayError({
      code: "LOG_FAILED",
      message: `The log ${this.file} could not be written: ${cause instanceof Error ? cause.message : String(cause)}.`,
      hint: "Check the disk and its free space, then start again: everything that was acknowledged is there.",
      cause,
    });
    this.failure = failure;
    for (const { reject } of this.queue.splice(0)) reject(failure);
  }

  private isClosed(): boolean {
    return this.closing !== undefined;
  }

  private closed(): AssayError {
    return new AssayError({ code: "LOG_CLOSED", message: `The log ${this.file} is closed.` });
  }

  private noRecordAt(offset: number): AssayError {
    return new AssayError({
      code: "LOG_OFFSET_INVALID",
      message: `No record begins at offset ${offset} of the log ${this.file}.`,
    });
  }
}

/** Opens the file, or puts a new one in its place that is whole from the beginning. */
async function openFile(file: string): Promise<{ handle: FileHandle; seed: number; size: number }> {
  let handle: FileHandle | undefined;
  try {
    handle = await openExisting(file);
    if (handle === undefined) {
      await createFile(file);
      handle = await open(file, constants.O_RDWR);
    }
    const { size } = await handle.stat();
    const seed = readLogHeader(await readBytes(handle, 0, LOG_HEADER));
    if (seed !== undefined) return { handle, seed, size };
  } catch (cause) {
    await handle?.close();
    throw unusable(file, cause);
  }
  await handle.close();
  throw new AssayError({
    code: "LOG_UNUSABLE",
    message: `The file ${file} is not a log of this program.`,
    hint: "Choose another folder, or move the file away.",
  });
}

async function openExisting(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, constants.O_RDWR);
  } catch (error) {
    if (isSystemError(error) && error.code === "ENOENT") return undefined;
    throw error;
  }
}

async function createFile(file: string): Promise<void> {
  const folder = dirname(resolve(file));
  await mkdir(folder, { recursive: true });
  const draft = `${file}.new`;
  await rm(draft, { force: true });
  const handle = await open(draft, "wx", 0o600);
  try {
    await writeAll(handle, newLogHeader(), 0);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
  await syncFolder(folder);
}

/** Cuts off a write that a crash interrupted, and makes sure that everything that was read is durable. */
async function cutTail(file: string, handle: FileHandle, seed: number, size: number, end: number): Promise<void> {
  if (end < size) {
    const later = await findLaterWrite(handle, size, seed, end);
    if (later !== undefined) throw corrupt(file, end - LOG_HEADER);
    await handle.truncate(end);
  }
  await handle.datasync();
}

async function writeAll(handle: FileHandle, buffer: Buffer, position: number): Promise<void> {
  let done = 0;
  // A copy into the system's cache takes less time than going to another thread and back. What waits for the disk is the sync.
  if (buffer.length <= SMALL_WRITE) done = writeSync(handle.fd, buffer, 0, buffer.length, position);
  while (done < buffer.length) {
    const { bytesWritten } = await handle.write(buffer, done, buffer.length - done, position + done);
    done += bytesWritten;
  }
}

function unusable(file: string, cause: unknown): AssayError {
  return new AssayError({
    code: "LOG_UNUSABLE",
    message: `The log ${file} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}.`,
    hint: "Check that its folder exists, can be written and has free space.",
    cause,
  });
}

function corrupt(file: string, offset: number): AssayError {
  return new AssayError({
    code: "LOG_CORRUPT",
    message: `The log ${file} is damaged at offset ${offset}: a record that was stored does not hold.`,
    hint: "Check the disk and put a backup in place; the file was left as it is.",
    details: { file, offset },
  });
}
