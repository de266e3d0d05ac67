import {
  AssayError,
  canonicalJson,
  type InferenceRequest,
  type JsonValue,
  keccak,
  parseRequest,
  type Policy,
} from "@assay/sdk";

/** A request of a session, checked. */
export interface SessionRequest {
  readonly request: InferenceRequest;
  /** UTF-8 of its canonical JSON. */
  readonly bytes: Uint8Array;
  readonly requestHash: Uint8Array;
}

const ROLES: ReadonlySet<unknown> = new Set(["system", "developer", "user", "assistant", "tool"]);

/**
 * Reads a request as `readRequest` does, without a schema for the usual ones: this runs once a request. Whatever is not plainly usual goes to the
 * schema, which decides.
 *
 * @throws AssayError `REQUEST_TOO_LARGE`, `OUTPUT_LIMIT`, `INVALID_REQUEST`, `REQUEST_NOT_CANONICAL`
 */
export function readSessionRequest(
  text: unknown,
  { maxDataBytes, maxOutputUnits }: Pick<Policy, "maxDataBytes" | "maxOutputUnits">,
): SessionRequest {
  if (typeof text !== "string") {
    throw new AssayError({ code: "INVALID_REQUEST", message: "The frame holds no request." });
  }
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length > maxDataBytes) {
    throw new AssayError({
      code: "REQUEST_TOO_LARGE",
      message: `The request has ${bytes.length} bytes, the model takes ${maxDataBytes}.`,
      hint: "Shorten the prompt.",
      details: { bytes: bytes.length, maxDataBytes },
    });
  }
  const request = usualRequest(text) ?? parseRequest(text).request;
  if (request.maxOutputUnits > maxOutputUnits) {
    throw new AssayError({
      code: "OUTPUT_LIMIT",
      message: `The request asks for ${request.maxOutputUnits} output units, the model gives at most ${maxOutputUnits}.`,
      hint: "Ask for fewer.",
      details: { maxOutputUnits },
    });
  }
  return { request, bytes, requestHash: keccak(bytes) };
}

/** The request, if it is a plain one in canonical form: a prompt or texts of messages, a limit, maybe stops and a seed. */
function usualRequest(text: string): InferenceRequest | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || !isUsual(value as Record<string, unknown>)) return undefined;
  try {
    return canonicalJson(value as JsonValue) === text ? (value as InferenceRequest) : undefined;
  } catch {
    return undefined;
  }
}

function isUsual(value: Record<string, unknown>): boolean {
  let asked = false;
  for (const key in value) {
    const item = value[key];
    if (key === "prompt") asked = typeof item === "string";
    else if (key === "messages") asked = areUsualMessages(item);
    else if (key === "stop") {
      if (!areUsualStops(item)) return false;
    } else if (key === "seed" ? !isWhole(item, 0) : key !== "maxOutputUnits") return false;
    if (!asked && (key === "prompt" || key === "messages")) return false;
  }
  return asked && isWhole(value["maxOutputUnits"], 1) && !("prompt" in value && "messages" in value);
}

const MOST_STOPS = 4;

function areUsualStops(value: unknown): boolean {
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST_STOPS) return false;
  return value.every((item) => typeof item === "string" && item !== "");
}

function areUsualMessages(value: unknown): boolean {
  if (!Array.isArray(value) || value.length === 0) return false;
  for (const message of value as unknown[]) {
    if (typeof message !== "object" || message === null) return false;
    const { role, content } = message as Record<string, unknown>;
    if (!ROLES.has(role) || typeof content !== "string") return false;
  }
  return true;
}

function isWhole(value: unknown, least: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least;
}
