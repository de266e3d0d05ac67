import { expect } from "chai";
import { getBytes, hexlify } from "ethers";

import {
  digest,
  hashReceipt,
  keccakHex,
  loadFastKeccak,
  type Receipt,
  ReceiptHasher,
  type ReceiptInput,
  receiptSeed,
  type ReceiptTerms,
  responseRoot,
} from "../../src/index.js";
import { expectAssayError } from "./expectAssayError.js";
import { Random } from "./fixtures.js";

const randomTerms = (random: Random): ReceiptTerms => ({
  provider: random.bytes(20),
  jobId: random.bytes(32),
  modelId: random.uint(256),
  version: random.uint(32),
  policyId: random.bytes(32),
});

const randomInput = (random: Random): ReceiptInput => ({
  nonce: Number(random.uint(53)),
  requestHash: getBytes(random.bytes(32)),
  outputHash: getBytes(random.bytes(32)),
  salt: getBytes(random.bytes(32)),
  inputUnits: Number(random.uint(53)),
  outputUnits: Number(random.uint(53)),
  fee: random.uint(96),
  startedAt: Number(random.uint(53)),
  finishedAt: Number(random.uint(53)),
});

/** The receipt as the definitions of the protocol make it. */
function slowReceipt(terms: ReceiptTerms, input: ReceiptInput): Receipt {
  const [inputUnits, outputUnits] = [BigInt(input.inputUnits), BigInt(input.outputUnits)];
  return {
    ...terms,
    nonce: BigInt(input.nonce),
    requestHash: hexlify(input.requestHash),
    responseRoot: responseRoot(hexlify(input.salt), digest(hexlify(input.outputHash), inputUnits, outputUnits)),
    seed: receiptSeed(terms.jobId, BigInt(input.nonce)),
    inputUnits,
    outputUnits,
    fee: input.fee,
    startedAt: BigInt(input.startedAt),
    finishedAt: BigInt(input.finishedAt),
  };
}

describe("ReceiptHasher", () => {
  function expectEqualToDefinitions(seed: bigint): void {
    const random = new Random(seed);
    for (let session = 0; session < 20; session += 1) {
      const terms = randomTerms(random);
      const hasher = new ReceiptHasher(terms);
      for (let i = 0; i < 20; i += 1) {
        const input = randomInput(random);
        const expected = slowReceipt(terms, input);
        const hashed = hasher.hash(input);
        expect(hexlify(hashed.receiptHash)).to.equal(hashReceipt(expected));
        expect(hexlify(hashed.responseRoot)).to.equal(expected.responseRoot);
        expect(hasher.receipt(input)).to.deep.equal(expected);
      }
    }
  }

  it("gives what hashReceipt, responseRoot, digest and receiptSeed give", () => {
    expectEqualToDefinitions(1n);
  });

  it("gives the same with the fast keccak", async () => {
    expect(await loadFastKeccak()).to.equal(true);
    expectEqualToDefinitions(2n);
  });

  it("gives results that later calls do not change", () => {
    const random = new Random(3n);
    const hasher = new ReceiptHasher(randomTerms(random));
    const { receiptHash, responseRoot: root } = hasher.hash(randomInput(random));
    const before = [keccakHex(receiptHash), keccakHex(root)];
    hasher.hash(randomInput(random));
    expect([keccakHex(receiptHash), keccakHex(root)]).to.deep.equal(before);
  });

  it("takes the bounds of every value", () => {
    const random = new Random(4n);
    const terms: ReceiptTerms = { ...randomTerms(random), modelId: 2n ** 256n - 1n, version: 2n ** 32n - 1n };
    const hasher = new ReceiptHasher(terms);
    for (const number of [0, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      const numbers = { nonce: number, inputUnits: number, outputUnits: number, startedAt: number, finishedAt: number };
      const input = { ...randomInput(random), ...numbers, fee: number === 0 ? 0n : 2n ** 96n - 1n };
      expect(hexlify(hasher.hash(input).receiptHash)).to.equal(hashReceipt(slowReceipt(terms, input)));
    }
  });

  it("refuses what does not fit", () => {
    const random = new Random(5n);
    const terms = randomTerms(random);
    const hasher = new ReceiptHasher(terms);
    const input = randomInput(random);
    for (const name of ["nonce", "inputUnits", "outputUnits", "startedAt", "finishedAt"] as const) {
      for (const value of [-1, 0.5, 2 ** 53, NaN]) {
        expectAssayError(() => hasher.hash({ ...input, [name]: value }), "VALUE_OUT_OF_RANGE", name);
      }
    }
    for (const name of ["requestHash", "outputHash", "salt"] as const) {
      expectAssayError(() => hasher.hash({ ...input, [name]: new Uint8Array(31) }), "INVALID_HASH", name);
    }
    for (const fee of [-1n, 2n ** 96n]) {
      expectAssayError(() => hasher.hash({ ...input, fee }), "VALUE_OUT_OF_RANGE", "fee");
    }
    expectAssayError(() => new ReceiptHasher({ ...terms, provider: "0x12" }), "INVALID_HEX", "provider");
    expectAssayError(() => new ReceiptHasher({ ...terms, version: 2n ** 32n }), "VALUE_OUT_OF_RANGE", "version");
  });

  it("is what it was after a refusal", () => {
    const random = new Random(6n);
    const terms = randomTerms(random);
    const hasher = new ReceiptHasher(terms);
    const input = randomInput(random);
    expectAssayError(() => hasher.hash({ ...randomInput(random), finishedAt: -1 }), "VALUE_OUT_OF_RANGE");
    expect(hexlify(hasher.hash(input).receiptHash)).to.equal(hashReceipt(slowReceipt(terms, input)));
  });
});
