import { bn254 } from "@noble/curves/bn254.js";
import { expect } from "chai";
import { getBytes, id } from "ethers";

import vectors from "../../../../test/vectors/drand-evmnet.json" with { type: "json" };
import { blsPublicKey, blsSign, blsVerify, decodePublicKey, hashToG1 } from "../../src/protocol/bn254.js";
import { drandChainHash, roundMessage, verifyRound } from "../../src/protocol/drand.js";
import { expectAssayError } from "./expectAssayError.js";

const { ORDER } = bn254.fields.Fp;
const SECRET = 123_456_789n;
const KEY = blsPublicKey(SECRET);
const MESSAGE = getBytes(id("message"));
// The genesis seed of evmnet, which the hash below proves.
const GENESIS_SEED = "cd7ad2f0e0cce5d8c288f2dd016ffe7bc8dc88dbb229b3da2b6ad736490dfed6";
const ROUND_513 =
  "06ded8c05af23042a0caf9b404c6140f9ec64adbaf82f04d5c37153e8412ed58" +
  "0f827c7d5ac7d02ca0bbd989d07594729bdcde7d6dc1001191c59dc9033d31b2";

const words = (values: readonly bigint[]): Uint8Array =>
  getBytes(`0x${values.map((value) => value.toString(16).padStart(64, "0")).join("")}`);

describe("bn254", () => {
  it("hashes messages of any length to points of the curve", () => {
    for (const length of [0, 1, 31, 32, 135, 136, 137, 1_000]) {
      const point = hashToG1(new Uint8Array(length).fill(7));
      point.assertValidity();
      expect(point.is0()).to.equal(false);
    }
  });

  it("verifies its own signatures and no others", () => {
    const signature = blsSign(MESSAGE, SECRET);
    expect(blsVerify(MESSAGE, signature, KEY)).to.equal(true);
    expect(blsVerify(getBytes(id("another")), signature, KEY)).to.equal(false);
    expect(blsVerify(MESSAGE, blsSign(MESSAGE, SECRET + 1n), KEY)).to.equal(false);
    expect(blsVerify(MESSAGE, signature, blsPublicKey(SECRET + 1n))).to.equal(false);
  });

  it("accepts one encoding of a signature only", () => {
    const { x, y } = hashToG1(MESSAGE).multiply(SECRET).toAffine();
    expect(blsVerify(MESSAGE, words([x, y]), KEY)).to.equal(true);
    for (const values of [
      [x + ORDER, y],
      [x, y + ORDER],
      [x, ORDER - y],
      [y, x],
      [x, y + 1n],
      [0n, 0n],
    ] as const) {
      expect(blsVerify(MESSAGE, words(values), KEY), values.join()).to.equal(false);
    }
    for (const length of [0, 63, 65, 128]) expect(blsVerify(MESSAGE, new Uint8Array(length), KEY)).to.equal(false);
  });

  it("decodes a key as drand prints it", () => {
    expect(decodePublicKey(KEY).equals(bn254.G2.Point.BASE.multiply(SECRET))).to.equal(true);
    decodePublicKey(getBytes(`0x${vectors.publicKey}`));
  });

  const [xImaginary, xReal, yImaginary, yReal] = [0, 32, 64, 96].map((at) =>
    BigInt(`0x${Buffer.from(KEY.subarray(at, at + 32)).toString("hex")}`),
  ) as [bigint, bigint, bigint, bigint];
  const noKeys: Record<string, Uint8Array> = {
    infinity: new Uint8Array(128),
    nothing: new Uint8Array(),
    "a key that is cut off": KEY.subarray(0, 127),
    "a key with a byte too many": Uint8Array.from([...KEY, 0]),
    "a coordinate above the field": words([xImaginary + ORDER, xReal, yImaginary, yReal]),
    "a point off the twist": words([xImaginary, xReal, yImaginary, yReal ^ 1n]),
    "a key with its real parts first": words([xReal, xImaginary, yReal, yImaginary]),
    "a point of the twist outside the group": words([
      0n,
      1n,
      0x2351dcdda257b62181cbd745dfee16d5fdf4eb185bbcf33c20a0fe6eaa9cb4a3n,
      0x07fb3d558dafafb6bf6dd326a5fefe0beca3f9ac3bd999a390d504fad34b0b8cn,
    ]),
  };
  for (const [name, key] of Object.entries(noKeys)) {
    it(`refuses ${name} as a key`, () => {
      expectAssayError(() => decodePublicKey(key), "INVALID_BEACON_KEY");
      expect(blsVerify(MESSAGE, blsSign(MESSAGE, SECRET), key)).to.equal(false);
      expect(blsVerify(MESSAGE, new Uint8Array(64), key)).to.equal(false);
    });
  }
});

describe("the public network evmnet", () => {
  const { publicKey } = vectors;

  it("has the chain hash that its period, genesis, key, seed and name give", () => {
    const { periodSeconds: period, genesisTime: genesis } = vectors;
    const network = { period, genesis, publicKey, genesisSeed: GENESIS_SEED, beaconId: "evmnet" };
    expect(drandChainHash(network)).to.equal(vectors.chainHash);
    expect(drandChainHash({ ...network, period: 1 })).not.to.equal(vectors.chainHash);
    expect(drandChainHash({ ...network, beaconId: "default" })).not.to.equal(vectors.chainHash);
  });

  it("signed a second round too, in any spelling of the hex", () => {
    expect(verifyRound(513n, ROUND_513, publicKey)).to.equal(true);
    expect(verifyRound(513n, `0x${ROUND_513.toUpperCase()}`, `0x${publicKey}`)).to.equal(true);
    expect(verifyRound(514n, ROUND_513, publicKey)).to.equal(false);
    expect(blsVerify(roundMessage(513n), getBytes(`0x${ROUND_513}`), getBytes(`0x${publicKey}`))).to.equal(true);
  });

  it("never signed what is no hex", () => {
    for (const text of ["", "0x", "zz".repeat(64), ROUND_513.slice(1), `${ROUND_513}0`]) {
      expect(verifyRound(513n, text, publicKey)).to.equal(false);
    }
    expect(verifyRound(513n, ROUND_513, "no key")).to.equal(false);
  });
});
