/**
 * ECDSA on secp256k1: through libsecp256k1 where its binding loads, else in JavaScript. Both give the same bytes for every
 * digest below the curve's order, which is all but one in 2¹²⁸; above it the nonces differ and both signatures are valid.
 */
import { createRequire } from "node:module";

import { secp256k1 } from "@noble/curves/secp256k1.js";

/** The curve's functions. Messages and private keys have 32 bytes, public keys 65 bytes, uncompressed. */
export interface Curve {
  readonly native: boolean;
  /** Deterministic (RFC 6979) with low s. `signature` is `r ‖ s`; `recovery` is 0 to 3. */
  readonly sign: (message: Uint8Array, privateKey: Uint8Array) => { signature: Uint8Array; recovery: number };
  /** Throws if no key can have made the signature. */
  readonly recover: (message: Uint8Array, signature: Uint8Array, recovery: number) => Uint8Array;
  /** Throws unless the key is in [1, order). */
  readonly publicKey: (privateKey: Uint8Array) => Uint8Array;
}

/** The part of `secp256k1/bindings.js` that is used. */
interface Binding {
  ecdsaSign(message: Uint8Array, privateKey: Uint8Array): { signature: Uint8Array; recid: number };
  ecdsaRecover(signature: Uint8Array, recovery: number, message: Uint8Array, compressed: boolean): Uint8Array;
  publicKeyCreate(privateKey: Uint8Array, compressed: boolean): Uint8Array;
}

/** Always there, and about ten times slower. */
export const portableCurve: Curve = {
  native: false,
  sign: (message, privateKey) => {
    const bytes = secp256k1.sign(message, privateKey, { prehash: false, lowS: true, format: "recovered" });
    return { signature: bytes.subarray(1), recovery: bytes[0] ?? 0 };
  },
  recover: (message, signature, recovery) => {
    const bytes = new Uint8Array(65);
    bytes[0] = recovery;
    bytes.set(signature, 1);
    return secp256k1.Point.fromBytes(secp256k1.recoverPublicKey(bytes, message, { prehash: false })).toBytes(false);
  },
  publicKey: (privateKey) => secp256k1.getPublicKey(privateKey, false),
};

/** libsecp256k1, or undefined where its optional package has no binary for this machine. */
export function loadNativeCurve(): Curve | undefined {
  let binding: Binding;
  try {
    // The package's main module would fall back to a third implementation; its binding alone fails instead.
    binding = createRequire(import.meta.url)("secp256k1/bindings.js") as Binding;
  } catch {
    return undefined;
  }
  return {
    native: true,
    sign: (message, privateKey) => {
      const { signature, recid } = binding.ecdsaSign(message, privateKey);
      return { signature, recovery: recid };
    },
    recover: (message, signature, recovery) => binding.ecdsaRecover(signature, recovery, message, false),
    publicKey: (privateKey) => binding.publicKeyCreate(privateKey, false),
  };
}

let loaded: Curve | undefined;

/** The fastest implementation that this machine has. */
export function curve(): Curve {
  loaded ??= loadNativeCurve() ?? portableCurve;
  return loaded;
}
