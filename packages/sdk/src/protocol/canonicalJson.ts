import { AssayError } from "../errors.js";
import { keccakHex } from "./keccak.js";

/** What JSON can hold. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

function notJson(what: string): AssayError {
  return new AssayError({ code: "NOT_JSON", message: `JSON cannot hold ${what}.` });
}

function writeString(value: string): string {
  // With the u flag a surrogate matches only where it is not half of a pair.
  if (/\p{Surrogate}/u.test(value)) throw notJson("a lone surrogate");
  return JSON.stringify(value);
}

function writeObject(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw notJson("an object of a class");
  // `sort` compares UTF-16 code units, as the RFC demands.
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${entries.map(([key, item]) => `${writeString(key)}:${write(item)}`).join(",")}}`;
}

function write(value: unknown): string {
  switch (typeof value) {
    case "string":
      return writeString(value);
    case "number":
      // The RFC takes over how ECMAScript prints a number.
      if (!Number.isFinite(value)) throw notJson(String(value));
      return JSON.stringify(value);
    case "boolean":
      return String(value);
    case "object":
      if (value === null) return "null";
      return Array.isArray(value) ? `[${value.map(write).join(",")}]` : writeObject(value);
    default:
      throw notJson(`a value of type ${typeof value}`);
  }
}

/**
 * Canonical JSON (RFC 8785): the one text of a value, to be hashed. Stricter than `JSON.stringify`: nothing is dropped or
 * converted in silence.
 *
 * @throws AssayError `NOT_JSON`
 * @example
 * canonicalJson({ b: 1, a: [true, null] }); // '{"a":[true,null],"b":1}'
 */
export function canonicalJson(value: JsonValue): string {
  return write(value);
}

/** keccak256 of a value's canonical JSON. */
export function hashJson(value: JsonValue): string {
  return keccakHex(canonicalJson(value));
}
