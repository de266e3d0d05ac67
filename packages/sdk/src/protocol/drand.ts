/** drand's scheme bls-bn254-unchained-on-g1: what a round signs, its schedule, and a local network's key. */
import { sha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { getBytes, hexlify, isHexString } from "ethers";

import { AssayError } from "../errors.js";
import { blsPublicKey, blsSign, blsVerify } from "./bn254.js";
import { isLocalChain } from "./localChain.js";

export const DRAND_SCHEME = "bls-bn254-unchained-on-g1";

/** When rounds are published, in Unix seconds, and which of them batches target. */
export interface RoundSchedule {
  /** Publication time of round 1. */
  readonly genesis: bigint;
  readonly period: bigint;
  /** Targets are multiples of this many rounds. */
  readonly stride: bigint;
}

/** First round strictly later than `timestamp`; twin of `IRandomnessBeacon.roundAt`. */
export function roundAt({ genesis, period }: RoundSchedule, timestamp: bigint): bigint {
  return timestamp < genesis ? 1n : (timestamp - genesis) / period + 2n;
}

/**
 * Publication time of a round; twin of `IRandomnessBeacon.timeOf`.
 * @throws AssayError `INVALID_ROUND` below 1
 */
export function timeOfRound({ genesis, period }: RoundSchedule, round: bigint): bigint {
  requireRound(round);
  return genesis + (round - 1n) * period;
}

/** Last round that is public at `timestamp`; 0 before the first. */
export function latestRoundAt({ genesis, period }: RoundSchedule, timestamp: bigint): bigint {
  return timestamp < genesis ? 0n : (timestamp - genesis) / period + 1n;
}

/** The round that a batch targets which must not know it before `notBefore`; twin of `IRandomnessBeacon.nextTarget`. */
export function nextTarget(schedule: RoundSchedule, notBefore: bigint): bigint {
  const first = roundAt(schedule, notBefore);
  return ((first + schedule.stride - 1n) / schedule.stride) * schedule.stride;
}

/** What a round's signature signs: keccak256 of the round as 8 bytes, big-endian. */
export function roundMessage(round: bigint): Uint8Array {
  requireRound(round);
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, round);
  return keccak_256(bytes);
}

/** A round's signature, 64 bytes: G1 point, x then y, big-endian. */
export function signRound(round: bigint, secretKey: bigint): string {
  return hexlify(blsSign(roundMessage(round), secretKey));
}

/**
 * True if `signature` is the round's signature under the group key; false for anything malformed.
 * @param signature 64 bytes, hex with or without 0x
 * @param publicKey 128 bytes as drand prints it, hex with or without 0x
 */
export function verifyRound(round: bigint, signature: string, publicKey: string): boolean {
  const [signed, key] = [withPrefix(signature), withPrefix(publicKey)];
  if (!isHexString(signed, 64) || !isHexString(key, 128)) return false;
  return blsVerify(roundMessage(round), getBytes(signed), getBytes(key));
}

/** sha256 of a round's signature; the contract keeps its first 27 bytes. */
export function roundRandomness(signature: string): string {
  return hexlify(sha256(getBytes(withPrefix(signature))));
}

/** What the contract keeps of a round's randomness: 27 bytes, the rest zero. */
export function storedRandomness(signature: string): string {
  return `${roundRandomness(signature).slice(0, 56)}${"0".repeat(10)}`;
}

/**
 * drand's chain hash of a network: sha256(period ‖ genesis ‖ key ‖ genesis seed ‖ beacon id), numbers big-endian.
 * @param network period and genesis in seconds, key as drand prints it; seed and id as the network's group file says
 */
export function drandChainHash(network: {
  readonly period: number;
  readonly genesis: number;
  readonly publicKey: string;
  readonly genesisSeed: string;
  readonly beaconId: string;
}): string {
  const numbers = new Uint8Array(12);
  const view = new DataView(numbers.buffer);
  view.setUint32(0, network.period);
  view.setBigInt64(4, BigInt(network.genesis));
  const parts = [numbers, getBytes(withPrefix(network.publicKey)), getBytes(withPrefix(network.genesisSeed))];
  const id = new TextEncoder().encode(network.beaconId === "default" ? "" : network.beaconId);
  return hexlify(sha256(Uint8Array.from([...parts, id].flatMap((part) => [...part])))).slice(2);
}

/** Everybody knows this key: whoever uses its rounds can compute them in advance. For local chains only. */
const DEVELOPMENT_SECRET = BigInt(hexlify(keccak_256(new TextEncoder().encode("assay development beacon")))) >> 4n;

/** A beacon's key pair. */
export interface BeaconKey {
  readonly secretKey: bigint;
  /** As drand prints it, hex without 0x. */
  readonly publicKey: string;
}

/**
 * The key pair of local beacons. It is public, so any chain but a local one is refused.
 *
 * @throws AssayError `DEVELOPMENT_KEY`
 *
 * @example
 * const { secretKey, publicKey } = developmentBeaconKey(31337n);
 */
export function developmentBeaconKey(chainId: bigint | number): BeaconKey {
  if (!isLocalChain(chainId)) {
    throw new AssayError({
      code: "DEVELOPMENT_KEY",
      message: `The development key of the beacon is public and refused on chain ${chainId}.`,
      hint: "Use a public drand network there.",
    });
  }
  return { secretKey: DEVELOPMENT_SECRET, publicKey: hexlify(blsPublicKey(DEVELOPMENT_SECRET)).slice(2) };
}

function requireRound(round: bigint): void {
  if (round >= 1n && round < 1n << 64n) return;
  throw new AssayError({ code: "INVALID_ROUND", message: `A round is a number from 1 to 2⁶⁴ − 1, not ${round}.` });
}

function withPrefix(hex: string): string {
  return hex.startsWith("0x") ? hex : `0x${hex}`;
}
