import { setImmediate } from "node:timers/promises";

import { AssayError } from "@assay/sdk";
import { AbiCoder, keccak256 } from "ethers";

import { NgramModel } from "../../domain/ngram.js";
import type { EngineInfo } from "../../domain/policyMatch.js";
import type { Engine, EngineChunk, EngineRequest } from "./engine.js";

export const NGRAM_ENGINE = "ngram";
/** Changes with anything that changes an output byte: the choice of the next byte, the templates, the weights hash. */
export const NGRAM_ENGINE_VERSION = "1";

/**
 * How the prompt becomes the model's context and when the answer ends. The context is the prompt's UTF-8 bytes, nothing added, in both.
 * `none` ends at `maxOutputUnits`; `sentence` ends there or after the first `.`, `!` or `?`, which belongs to the answer.
 */
export const NGRAM_TEMPLATES = ["none", "sentence"] as const;

const SENTENCE_ENDS: ReadonlySet<number> = new Set([0x2e, 0x21, 0x3f]);
const CHUNK_BYTES = 256;

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
    info: () => info,
    inputUnits: (prompt) => new TextEncoder().encode(prompt).length,
    generate: (request, signal) => generate(model, request, signal),
  };
}

async function* generate(model: NgramModel, request: EngineRequest, signal: AbortSignal): AsyncGenerator<EngineChunk> {
  refuseUnsupported(request);
  const prompt = new TextEncoder().encode(request.prompt);
  // Only the last bytes of a prompt can matter, and what was generated follows them.
  const kept = prompt.subarray(Math.max(0, prompt.length - model.order));
  const bytes = new Uint8Array(kept.length + request.maxOutputUnits);
  bytes.set(kept);
  let end = kept.length;
  let chunkStart = end;
  let finished = false;
  while (!finished) {
    signal.throwIfAborted();
    const byte = model.next(bytes, end);
    bytes[end] = byte;
    end += 1;
    finished = end === bytes.length || (request.template === "sentence" && SENTENCE_ENDS.has(byte));
    if (finished || end - chunkStart === CHUNK_BYTES) {
      yield {
        bytes: bytes.slice(chunkStart, end),
        inputUnits: prompt.length,
        outputUnits: end - kept.length,
      };
      chunkStart = end;
      // Long answers leave the event loop to the other duties between pieces.
      if (!finished) await setImmediate();
    }
  }
}

function refuseUnsupported({ temperature, template, maxOutputUnits }: EngineRequest): void {
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
