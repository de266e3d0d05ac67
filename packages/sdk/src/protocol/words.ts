import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";

import { AssayError } from "../errors.js";

/** Bytes of an ABI word. */
export const WORD = 32;

/** Throws unless `value` fits an unsigned integer of `bits` bits, as a contract would refuse it. */
export function requireUint(value: bigint, bits: number, name: string): bigint {
  if (value >= 0n && value >> BigInt(bits) === 0n) return value;
  throw new AssayError({ code: "VALUE_OUT_OF_RANGE", message: `${name} is ${value.toString()}, not a uint${bits}.` });
}

/** Bytes of a 0x string that must have exactly `length` of them. */
export function hexBytes(value: string, length: number, name: string): Uint8Array {
  if (value.length === 2 + 2 * length && /^0x[0-9a-fA-F]*$/.test(value)) return hexToBytes(value.slice(2));
  throw new AssayError({ code: "INVALID_HEX", message: `${name} is "${value}", not ${length} bytes in hex.` });
}

export function toHex(bytes: Uint8Array): string {
  return `0x${bytesToHex(bytes)}`;
}

/** Writes `value` big-endian so that it ends before `end`, over `bytes` bytes (a multiple of 4). */
export function writeUint(target: DataView, end: number, bytes: number, value: bigint): void {
  let rest = value;
  for (let at = end - 4; at >= end - bytes; at -= 4) {
    target.setUint32(at, Number(rest & 0xffffffffn));
    rest >>= 32n;
  }
}

/** Reads the big-endian integer in [start, start + bytes); `bytes` is a multiple of 4. */
export function readUint(source: DataView, start: number, bytes: number): bigint {
  let value = 0n;
  for (let at = start; at < start + bytes; at += 4) value = (value << 32n) | BigInt(source.getUint32(at));
  return value;
}

/** One value of a static ABI type. */
export interface AbiValue {
  readonly type: string;
  readonly name: string;
  readonly value: bigint | string;
}

function writeWord(bytes: Uint8Array, view: DataView, offset: number, { type, name, value }: AbiValue): void {
  if (typeof value === "bigint") {
    writeUint(view, offset + WORD, WORD, requireUint(value, Number(type.slice("uint".length)), name));
  } else if (type === "address") {
    bytes.set(hexBytes(value, 20, name), offset + 12);
  } else {
    bytes.set(hexBytes(value, WORD, name), offset);
  }
}

/** `abi.encode` of static values (uintN, address, bytes32), `prefix` bytes before them left free. */
export function encodeWords(values: readonly AbiValue[], prefix = 0): Uint8Array {
  const bytes = new Uint8Array(prefix + values.length * WORD);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) writeWord(bytes, view, prefix + index * WORD, value);
  return bytes;
}

export const uint = (bits: number, name: string, value: bigint): AbiValue => ({ type: `uint${bits}`, name, value });
export const bytes32 = (name: string, value: string): AbiValue => ({ type: "bytes32", name, value });
export const address = (name: string, value: string): AbiValue => ({ type: "address", name, value });

/** The tail of a short string in `abi.encode`: its length, then its bytes padded to one word. */
export function shortString(text: string): readonly AbiValue[] {
  const padded = new Uint8Array(WORD);
  padded.set(new TextEncoder().encode(text));
  return [uint(256, "length", BigInt(text.length)), bytes32("text", toHex(padded))];
}
