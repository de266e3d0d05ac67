/** The peer's upstream: an OpenAI-compatible server that answers every chat with the same pieces, as fast as it can. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { parseArgs } from "node:util";

import { PIECES, turn } from "./answer.js";

const { values } = parseArgs({ options: { port: { type: "string", default: "0" } } });

const USAGE = { prompt_tokens: 24, completion_tokens: PIECES.length, total_tokens: 24 + PIECES.length };
const BASE = { id: "chatcmpl-upstream", created: 1_790_000_000, model: "mock" };

const WHOLE = JSON.stringify({
  ...BASE,
  object: "chat.completion",
  choices: [{ index: 0, message: { role: "assistant", content: PIECES.join("") }, finish_reason: "stop" }],
  usage: USAGE,
});

const chunk = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ ...BASE, object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const CHUNKS = [
  ...PIECES.map((content) => chunk({ role: "assistant", content })),
  chunk({}, "stop"),
  "data: [DONE]\n\n",
];

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = "";
  for await (const part of request.setEncoding("utf8") as AsyncIterable<string>) text += part;
  const { stream } = JSON.parse(text) as { stream?: boolean };
  if (stream !== true) {
    // A model takes its turns for an answer, whether somebody watches it or not: so does the engine on our side.
    for (let piece = 1; piece < PIECES.length; ++piece) await turn();
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(WHOLE) });
    response.end(WHOLE);
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const piece of CHUNKS) {
    response.write(piece);
    await turn();
  }
  response.end();
}

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
});
server.keepAliveTimeout = 60_000;
server.listen(Number(values.port), "127.0.0.1");
