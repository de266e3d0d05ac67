import { AssayError } from "@assay/sdk";

import { GramTable, NO_SLOT } from "./gramTable.js";

/** Highest order a model may have: the context must fit the table's one-byte length with room to spare. */
export const MAX_ORDER = 16;

/**
 * A byte-level n-gram language model with back-off and integer counts only, so that every machine gives the same bytes.
 *
 * Training counts every run of 1 to `order + 1` bytes of the text. To choose the next byte the model takes the longest context, at most `order`
 * bytes and at most what there is, that the text has and goes on after; of the bytes that followed that context in the text it takes the one that did
 * so most often, and the lowest one on ties. A context that never occurred, or occurred only at the very end, backs off to its last `k - 1` bytes;
 * the empty context is left for last, where the most frequent byte of the whole text wins.
 *
 * @example
 * const model = NgramModel.train(new TextEncoder().encode("abracadabra"), 2);
 * model.next(new TextEncoder().encode("br")); // 97, "a"
 */
export class NgramModel {
  private constructor(
    readonly order: number,
    private readonly grams: GramTable,
  ) {}

  /**
   * Counts the text. The text is kept: the table refers to it.
   *
   * @throws AssayError `NGRAM_ORDER` for an order outside 1 to 16, `NGRAM_TEXT` for an empty text or one of 4 GiB and more.
   */
  static train(text: Uint8Array, order: number): NgramModel {
    if (!Number.isInteger(order) || order < 1 || order > MAX_ORDER) {
      throw new AssayError({
        code: "NGRAM_ORDER",
        message: `The order of an n-gram model is a whole number from 1 to ${MAX_ORDER}, not ${order}.`,
      });
    }
    if (text.length === 0 || text.length >= 2 ** 32) {
      throw new AssayError({
        code: "NGRAM_TEXT",
        message: `An n-gram model is trained on 1 byte to 4 GiB of text, not on ${text.length} bytes.`,
      });
    }
    // Distinct grams of prose at order 6 come to about 1.6 a byte; the table grows if a text has more.
    const grams = new GramTable(text, Math.min(text.length * 2, 2 ** 27));
    let contexts = new Int32Array(order + 1).fill(NO_SLOT);
    let grown = new Int32Array(order + 1).fill(NO_SLOT);
    for (let end = 1; end <= text.length; end += 1) {
      if (!grams.fits(order + 2)) {
        grams.grow();
        for (let k = 0; k <= order && k < end; k += 1) contexts[k] = grams.find(text, end - 1, k);
      }
      const byte = text[end - 1] ?? 0;
      grown[0] = grams.add(end, 0);
      for (let k = 0; k <= order && k < end; k += 1) {
        const pair = grams.add(end, k + 1);
        const context = contexts[k] ?? NO_SLOT;
        // The empty context before the first byte has no slot of its own yet: it is the one just added.
        grams.noteNext(context === NO_SLOT ? grams.find(text, end - 1, k) : context, byte, grams.countAt(pair));
        if (k < order) grown[k + 1] = pair;
      }
      [contexts, grown] = [grown, contexts];
    }
    return new NgramModel(order, grams);
  }

  /** Number of distinct runs of bytes that the model knows. */
  get size(): number {
    return this.grams.size;
  }

  /** The byte that follows `bytes[0, end)`. */
  next(bytes: Uint8Array, end = bytes.length): number {
    for (let k = Math.min(this.order, end); k > 0; k -= 1) {
      const slot = this.grams.find(bytes, end, k);
      const byte = slot === NO_SLOT ? undefined : this.grams.bestAt(slot);
      if (byte !== undefined) return byte;
    }
    return this.grams.bestAt(this.grams.find(bytes, end, 0)) ?? 0;
  }
}
