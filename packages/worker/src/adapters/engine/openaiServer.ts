import { AssayError } from "@assay/sdk";
import { z } from "zod";

import { invalid, serverSentEvents } from "./serverSentEvents.js";

interface ServerOptions {
  readonly url: string;
  readonly apiKey?: string;
  /** Longest silence. */
  readonly timeoutMs: number;
}

const modelsSchema = z.object({ data: z.array(z.object({ id: z.string() })) });
const errorSchema = z.object({
  error: z.union([z.string(), z.object({ message: z.string() }).transform(({ message }) => message)]),
});

/** The HTTP side of a server that speaks OpenAI's API. Every failure is an `AssayError` that says whether to try again. */
export class OpenaiServer {
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(private readonly options: ServerOptions) {
    this.#base = options.url.replace(/\/+$/, "").replace(/\/v1$/, "");
    this.#headers = {
      "content-type": "application/json",
      ...(options.apiKey !== undefined && { authorization: `Bearer ${options.apiKey}` }),
    };
  }

  /** Names of the models that it has. */
  async models(signal: AbortSignal): Promise<readonly string[]> {
    const { success, data, error } = modelsSchema.safeParse(await this.json("/v1/models", undefined, signal));
    if (!success) throw invalid("is no list of models", error);
    return data.data.map(({ id }) => id);
  }

  /** Asks for a whole answer; GET without a body. */
  async json(path: string, body: object | undefined, signal: AbortSignal): Promise<unknown> {
    const silence = new Silence(this.options.timeoutMs, signal);
    try {
      const response = await this.#ask(path, body, silence.signal);
      return JSON.parse(await response.text());
    } catch (thrown) {
      throw this.#explain(thrown, signal);
    } finally {
      silence.end();
    }
  }

  /** Asks for a stream and gives the data of its events, up to its end mark. */
  async *events(path: string, body: object, signal: AbortSignal): AsyncGenerator<string> {
    const silence = new Silence(this.options.timeoutMs, signal);
    try {
      const response = await this.#ask(path, body, silence.signal);
      if (response.body === null) throw invalid("has no body");
      for await (const data of serverSentEvents(silence.watch(response.body))) {
        if (data === "[DONE]") return;
        yield data;
      }
    } catch (thrown) {
      throw this.#explain(thrown, signal);
    } finally {
      // Whoever stops reading early wants the server to stop too.
      silence.end();
    }
  }

  async #ask(path: string, body: object | undefined, signal: AbortSignal): Promise<Response> {
    const response = await fetch(this.#base + path, {
      method: body === undefined ? "GET" : "POST",
      headers: this.#headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal,
    });
    if (response.ok) return response;
    throw refusal(response.status, await response.text().catch(() => ""));
  }

  #explain(thrown: unknown, signal: AbortSignal): unknown {
    if (signal.aborted) return signal.reason;
    if (AssayError.is(thrown)) return thrown;
    if (thrown instanceof SyntaxError) return invalid("is not JSON", thrown);
    const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause.message : String(thrown);
    return new AssayError({
      code: "ENGINE_UNREACHABLE",
      message: `The engine at ${this.#base} cannot be reached, or broke off: ${cause}.`,
      hint: "Check that its server runs and that engine.url is right.",
      retryable: true,
      cause: thrown,
    });
  }
}

/** Aborts when nothing was heard for too long, or when somebody else does. */
class Silence {
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout;

  constructor(
    private readonly longestMs: number,
    private readonly outer: AbortSignal,
  ) {
    this.#timer = this.#start();
    outer.addEventListener("abort", this.#onOuter, { once: true });
    if (outer.aborted) this.#onOuter();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  async *watch(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const bytes of body) {
      clearTimeout(this.#timer);
      this.#timer = this.#start();
      yield bytes;
    }
  }

  end(): void {
    clearTimeout(this.#timer);
    this.outer.removeEventListener("abort", this.#onOuter);
    this.#controller.abort();
  }

  readonly #onOuter = (): void => {
    this.#controller.abort(this.outer.reason);
  };

  #start(): NodeJS.Timeout {
    return setTimeout(() => {
      this.#controller.abort(
        new AssayError({
          code: "ENGINE_SILENT",
          message: `The engine said nothing for ${this.longestMs / 1_000} seconds.`,
          hint: "It may be overloaded or hang; engine.timeoutSeconds says how long it is waited for.",
          retryable: true,
        }),
      );
    }, this.longestMs);
  }
}

const BUSY: ReadonlySet<number> = new Set([408, 409, 425, 429]);

function refusal(status: number, body: string): AssayError {
  const said = messageOf(body).slice(0, 300);
  if (status === 401 || status === 403) {
    return new AssayError({
      code: "ENGINE_UNAUTHORIZED",
      message: `The engine refused the worker's API key (${status}): ${said}.`,
      hint: "Put the right key into the file that engine.apiKeyFile names.",
    });
  }
  if (status >= 500 || BUSY.has(status)) {
    return new AssayError({
      code: "ENGINE_BUSY",
      message: `The engine could not answer now (${status}): ${said}.`,
      hint: "Try again in a while; the engine's own log says more.",
      retryable: true,
    });
  }
  return new AssayError({
    code: "ENGINE_REFUSED",
    message: `The engine refused the request (${status}): ${said}.`,
    hint: "The request asks for something that this model or its server does not do.",
  });
}

function messageOf(body: string): string {
  try {
    const { success, data } = errorSchema.safeParse(JSON.parse(body));
    if (success) return data.error;
  } catch {
    // Servers say what they like when they fail.
  }
  return body.trim() || "it did not say why";
}
