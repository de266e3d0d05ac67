import type { ServerResponse } from "node:http";

import type { FailedFrame, InferenceRequest } from "@assay/sdk";
import { expect } from "chai";

import { createOpenaiEngine } from "../../../src/adapters/engine/openaiEngine.js";
import { ending, OpenaiStub, piece, stream, usage } from "../../helpers/openaiStub.js";
import type { SessionClient } from "../../helpers/sessionClient.js";
import { SessionHost } from "../../helpers/sessionHost.js";

const CHAT: InferenceRequest = { messages: [{ role: "user", content: "Hello?" }], maxOutputUnits: 20 };

describe("a session with a model behind a server", () => {
  let server: OpenaiStub;
  let host: SessionHost;
  let client: SessionClient;

  beforeEach(async () => {
    server = await OpenaiStub.start();
    const engine = createOpenaiEngine({
      type: "openai",
      url: server.url,
      model: "qwen",
      timeoutSeconds: 5,
      endpoints: ["chat", "completions", "embeddings"],
      pins: {
        engine: "vllm",
        engineVersion: "1",
        weights: `0x${"ab".repeat(32)}`,
        tokenizer: "qwen",
        template: "chatml",
        precision: { weights: "bf16", activations: "bf16", kvCache: "bf16" },
        hardwareClass: "h100",
      },
    });
    host = await SessionHost.start({ engine });
    client = await host.connect();
  });

  afterEach(async () => {
    await host.dispose();
    await server.stop();
  });

  const failure = async (answer: Promise<unknown>): Promise<FailedFrame> =>
    await answer.then(
      () => expect.fail("it was answered"),
      (error: unknown) => error as FailedFrame,
    );

  it("delivers text, tool calls and embeddings with receipts that hold", async () => {
    server.answer = (response) => {
      stream(response, [piece("Hi "), piece("☕"), ending("stop"), usage(11, 7)]);
    };
    const { text, done } = await client.ask(CHAT);
    expect(text).to.equal("Hi ☕");
    expect(done).to.include({ inputUnits: 11, outputUnits: 7, fee: "25", finish: "stop" });

    server.answer = (response) => {
      const call = { index: 0, id: "x", function: { name: "weather", arguments: "{}" } };
      stream(response, [
        piece("So: "),
        { choices: [{ delta: { tool_calls: [call] } }] },
        ending("tool_calls"),
        usage(3, 5),
      ]);
    };
    const asked = { ...CHAT, tools: [{ type: "function" }] } as InferenceRequest;
    const called = await client.ask(asked, { stream: false });
    expect(called.done.finish).to.equal("tool_calls");
    expect(called.chunks.at(-1)?.toolCalls?.[0]?.function).to.deep.equal({ name: "weather", arguments: "{}" });

    server.answer = (response) => {
      response.end(JSON.stringify({ data: [{ index: 0, embedding: [0.25, -1] }], usage: { prompt_tokens: 2 } }));
    };
    const embedded = await client.ask({ input: ["a"], maxOutputUnits: 1 });
    expect(embedded.chunks.map(({ embeddings }) => embeddings)).to.deep.equal([[[0.25, -1]]]);
    // The client put every receipt together from what it got: the same root means the same receipts.
    expect((await client.sign()).count).to.equal(3);
  });

  it("charges nothing for an answer that broke off, and says whether to try again", async () => {
    const broken: readonly (readonly [string, boolean, (response: ServerResponse) => void])[] = [
      ["ENGINE_UNREACHABLE", true, (response) => response.destroy()],
      [
        "ENGINE_REFUSED",
        false,
        (response) => {
          response.statusCode = 400;
          response.end("too long");
        },
      ],
    ];
    for (const [code, retryable, answer] of broken) {
      server.answer = answer;
      expect(await failure(client.ask(CHAT))).to.include({ code, retryable });
    }
    expect(host.recorded.leaves).to.have.length(0);
  });

  it("is paid for a cancelled answer only where the server counts every piece", async () => {
    const counted = (content: string, completion_tokens: number): object => ({
      choices: [{ delta: { content } }],
      usage: { prompt_tokens: 3, completion_tokens },
    });
    for (const [pieces, paid] of [
      [[piece("a"), piece("b")], false],
      [[counted("a", 1), counted("b", 4)], true],
    ] as const) {
      server.answer = (response) => {
        response.setHeader("content-type", "text/event-stream");
        for (const one of pieces) response.write(`data: ${JSON.stringify(one)}\n\n`);
      };
      const asking: { id: number } = { id: 0 };
      const answer = client.ask(CHAT, {
        onChunk: ({ text }) => {
          if (text === "b") client.send({ t: "cancel", id: asking.id });
        },
      });
      asking.id = answer.id;
      if (paid) expect((await answer).done).to.include({ finish: "cancelled", outputUnits: 4, inputUnits: 3 });
      else expect(await failure(answer)).to.include({ code: "CANCELLED" });
    }
    while (server.broken < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await client.sign()).count).to.equal(1);
  });
});
