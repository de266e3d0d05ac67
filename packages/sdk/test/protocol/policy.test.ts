import { expect } from "chai";
import { id } from "ethers";

import { parsePolicy, policyDocument, versionOfPolicy, type Policy } from "../../src/index.js";
import { expectAssayError } from "./expectAssayError.js";

const policy: Policy = {
  mode: "exact",
  engine: "ngram",
  engineVersion: "1",
  weights: id("weights"),
  order: 6,
  tokenizer: "bytes",
  template: "none",
  precision: { weights: "uint32", activations: "uint32", kvCache: "none" },
  hardwareClass: "any",
  maxOutputUnits: 256,
  temperature: 0,
  samplePoints: 1,
  detection: "1000000000000000000",
  verifierFee: "10000",
  maxDataBytes: 8192,
};

describe("policy", () => {
  it("has one text and one hash, whatever the order of its fields", () => {
    const reversed = Object.fromEntries(Object.entries(policy).reverse());
    const { json, policyId } = policyDocument(reversed);
    expect(json).to.equal(policyDocument(policy).json);
    expect(json.startsWith('{"detection":"1000000000000000000","engine":"ngram"')).to.equal(true);
    expect(policyId).to.equal(id(json));
    expect(parsePolicy(json)).to.deep.equal({ policy, json, policyId });
  });

  it("has another hash after any change", () => {
    const { policyId } = policyDocument(policy);
    for (const change of [{ order: 1 }, { maxOutputUnits: 255 }, { engineVersion: "2" }, { verifierFee: "10001" }]) {
      expect(policyDocument({ ...policy, ...change }).policyId).to.not.equal(policyId);
    }
  });

  it("pins its sampling terms on chain", () => {
    const document = policyDocument({ ...policy, samplePoints: 8, detection: "600000000000000000" });
    expect(versionOfPolicy(document)).to.deep.equal({
      policyId: document.policyId,
      verifierFee: 10_000n,
      detection: 6n * 10n ** 17n,
      samplePoints: 8n,
    });
  });

  it("refuses what it does not understand, naming the field", () => {
    const bad: [Record<string, unknown>, string][] = [
      [{ mode: "redundant" }, "mode"],
      [{ quantisation: "fp8" }, "quantisation"],
      [{ weights: "0x12" }, "weights"],
      [{ weights: id("weights").toUpperCase() }, "weights"],
      [{ order: undefined }, "order"],
      [{ order: 0 }, "order"],
      [{ precision: "fp16" }, "precision"],
      [{ precision: { weights: "fp16", activations: "fp16" } }, "precision.kvCache"],
      [{ samplePoints: 0 }, "samplePoints"],
      [{ samplePoints: 17 }, "samplePoints"],
      [{ detection: "0" }, "detection"],
      [{ detection: "1000000000000000001" }, "detection"],
      [{ detection: "01" }, "detection"],
      [{ detection: 1 }, "detection"],
      [{ verifierFee: "1.5" }, "verifierFee"],
      [{ verifierFee: (1n << 96n).toString() }, "verifierFee"],
      [{ verifierFee: "" }, "verifierFee"],
      [{ temperature: 3 }, "temperature"],
      [{ maxDataBytes: 0.5 }, "maxDataBytes"],
      [{ maxDataBytes: 8_193 }, "maxDataBytes"],
      [{ hardwareClass: "" }, "hardwareClass"],
    ];
    for (const [change, field] of bad) {
      expectAssayError(() => policyDocument({ ...policy, ...change }), "INVALID_POLICY", field);
    }
    expectAssayError(() => policyDocument(undefined), "INVALID_POLICY");
  });

  it("needs no order for an engine that has none", () => {
    const { order: _, ...rest } = policy;
    expect(policyDocument({ ...rest, engine: "llama" }).json).to.not.include("order");
  });

  it("reads canonical text only", () => {
    const { json } = policyDocument(policy);
    expectAssayError(() => parsePolicy("{"), "INVALID_POLICY", "not JSON");
    expectAssayError(() => parsePolicy(` ${json}`), "POLICY_NOT_CANONICAL");
    expectAssayError(() => parsePolicy(json.replace('"order":6', '"order":6.0')), "POLICY_NOT_CANONICAL");
  });
});
