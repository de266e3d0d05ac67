import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A small server of OpenAI's API: what it answers is the test's to say, what it was asked is kept. */
export class OpenaiStub {
  readonly asked: {
    readonly path: string;
    readonly body: Record<string, unknown>;
    readonly key: string | undefined;
  }[] = [];
  /** Requests whose connection the caller broke. */
  broken = 0;
  answer: (response: ServerResponse, path: string) => unknown = (response) => response.end("{}");
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<OpenaiStub> {
    const stub = new OpenaiStub();
    await new Promise<void>((resolve) => stub.#server.listen(0, "127.0.0.1", resolve));
    return stub;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = "";
    for await (const chunk of request as AsyncIterable<Buffer>) text += chunk.toString();
    const path = request.url ?? "";
    const body = (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
    this.asked.push({ path, body, key: request.headers.authorization });
    response.on("close", () => (this.broken += response.writableFinished ? 0 : 1));
    await this.answer(response, path);
  }
}

/** Sends events as servers do, and the end mark. */
export function stream(response: ServerResponse, events: readonly unknown[], { done = true } = {}): void {
  response.setHeader("content-type", "text/event-stream");
  for (const event of events) response.write(`data: ${JSON.stringify(event)}\n\n`);
  response.end(done ? "data: [DONE]\n\n" : undefined);
}

export const piece = (content: string): object => ({ choices: [{ index: 0, delta: { content } }] });
export const ending = (finish_reason: string): object => ({ choices: [{ index: 0, delta: {}, finish_reason }] });
export const usage = (prompt_tokens: number, completion_tokens: number): object => ({
  choices: [],
  usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens },
});
