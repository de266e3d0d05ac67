/** No slot: what a lookup gives when the gram never occurred. */
export const NO_SLOT = -1;

const MAX_LOAD = 0.6;
/** Why two rounds of a multiply and a shift: neighbouring grams of a text differ in one byte, and linear probing needs them apart. */
const MIX = 0x9e3779b1;

/**
 * Every distinct gram (run of consecutive bytes) of a text that was added, with how often it occurred and the byte that followed it most often.
 *
 * An open-addressing hash table over typed arrays: a gram is stored as the position in the text where it was first seen, so a gram of any length
 * costs 14 bytes and lookups compare bytes, never hashes alone. Growing keeps slot numbers valid only until the next `add`.
 */
export class GramTable {
  #capacity: number;
  #size = 0;
  #ends: Uint32Array;
  #lengths: Uint8Array;
  #counts: Uint32Array;
  #bestBytes: Uint8Array;
  #bestCounts: Uint32Array;

  constructor(
    private readonly text: Uint8Array,
    expectedGrams: number,
  ) {
    this.#capacity = 1 << Math.max(8, Math.ceil(Math.log2(expectedGrams / MAX_LOAD + 1)));
    this.#ends = new Uint32Array(this.#capacity);
    this.#lengths = new Uint8Array(this.#capacity);
    this.#counts = new Uint32Array(this.#capacity);
    this.#bestBytes = new Uint8Array(this.#capacity);
    this.#bestCounts = new Uint32Array(this.#capacity);
  }

  /** Number of distinct grams. */
  get size(): number {
    return this.#size;
  }

  /** True when the next `maxNew` additions need no growing, so that slot numbers stay valid. */
  fits(maxNew: number): boolean {
    return this.#size + maxNew <= this.#capacity * MAX_LOAD;
  }

  /** Doubles the table. All slot numbers given before are void. */
  grow(): void {
    const { ends, lengths, counts, bestBytes, bestCounts } = {
      ends: this.#ends,
      lengths: this.#lengths,
      counts: this.#counts,
      bestBytes: this.#bestBytes,
      bestCounts: this.#bestCounts,
    };
    this.#capacity *= 2;
    this.#ends = new Uint32Array(this.#capacity);
    this.#lengths = new Uint8Array(this.#capacity);
    this.#counts = new Uint32Array(this.#capacity);
    this.#bestBytes = new Uint8Array(this.#capacity);
    this.#bestCounts = new Uint32Array(this.#capacity);
    for (let old = 0; old < ends.length; old += 1) {
      const count = counts[old] ?? 0;
      if (count === 0) continue;
      const end = ends[old] ?? 0;
      const length = lengths[old] ?? 0;
      let slot = this.#home(this.text, end, length);
      while (this.#counts[slot] !== 0) slot = (slot + 1) & (this.#capacity - 1);
      this.#ends[slot] = end;
      this.#lengths[slot] = length;
      this.#counts[slot] = count;
      this.#bestBytes[slot] = bestBytes[old] ?? 0;
      this.#bestCounts[slot] = bestCounts[old] ?? 0;
    }
  }

  /** Counts the gram `text[end - length, end)` once more; gives its slot. The caller has made sure that it fits. */
  add(end: number, length: number): number {
    let slot = this.#home(this.text, end, length);
    while (this.#counts[slot] !== 0 && !this.#equals(slot, this.text, end, length)) {
      slot = (slot + 1) & (this.#capacity - 1);
    }
    const count = this.#counts[slot] ?? 0;
    if (count === 0) {
      this.#ends[slot] = end;
      this.#lengths[slot] = length;
      this.#size += 1;
    }
    this.#counts[slot] = count + 1;
    return slot;
  }

  /** Tells a context that `byte` followed it, now for the `count`-th time. */
  noteNext(contextSlot: number, byte: number, count: number): void {
    const best = this.#bestCounts[contextSlot] ?? 0;
    if (count > best || (count === best && byte < (this.#bestBytes[contextSlot] ?? 0))) {
      this.#bestCounts[contextSlot] = count;
      this.#bestBytes[contextSlot] = byte;
    }
  }

  countAt(slot: number): number {
    return this.#counts[slot] ?? 0;
  }

  /** The byte that followed most often, the lowest of several; undefined if none ever did. */
  bestAt(slot: number): number | undefined {
    return (this.#bestCounts[slot] ?? 0) === 0 ? undefined : this.#bestBytes[slot];
  }

  /** Slot of the gram `bytes[end - length, end)` of any byte array, or `NO_SLOT`. */
  find(bytes: Uint8Array, end: number, length: number): number {
    let slot = this.#home(bytes, end, length);
    while (this.#counts[slot] !== 0) {
      if (this.#equals(slot, bytes, end, length)) return slot;
      slot = (slot + 1) & (this.#capacity - 1);
    }
    return NO_SLOT;
  }

  #home(bytes: Uint8Array, end: number, length: number): number {
    let hash = length + 1;
    for (let i = end - length; i < end; i += 1) {
      hash = Math.imul(hash ^ (bytes[i] ?? 0), MIX);
      hash ^= hash >>> 15;
    }
    return (hash >>> 0) & (this.#capacity - 1);
  }

  #equals(slot: number, bytes: Uint8Array, end: number, length: number): boolean {
    if (this.#lengths[slot] !== length) return false;
    const storedEnd = this.#ends[slot] ?? 0;
    for (let back = 1; back <= length; back += 1) {
      if (this.text[storedEnd - back] !== bytes[end - back]) return false;
    }
    return true;
  }
}
