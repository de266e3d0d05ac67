const HASH = 32;
const LEAF = HASH + 12;
const FIRST_LEAVES = 256;

/** Leaves in memory, 44 bytes each: receipts that no voucher covers yet. */
export class LeafBuffer {
  #bytes = Buffer.alloc(FIRST_LEAVES * LEAF);
  #first = 0;
  #end = 0;

  get count(): number {
    return this.#end - this.#first;
  }

  append(content: Uint8Array, sum: bigint): void {
    if ((this.#end + 1) * LEAF > this.#bytes.length) this.#makeRoom();
    const at = this.#end * LEAF;
    this.#bytes.set(content, at);
    this.#bytes.writeUInt32BE(Number(sum >> 64n), at + HASH);
    this.#bytes.writeBigUInt64BE(sum & 0xffff_ffff_ffff_ffffn, at + HASH + 4);
    this.#end += 1;
  }

  /** Content of leaf `index`; it stays as it is until the leaf is dropped. */
  contentAt(index: number): Uint8Array {
    const at = (this.#first + index) * LEAF;
    return this.#bytes.subarray(at, at + HASH);
  }

  sumAt(index: number): bigint {
    const at = (this.#first + index) * LEAF + HASH;
    return (BigInt(this.#bytes.readUInt32BE(at)) << 64n) | this.#bytes.readBigUInt64BE(at + 4);
  }

  /** Drops the first `count` leaves. */
  dropFirst(count: number): void {
    this.#first += Math.min(count, this.count);
  }

  /** Drops all leaves but the first `count`. */
  keepFirst(count: number): void {
    this.#end = this.#first + Math.min(count, this.count);
  }

  /** Moves what is left to the beginning, into twice the room if more than half of it is in use. */
  #makeRoom(): void {
    const { count } = this;
    const target = count * 2 * LEAF > this.#bytes.length ? Buffer.alloc(this.#bytes.length * 2) : this.#bytes;
    this.#bytes.copy(target, 0, this.#first * LEAF, this.#end * LEAF);
    this.#bytes = target;
    this.#first = 0;
    this.#end = count;
  }
}
