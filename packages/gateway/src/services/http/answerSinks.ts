import type { IncomingMessage, ServerResponse } from "node:http";

import type { AssayError, ChunkFrame } from "@assay/sdk";

import { sendError, sendJson } from "../../adapters/http/httpServer.js";
import { errorReply } from "../../domain/apiFault.js";
import type { Offer } from "../../domain/catalogue.js";
import { type AnswerHead, type AssayNote, embeddingList, StreamTexts, wholeAnswer } from "../../domain/openaiAnswer.js";
import type { ParsedRequest } from "../../domain/openaiRequest.js";
import { receiptId } from "../../domain/receiptId.js";
import type { AnswerSink } from "../answering.js";
import type { Answered, AskHandle } from "../session/ask.js";

/** Text that a client has not read yet and that is held for it; a client that reads slower is cut off. */
const MAX_UNREAD_BYTES = 1_048_576;

/** Where an answer goes: one response. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly parsed: ParsedRequest;
  readonly head: AnswerHead;
}

function noteOf({ jobId, nonce, fee }: Answered, offer: Offer): AssayNote {
  return { receipt: receiptId(jobId, nonce), provider: offer.provider, cost: fee.toString() };
}

/** The answer as one JSON document. */
export function wholeSink({ request, response, parsed, head }: Exchange): AnswerSink {
  return {
    hasBegun: () => false,
    reset: nothing,
    onPiece: nothing,
    onComplete: nothing,
    onAnswered: (answered, offer) => {
      const assay = noteOf(answered, offer);
      const { answer, inputUnits, outputUnits, finish } = answered;
      const { embeddings, text, toolCalls } = answer;
      const body =
        embeddings === undefined
          ? wholeAnswer(parsed.endpoint, head, { text, toolCalls, finish, inputUnits, outputUnits }, assay)
          : embeddingList(head.model, embeddings, { inputUnits, outputUnits }, { base64: parsed.base64, assay });
      sendJson(request, response, 200, body, {
        "x-assay-receipt": assay.receipt,
        "x-assay-provider": assay.provider,
        "x-assay-cost": assay.cost,
      });
    },
    onFailed: (error) => {
      sendError(request, response, error);
    },
  };
}

/** The answer as server-sent events. Pieces of one turn of the event loop share a write, and the last ones share it with the end. */
export class StreamSink implements AnswerSink {
  #texts: StreamTexts;
  #unsent = "";
  #scheduled = false;
  #completing = false;
  #handle: AskHandle | undefined;

  constructor(private readonly exchange: Exchange) {
    this.#texts = textsOf(exchange);
  }

  /** What to let go of if the client does not read. */
  set handle(handle: AskHandle) {
    this.#handle = handle;
  }

  readonly hasBegun = (): boolean => this.exchange.response.headersSent;

  readonly reset = (): void => {
    this.#texts = textsOf(this.exchange);
    this.#unsent = "";
    this.#completing = false;
  };

  readonly onPiece = (chunk: ChunkFrame, text: string): void => {
    if (chunk.toolCalls !== undefined) this.#unsent += this.#texts.toolCalls(chunk.toolCalls);
    else if (text !== "") this.#unsent += this.#texts.text(text);
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (!this.#completing) this.#flush();
    });
  };

  readonly onComplete = (): void => {
    this.#completing = true;
  };

  readonly onAnswered = (answered: Answered, offer: Offer): void => {
    const { finish } = answered;
    this.#begin(offer);
    this.exchange.response.end(this.#unsent + this.#texts.end(finish, answered, noteOf(answered, offer)));
  };

  readonly onFailed = (error: AssayError): void => {
    const { request, response } = this.exchange;
    if (!response.headersSent) {
      sendError(request, response, error);
      return;
    }
    // Too late for a status: the error is an event, and nothing follows it.
    response.end(`${this.#unsent}data: ${JSON.stringify(errorReply(error).body)}\n\n`);
  };

  #flush(): void {
    if (this.#unsent === "") return;
    const { response } = this.exchange;
    this.#begin();
    response.write(this.#unsent);
    this.#unsent = "";
    if (response.writableLength <= MAX_UNREAD_BYTES) return;
    this.#handle?.cancel();
    response.destroy();
  }

  #begin(offer?: Offer): void {
    const { response } = this.exchange;
    if (response.headersSent) return;
    response.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache",
      "x-accel-buffering": "no",
      ...(offer !== undefined && { "x-assay-provider": offer.provider }),
    });
  }
}

function textsOf({ parsed, head }: Exchange): StreamTexts {
  return new StreamTexts(parsed.endpoint, head, parsed.includeUsage);
}

function nothing(): void {
  // Whole answers are sent when they are complete.
}
