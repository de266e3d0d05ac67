import { AssayError } from "@assay/sdk";
import { expect } from "chai";

import { MAX_ORDER, NgramModel } from "../../src/domain/ngram.js";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const nextOf = (model: NgramModel, context: string): string => String.fromCharCode(model.next(bytes(context)));

/** The model's definition, written for clearness: counts all continuations of the context by walking the text. */
function nextByDefinition(text: Uint8Array, order: number, context: Uint8Array): number {
  for (let k = Math.min(order, context.length); k >= 0; k -= 1) {
    const counts = new Array<number>(256).fill(0);
    for (let at = k; at < text.length; at += 1) {
      let equal = true;
      for (let back = 1; back <= k && equal; back += 1) equal = text[at - back] === context[context.length - back];
      if (equal) counts[text[at]!]! += 1;
    }
    const most = Math.max(...counts);
    if (most > 0) return counts.indexOf(most);
  }
  return -1;
}

describe("NgramModel", () => {
  it("takes the byte that most often followed the context", () => {
    const model = NgramModel.train(bytes("abcabcabd"), 2);

    expect(nextOf(model, "ab")).to.equal("c");
    expect(nextOf(model, "xxab")).to.equal("c");
  });

  it("takes the lowest byte on ties, whichever came first", () => {
    expect(nextOf(NgramModel.train(bytes("azab"), 1), "a")).to.equal("b");
    expect(nextOf(NgramModel.train(bytes("abaz"), 1), "a")).to.equal("b");
    expect(nextOf(NgramModel.train(bytes("azabaz"), 1), "a")).to.equal("z");
  });

  it("backs off to a shorter context when the longer one never occurred", () => {
    const model = NgramModel.train(bytes("thin that thin"), 3);

    expect(nextOf(model, "xth")).to.equal("i");
    expect(nextOf(model, "qqq")).to.equal("t");
  });

  it("backs off when the context occurred only at the very end", () => {
    const model = NgramModel.train(bytes("abxb!b!zq"), 3);

    // "q" ends the text and nothing follows it: the most frequent byte of the text decides.
    expect(nextOf(model, "zq")).to.equal("b");
  });

  it("uses what context there is", () => {
    const model = NgramModel.train(bytes("mississippi"), 6);

    expect(nextOf(model, "")).to.equal("i");
    expect(nextOf(model, "m")).to.equal("i");
  });

  it("tells contexts apart in which zero bytes stand", () => {
    const model = NgramModel.train(Uint8Array.of(0, 0, 7, 0, 9, 0, 9), 2);

    expect(model.next(Uint8Array.of(0, 0))).to.equal(7);
    expect(model.next(Uint8Array.of(0))).to.equal(9);
  });

  it("equals its definition on random texts over small and full alphabets", () => {
    let state = 12345;
    const random = (below: number): number => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    for (const alphabet of [2, 5, 256]) {
      for (const order of [1, 3, 6, MAX_ORDER]) {
        const text = Uint8Array.from({ length: 700 }, () => random(alphabet));
        const model = NgramModel.train(text, order);
        for (let round = 0; round < 60; round += 1) {
          const from = random(text.length);
          const context = round % 2 === 0 ? text.slice(from, from + 20) : text.slice(from, from + 4).reverse();
          expect(model.next(context)).to.equal(nextByDefinition(text, order, context));
        }
      }
    }
  });

  it("gives the same when its table has to grow", () => {
    // No two bytes repeat a gram here, so there are far more grams than the start size allows for.
    let state = 1;
    const text = Uint8Array.from({ length: 5000 }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 24;
    });
    const model = NgramModel.train(text, 8);

    expect(model.size).to.be.greaterThan(text.length * 6);
    for (let at = 0; at < text.length - 10; at += 97) {
      const context = text.slice(at, at + 9);
      expect(model.next(context)).to.equal(nextByDefinition(text, 8, context));
    }
  });

  it("refuses orders that it cannot have", () => {
    for (const order of [0, -1, 1.5, MAX_ORDER + 1, Number.NaN]) {
      expect(() => NgramModel.train(bytes("abc"), order))
        .to.throw(AssayError)
        .that.includes({ code: "NGRAM_ORDER", retryable: false });
    }
  });

  it("refuses an empty text", () => {
    expect(() => NgramModel.train(new Uint8Array(), 6))
      .to.throw(AssayError)
      .that.includes({ code: "NGRAM_TEXT" });
  });
});
