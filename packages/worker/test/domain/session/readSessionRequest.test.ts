import { AssayError, keccakHex, parseRequest, requestDocument } from "@assay/sdk";
import { expect } from "chai";

import { toHex } from "../../../src/domain/hex.js";
import { readSessionRequest } from "../../../src/domain/session/readSessionRequest.js";

const POLICY = { maxDataBytes: 8_192, maxOutputUnits: 1_000 };

/** What reading a text comes to: the request, or the code of the refusal. */
const outcome = (read: () => unknown): unknown => {
  try {
    return read();
  } catch (error) {
    if (AssayError.is(error)) return error.code;
    throw error;
  }
};

describe("readSessionRequest", () => {
  const message = { role: "user", content: "Hello" };
  const parts: Readonly<Record<string, readonly unknown[]>> = {
    prompt: ["", "Alice ☕ was", 7, null],
    messages: [
      [message],
      [],
      [message, { role: "assistant", content: null }],
      [{ role: "pope", content: "x" }],
      [{ role: "user", content: [{ type: "text", text: "x" }] }],
      [{ ...message, name: "Bob" }],
      "x",
    ],
    input: [["a"], [], "a"],
    maxOutputUnits: [1, 12, 0, 1.5, "1"],
    seed: [0, 7, -1, 0.5],
    stop: [["a"], [], ["", "b"], "a"],
    tools: [[{ type: "function" }], []],
    temperature: [1],
  };

  it("takes and refuses exactly what the schema does, whatever the shape", () => {
    let seed = 1;
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    let taken = 0;
    for (let round = 0; round < 5_000; round += 1) {
      const value: Record<string, unknown> = {};
      for (const [key, choices] of Object.entries(parts)) {
        const often = key === "maxOutputUnits" || key === "prompt" || key === "messages";
        if (random(10) < (often ? 6 : 1)) value[key] = choices[random(choices.length)];
      }
      const keys = Object.keys(value).sort();
      const shuffled = random(4) === 0 ? keys.reverse() : keys;
      const text = JSON.stringify(Object.fromEntries(shuffled.map((key) => [key, value[key]])));
      const expected = outcome(() => parseRequest(text).request);
      const actual = outcome(() => readSessionRequest(text, POLICY).request);
      expect(actual, text).to.deep.equal(expected);
      if (typeof expected !== "string") taken += 1;
    }
    expect(taken).to.be.greaterThan(50);
  });

  it("gives the bytes and their hash", () => {
    const { json, requestHash } = requestDocument({ prompt: "Zoë", maxOutputUnits: 3 });
    const read = readSessionRequest(json, POLICY);

    expect(toHex(read.requestHash)).to.equal(requestHash).and.to.equal(keccakHex(read.bytes));
    expect(Buffer.from(read.bytes).toString()).to.equal(json);
  });

  it("refuses other text of the same request, what is no JSON, and what is too large", () => {
    for (const [text, code] of [
      ['{"prompt":"x","maxOutputUnits":1}', "REQUEST_NOT_CANONICAL"],
      ['{"maxOutputUnits": 1,"prompt":"x"}', "REQUEST_NOT_CANONICAL"],
      ['{"maxOutputUnits":1,"prompt":"\\u0078"}', "REQUEST_NOT_CANONICAL"],
      ['{"maxOutputUnits":1,"prompt":"\\ud800"}', "NOT_JSON"],
      ["{", "INVALID_REQUEST"],
      [undefined, "INVALID_REQUEST"],
      [`{"maxOutputUnits":1,"prompt":"${"x".repeat(8_192)}"}`, "REQUEST_TOO_LARGE"],
      ['{"maxOutputUnits":1001,"prompt":"x"}', "OUTPUT_LIMIT"],
    ] as const) {
      expect(outcome(() => readSessionRequest(text, POLICY))).to.equal(code);
    }
  });
});
