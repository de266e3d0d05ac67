import { type AssayError, canonicalJson, type ChunkFrame, type JsonValue, toAssayError } from "@assay/sdk";
import type { Logger } from "pino";

import { apiFault, badParameter } from "../domain/apiFault.js";
import type { ModelEntry, Offer } from "../domain/catalogue.js";
import { mostInputUnits, worstFee } from "../domain/doneCheck.js";
import { type ParsedRequest, requestOf } from "../domain/openaiRequest.js";
import { type LeftOut, route } from "../domain/routing.js";
import type { Admission } from "./access.js";
import type { HealthBook } from "./healthBook.js";
import { type Answered, type AskHandle, type PreparedRequest, prepareRequest } from "./session/ask.js";
import type { SessionClient } from "./session/sessionClient.js";
import type { Supply } from "./supply.js";

/** Who hears of an answer. Exactly one of `onAnswered` and `onFailed` is called, once, unless the request was cancelled. */
export interface AnswerSink {
  /** True once something of the answer has left for the client: from then on no other provider can answer. */
  readonly hasBegun: () => boolean;
  /** Forgets the pieces of a provider that failed before any of them left: another one begins anew. */
  readonly reset: () => void;
  readonly onPiece: (chunk: ChunkFrame, text: string) => void;
  /** All pieces are there; the receipt is about to be durable. */
  readonly onComplete: () => void;
  readonly onAnswered: (answered: Answered, offer: Offer) => void;
  readonly onFailed: (error: AssayError) => void;
}

export interface AnsweringOptions {
  readonly supply: Supply;
  readonly health: HealthBook;
  readonly logger: Logger;
  /** Decimals of the settlement asset. */
  readonly decimals: number;
  readonly exploration: number;
  readonly maxAttempts: number;
  readonly answerSeconds: number;
  /** Told about every answer, for spot checks. */
  readonly onServed?: (served: Served) => void;
  readonly observe?: (outcome: RequestOutcome) => void;
}

/** An answer that a client got. */
export interface Served {
  readonly model: ModelEntry;
  readonly offer: Offer;
  readonly prepared: PreparedRequest;
  readonly answered: Answered;
}

/** How a request ended, for metrics. */
export interface RequestOutcome {
  readonly outcome: "answered" | "cancelled" | "failed";
  readonly model: string;
  readonly firstPieceMs: number | undefined;
  readonly inputUnits: number;
  readonly outputUnits: number;
  readonly fee: bigint;
}

/** A failed try, as the client gets to see it. */
interface Failure {
  readonly offer: Offer;
  readonly error: AssayError;
}

const MILLION = 1_000_000n;
/** Without a length in the request, so many answers fit the credit line at once. */
const DEFAULT_PART = 4n;
/** What the request itself is to blame for: no other provider would take it. */
const CLIENTS_FAULT: ReadonlySet<string> = new Set([
  "UNSUPPORTED_REQUEST",
  "INVALID_REQUEST",
  "REQUEST_NOT_CANONICAL",
  "REQUEST_TOO_LARGE",
]);
/** No sign of a bad provider. */
const NO_FAILURE: ReadonlySet<string> = new Set([
  "SESSION_BUSY",
  "CAPACITY",
  "CANCELLED",
  "CREDIT_LINE_TOO_SHORT",
  "NO_FUNDS",
  "BUDGET_SPENT",
]);

/** Brings a request to a provider, and to another one if that comes to nothing before the first token. */
export class Answering {
  constructor(private readonly options: AnsweringOptions) {}

  /**
   * Takes a request on.
   *
   * @returns a handle to let go of it
   * @throws AssayError with the status for the client: 400, 402, 404, 503
   */
  start(parsed: ParsedRequest, admission: Admission, sink: AnswerSink): AskHandle {
    const model = this.#model(parsed);
    const { health, supply, decimals, exploration } = this.options;
    const now = Date.now();
    const { candidates, leftOut } = route(model.offers, {
      wishes: parsed.wishes,
      healthOf: (offer) => health.of(offer).view(now, supply.ready(offer) !== undefined, supply.isLost(offer)),
      quantization: model.quantization,
      decimals,
      exploration,
    });
    const tries = candidates.slice(0, this.options.maxAttempts);
    if (tries.length === 0) throw nobody(parsed.model, leftOut);
    const prepared = this.#prepare(parsed, model, tries);
    admission.reserve(maximum(tries.map((offer) => worstFee(pricesOf(offer), prepared.bytes, prepared.request))));
    const run = new Run(
      { ...this.options, model, tries, prepared, stream: parsed.stream, keyId: admission.keyId },
      sink,
      admission,
    );
    run.next();
    return {
      cancel: () => {
        run.cancel();
      },
    };
  }

  #model({ model: name, endpoint }: ParsedRequest): ModelEntry {
    const { catalogue } = this.options.supply;
    const model = catalogue.find(name);
    if (model === undefined) {
      const { names } = catalogue;
      // Before the market was read nobody knows whether there is such a model.
      if (names.length === 0) throw nobody(name, []);
      throw apiFault({
        status: 404,
        code: "model_not_found",
        param: "model",
        message: `The model \`${name}\` does not exist here. There are: ${names.join(", ")}.`,
        metadata: { models: names },
      });
    }
    if (model.endpoints.includes(endpoint)) return model;
    throw badParameter(
      "model",
      `The model \`${name}\` does not serve ${endpoint}; it serves ${model.endpoints.join(" and ")}.`,
      "unsupported_model",
    );
  }

  #prepare(parsed: ParsedRequest, model: ModelEntry, tries: readonly Offer[]): PreparedRequest {
    let json: string;
    const { body, wanted } = parsed;
    try {
      // What was read from JSON is JSON; `canonicalJson` refuses the rest.
      json = canonicalJson(requestOf(body, 1) as unknown as JsonValue);
    } catch (cause) {
      throw apiFault({
        status: 400,
        code: "invalid_value",
        message: `The request ${toAssayError(cause).message}`,
        cause,
      });
    }
    const draft = prepareRequest(requestOf(body, 1), json);
    if (draft.bytes > model.maxDataBytes) {
      throw apiFault({
        status: 400,
        code: "context_length_exceeded",
        param: parsed.endpoint === "chat" ? "messages" : parsed.endpoint === "completions" ? "prompt" : "input",
        message: `The request has ${draft.bytes} bytes; this model's policy allows ${model.maxDataBytes}.`,
      });
    }
    const units = this.#outputUnits(wanted, model, tries, draft);
    if (units === 1) return draft;
    const request = requestOf(body, units);
    return prepareRequest(request, canonicalJson(request as unknown as JsonValue));
  }

  #outputUnits(
    wanted: ParsedRequest["wanted"],
    model: ModelEntry,
    tries: readonly Offer[],
    draft: PreparedRequest,
  ): number {
    if ("input" in draft.request) return 1;
    if (wanted !== undefined) {
      if (wanted.units <= model.maxOutputUnits) return wanted.units;
      throw badParameter(
        wanted.param,
        `${wanted.param} is too large: ${wanted.units}. This model supports at most ${model.maxOutputUnits} output ${model.unit}.`,
      );
    }
    const affordable = tries.map((offer) => {
      if (offer.outputPrice === 0n) return model.maxOutputUnits;
      const part = this.options.supply.creditLineOf(offer) / DEFAULT_PART;
      const input = (BigInt(mostInputUnits(draft.bytes, draft.request)) * offer.inputPrice) / MILLION;
      return Number(((part > input ? part - input : 0n) * MILLION) / offer.outputPrice);
    });
    return Math.max(1, Math.min(model.maxOutputUnits, ...affordable));
  }
}

interface RunOptions extends AnsweringOptions {
  readonly model: ModelEntry;
  readonly tries: readonly Offer[];
  readonly prepared: PreparedRequest;
  readonly stream: boolean;
  readonly keyId: number;
}

/** One request on its way through the providers. */
class Run {
  readonly #failures: Failure[] = [];
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  #index = -1;
  #handle: AskHandle | undefined;
  #pieces = false;
  #firstPieceMs: number | undefined;
  #cancelled = false;
  #over = false;

  constructor(
    private readonly options: RunOptions,
    private readonly sink: AnswerSink,
    private readonly admission: Admission,
  ) {
    this.#timer = setTimeout(() => {
      this.#timeout();
    }, options.answerSeconds * 1_000);
  }

  /** Asks the next provider. */
  next(): void {
    this.#index += 1;
    const offer = this.options.tries[this.#index];
    if (offer === undefined) {
      this.#fail(nobodyAnswered(this.#failures));
      return;
    }
    const session = this.options.supply.ready(offer);
    if (session !== undefined) {
      this.#ask(offer, session);
      return;
    }
    this.options.supply.acquire(offer).then(
      (opened) => {
        if (!this.#over && !this.#cancelled) this.#ask(offer, opened);
        else this.#end("cancelled");
      },
      (thrown: unknown) => {
        this.#failed(offer, toAssayError(thrown));
      },
    );
  }

  /** The client is gone. */
  cancel(): void {
    if (this.#cancelled || this.#over) return;
    this.#cancelled = true;
    this.#handle?.cancel();
  }

  #ask(offer: Offer, session: SessionClient): void {
    const record = this.options.health.of(offer);
    record.started(Date.now());
    const { prepared, stream, keyId } = this.options;
    const askedAt = performance.now();
    try {
      this.#handle = session.ask({
        prepared,
        stream,
        keyId,
        onPiece: (chunk, text) => {
          if (!this.#pieces) {
            this.#pieces = true;
            this.#firstPieceMs = performance.now() - this.#startedAt;
            record.firstPiece(performance.now() - askedAt);
          }
          if (!this.#over) this.sink.onPiece(chunk, text);
        },
        onComplete: () => {
          if (!this.#over) this.sink.onComplete();
        },
        onAnswered: (answered) => {
          record.succeeded(answered.outputUnits, performance.now() - askedAt);
          this.#answered(offer, answered);
        },
        onFailed: (error) => {
          if (this.#cancelled) record.ended();
          this.#failed(offer, error);
        },
      });
    } catch (thrown) {
      record.ended();
      this.#failed(offer, toAssayError(thrown));
    }
  }

  #answered(offer: Offer, answered: Answered): void {
    const { model, prepared, onServed } = this.options;
    const wasOver = this.#over;
    this.#end(this.#cancelled ? "cancelled" : "answered", answered);
    if (this.#cancelled || wasOver) return;
    this.sink.onAnswered(answered, offer);
    onServed?.({ model, offer, prepared, answered });
  }

  #failed(offer: Offer, error: AssayError): void {
    if (this.#cancelled || this.#over) {
      this.#end("cancelled");
      return;
    }
    const { health, logger } = this.options;
    if (error.code === "SESSION_CUT") {
      health.of(offer).disturbed();
    } else if (!NO_FAILURE.has(error.code) && !CLIENTS_FAULT.has(error.code)) {
      health.of(offer).failed(Date.now());
      if (error.code === "PROVIDER_DROPPED") logger.warn({ provider: offer.provider }, error.message);
    } else {
      health.of(offer).ended();
    }
    this.#failures.push({ offer, error });
    if (CLIENTS_FAULT.has(error.code)) {
      this.#fail(error);
    } else if (this.sink.hasBegun()) {
      this.#fail(
        nobodyAnswered(this.#failures, "The provider failed in the middle of its answer, which costs nothing."),
      );
    } else {
      this.sink.reset();
      this.next();
    }
  }

  #timeout(): void {
    if (this.#over) return;
    this.#handle?.cancel();
    const { answerSeconds } = this.options;
    this.#fail(apiFault({ status: 504, code: "timeout", message: `The answer took longer than ${answerSeconds} s.` }));
  }

  #fail(error: AssayError): void {
    if (this.#over) return;
    this.#end("failed");
    this.sink.onFailed(error);
  }

  #end(outcome: RequestOutcome["outcome"], answered?: Answered): void {
    clearTimeout(this.#timer);
    if (this.#over) return;
    this.#over = true;
    this.admission.end();
    this.options.observe?.({
      outcome,
      model: this.options.model.names[0] ?? "",
      firstPieceMs: this.#firstPieceMs,
      inputUnits: answered?.inputUnits ?? 0,
      outputUnits: answered?.outputUnits ?? 0,
      fee: answered?.fee ?? 0n,
    });
  }
}

function pricesOf({ inputPrice, outputPrice }: Offer): { inputPrice: bigint; outputPrice: bigint } {
  return { inputPrice, outputPrice };
}

const maximum = (values: readonly bigint[]): bigint =>
  values.reduce((most, value) => (value > most ? value : most), 0n);

function nobody(model: string, leftOut: readonly LeftOut[]): AssayError {
  return apiFault({
    status: 503,
    code: "no_provider",
    message: `No provider of \`${model}\` can be asked: ${
      leftOut.length === 0
        ? "nobody offers it now"
        : leftOut.map(({ offer, reason }) => `${offer.name ?? offer.provider} (${reason})`).join(", ")
    }.`,
    retryAfter: 5,
    metadata: { providers: leftOut.map(({ offer, reason }) => ({ provider: offer.provider, reason })) },
  });
}

function nobodyAnswered(failures: readonly Failure[], what = "No provider answered."): AssayError {
  const busy = failures.every(({ error }) => error.code === "SESSION_BUSY" || error.code === "CAPACITY");
  const money = failures.every(({ error }) => error.code === "NO_FUNDS" || error.code === "BUDGET_SPENT");
  return apiFault({
    status: busy || money ? 503 : 502,
    code: busy ? "overloaded" : money ? "gateway_out_of_funds" : "provider_error",
    message: `${what} ${failures.map(({ offer, error }) => `${offer.name ?? offer.provider}: ${error.message}`).join(" ")}`,
    retryAfter: busy ? 1 : 5,
    metadata: {
      providers: failures.map(({ offer, error }) => ({
        provider: offer.provider,
        name: offer.name ?? null,
        code: error.code.toLowerCase(),
        message: error.message,
      })),
    },
  });
}
