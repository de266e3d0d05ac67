/**
 * The clients that applications use, unmodified, through everything that is between them and a model: gateway, session on a local
 * chain, worker, and an engine behind OpenAI's API.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { keccakHex, policyDocument } from "@assay/sdk";
import { generateText, streamText } from "ai";
import { expect } from "chai";
import type { JsonRpcProvider } from "ethers";
import OpenAI from "openai";

import { ending, OpenaiStub, piece, stream, usage } from "../../packages/worker/test/helpers/openaiStub.js";
import {
  deploy,
  type DemoGateway,
  type RunNetwork,
  startChain,
  startGateway,
  untilReady,
} from "../../scripts/demo/network.js";
import { Ports } from "../../scripts/demo/ports.js";
import { Processes } from "../../scripts/demo/processes.js";
import {
  type Actors,
  createActors,
  type DemoProvider,
  HONEST_PROVIDERS,
  registerNetwork,
} from "../../scripts/demo/setUp.js";

const MODEL = "small";
const WORKER = path.resolve("packages/worker/dist/main.js");
const PINS = {
  engine: "vllm",
  engineVersion: "0.11.0",
  weights: keccakHex("the weights"),
  tokenizer: "its own",
  template: "its own",
  precision: { weights: "bf16", activations: "bf16", kvCache: "bf16" },
  hardwareClass: "h100",
};
const POLICY = policyDocument({
  mode: "exact",
  ...PINS,
  maxOutputUnits: 256,
  temperature: 0,
  samplePoints: 1,
  detection: "1000000000000000000",
  verifierFee: "10000",
  maxDataBytes: 8_192,
});
const WORDS = ["The", " model", " says", " hello", "."];
const CALL = { index: 0, id: "call_x", type: "function", function: { name: "weather", arguments: '{"city":"Oslo"}' } };
const TOOL = {
  type: "function" as const,
  function: { name: "weather", parameters: { type: "object", properties: { city: { type: "string" } } } },
};
const messages = [{ role: "user" as const, content: "Say hello." }];

/** Answers as a server with a model does; `slowly` until the client has had enough. */
async function answer(response: ServerResponse, url: string, body: Record<string, unknown>): Promise<void> {
  if (url.endsWith("/models")) {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ object: "list", data: [{ id: "served", object: "model" }] }));
  } else if (url.endsWith("/embeddings")) {
    response.setHeader("content-type", "application/json");
    const input = body["input"] as string[];
    const data = input.map((_, index) => ({ object: "embedding", index, embedding: [0.5, -0.25] }));
    response.end(JSON.stringify({ object: "list", data, usage: { prompt_tokens: 4, total_tokens: 4 } }));
  } else if (body["tools"] !== undefined) {
    stream(response, [{ choices: [{ index: 0, delta: { tool_calls: [CALL] } }] }, ending("tool_calls"), usage(12, 9)]);
  } else if (JSON.stringify(body).includes("slowly")) {
    response.setHeader("content-type", "text/event-stream");
    for (let count = 1; !response.destroyed; ++count) {
      const part = {
        ...piece(" word"),
        usage: { prompt_tokens: 6, completion_tokens: count, total_tokens: 6 + count },
      };
      response.write(`data: ${JSON.stringify(part)}\n\n`);
      await sleep(20);
    }
  } else {
    stream(response, [...WORDS.map(piece), ending("stop"), usage(6, WORDS.length)]);
  }
}

describe("unmodified clients, from their request to the chain and back", function () {
  this.timeout(300_000);
  let folder: string;
  let processes: Processes;
  let rpc: JsonRpcProvider;
  let actors: Actors;
  let network: RunNetwork;
  let gateway: DemoGateway;
  let engine: OpenaiStub;
  let client: OpenAI;

  before(async () => {
    engine = await OpenaiStub.start();
    engine.answer = async (response, url) => {
      await answer(response, url, engine.asked.at(-1)!.body);
    };
    folder = await mkdtemp(path.join(os.tmpdir(), "assay-test-"));
    await mkdir(path.join(folder, "logs"));
    processes = new Processes(folder, () => undefined);
    const ports = new Ports();
    const endpoints = {
      chain: `http://127.0.0.1:${await ports.free()}`,
      beacon: `http://127.0.0.1:${await ports.free()}`,
    };
    const workerPorts = await Promise.all(Array.from({ length: HONEST_PROVIDERS }, () => ports.free()));
    rpc = await startChain(processes, endpoints);
    const { contracts, file } = await deploy(processes, folder, endpoints, rpc);
    actors = await createActors(contracts, rpc, folder, workerPorts);
    const { modelId } = await registerNetwork(contracts, actors, POLICY);
    network = { chain: endpoints.chain, deploymentFile: file, modelId, policy: POLICY };
    await serve(actors.providers[0]!);
    gateway = await startGateway(processes, path.join(folder, "gateway"), network, {
      port: await ports.free(),
      requester: actors.application,
      model: MODEL,
      settings: { session: { collateralBps: 1_000_000, creditLine: "200000" } },
    });
    client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "none", maxRetries: 0 });
  });

  after(async () => {
    await processes.stopAll();
    rpc.destroy();
    await engine.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** A worker before the engine. */
  async function serve(provider: DemoProvider): Promise<void> {
    const policy = path.join(provider.folder, "policy.json");
    const config = path.join(provider.folder, "config.json");
    await writeFile(policy, POLICY.json);
    const settings = {
      rpcUrls: [network.chain],
      deployment: network.deploymentFile,
      keystore: provider.keystore,
      passwordFile: provider.passwordFile,
      provider: provider.owner.address,
      dataDir: path.join(provider.folder, "data"),
      port: provider.port,
      pollMilliseconds: 200,
      models: [
        {
          modelId: network.modelId.toString(),
          version: 1,
          policy,
          engine: {
            type: "openai",
            url: engine.url,
            model: "served",
            endpoints: ["chat", "completions", "embeddings"],
            pins: PINS,
          },
          price: { perMillionInputUnits: "1000000", perMillionOutputUnits: "4000000" },
        },
      ],
      session: { creditLine: "200000" },
    };
    await writeFile(config, JSON.stringify(settings));
    processes.start(provider.name, [WORKER, "run", "--config", config]);
    await untilReady(provider);
  }

  it("openai: a chat, whole and streamed, with the tokens that the engine counted", async () => {
    const whole = await client.chat.completions.create({ model: MODEL, messages, max_completion_tokens: 50 });
    expect(whole.choices[0]!.message.content).to.equal(WORDS.join(""));
    expect(whole.usage).to.deep.equal({ prompt_tokens: 6, completion_tokens: 5, total_tokens: 11 });
    const chunks = [];
    const streamed = await client.chat.completions.create({
      model: MODEL,
      messages,
      max_completion_tokens: 50,
      stream: true,
      stream_options: { include_usage: true },
    });
    for await (const chunk of streamed) chunks.push(chunk);
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("")).to.equal(WORDS.join(""));
    expect(chunks.at(-1)!.usage!.total_tokens).to.equal(11);
    // What the engine was asked is what the client asked, under the name that the server has for the model.
    expect(engine.asked.at(-1)!.body).to.deep.include({ model: "served", messages, temperature: 0 });
  });

  it("openai: tools and embeddings", async () => {
    const called = await client.chat.completions.create({
      model: MODEL,
      messages,
      max_completion_tokens: 100,
      tools: [TOOL],
    });
    const [call] = called.choices[0]!.message.tool_calls!;
    expect(call).to.deep.include({ type: "function", function: CALL.function });
    expect(called.choices[0]!.finish_reason).to.equal("tool_calls");
    const { data } = await client.embeddings.create({ model: MODEL, input: ["one", "two"] });
    expect(data.map(({ embedding }) => [...embedding])).to.deep.equal([
      [0.5, -0.25],
      [0.5, -0.25],
    ]);
  });

  it("openai: an abort stops the engine, and no more is paid than was delivered", async () => {
    const spent = async (): Promise<bigint> => {
      const usageOf = (await (await fetch(`${gateway.url}/v1/usage`)).json()) as { completion_tokens: number };
      return BigInt(usageOf.completion_tokens);
    };
    const before = await spent();
    const controller = new AbortController();
    const streamed = await client.chat.completions.create(
      {
        model: MODEL,
        messages: [{ role: "user", content: "Speak slowly." }],
        max_completion_tokens: 250,
        stream: true,
      },
      { signal: controller.signal },
    );
    const broken = engine.broken;
    let pieces = 0;
    for await (const chunk of streamed) {
      pieces += chunk.choices.length;
      if (pieces === 3) controller.abort();
    }
    const end = Date.now() + 20_000;
    while (engine.broken === broken && Date.now() < end) await sleep(50);
    expect(engine.broken, "the engine's connection is broken").to.equal(broken + 1);
    await sleep(500);
    // The pieces that were on their way when the client let go may still count.
    expect(Number((await spent()) - before)).to.be.within(0, 60);
  });

  it("openai: its own error classes, with what to do about it", async () => {
    const refused = async (body: object): Promise<InstanceType<typeof OpenAI.APIError>> => {
      try {
        await client.chat.completions.create({ model: MODEL, messages, ...body });
      } catch (error) {
        if (error instanceof OpenAI.APIError) return error;
        throw error;
      }
      throw new Error("it was not refused");
    };
    const unknown = await refused({ model: "gpt-4" });
    expect(unknown).to.be.instanceOf(OpenAI.NotFoundError);
    expect(unknown.message).to.include(MODEL);
    const many = await refused({ n: 3 });
    expect(many).to.be.instanceOf(OpenAI.BadRequestError);
    expect([many.status, many.param]).to.deep.equal([400, "n"]);
    const long = await refused({ max_completion_tokens: 100_000 });
    expect([long.status, long.param]).to.deep.equal([400, "max_completion_tokens"]);
    const dear = await refused({ provider: { max_price: { prompt: 0.1, completion: 0.1 } } });
    expect(dear.status).to.be.oneOf([400, 402, 404, 503]);
    expect(dear.message).to.not.equal("");
  });

  it("openai: a server of the engine's that fails costs nothing and is told as such", async () => {
    const usual = engine.answer;
    const before = (await (await fetch(`${gateway.url}/v1/usage`)).json()) as { spent: string };
    engine.answer = (response) => {
      response.statusCode = 500;
      response.end("{}");
    };
    try {
      await client.chat.completions.create({ model: MODEL, messages, max_completion_tokens: 20 });
      throw new Error("it was not refused");
    } catch (error) {
      if (!(error instanceof OpenAI.APIError)) throw error;
      expect(error.status).to.be.oneOf([502, 503]);
      expect(JSON.stringify(error.error)).to.include(actors.providers[0]!.owner.address);
    } finally {
      engine.answer = usual;
    }
    const after = (await (await fetch(`${gateway.url}/v1/usage`)).json()) as { spent: string };
    expect(after.spent).to.equal(before.spent);
  });

  it("Vercel AI SDK", async () => {
    const assay = createOpenAICompatible({ name: "assay", baseURL: `${gateway.url}/v1`, includeUsage: true });
    const generated = await generateText({ model: assay(MODEL), prompt: "Say hello.", maxOutputTokens: 50 });
    expect(generated.text).to.equal(WORDS.join(""));
    expect(generated.usage).to.deep.include({ inputTokens: 6, outputTokens: 5 });
    const streamed = streamText({ model: assay(MODEL), prompt: "Say hello.", maxOutputTokens: 50 });
    let text = "";
    for await (const part of streamed.textStream) text += part;
    expect(text).to.equal(WORDS.join(""));
    expect((await streamed.usage).outputTokens).to.equal(5);
  });

  it("curl", async () => {
    const body = { model: MODEL, max_tokens: 50, messages };
    const curl = async (asked: object): Promise<string> =>
      (
        await promisify(execFile)("curl", [
          ...["-sS", "-N", "-H", "content-type: application/json", `${gateway.url}/v1/chat/completions`],
          ...["-d", JSON.stringify(asked)],
        ])
      ).stdout;
    const whole = JSON.parse(await curl(body)) as OpenAI.Chat.ChatCompletion;
    expect(whole.choices[0]!.message.content).to.equal(WORDS.join(""));
    const lines = (await curl({ ...body, stream: true })).split("\n").filter((line) => line !== "");
    expect(lines.at(-1)).to.equal("data: [DONE]");
    expect(lines.every((line) => line.startsWith("data: "))).to.equal(true);
  });
});
