import { readFile } from "node:fs/promises";

import { AssayError, type CompletionRequest, type InferenceRequest } from "@assay/sdk";
import { expect } from "chai";
import { AbiCoder, keccak256 } from "ethers";

import { collectAnswer } from "../../../src/adapters/engine/collectAnswer.js";
import type { Engine, EngineRequest } from "../../../src/adapters/engine/engine.js";
import { createNgramEngine, ngramWeights } from "../../../src/adapters/engine/ngramEngine.js";

const never = new AbortController().signal;
type Over = Partial<CompletionRequest> & Partial<Omit<EngineRequest, "request">>;

const request = ({ temperature = 0, template = "none", ...over }: Over = {}): EngineRequest => ({
  request: { prompt: "Alice was ", maxOutputUnits: 40, ...over },
  temperature,
  template,
});

async function text(engine: Engine, over: Over = {}): Promise<string> {
  return new TextDecoder().decode((await collectAnswer(engine, request(over), never)).output);
}

async function failure(engine: Engine, over: Over): Promise<AssayError> {
  try {
    await text(engine, over);
  } catch (error) {
    if (AssayError.is(error)) return error;
    throw error;
  }
  return expect.fail("the engine served the request");
}

describe("ngram engine", () => {
  let alice: Uint8Array;
  let engine: Engine;

  before(async () => {
    alice = await readFile(new URL("../../../models/alice.txt", import.meta.url));
    engine = createNgramEngine(alice, 6);
  });

  it("says what a policy pins", () => {
    expect(engine.info()).to.deep.equal({
      engine: "ngram",
      engineVersion: "1",
      weights: "0x9054f2fc6f23c8c4f80cfe33fb615ab2828f756af9e64d4e3e416dfb05d5d73e",
      order: 6,
      tokenizer: "bytes",
      templates: ["none", "sentence"],
      precision: { weights: "uint32", activations: "none", kvCache: "none" },
      hardwareClass: "any",
      temperature: 0,
    });
  });

  it("hashes file and order into the weights", () => {
    const encoded = AbiCoder.defaultAbiCoder().encode(["bytes32", "uint256"], [keccak256(alice), 1]);

    expect(ngramWeights(alice, 1))
      .to.equal(keccak256(encoded))
      .and.to.equal("0xbce2f3f9f17569f2c74590fdc4bf7aac09a9a4d7efa982cc0dc9505449d4b8c7");
    expect(ngramWeights(alice.slice(1), 1)).to.not.equal(ngramWeights(alice, 1));
  });

  it("gives the known answers", async () => {
    expect(await text(engine)).to.equal("a large as he spoke, and the Mock Turtle");
    expect(await text(engine, { prompt: "What did the Rabbit say?" })).to.equal(
      "' one of the same thing the baby was loo",
    );
    expect(await text(createNgramEngine(alice, 2))).to.equal("the the the the the the the the the the ");
  });

  it("gives the same bytes from a second engine and in any chunking", async () => {
    const long = request({ maxOutputUnits: 1000 });
    const first = await collectAnswer(engine, long, never);
    const second = await collectAnswer(createNgramEngine(alice, 6), long, never);
    const pieces: number[] = [];
    for await (const chunk of engine.generate(long, never)) pieces.push(chunk.outputUnits);

    expect(second).to.deep.equal(first);
    expect(first.output).to.have.lengthOf(1000);
    expect(pieces).to.deep.equal([256, 512, 768, 1000]);
  });

  it("counts bytes as units, also of a prompt that is not ASCII", async () => {
    const answer = await collectAnswer(engine, request({ prompt: "Zoë ☕", maxOutputUnits: 7 }), never);

    expect(answer.inputUnits).to.equal(8);
    expect(answer.outputUnits).to.equal(7);
    expect(answer.output).to.have.lengthOf(7);
  });

  it("answers an empty prompt", async () => {
    const answer = await collectAnswer(engine, request({ prompt: "", maxOutputUnits: 3 }), never);

    expect(answer.inputUnits).to.equal(0);
    expect(answer.outputUnits).to.equal(3);
  });

  it("ends with the sentence where the template says so", async () => {
    const sentence = await text(engine, { prompt: "How doth the little ", maxOutputUnits: 500, template: "sentence" });
    const whole = await text(engine, { prompt: "How doth the little ", maxOutputUnits: 500 });

    expect(sentence).to.match(/^[^.!?]*[.!?]$/);
    expect(whole.startsWith(sentence)).to.equal(true);
    expect(whole).to.have.lengthOf(500);
  });

  it("stops at the limit when the sentence does not end before it", async () => {
    expect(await text(engine, { maxOutputUnits: 5, template: "sentence" })).to.equal("a lar");
  });

  it("refuses what it cannot do, with the reason", async () => {
    expect(await failure(engine, { temperature: 0.7 })).to.include({
      code: "ENGINE_TEMPERATURE",
      message: "The ngram engine only decodes at temperature 0, not 0.7.",
      hint: "Ask for temperature 0.",
      retryable: false,
    });
    expect(await failure(engine, { template: "chat" })).to.include({
      code: "ENGINE_TEMPLATE",
      message: 'The ngram engine has no template "chat".',
    });
    for (const maxOutputUnits of [0, -1, 1.5]) {
      expect(await failure(engine, { maxOutputUnits })).to.include({ code: "ENGINE_OUTPUT_LIMIT" });
    }
  });

  it("ends before the first stop sequence that is complete", async () => {
    const whole = await text(engine, { maxOutputUnits: 400 });
    const stopped = await collectAnswer(engine, request({ maxOutputUnits: 400, stop: ["Turtle", "spoke"] }), never);

    expect(new TextDecoder().decode(stopped.output)).to.equal(whole.slice(0, whole.indexOf("spoke")));
    expect(stopped).to.include({ outputUnits: whole.indexOf("spoke"), finish: "stop" });
    expect(await text(engine, { stop: ["a large"] })).to.equal("");
    expect(await text(engine, { stop: ["no such words"] })).to.equal(await text(engine));
  });

  it("gives exactly what was delivered to a request that is cut there, with stop sequences too", async () => {
    const stop = ["zebra and a half", "\n\n"];
    let given = "";
    for await (const chunk of engine.generate(request({ maxOutputUnits: 1500, stop }), never)) {
      given += Buffer.from(chunk.text ?? []).toString();
      expect(await text(engine, { maxOutputUnits: chunk.outputUnits, stop })).to.equal(given);
    }
    expect(given.length).to.be.greaterThan(512);
  });

  it("never cuts a character between two pieces", async () => {
    const accents = createNgramEngine(new TextEncoder().encode("àéîõü☕".repeat(200)), 4);
    let units = 0;
    let pieces = 0;
    for await (const { text: bytes, outputUnits, finish } of accents.generate(
      request({ prompt: "àé", maxOutputUnits: 1001 }),
      never,
    )) {
      units += bytes?.length ?? 0;
      pieces += 1;
      expect(outputUnits).to.equal(units);
      if (finish === undefined) new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    }
    expect([units, pieces]).to.deep.equal([1001, 4]);
  });

  it("goes on from the messages of a chat, and refuses tools, pictures and embeddings", async () => {
    const messages: InferenceRequest = { messages: [{ role: "user", content: "Alice was " }], maxOutputUnits: 40 };
    const ask = async (asked: InferenceRequest) =>
      await collectAnswer(engine, { request: asked, temperature: 0, template: "none" }, never);

    expect(await ask(messages)).to.deep.equal(await collectAnswer(engine, request(), never));
    for (const refused of [
      { ...messages, tools: [{ type: "function" }] },
      { messages: [{ role: "user" as const, content: [{ type: "image_url" }] }], maxOutputUnits: 1 },
      { input: ["a"], maxOutputUnits: 1 },
    ]) {
      const error: unknown = await ask(refused).catch((thrown: unknown) => thrown);
      expect(error).to.include({ code: "UNSUPPORTED_REQUEST" });
    }
  });

  it("stops when told to", async () => {
    const controller = new AbortController();
    const reason = new AssayError({ code: "STOPPED", message: "The worker stops." });
    let pieces = 0;
    try {
      const answer = engine.generate(request({ maxOutputUnits: 1_000_000 }), controller.signal);
      for await (const chunk of answer) {
        expect(chunk.text).to.have.lengthOf(256);
        pieces += 1;
        if (pieces === 2) controller.abort(reason);
      }
      expect.fail("the engine went on");
    } catch (error) {
      expect(error).to.equal(reason);
    }
    expect(pieces).to.equal(2);
  });

  it("trains 200 kB in less than a second", () => {
    const start = performance.now();
    createNgramEngine(Buffer.concat([alice, alice.slice(0, 51_520)]), 6);

    expect(performance.now() - start).to.be.lessThan(1000);
  });
});
