/** Puts a load on a chat endpoint and prints what came of it, one line of JSON. A process of its own, so that it measures and nothing else. */
import { Agent, request } from "node:http";
import { parseArgs } from "node:util";

import autocannon from "autocannon";

import { MAX_TOKENS, PIECES, PROMPT } from "./answer.js";

const { values } = parseArgs({
  options: {
    url: { type: "string", default: "" },
    headers: { type: "string", default: "{}" },
    model: { type: "string", default: "" },
    stream: { type: "boolean", default: false },
    /** Closed loop: as many requests at once, each followed by the next. */
    connections: { type: "string", default: "16" },
    /** Open loop: requests a second, whatever comes back. */
    rate: { type: "string" },
    seconds: { type: "string", default: "4" },
    /** Instead of a time: so many requests. */
    amount: { type: "string" },
  },
});

const headers = {
  "content-type": "application/json",
  ...(JSON.parse(values.headers) as Record<string, string>),
};
const body = JSON.stringify({
  model: values.model,
  messages: [{ role: "user", content: PROMPT }],
  max_tokens: MAX_TOKENS,
  stream: values.stream,
});
const LAST = (PIECES.at(-1) ?? "").trim();
const isWhole = (text: string): boolean => text.includes(LAST) && (!values.stream || text.includes("[DONE]"));

async function closedLoop(): Promise<object> {
  const result = await autocannon({
    url: values.url,
    method: "POST",
    headers,
    body,
    connections: Number(values.connections),
    ...(values.amount === undefined ? { duration: Number(values.seconds) } : { amount: Number(values.amount) }),
    timeout: 30,
    verifyBody: (answer) => isWhole(String(answer)),
  });
  const { "2xx": ok, non2xx, errors, mismatches, duration } = result;
  return { rps: ok / duration, ok, failed: non2xx + errors + mismatches };
}

async function openLoop(rate: number): Promise<object> {
  const agent = new Agent({ keepAlive: true, maxSockets: 512 });
  const latencies: number[] = [];
  let failed = 0;
  const total = Math.round(rate * Number(values.seconds));
  const begin = performance.now() + 50;
  const ask = (due: number): Promise<void> =>
    new Promise((resolve) => {
      const call = request(values.url, { method: "POST", headers, agent }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => (text += part));
        response.on("end", () => {
          if (response.statusCode === 200 && isWhole(text)) latencies.push(performance.now() - due);
          else failed += 1;
          resolve();
        });
      });
      call.once("error", () => {
        failed += 1;
        resolve();
      });
      call.end(body);
    });
  const asked: Promise<void>[] = [];
  for (let sent = 0; sent < total; ++sent) {
    const due = begin + (sent * 1_000) / rate;
    const wait = due - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    // A timer's own lateness is the generator's, not the server's.
    asked.push(ask(performance.now()));
  }
  await Promise.all(asked);
  agent.destroy();
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? NaN;
  return { medianMs: at(0.5), p99Ms: at(0.99), ok: latencies.length, failed };
}

console.log(JSON.stringify(values.rate === undefined ? await closedLoop() : await openLoop(Number(values.rate))));
