import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

import type { Metrics } from "../../adapters/metrics.js";
import { readJson, sendJson } from "../../adapters/http/httpServer.js";
import type { ApiKey } from "../../adapters/storage/keyStore.js";
import { type Asset, formatAmount, wholeUnits } from "../../domain/amounts.js";
import { apiFault } from "../../domain/apiFault.js";
import type { AnswerHead } from "../../domain/openaiAnswer.js";
import { type Endpoint, parseOpenAiRequest } from "../../domain/openaiRequest.js";
import { parseReceiptId, type ReceiptName } from "../../domain/receiptId.js";
import type { Access, Admission } from "../access.js";
import type { Answering } from "../answering.js";
import type { HealthBook } from "../healthBook.js";
import type { Supply } from "../supply.js";
import type { Usage } from "../usage.js";
import { StreamSink, wholeSink } from "./answerSinks.js";
import { modelListing, providerListing } from "./listings.js";

/** What the routes need. */
export interface ApiOptions {
  readonly supply: Supply;
  readonly answering: Answering;
  readonly access: Access;
  readonly usage: Usage;
  readonly health: HealthBook;
  readonly metrics: Metrics;
  readonly asset: Asset;
  readonly maxBodyBytes: number;
  /** What keeps the gateway from answering, in words; empty if nothing does. */
  readonly problems: () => readonly string[];
  /** A portable receipt as JSON text; undefined if there is no such one. `keyId` asked for the answer, unless it is undefined. */
  readonly receipt: (name: ReceiptName, keyId: number | undefined) => Promise<string | undefined>;
  /** What the gateway itself has; shown only where there are no keys. */
  readonly balance: () => Promise<object | undefined>;
}

const COMPLETIONS: ReadonlyMap<string, Endpoint> = new Map([
  ["/v1/chat/completions", "chat"],
  ["/v1/completions", "completions"],
  ["/v1/embeddings", "embeddings"],
]);
const ID_PREFIXES: Readonly<Record<Endpoint, string>> = { chat: "chatcmpl", completions: "cmpl", embeddings: "embd" };

/** The gateway's HTTP interface. */
export class Api {
  /** Unguessable for others, without random numbers for each request. */
  readonly #run = randomBytes(9).toString("base64url");
  #answers = 0;

  constructor(private readonly options: ApiOptions) {}

  /** Answers a request. */
  readonly handle = (request: IncomingMessage, response: ServerResponse): void | Promise<void> => {
    const url = request.url ?? "/";
    const query = url.indexOf("?");
    const path = query === -1 ? url : url.slice(0, query);
    const endpoint = COMPLETIONS.get(path);
    if (endpoint === undefined) return this.#get(path, request, response);
    requireMethod(request, path, "POST");
    const admitted = this.options.access.admit(request.headers.authorization);
    if (admitted instanceof Promise)
      return admitted.then((admission) => this.#complete(endpoint, admission, request, response));
    return this.#complete(endpoint, admitted, request, response);
  };

  async #complete(
    endpoint: Endpoint,
    admission: Admission,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    try {
      const parsed = parseOpenAiRequest(endpoint, await readJson(request, this.options.maxBodyBytes));
      if (response.destroyed) {
        admission.end();
        return;
      }
      const exchange = { request, response, parsed, head: this.#head(endpoint, parsed.model) };
      const sink = parsed.stream ? new StreamSink(exchange) : wholeSink(exchange);
      const handle = this.options.answering.start(parsed, admission, sink);
      if (sink instanceof StreamSink) sink.handle = handle;
      response.on("close", () => {
        if (!response.writableFinished) handle.cancel();
      });
    } catch (error) {
      admission.end();
      throw error;
    }
  }

  #head(endpoint: Endpoint, model: string): AnswerHead {
    this.#answers += 1;
    const id = `${ID_PREFIXES[endpoint]}-${this.#run}${this.#answers.toString(36)}`;
    return { id, created: Math.floor(Date.now() / 1_000), model };
  }

  async #get(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { metrics, problems, supply, health, asset } = this.options;
    const send = (body: unknown, status = 200): void => {
      sendJson(request, response, status, body);
    };
    if (path === "/health" || path === "/ready") {
      requireMethod(request, path, "GET");
      const found = problems();
      const status = found.length === 0 || path === "/health" ? 200 : 503;
      send({ status: found.length === 0 ? "ok" : "degraded", problems: found }, status);
      return;
    }
    if (path === "/metrics") {
      requireMethod(request, path, "GET");
      response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
      response.end(await metrics.render());
      return;
    }
    if (!path.startsWith("/v1/")) throw nothingAt(path);
    const key = await this.options.access.authenticate(request.headers.authorization);
    const [, , resource = "", ...rest] = path.split("/");
    const id = decode(rest.join("/"));
    switch (rest.length === 0 ? resource : `${resource}/:id`) {
      case "models":
        requireMethod(request, path, "GET");
        send({ object: "list", data: supply.catalogue.models.map((model) => modelListing(model, asset)) });
        return;
      case "models/:id":
        requireMethod(request, path, "GET");
        send(this.#model(id));
        return;
      case "providers":
        requireMethod(request, path, "GET");
        send({ object: "list", data: providerListing(supply, health, asset) });
        return;
      case "usage":
        requireMethod(request, path, "GET");
        send(this.#usage(key));
        return;
      case "balance":
        requireMethod(request, path, "GET");
        send(await this.#balance(key));
        return;
      case "receipts/:id":
        requireMethod(request, path, "GET");
        send(await this.#receipt(id, key));
        return;
      default:
        throw nothingAt(path);
    }
  }

  #model(name: string): object {
    const { supply, asset } = this.options;
    const model = supply.catalogue.find(name);
    if (model !== undefined) return modelListing(model, asset);
    const { names } = supply.catalogue;
    throw apiFault({
      status: 404,
      code: "model_not_found",
      param: "model",
      message: `The model \`${name}\` does not exist here. There are: ${names.join(", ")}.`,
      metadata: { models: names },
    });
  }

  #usage(key: ApiKey | undefined): object {
    const { usage, access, asset } = this.options;
    const rows = usage.of(key?.id ?? 0);
    const sum = (pick: (row: (typeof rows)[number]) => number): number =>
      rows.reduce((total, row) => total + pick(row), 0);
    const spent = usage.spentBy(key?.id ?? 0);
    const left = key === undefined ? undefined : access.left(key);
    return {
      object: "usage",
      key: key === undefined ? null : { id: key.id, name: key.name },
      currency: asset.symbol,
      requests: sum(({ requests }) => requests),
      prompt_tokens: sum(({ inputUnits }) => inputUnits),
      completion_tokens: sum(({ outputUnits }) => outputUnits),
      spent: wholeUnits(spent, asset.decimals),
      cap: key?.cap === undefined ? null : wholeUnits(key.cap, asset.decimals),
      left: left === undefined ? null : wholeUnits(left, asset.decimals),
      data: rows.map((row) => ({
        day: row.day,
        model: row.model,
        requests: row.requests,
        prompt_tokens: row.inputUnits,
        completion_tokens: row.outputUnits,
        spent: wholeUnits(row.spent, asset.decimals),
      })),
    };
  }

  async #balance(key: ApiKey | undefined): Promise<object> {
    const { usage, access, asset, balance } = this.options;
    if (key === undefined) {
      return { object: "balance", currency: asset.symbol, decimals: asset.decimals, ...(await balance()) };
    }
    const left = access.left(key);
    return {
      object: "balance",
      currency: asset.symbol,
      decimals: asset.decimals,
      spent: usage.spentBy(key.id).toString(),
      cap: key.cap?.toString() ?? null,
      left: left?.toString() ?? null,
      text: left === undefined ? "no cap" : `${formatAmount(left, asset)} left`,
    };
  }

  async #receipt(id: string, key: ApiKey | undefined): Promise<string> {
    const name = parseReceiptId(id);
    // A receipt of another key is as good as none.
    const found = name === undefined ? undefined : await this.options.receipt(name, key?.id);
    if (found !== undefined) return found;
    throw apiFault({ status: 404, code: "receipt_not_found", message: `There is no receipt \`${id}\` of yours here.` });
  }
}

function requireMethod(request: IncomingMessage, path: string, method: "GET" | "POST"): void {
  if (request.method === method) return;
  throw apiFault({
    status: 405,
    code: "method_not_allowed",
    message: `${path} takes ${method}, not ${request.method ?? "this"}.`,
  });
}

function nothingAt(path: string): Error {
  return apiFault({ status: 404, code: "not_found", message: `There is nothing at ${path}.` });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
