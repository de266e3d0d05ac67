import { closeSync, constants, fdatasyncSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";

import { EMPTY_NODE, NODE } from "../protocol/sumNode.js";

const FIRST_CAPACITY = 16;

/**
 * One level of a tree on disk: a file of nodes, of which the last ones wait in memory. Reads and writes are synchronous,
 * because they meet the page cache and must not interleave; the file is opened when it is needed first.
 */
export class TreeLevel {
  private pending = new Uint8Array(FIRST_CAPACITY * NODE);
  private waiting = 0;
  private stored = 0;
  private descriptor: number | undefined;

  constructor(private readonly file: string) {}

  /** Nodes, on disk and in memory. */
  get count(): number {
    return this.stored + this.waiting;
  }

  /** Takes the whole nodes that the file holds, at most `limit`, and cuts off what is behind them. */
  adopt(limit = Infinity): void {
    this.waiting = 0;
    const size = this.size();
    this.stored = Math.min(limit, Math.floor(size / NODE));
    if (size !== this.stored * NODE) ftruncateSync(this.open(), this.stored * NODE);
  }

  /** Bytes of the file; 0 if there is none. */
  size(): number {
    const descriptor = this.openExisting();
    return descriptor === undefined ? 0 : fstatSync(descriptor).size;
  }

  push(node: Uint8Array): void {
    const at = this.waiting * NODE;
    if (at === this.pending.length) {
      const grown = new Uint8Array(2 * at);
      grown.set(this.pending);
      this.pending = grown;
    }
    this.pending.set(node, at);
    this.waiting += 1;
  }

  /** Nodes [index, index + count), which must exist; undefined if the file has lost them. */
  read(index: number, count = 1): Uint8Array | undefined {
    const nodes = new Uint8Array(count * NODE);
    const onDisk = Math.max(0, Math.min(count, this.stored - index));
    if (onDisk > 0 && !this.readFile(nodes.subarray(0, onDisk * NODE), index * NODE)) return undefined;
    const from = (index + onDisk - this.stored) * NODE;
    nodes.set(this.pending.subarray(from, from + (count - onDisk) * NODE), onDisk * NODE);
    return nodes;
  }

  /** Writes what waits. After an error it can be called again. */
  flush(): void {
    const length = this.waiting * NODE;
    for (let done = 0; done < length;) {
      done += writeSync(this.open(), this.pending, done, length - done, this.stored * NODE + done);
    }
    this.stored += this.waiting;
    this.waiting = 0;
  }

  /** Drops the nodes from `count` on. */
  truncate(count: number): void {
    if (count < this.stored) {
      // A file that has lost its end is left short: growing it would pass off zeros as nodes.
      if (this.size() > count * NODE) ftruncateSync(this.open(), count * NODE);
      this.stored = count;
    }
    this.waiting = Math.min(this.waiting, Math.max(0, count - this.stored));
  }

  sync(): void {
    if (this.descriptor !== undefined) fdatasyncSync(this.descriptor);
  }

  close(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  private readFile(target: Uint8Array, position: number): boolean {
    const descriptor = this.openExisting();
    if (descriptor === undefined) return false;
    for (let done = 0; done < target.length;) {
      const read = readSync(descriptor, target, done, target.length - done, position + done);
      if (read === 0) return false;
      done += read;
    }
    return true;
  }

  private open(): number {
    this.descriptor ??= openSync(this.file, constants.O_RDWR | constants.O_CREAT, 0o600);
    return this.descriptor;
  }

  private openExisting(): number | undefined {
    try {
      this.descriptor ??= openSync(this.file, constants.O_RDWR);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    return this.descriptor;
  }
}

/** True if nobody can have stored this node: what a disk shows where a write never arrived. */
export function isUnwritten(node: Uint8Array): boolean {
  return Buffer.compare(node.subarray(0, 32), EMPTY_NODE.subarray(0, 32)) === 0;
}
