import { inspect } from "node:util";

import { expect } from "chai";
import { getBytes, recoverAddress, Signature, SigningKey, toBeHex, Wallet } from "ethers";

import { curve, FastSigner, recoverSigner } from "../../src/node/index.js";
import { loadNativeCurve, portableCurve, type Curve } from "../../src/node/curve.js";
import { expectAssayError } from "../protocol/expectAssayError.js";
import { Random } from "../protocol/fixtures.js";

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

function nativeCurve(): Curve {
  const native = loadNativeCurve();
  if (native === undefined) throw new Error("The optional package secp256k1 has no binary for this machine.");
  return native;
}

for (const [name, load] of [
  ["libsecp256k1", nativeCurve],
  ["JavaScript", (): Curve => portableCurve],
] as const) {
  describe(`FastSigner with ${name}`, () => {
    it("signs as ethers signs", () => {
      const random = new Random(1n);
      const implementation = load();
      for (let i = 0; i < 60; i += 1) {
        const key = random.bytes(32);
        const digest = random.bytes(32);
        const signer = new FastSigner(key, implementation);
        const signature = new SigningKey(key).sign(digest).serialized;
        expect(signer.address).to.equal(new Wallet(key).address);
        expect(signer.signDigest(digest)).to.equal(signature);
        expect(signer.signDigest(getBytes(digest))).to.equal(signature);
        expect(recoverSigner(digest, signature, implementation)).to.equal(signer.address);
      }
    });

    it("signs the digests 0 and order - 1 with the first and the last key", () => {
      const implementation = load();
      for (const key of [toBeHex(1n, 32), toBeHex(ORDER - 1n, 32)]) {
        for (const digest of [toBeHex(0n, 32), toBeHex(ORDER - 1n, 32)]) {
          const signature = new SigningKey(key).sign(digest).serialized;
          expect(new FastSigner(key, implementation).signDigest(digest)).to.equal(signature);
          expect(recoverSigner(digest, signature, implementation)).to.equal(recoverAddress(digest, signature));
        }
      }
    });

    it("signs digests from the order on so that the signer is recovered", () => {
      const implementation = load();
      const signer = new FastSigner(toBeHex(7n, 32), implementation);
      for (const digest of [toBeHex(ORDER, 32), toBeHex(2n ** 256n - 1n, 32)]) {
        const signature = signer.signDigest(digest);
        expect(recoverAddress(digest, signature)).to.equal(signer.address);
        expect(recoverSigner(digest, signature, implementation)).to.equal(signer.address);
      }
    });

    it("recovers another address from another digest", () => {
      const random = new Random(2n);
      const implementation = load();
      const signer = new FastSigner(random.bytes(32), implementation);
      const signature = signer.signDigest(random.bytes(32));
      const other = random.bytes(32);
      expect(recoverSigner(other, signature, implementation))
        .to.equal(recoverAddress(other, signature))
        .and.not.equal(signer.address);
    });

    it("recovers nobody from what no contract would take", () => {
      const random = new Random(3n);
      const implementation = load();
      const digest = random.bytes(32);
      const { r, s, v, serialized } = new SigningKey(random.bytes(32)).sign(digest);
      const highS = toBeHex(ORDER - BigInt(s), 32).slice(2);
      const flipped = `${r}${highS}${v === 27 ? "1c" : "1b"}`;
      // The mirror image is valid on the curve: only the rule of low s refuses it.
      expect(implementation.recover(getBytes(digest), getBytes(flipped).subarray(0, 64), 28 - v)).to.have.length(65);
      const zero = "00".repeat(32);
      const refused = [
        flipped,
        `${serialized.slice(0, -2)}00`,
        `${serialized.slice(0, -2)}1d`,
        Signature.from(serialized).compactSerialized,
        `0x${zero}${s.slice(2)}1b`,
        `${r}${zero}1b`,
        `0x${"ff".repeat(32)}${s.slice(2)}1b`,
        `0x${zero}${zero}1b`,
        `${serialized}00`,
        "0x",
        "",
        "hello",
        serialized.slice(2),
      ];
      for (const signature of refused) {
        expect(recoverSigner(digest, signature, implementation), signature).to.equal(undefined);
      }
    });

    it("refuses keys that are none, without quoting them", () => {
      for (const key of ["", "0x12", "11".repeat(32), toBeHex(0n, 32), toBeHex(ORDER, 32)]) {
        expectAssayError(() => new FastSigner(key, load()), "PRIVATE_KEY_INVALID");
        try {
          new FastSigner(key, load());
        } catch (error) {
          if (key !== "") expect(inspect(error)).to.not.include(key);
        }
      }
    });
  });
}

describe("FastSigner", () => {
  it("uses libsecp256k1 where it loads", () => {
    expect(curve().native).to.equal(true);
  });

  it("refuses a digest that has no 32 bytes", () => {
    const signer = new FastSigner(toBeHex(1n, 32));
    expectAssayError(() => signer.signDigest(new Uint8Array(31)), "INVALID_HASH");
    expectAssayError(() => signer.signDigest("0x12"), "INVALID_HEX");
    expectAssayError(() => recoverSigner("0x12", "0x"), "INVALID_HEX");
  });

  it("does not show its key", () => {
    const key = new Random(4n).bytes(32);
    const signer = new FastSigner(key);
    expect(inspect(signer, { depth: 9, showHidden: true }) + JSON.stringify(signer)).to.not.include(key.slice(2, 20));
  });
});
