import { setImmediate } from "node:timers/promises";

import { AssayError, type InferenceRequest } from "@assay/sdk";
import { AbiCoder, keccak256 } from "ethers";

import { NgramModel } from "../../domain/ngram.js";
import type { EngineInfo } from "../../domain/policyMatch.js";
import { promptOf } from "../../domain/prompt.js";
import type { Engine, EngineChunk, EngineRequest } from "./engine.js";

export const NGRAM_ENGINE = "ngram";
/** Changes with anything that changes an output byte: the choice of the next byte, the templates, the weights hash. */
export const NGRAM_ENGINE_VERSION = "1";

/**
 * How the prompt becomes the model's context and when the answer ends. The context is the prompt's UTF-8 bytes, nothing added, in both.
 * `none` ends at `maxOutputUnits`; `sentence` ends there or after the first `.`, `!` or `?`, which belongs to the answer. Both end before the first
 * of the request's stop sequences that is complete; of those that end with the same byte the longest counts.
 */
export const NGRAM_TEMPLATES = ["none", "sentence"] as const;

const SENTENCE_ENDS: ReadonlySet<number> = new Set([0x2e, 0x21, 0x3f]);
const CHUNK_BYTES = 256;
const LONGEST_CHARACTER = 4;

/**
 * Weights hash of an n-gram model: `keccak256(abi.encode(bytes32 keccak256(text), uint256 order))`, `text` being the bytes of the training file as they
 * lie on disk.
 *
 * @example
 * ngramWeights(await readFile("models/alice.txt"), 6);
 */
export function ngramWeights(text: Uint8Array, order: number): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "uint256"], [keccak256(text), order]));
}

/**
 * The embedded engine: an {@link NgramModel} trained on `text`. Its units are bytes, of the prompt's UTF-8 form and of the output.
 *
 * @throws AssayError as {@link NgramModel.train} does.
 *
 * @example
 * const engine = createNgramEngine(await readFile("models/alice.txt"), 6);
 */
export function createNgramEngine(text: Uint8Array, order: number): Engine {
  const model = NgramModel.train(text, order);
  const info: EngineInfo = {
    engine: NGRAM_ENGINE,
    engineVersion: NGRAM_ENGINE_VERSION,
    weights: ngramWeights(text, order),
    order,
    tokenizer: "bytes",
    templates: NGRAM_TEMPLATES,
    // Counts are 32 bits wide and nothing else is computed.
    precision: { weights: "uint32", activations: "none", kvCache: "none" },
    hardwareClass: "any",
    temperature: 0,
  };
  return {
    unit: "bytes",
    endpoints: ["chat", "completions"],
    info: () => info,
    inputUnits: (request) => Buffer.byteLength(promptOf(request)),
    generate: (request, signal) => generate(model, request, signal),
  };
}

async function* generate(
  model: NgramModel,
  { request, temperature, template }: EngineRequest,
  signal: AbortSignal,
): AsyncGenerator<EngineChunk> {
  const { maxOutputUnits } = request;
  refuseUnsupported(request, temperature, template);
  const stops = stopsOf(request);
  // What may be the beginning of a stop sequence is not given away.
  const held = Math.max(0, ...stops.map(({ length }) => length - 1));
  const prompt = new TextEncoder().encode(promptOf(request));
  // Only the last bytes of a prompt can matter, and what was generated follows them.
  const kept = prompt.subarray(Math.max(0, prompt.length - model.order));
  const bytes = new Uint8Array(kept.length + maxOutputUnits);
  bytes.set(kept);
  const inputUnits = prompt.length;
  let end = kept.length;
  let given = end;
  const piece = (to: number): EngineChunk => ({
    text: bytes.slice(given, to),
    inputUnits,
    outputUnits: to - kept.length,
  });
  for (;;) {
    signal.throwIfAborted();
    const byte = model.next(bytes, end);
    bytes[end] = byte;
    end += 1;
    const stop = longestEnding(stops, bytes, kept.length, end);
    if (stop > 0) {
      yield { ...piece(end - stop), finish: "stop" };
      return;
    }
    const sentenceEnds = template === "sentence" && SENTENCE_ENDS.has(byte);
    if (sentenceEnds || end === bytes.length) {
      yield { ...piece(end), finish: sentenceEnds ? "stop" : "length" };
      return;
    }
    if (end - given < CHUNK_BYTES + held) continue;
    const to = wholeCharacters(bytes, given, end - held);
    if (to > given) yield piece(to);
    given = to;
    // Long answers leave the event loop to the other duties between pieces.
    await setImmediate();
  }
}

function stopsOf(request: InferenceRequest): readonly Uint8Array[] {
  if (!("stop" in request) || request.stop === undefined) return [];
  return request.stop.map((text) => new TextEncoder().encode(text));
}

/** Length of the longest stop sequence that `bytes[start, end)` ends with; 0 if there is none. */
function longestEnding(stops: readonly Uint8Array[], bytes: Uint8Array, start: number, end: number): number {
  let longest = 0;
  for (const stop of stops) {
    const from = end - stop.length;
    if (from >= start && stop.length > longest && stop.every((byte, index) => bytes[from + index] === byte)) {
      longest = stop.length;
    }
  }
  return longest;
}

/** The last place in (start, end] that does not cut a UTF-8 character; `end` if the bytes are no UTF-8 at all. */
function wholeCharacters(bytes: Uint8Array, start: number, end: number): number {
  for (let at = end - 1; at >= Math.max(start, end - LONGEST_CHARACTER); at -= 1) {
    const byte = bytes[at] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return at + length > end ? at : end;
  }
  return end;
}

function refuseUnsupported(request: InferenceRequest, temperature: number, template: string): void {
  const { maxOutputUnits } = request;
  if ("tools" in request && request.tools !== undefined) {
    throw new AssayError({
      code: "UNSUPPORTED_REQUEST",
      message: "This model calls no tools.",
      hint: "Ask without tools, or choose another model.",
    });
  }
  if (temperature !== 0) {
    throw new AssayError({
      code: "ENGINE_TEMPERATURE",
      message: `The ngram engine only decodes at temperature 0, not ${temperature}.`,
      hint: "Ask for temperature 0.",
    });
  }
  if (!(NGRAM_TEMPLATES as readonly string[]).includes(template)) {
    throw new AssayError({
      code: "ENGINE_TEMPLATE",
      message: `The ngram engine has no template "${template}".`,
      hint: `Its templates are ${NGRAM_TEMPLATES.join(" and ")}.`,
    });
  }
  if (!Number.isSafeInteger(maxOutputUnits) || maxOutputUnits < 1) {
    throw new AssayError({
      code: "ENGINE_OUTPUT_LIMIT",
      message: `maxOutputUnits is a whole number of at least 1, not ${maxOutputUnits}.`,
    });
  }
}
