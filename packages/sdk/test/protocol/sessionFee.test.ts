import { randomBytes } from "node:crypto";

import { expect } from "chai";

import { sessionFeeUp } from "../../src/index.js";

const MILLION = 1_000_000n;
const MOST_UNITS = 2n ** 64n - 1n;
const MOST_PRICE = 2n ** 96n - 1n;

/** Uniform below 2^bits. */
const random = (bits: number): bigint => BigInt.asUintN(bits, BigInt(`0x${randomBytes(32).toString("hex")}`));
/** Of any size up to `bits` bits: small numbers as often as large ones. */
const anySize = (bits: number): bigint => random(1 + Math.floor(Math.random() * bits));

const cases = Array.from({ length: 5_000 }, () => ({
  prices: { inputPrice: anySize(96), outputPrice: anySize(96) },
  input: anySize(64),
  output: anySize(64),
}));

describe("sessionFeeUp", () => {
  it("is the least whole amount that is not below the exact price", () => {
    for (const { prices, input, output } of cases) {
      const exact = input * prices.inputPrice + output * prices.outputPrice;
      const fee = sessionFeeUp(prices, input, output);
      expect(fee * MILLION >= exact, `${fee} for ${exact}`).to.equal(true);
      expect(fee === 0n || (fee - 1n) * MILLION < exact, `${fee} for ${exact}`).to.equal(true);
    }
  });

  it("rounds once an answer: an answer in parts costs up to a unit more a part, never less", () => {
    for (const { prices, input, output } of cases) {
      const cut = random(64) % (output + 1n);
      const whole = sessionFeeUp(prices, input, output);
      const parts = sessionFeeUp(prices, input, cut) + sessionFeeUp(prices, 0n, output - cut);
      expect(parts - whole === 0n || parts - whole === 1n, `${parts} for ${whole}`).to.equal(true);
    }
  });

  it("never falls with units or prices", () => {
    for (const { prices, input, output } of cases) {
      const fee = sessionFeeUp(prices, input, output);
      expect(sessionFeeUp(prices, input + 1n, output) >= fee).to.equal(true);
      expect(sessionFeeUp(prices, input, output + 1n) >= fee).to.equal(true);
      expect(sessionFeeUp({ ...prices, inputPrice: prices.inputPrice + 1n }, input, output) >= fee).to.equal(true);
      expect(sessionFeeUp({ ...prices, outputPrice: prices.outputPrice + 1n }, input, output) >= fee).to.equal(true);
    }
  });

  it("is exact at its ends", () => {
    const dearest = { inputPrice: MOST_PRICE, outputPrice: MOST_PRICE };
    expect(sessionFeeUp(dearest, MOST_UNITS, MOST_UNITS)).to.equal(
      (2n * MOST_UNITS * MOST_PRICE + MILLION - 1n) / MILLION,
    );
    expect(sessionFeeUp(dearest, 0n, 0n)).to.equal(0n);
    expect(sessionFeeUp({ inputPrice: 0n, outputPrice: 0n }, MOST_UNITS, MOST_UNITS)).to.equal(0n);
    expect(sessionFeeUp({ inputPrice: 1n, outputPrice: 0n }, 1n, 0n)).to.equal(1n);
    expect(sessionFeeUp({ inputPrice: 1n, outputPrice: 0n }, MILLION, 0n)).to.equal(1n);
    expect(sessionFeeUp({ inputPrice: 1n, outputPrice: 1n }, MILLION, 1n)).to.equal(2n);
  });
});
