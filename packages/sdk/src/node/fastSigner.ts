import { AssayError } from "../errors.js";
import { keccak } from "../protocol/keccak.js";
import { hexBytes, toHex } from "../protocol/words.js";
import { curve, type Curve } from "./curve.js";

const DIGEST = 32;
const SIGNATURE = 65;
/** Half of the curve's order: contracts refuse a larger s, because its mirror image would be a second valid signature. */
const MAX_S = Buffer.from("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0", "hex");

function digestBytes(digest: Uint8Array | string): Uint8Array {
  if (typeof digest === "string") return hexBytes(digest, DIGEST, "digest");
  if (digest.length === DIGEST) return digest;
  throw new AssayError({ code: "INVALID_HASH", message: `A digest has ${digest.length} bytes, not 32.` });
}

/** The address of an uncompressed public key, with its checksum (ERC-55). */
function addressOf(publicKey: Uint8Array): string {
  const lower = toHex(keccak(publicKey.subarray(1)).subarray(12)).slice(2);
  const checksum = keccak(Buffer.from(lower, "latin1"));
  let address = "0x";
  for (let at = 0; at < lower.length; at += 1) {
    const nibble = (checksum[at >> 1] ?? 0) >> (at % 2 === 0 ? 4 : 0);
    address += (nibble & 8) === 0 ? lower.charAt(at) : lower.charAt(at).toUpperCase();
  }
  return address;
}

/**
 * Signs digests with one key, the same bytes as ethers' `SigningKey`, about ten times faster where libsecp256k1 loads.
 *
 * Warning: it holds the key in memory and signs whatever it is given.
 *
 * @example
 * const signer = new FastSigner(wallet.privateKey);
 * const signature = signer.signDigest(voucherDigest(voucher, domain));
 */
export class FastSigner {
  /** With its checksum. */
  readonly address: string;
  // A private field of the language, so that neither a log nor an inspection shows it.
  readonly #key: Uint8Array;

  /**
   * @param privateKey 0x and 32 bytes
   * @param implementation for tests; the fastest there is unless given
   * @throws AssayError `PRIVATE_KEY_INVALID`; it never quotes the key
   */
  constructor(
    privateKey: string,
    private readonly implementation: Curve = curve(),
  ) {
    try {
      this.#key = hexBytes(privateKey, 32, "privateKey");
      this.address = addressOf(implementation.publicKey(this.#key));
    } catch {
      throw new AssayError({
        code: "PRIVATE_KEY_INVALID",
        message: "A private key is not 32 bytes in hex, or is no number that the curve allows.",
      });
    }
  }

  /**
   * Signs 32 bytes as they are.
   *
   * @returns 0x and 65 bytes: r, s (low), v (27 or 28)
   * @throws AssayError `INVALID_HASH` or `INVALID_HEX` unless there are 32 bytes
   */
  signDigest(digest: Uint8Array | string): string {
    const { signature, recovery } = this.implementation.sign(digestBytes(digest), this.#key);
    return `${toHex(signature)}${(27 + recovery).toString(16)}`;
  }
}

/**
 * Who signed a digest, by the rules of the contracts: 65 bytes, low s, v 27 or 28.
 *
 * @param implementation for tests; the fastest there is unless given
 * @returns the address with its checksum, or undefined if nobody can have made this signature
 * @throws AssayError `INVALID_HASH` or `INVALID_HEX` unless the digest has 32 bytes
 *
 * @example
 * if (recoverSigner(voucherDigest(voucher, domain), signature) !== job.requester) refuse();
 */
export function recoverSigner(
  digest: Uint8Array | string,
  signature: string,
  implementation: Curve = curve(),
): string | undefined {
  const message = digestBytes(digest);
  let bytes: Uint8Array;
  try {
    bytes = hexBytes(signature, SIGNATURE, "signature");
  } catch {
    return undefined;
  }
  const v = bytes[SIGNATURE - 1];
  if (v !== 27 && v !== 28) return undefined;
  if (MAX_S.compare(bytes, 32, 64) < 0) return undefined;
  try {
    return addressOf(implementation.recover(message, bytes.subarray(0, 64), v - 27));
  } catch {
    return undefined;
  }
}
