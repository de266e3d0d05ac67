/**
 * Hashing to the curve BN254 and BLS signatures on it, as drand's scheme bls-bn254-unchained-on-g1 does.
 * Twin of `contracts/libraries/BN254Hash.sol`: RFC 9380's hash_to_curve with expand_message_xmd (keccak256) and the
 * Shallue–van de Woestijne map of §6.6.1 with Z = 1, no cofactor.
 */
import { expand_message_xmd } from "@noble/curves/abstract/hash-to-curve.js";
import { bn254 } from "@noble/curves/bn254.js";
import { keccak_256 } from "@noble/hashes/sha3.js";

import { AssayError } from "../errors.js";

const DST = "BLS_SIG_BN254G1_XMD:KECCAK-256_SVDW_RO_NUL_";
/** Uniform bytes a field element is reduced from. */
const FIELD_BYTES = 48;

const { Fp } = bn254.fields;
const { Point: G1 } = bn254.G1;
const { Point: G2 } = bn254.G2;

export type G1Point = InstanceType<typeof G1>;
export type G2Point = InstanceType<typeof G2>;

// g(x) = x³ + 3; the constants c1 to c4 of RFC 9380, §6.6.1, for Z = 1.
const curve = (x: bigint): bigint => Fp.add(Fp.mul(Fp.sqr(x), x), 3n);
const C1 = curve(1n);
const C2 = Fp.div(Fp.neg(1n), 2n);
const C3 = evenRoot(Fp.neg(Fp.mul(C1, 3n)));
const C4 = Fp.div(Fp.neg(Fp.mul(4n, C1)), 3n);

function evenRoot(square: bigint): bigint {
  const root = Fp.sqrt(square);
  return root % 2n === 0n ? root : Fp.neg(root);
}

/** Hash of a message as a point of G1. */
export function hashToG1(message: Uint8Array): G1Point {
  const uniform = expand_message_xmd(message, new TextEncoder().encode(DST), 2 * FIELD_BYTES, keccak_256);
  const element = (index: number): bigint =>
    Fp.create(toInteger(uniform.subarray(index * FIELD_BYTES, (index + 1) * FIELD_BYTES)));
  return mapToG1(element(0)).add(mapToG1(element(1)));
}

function mapToG1(u: bigint): G1Point {
  const square = Fp.mul(Fp.sqr(u), C1);
  const below = Fp.sub(1n, square);
  const above = Fp.add(1n, square);
  const product = Fp.mul(below, above);
  const inverse = product === 0n ? 0n : Fp.inv(product);
  const step = Fp.mul(Fp.mul(Fp.mul(u, below), inverse), C3);
  const third = Fp.add(Fp.mul(C4, Fp.sqr(Fp.mul(Fp.sqr(above), inverse))), 1n);
  for (const x of [Fp.sub(C2, step), Fp.add(C2, step), third]) {
    const y = rootOf(curve(x));
    if (y === undefined) continue;
    return G1.fromAffine({ x, y: y % 2n === u % 2n ? y : Fp.neg(y) });
  }
  // One of the three always is a square: their product is one.
  throw new AssayError({ code: "INTERNAL", message: "No candidate of the map to the curve has a root." });
}

function rootOf(square: bigint): bigint | undefined {
  const root = Fp.pow(square, (Fp.ORDER + 1n) / 4n);
  return Fp.sqr(root) === square ? root : undefined;
}

/** Signature of a message: the secret key times its hash. 64 bytes, x then y. */
export function blsSign(message: Uint8Array, secretKey: bigint): Uint8Array {
  const { x, y } = hashToG1(message).multiply(secretKey).toAffine();
  return fromIntegers([x, y]);
}

/** True if `signature` is the one signature of `message` under `publicKey`; false for anything malformed. */
export function blsVerify(message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean {
  if (signature.length !== 64) return false;
  try {
    const point = G1.fromAffine({ x: toInteger(signature.subarray(0, 32)), y: toInteger(signature.subarray(32)) });
    point.assertValidity();
    const product = bn254.pairingBatch([
      { g1: point, g2: G2.BASE.negate() },
      { g1: hashToG1(message), g2: decodePublicKey(publicKey) },
    ]);
    return bn254.fields.Fp12.eql(product, bn254.fields.Fp12.ONE);
  } catch {
    return false;
  }
}

/** Public key of a secret one, as drand prints it: x imaginary, x real, y imaginary, y real. */
export function blsPublicKey(secretKey: bigint): Uint8Array {
  const { x, y } = G2.BASE.multiply(secretKey).toAffine();
  return fromIntegers([x.c1, x.c0, y.c1, y.c0]);
}

/**
 * A public key's point.
 * @param publicKey 128 bytes as drand prints it
 * @throws AssayError `INVALID_BEACON_KEY` if it is not a point of G2, or infinity
 */
export function decodePublicKey(publicKey: Uint8Array): G2Point {
  const word = (index: number): bigint => toInteger(publicKey.subarray(index * 32, (index + 1) * 32));
  try {
    const point = G2.fromAffine({ x: { c1: word(0), c0: word(1) }, y: { c1: word(2), c0: word(3) } });
    point.assertValidity();
    if (publicKey.length === 128 && !point.is0()) return point;
  } catch (cause) {
    throw invalidKey(cause);
  }
  throw invalidKey();
}

function invalidKey(cause?: unknown): AssayError {
  return new AssayError({ code: "INVALID_BEACON_KEY", message: "The beacon's key is no point of G2.", cause });
}

function toInteger(bytes: Uint8Array): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

function fromIntegers(values: readonly bigint[]): Uint8Array {
  return Uint8Array.from(
    values.flatMap((value) =>
      Array.from({ length: 32 }, (_, index) => Number((value >> (8n * BigInt(31 - index))) & 0xffn)),
    ),
  );
}
