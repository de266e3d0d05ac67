import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, jsonSchema, streamText, tool } from "ai";
import { expect } from "chai";
import OpenAI from "openai";

import { startRig, type Rig } from "../helpers/rig.js";
import { until } from "../helpers/session.js";

const run = promisify(execFile);
const messages = [{ role: "user" as const, content: "Say hello." }];
const WEATHER = {
  id: "call_1",
  type: "function" as const,
  function: { name: "weather", arguments: '{"city":"Oslo"}' },
};
const weatherTool = {
  type: "function" as const,
  function: { name: "weather", parameters: { type: "object", properties: { city: { type: "string" } } } },
};

describe("Clients of the gateway", () => {
  let rig: Rig;

  before(async () => {
    rig = await startRig();
  });
  after(async () => {
    await rig.stop();
  });
  beforeEach(() => {
    rig.providers[0]!.answer = () => ({ pieces: ["Hello", " world"] });
  });

  describe("openai", () => {
    let client: OpenAI;
    before(() => {
      client = new OpenAI({ baseURL: `${rig.url}/v1`, apiKey: "none", maxRetries: 0 });
    });

    it("gets a chat completion with its usage and receipt", async () => {
      const { data, response } = await client.chat.completions
        .create({ model: "alice", messages, max_completion_tokens: 50 })
        .withResponse();
      expect(data.object).to.equal("chat.completion");
      expect(data.id).to.match(/^chatcmpl-/);
      expect(data.model).to.equal("alice");
      expect(data.choices).to.deep.equal([
        {
          index: 0,
          message: { role: "assistant", content: "Hello world", refusal: null },
          logprobs: null,
          finish_reason: "stop",
        },
      ]);
      expect(data.usage).to.deep.equal({ prompt_tokens: 10, completion_tokens: 11, total_tokens: 21 });
      expect(response.headers.get("x-assay-receipt")).to.match(/^rcpt_[0-9a-f]{64}_\d+$/);
      expect(response.headers.get("x-assay-cost")).to.equal("32");
      expect(response.headers.get("x-assay-provider")).to.equal(rig.offers[0]!.provider);
    });

    it("streams, with the usage in a last chunk without choices", async () => {
      const stream = await client.chat.completions.create({
        model: "alice",
        messages,
        max_completion_tokens: 50,
        stream: true,
        stream_options: { include_usage: true },
      });
      const chunks = [];
      for await (const chunk of stream) chunks.push(chunk);
      expect(new Set(chunks.map(({ id }) => id)).size).to.equal(1);
      expect(chunks[0]!.choices[0]!.delta.role).to.equal("assistant");
      expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("")).to.equal("Hello world");
      expect(chunks.at(-2)!.choices[0]!.finish_reason).to.equal("stop");
      const last = chunks.at(-1)!;
      expect(last.choices).to.deep.equal([]);
      expect(last.usage).to.deep.equal({ prompt_tokens: 10, completion_tokens: 11, total_tokens: 21 });
      expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).to.equal(true);
    });

    it("stops an answer with its abort: the provider is told, and only what was delivered is paid", async () => {
      const [provider] = rig.providers;
      provider!.answer = () => ({ pieces: Array.from({ length: 200 }, () => "word "), pause: 5 });
      const cancels = provider!.cancels;
      const before = rig.sessions[0]!.nonce;
      const controller = new AbortController();
      const stream = await client.chat.completions.create(
        { model: "alice", messages, max_completion_tokens: 1_000, stream: true },
        { signal: controller.signal },
      );
      let pieces = 0;
      for await (const chunk of stream) {
        pieces += chunk.choices.length;
        if (pieces === 3) controller.abort();
      }
      await until(() => provider!.cancels === cancels + 1);
      await until(() => rig.sessions[0]!.nonce === before + 1 && rig.sessions[0]!.books.unsigned === 0n);
      const receipt = await rig.sessions[0]!.receipt(before);
      expect(receipt?.finish).to.equal("cancelled");
      expect(receipt?.outputUnits).to.be.within(10, 500);
    });

    it("passes tools through, and tool calls back, whole and streamed", async () => {
      const [provider] = rig.providers;
      provider!.answer = () => ({ toolCalls: [WEATHER], finish: "tool_calls" });
      const asked = {
        model: "alice",
        messages,
        max_completion_tokens: 200,
        tools: [weatherTool],
        tool_choice: "auto" as const,
      };
      const whole = await client.chat.completions.create(asked);
      expect(whole.choices[0]!.finish_reason).to.equal("tool_calls");
      expect(whole.choices[0]!.message.content).to.equal(null);
      expect(whole.choices[0]!.message.tool_calls).to.deep.equal([WEATHER]);
      expect(provider!.requests.at(-1)).to.deep.include({ tools: [weatherTool], toolChoice: "auto" });
      const stream = client.chat.completions.stream(asked);
      const final = await stream.finalChatCompletion();
      expect(final.choices[0]!.message.tool_calls?.[0]).to.deep.include({ id: "call_1", type: "function" });
      expect(final.choices[0]!.finish_reason).to.equal("tool_calls");
    });

    it("gets text completions", async () => {
      const data = await client.completions.create({
        model: "alice",
        prompt: "Alice was",
        max_tokens: 20,
        stop: ["\n"],
        seed: 3,
      });
      expect(data.object).to.equal("text_completion");
      expect(data.choices[0]).to.deep.include({ text: "Hello world", finish_reason: "stop" });
      expect(data.usage?.prompt_tokens).to.equal(9);
      expect(rig.providers[0]!.requests.at(-1)).to.deep.equal({
        prompt: "Alice was",
        maxOutputUnits: 20,
        stop: ["\n"],
        seed: 3,
      });
      const stream = await client.completions.create({
        model: "alice",
        prompt: "Alice was",
        max_tokens: 20,
        stream: true,
      });
      let text = "";
      for await (const chunk of stream) text += chunk.choices[0]?.text ?? "";
      expect(text).to.equal("Hello world");
    });

    it("gets embeddings, in the encoding that it asks for by itself", async () => {
      rig.providers[0]!.answer = () => ({
        embeddings: [
          [0.5, -1.25],
          [3, 4],
        ],
      });
      const data = await client.embeddings.create({ model: "alice", input: ["one", "two"] });
      expect(data.data.map(({ embedding }) => embedding)).to.deep.equal([
        [0.5, -1.25],
        [3, 4],
      ]);
      const floats = await client.embeddings.create({ model: "alice", input: "one", encoding_format: "float" });
      expect(floats.data[0]!.embedding).to.deep.equal([0.5, -1.25]);
      expect(floats.usage.total_tokens).to.equal(10);
    });

    it("lists the models with their prices for 1M tokens", async () => {
      const page = await client.models.list();
      expect(page.data).to.have.length(1);
      expect(page.data[0]).to.deep.include({ id: "alice", object: "model", unit: "bytes", quantization: "fp16" });
      expect((page.data[0] as unknown as { pricing: object }).pricing).to.deep.include({
        prompt: "0.000001",
        per_million: { prompt: "1", completion: "2" },
      });
      const one = await client.models.retrieve("assay/1");
      expect(one.id).to.equal("alice");
    });

    it("throws its own error classes", async () => {
      const failing = async (work: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> => {
        try {
          await work;
        } catch (error) {
          return error as InstanceType<typeof OpenAI.APIError>;
        }
        throw new Error("nothing was thrown");
      };
      const missing = await failing(client.chat.completions.create({ model: "bob", messages }));
      expect(missing).to.be.instanceOf(OpenAI.NotFoundError);
      expect(missing).to.include({ status: 404, code: "model_not_found", param: "model" });
      expect(missing.message).to.include("alice");
      const several = await failing(client.chat.completions.create({ model: "alice", messages, n: 2 }));
      expect(several).to.be.instanceOf(OpenAI.BadRequestError);
      expect(several).to.include({ status: 400, param: "n" });
      rig.providers[0]!.answer = () => ({ fail: { code: "ENGINE_DOWN", message: "no engine", retryable: true } });
      const nobody = await failing(
        client.chat.completions.create({ model: "alice", messages, max_completion_tokens: 5 }),
      );
      expect(nobody).to.be.instanceOf(OpenAI.InternalServerError);
      expect(nobody).to.include({ status: 502, code: "provider_error" });
      rig.health.of(rig.offers[0]!).succeeded(1, 1);
    });

    it("hears of a failure after the first token as an error in the stream", async () => {
      rig.providers[0]!.answer = () => ({
        pieces: ["Hel"],
        holdDone: 20,
        fail: { code: "ENGINE_DOWN", message: "the engine went away", retryable: true },
      });
      const stream = await client.chat.completions.create({
        model: "alice",
        messages,
        max_completion_tokens: 20,
        stream: true,
      });
      let text = "";
      let thrown: unknown;
      try {
        for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
      } catch (error) {
        thrown = error;
      }
      expect(text).to.equal("Hel");
      expect((thrown as Error).message).to.include("the engine went away");
      rig.health.of(rig.offers[0]!).succeeded(1, 1);
    });
  });

  describe("Vercel AI SDK", () => {
    it("generates, streams and calls tools", async () => {
      const assay = createOpenAICompatible({ name: "assay", baseURL: `${rig.url}/v1`, includeUsage: true });
      const generated = await generateText({ model: assay("alice"), prompt: "Say hello.", maxOutputTokens: 50 });
      expect(generated.text).to.equal("Hello world");
      expect(generated.usage).to.deep.include({ inputTokens: 10, outputTokens: 11 });
      const streamed = streamText({ model: assay("alice"), prompt: "Say hello.", maxOutputTokens: 50 });
      let text = "";
      for await (const piece of streamed.textStream) text += piece;
      expect(text).to.equal("Hello world");
      expect(await streamed.finishReason).to.equal("stop");
      expect((await streamed.usage).outputTokens).to.equal(11);
      rig.providers[0]!.answer = () => ({ toolCalls: [WEATHER], finish: "tool_calls" });
      const called = await generateText({
        model: assay("alice"),
        prompt: "How is the weather?",
        maxOutputTokens: 200,
        tools: {
          weather: tool({
            inputSchema: jsonSchema<{ city: string }>({ type: "object", properties: { city: { type: "string" } } }),
          }),
        },
      });
      expect(called.toolCalls[0]).to.deep.include({ toolName: "weather", input: { city: "Oslo" } });
    });
  });

  describe("curl", () => {
    it("gets an answer, and a stream line by line", async () => {
      const body = JSON.stringify({ model: "alice", max_tokens: 50, messages });
      const args = ["-sS", "-H", "content-type: application/json", `${rig.url}/v1/chat/completions`];
      const whole = JSON.parse((await run("curl", [...args, "-d", body])).stdout) as {
        choices: { message: { content: string } }[];
        assay: { cost: string };
      };
      expect(whole.choices[0]!.message.content).to.equal("Hello world");
      expect(whole.assay.cost).to.equal("32");
      const { stdout } = await run("curl", [
        ...args,
        "-N",
        "-d",
        JSON.stringify({ ...JSON.parse(body), stream: true }),
      ]);
      const lines = stdout.split("\n").filter((line) => line !== "");
      expect(lines.every((line) => line.startsWith("data: "))).to.equal(true);
      expect(lines.at(-1)).to.equal("data: [DONE]");
      const last = JSON.parse(lines.at(-2)!.slice(6)) as { assay: { receipt: string } };
      expect(last.assay.receipt).to.match(/^rcpt_/);
    });
  });
});
