import type { ServerResponse } from "node:http";

import { AssayError, type InferenceRequest } from "@assay/sdk";
import { expect } from "chai";

import { collectAnswer } from "../../../src/adapters/engine/collectAnswer.js";
import type { Engine } from "../../../src/adapters/engine/engine.js";
import { createOpenaiEngine } from "../../../src/adapters/engine/openaiEngine.js";
import type { OpenaiEngineConfig } from "../../../src/domain/configSchema.js";
import { ending, OpenaiStub, piece, stream, usage } from "../../helpers/openaiStub.js";

const never = new AbortController().signal;
const CHAT: InferenceRequest = { messages: [{ role: "user", content: "Hello?" }], maxOutputUnits: 20 };
const PINS = {
  engine: "vllm",
  engineVersion: "0.9.1",
  weights: `0x${"ab".repeat(32)}`,
  tokenizer: "qwen",
  template: "chatml",
  precision: { weights: "bf16", activations: "bf16", kvCache: "bf16" },
  hardwareClass: "h100",
};

describe("openai engine", () => {
  let server: OpenaiStub;
  let engine: Engine;

  beforeEach(async () => {
    server = await OpenaiStub.start();
    engine = createOpenaiEngine(config());
  });

  afterEach(async () => {
    await server.stop();
  });

  const config = (over: Partial<OpenaiEngineConfig> = {}): OpenaiEngineConfig => ({
    type: "openai",
    url: server.url,
    model: "qwen-7b",
    timeoutSeconds: 5,
    endpoints: ["chat", "completions", "embeddings"],
    pins: PINS,
    ...over,
  });
  const ask = async (request: InferenceRequest, signal = never) =>
    await collectAnswer(engine, { request, temperature: 0.5, template: "chatml" }, signal);
  const refusal = async (request: InferenceRequest = CHAT): Promise<AssayError> => {
    const error: unknown = await ask(request).catch((thrown: unknown) => thrown);
    return AssayError.is(error) ? error : expect.fail(`not refused: ${String(error)}`);
  };

  it("streams a chat and counts what the server counts", async () => {
    server.answer = (response) => {
      stream(response, [piece("Hel"), piece("lo ☕"), ending("stop"), usage(11, 7)]);
    };
    const answer = await ask({ ...CHAT, stop: ["x"], seed: 7 });

    expect(new TextDecoder().decode(answer.output)).to.equal("Hello ☕");
    expect(answer).to.include({ inputUnits: 11, outputUnits: 7, finish: "stop" });
    expect(server.asked[0]).to.deep.equal({
      path: "/v1/chat/completions",
      key: undefined,
      body: {
        model: "qwen-7b",
        messages: [{ role: "user", content: "Hello?" }],
        max_tokens: 20,
        temperature: 0.5,
        stream: true,
        stream_options: { include_usage: true, continuous_usage_stats: true },
        stop: ["x"],
        seed: 7,
      },
    });
  });

  it("asks for completions with the key, at a URL that ends in /v1", async () => {
    engine = createOpenaiEngine(config({ url: `${server.url}/v1/` }), "secret");
    server.answer = (response) => {
      stream(response, [
        { choices: [{ text: "Once" }] },
        { choices: [{ text: "", finish_reason: "length" }] },
        usage(2, 1),
      ]);
    };
    const answer = await ask({ prompt: "Tell", maxOutputUnits: 1 });

    expect(new TextDecoder().decode(answer.output)).to.equal("Once");
    expect(answer.finish).to.equal("length");
    expect(server.asked[0]).to.include({ path: "/v1/completions", key: "Bearer secret" });
    expect(server.asked[0]?.body).to.include({ prompt: "Tell", max_tokens: 1 });
  });

  it("passes tools through and puts calls together, with ids that do not depend on the server", async () => {
    const call = (index: number, id: string, name?: string, args?: string): object => ({
      choices: [{ delta: { tool_calls: [{ index, id, function: { name, arguments: args } }] } }],
    });
    const answers: (readonly object[])[] = ["random1", "random2"].map((id) => [
      call(0, id, "weather", '{"city":'),
      call(1, `${id}b`, "time", "{}"),
      call(0, id, undefined, '"Rome"}'),
      ending("tool_calls"),
      usage(30, 12),
    ]);
    server.answer = (response) => {
      stream(response, answers.shift() ?? []);
    };
    const tools = [{ type: "function", function: { name: "weather" } }];
    const request = { ...CHAT, tools, toolChoice: "auto", responseFormat: { type: "text" } } as InferenceRequest;
    const [first, second] = [await ask(request), await ask(request)];

    expect(second.output).to.deep.equal(first.output);
    const output = JSON.parse(new TextDecoder().decode(first.output)) as { text: string; toolCalls: { id: string }[] };
    expect(output.text).to.equal("");
    expect(output.toolCalls.map(({ id: _, ...rest }) => rest)).to.deep.equal([
      { type: "function", function: { name: "weather", arguments: '{"city":"Rome"}' } },
      { type: "function", function: { name: "time", arguments: "{}" } },
    ]);
    expect(output.toolCalls[0]?.id).to.match(/^call_[0-9a-f]{24}$/);
    expect(first.finish).to.equal("tool_calls");
    expect(server.asked[0]?.body).to.deep.include({ tools, tool_choice: "auto", response_format: { type: "text" } });
  });

  it("gives embeddings in the order of the texts", async () => {
    server.answer = (response) => {
      const data = [
        { index: 1, embedding: [0.5, -1] },
        { index: 0, embedding: [1, 2] },
      ];
      response.end(JSON.stringify({ data, usage: { prompt_tokens: 5, total_tokens: 5 } }));
    };
    const answer = await ask({ input: ["a", "b"], maxOutputUnits: 1 });

    expect(new TextDecoder().decode(answer.output)).to.equal('{"embeddings":[[1,2],[0.5,-1]]}');
    expect(answer).to.include({ inputUnits: 5, outputUnits: 0 });
  });

  it("says when units are only a guess, and when they are not", async () => {
    const counted = (content: string, completion_tokens: number): object => ({
      choices: [{ delta: { content } }],
      usage: { prompt_tokens: 3, completion_tokens },
    });
    server.answer = (response) => {
      stream(response, [piece("a"), counted("b", 5), ending("stop"), usage(3, 6)]);
    };
    const seen: unknown[] = [];
    for await (const chunk of engine.generate({ request: CHAT, temperature: 0, template: "chatml" }, never)) {
      seen.push([chunk.outputUnits, chunk.estimated]);
    }
    expect(seen).to.deep.equal([
      [1, true],
      [5, false],
      [6, undefined],
    ]);
  });

  it("never counts more than it said it would at most", async () => {
    server.answer = (response) => {
      stream(response, [piece("a"), ending("length"), usage(1_000_000, 25)]);
    };
    const answer = await ask(CHAT);

    expect(answer.inputUnits).to.equal(engine.inputUnits(CHAT));
    expect(answer.outputUnits).to.equal(20);
  });

  it("tells what may pass from what may not", async () => {
    const statuses: readonly (readonly [number, string, boolean])[] = [
      [500, "ENGINE_BUSY", true],
      [429, "ENGINE_BUSY", true],
      [400, "ENGINE_REFUSED", false],
      [401, "ENGINE_UNAUTHORIZED", false],
    ];
    for (const [status, code, retryable] of statuses) {
      server.answer = (response) => {
        response.statusCode = status;
        response.end(JSON.stringify({ error: { message: "too long a prompt" } }));
      };
      const error = await refusal();
      expect(error).to.include({ code, retryable });
      expect(error.message).to.contain("too long a prompt");
    }
  });

  it("refuses streams that are cut, malformed, without usage, or of something else", async () => {
    const cases: readonly (readonly [string, (response: ServerResponse) => void])[] = [
      [
        "ENGINE_CUT_OFF",
        (response) => {
          stream(response, [piece("a")], { done: false });
        },
      ],
      [
        "ENGINE_UNREACHABLE",
        (response) => {
          response.write(`data: ${JSON.stringify(piece("a"))}\n\n`, () => response.destroy());
        },
      ],
      ["ENGINE_STREAM_INVALID", (response) => response.end("data: {not json}\n\n")],
      ["ENGINE_STREAM_INVALID", (response) => response.end('data: {"choices":"none"}\n\n')],
      ["ENGINE_STREAM_INVALID", (response) => response.end(Buffer.from([0x64, 0xff, 0xfe]))],
      [
        "ENGINE_NO_USAGE",
        (response) => {
          stream(response, [piece("a"), ending("stop")]);
        },
      ],
      [
        "ENGINE_FAILED",
        (response) => {
          stream(response, [piece("a"), { error: { message: "out of memory" } }]);
        },
      ],
    ];
    for (const [code, answer] of cases) {
      server.answer = answer;
      expect((await refusal()).code).to.equal(code);
    }
  });

  it("gives up on a server that hangs, and one that is not there", async () => {
    engine = createOpenaiEngine(config({ timeoutSeconds: 0.05 }));
    server.answer = (response) => void response.write(`data: ${JSON.stringify(piece("a"))}\n\n`);
    expect(await refusal()).to.include({ code: "ENGINE_SILENT", retryable: true });

    await server.stop();
    expect(await refusal()).to.include({ code: "ENGINE_UNREACHABLE", retryable: true });
    server = await OpenaiStub.start();
  });

  it("stops the server when it is stopped", async () => {
    server.answer = (response) => void response.write(`data: ${JSON.stringify(piece("a"))}\n\n`);
    const controller = new AbortController();
    const reason = new AssayError({ code: "STOPPED", message: "The worker stops." });
    const error: unknown = await (async () => {
      for await (const chunk of engine.generate(
        { request: CHAT, temperature: 0, template: "chatml" },
        controller.signal,
      )) {
        expect(chunk.outputUnits).to.equal(1);
        controller.abort(reason);
      }
    })().catch((thrown: unknown) => thrown);

    expect(error).to.equal(reason);
    while (server.broken === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(server.broken).to.equal(1);
  });

  it("looks for its model in the server's list", async () => {
    server.answer = (response) => response.end(JSON.stringify({ object: "list", data: [{ id: "qwen-7b" }] }));
    expect(await engine.check?.(never)).to.equal(`${server.url} has the model qwen-7b`);

    server.answer = (response) => response.end(JSON.stringify({ data: [{ id: "llama" }] }));
    const error: unknown = await engine.check?.(never).catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: "ENGINE_MODEL_UNKNOWN" });
  });

  it("refuses what it has no endpoint for", () => {
    engine = createOpenaiEngine(config({ endpoints: ["chat"] }));
    expect(() => engine.inputUnits({ prompt: "a", maxOutputUnits: 1 })).to.throw("no completions endpoint");
    expect(engine.inputUnits(CHAT)).to.be.greaterThan(JSON.stringify(CHAT).length);
  });
});
