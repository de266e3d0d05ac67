import type { FinishReason, ToolCall } from "@assay/sdk";

import type { Endpoint } from "./openaiRequest.js";

/** What the gateway adds to an answer: where its receipt is, who answered and what it cost. */
export interface AssayNote {
  readonly receipt: string;
  /** Owner address. */
  readonly provider: string;
  /** Smallest units of the settlement asset, decimal. */
  readonly cost: string;
}

/** What all parts of one answer have in common. */
export interface AnswerHead {
  readonly id: string;
  /** Unix seconds. */
  readonly created: number;
  /** As the client named it. */
  readonly model: string;
}

export interface Usage {
  readonly inputUnits: number;
  readonly outputUnits: number;
}

/** A whole answer. */
export interface WholeAnswer extends Usage {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[] | undefined;
  readonly finish: FinishReason;
}

/** A stop that the client asked for looks like one of length: the answer was cut. */
const openAiFinish = (finish: FinishReason): string => (finish === "cancelled" ? "length" : finish);

const usageOf = ({ inputUnits, outputUnits }: Usage): object => ({
  prompt_tokens: inputUnits,
  completion_tokens: outputUnits,
  total_tokens: inputUnits + outputUnits,
});

/** JSON text of a whole answer: `chat.completion` or `text_completion`. */
export function wholeAnswer(endpoint: Endpoint, head: AnswerHead, answer: WholeAnswer, assay: AssayNote): string {
  const finish = openAiFinish(answer.finish);
  const { text, toolCalls } = answer;
  const chat = endpoint === "chat";
  const choice = chat
    ? {
        index: 0,
        message: {
          role: "assistant",
          content: toolCalls !== undefined && text === "" ? null : text,
          refusal: null,
          ...(toolCalls !== undefined && { tool_calls: toolCalls }),
        },
        logprobs: null,
        finish_reason: finish,
      }
    : { text, index: 0, logprobs: null, finish_reason: finish };
  return JSON.stringify({
    id: head.id,
    object: chat ? "chat.completion" : "text_completion",
    created: head.created,
    model: head.model,
    choices: [choice],
    usage: usageOf(answer),
    assay,
  });
}

/** JSON text of embeddings. */
export function embeddingList(
  model: string,
  vectors: readonly (readonly number[])[],
  usage: Usage,
  { base64, assay }: { readonly base64: boolean; readonly assay: AssayNote },
): string {
  return JSON.stringify({
    object: "list",
    data: vectors.map((vector, index) => ({
      object: "embedding",
      index,
      embedding: base64 ? floats(vector) : vector,
    })),
    model,
    usage: { prompt_tokens: usage.inputUnits, total_tokens: usage.inputUnits },
    assay,
  });
}

/** Little-endian 32-bit floats, whatever the machine. */
function floats(vector: readonly number[]): string {
  const bytes = Buffer.allocUnsafe(4 * vector.length);
  vector.forEach((value, index) => bytes.writeFloatLE(value, 4 * index));
  return bytes.toString("base64");
}

/** The events of one streamed answer, as texts to be sent. What does not change between them is made once. */
export class StreamTexts {
  readonly #head: string;
  #started = false;

  constructor(
    private readonly endpoint: Endpoint,
    head: AnswerHead,
    private readonly includeUsage: boolean,
  ) {
    const object = endpoint === "chat" ? "chat.completion.chunk" : "text_completion";
    this.#head = `data: {"id":${JSON.stringify(head.id)},"object":"${object}","created":${head.created},"model":${JSON.stringify(head.model)}`;
  }

  /** A piece of text. */
  text(text: string): string {
    if (this.endpoint !== "chat") {
      return `${this.#head},"choices":[{"text":${JSON.stringify(text)},"index":0,"logprobs":null,"finish_reason":null}]${this.#noUsage}}\n\n`;
    }
    return this.#delta(`${this.#role()}"content":${JSON.stringify(text)}`);
  }

  /** All tool calls of the answer. */
  toolCalls(calls: readonly ToolCall[]): string {
    const listed = calls.map((call, index) => ({ index, ...call }));
    return this.#delta(`${this.#role()}"tool_calls":${JSON.stringify(listed)}`);
  }

  /** The last events: how it ended, the usage if it was asked for, and the end. */
  end(finish: FinishReason, usage: Usage, assay: AssayNote): string {
    const reason = openAiFinish(finish);
    const note = `,"assay":${JSON.stringify(assay)}`;
    const counted = `,"usage":${JSON.stringify(usageOf(usage))}`;
    const choice =
      this.endpoint === "chat"
        ? `{"index":0,"delta":{${this.#started ? "" : '"role":"assistant","content":""'}},"logprobs":null,"finish_reason":"${reason}"}`
        : `{"text":"","index":0,"logprobs":null,"finish_reason":"${reason}"}`;
    const last = `${this.#head},"choices":[${choice}]${this.#noUsage}${this.includeUsage ? "" : note}}\n\n`;
    const usageChunk = this.includeUsage ? `${this.#head},"choices":[]${counted}${note}}\n\n` : "";
    return `${last}${usageChunk}data: [DONE]\n\n`;
  }

  /** Where usage comes at the end, the other chunks say that they have none. */
  get #noUsage(): string {
    return this.includeUsage ? ',"usage":null' : "";
  }

  #role(): string {
    if (this.#started) return "";
    this.#started = true;
    return '"role":"assistant",';
  }

  #delta(content: string): string {
    return `${this.#head},"choices":[{"index":0,"delta":{${content}},"logprobs":null,"finish_reason":null}]${this.#noUsage}}\n\n`;
  }
}
