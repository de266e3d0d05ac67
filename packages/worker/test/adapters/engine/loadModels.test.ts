import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { AssayError, policyDocument } from "@assay/sdk";
import { expect } from "chai";

import { type Engine } from "../../../src/adapters/engine/engine.js";
import { loadModels } from "../../../src/adapters/engine/loadModels.js";
import { createNgramEngine } from "../../../src/adapters/engine/ngramEngine.js";
import type { ModelConfig } from "../../../src/domain/configSchema.js";
import { policyMismatches, policyOf } from "../../../src/domain/policyMatch.js";

const WEIGHTS = fileURLToPath(new URL("../../../models/alice.txt", import.meta.url));
const TEXT = new TextEncoder().encode("the quick brown fox");
const TERMS = {
  template: "none",
  maxOutputUnits: 64,
  samplePoints: 1,
  detection: "1000000000000000000",
  verifierFee: "1000",
  maxDataBytes: 8192,
};

describe("models", () => {
  let folder: string;
  let engine: Engine;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "assay-models-"));
    engine = createNgramEngine(TEXT, 6);
    writeFileSync(join(folder, "weights.txt"), TEXT);
    writeFileSync(join(folder, "policy.json"), policyDocument(policyOf(engine.info(), TERMS)).json);
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const config = (over: Partial<ModelConfig> = {}): ModelConfig => ({
    modelId: 1n,
    version: 1,
    policy: join(folder, "policy.json"),
    weights: join(folder, "weights.txt"),
    order: 6,
    serve: true,
    price: { perJob: 0n, perMillionInputUnits: 0n, perMillionOutputUnits: 0n },
    ...over,
  });
  const refusal = async (over: Partial<ModelConfig>): Promise<AssayError> => {
    const error: unknown = await loadModels([config(over)]).catch((thrown: unknown) => thrown);
    return AssayError.is(error) ? error : expect.fail(`not refused: ${String(error)}`);
  };

  it("gives an engine that is what the policy pins", async () => {
    const models = await loadModels([config(), config({ version: 2 })]);

    expect([...models.keys()]).to.deep.equal(["1/1", "1/2"]);
    expect(models.get("1/1")?.engine.info()).to.deep.equal(engine.info());
    expect(models.get("1/2")?.engine, "equal weights are trained once").to.equal(models.get("1/1")?.engine);
  });

  it("takes a policy file that an editor ended with a line break", async () => {
    const { json, policyId } = policyDocument(policyOf(engine.info(), TERMS));
    writeFileSync(join(folder, "policy.json"), `${json}\n`);

    expect((await loadModels([config()])).get("1/1")?.document.policyId).to.equal(policyId);
  });

  it("refuses another order or other weights than the policy's, naming every difference", async () => {
    const order = await refusal({ order: 1 });
    expect(order).to.include({ code: "MODEL_MISMATCH", retryable: false });
    expect(order.message).to.include("order is 1, the policy wants 6");
    expect(order.message).to.include("weights is 0x");

    const weights = await refusal({ weights: WEIGHTS });
    expect(weights.message).to.include(`the policy wants ${engine.info().weights}`);
    expect(weights.message).to.not.include("order");
  });

  it("refuses a policy for an engine or a temperature that it does not have", async () => {
    const write = (over: object): void => {
      const { json } = policyDocument({ ...policyOf(engine.info(), TERMS), ...over });
      writeFileSync(join(folder, "policy.json"), json);
    };
    write({ engine: "vllm" });
    expect(await refusal({})).to.include({ code: "ENGINE_UNKNOWN" });
    write({ temperature: 1 });
    expect((await refusal({})).message).to.include("temperature is 0, the policy wants 1");
    write({ template: "chat" });
    expect((await refusal({})).message).to.include("the engine has no template chat, only none and sentence");
  });

  it("refuses files that are missing or no policy", async () => {
    expect(await refusal({ policy: join(folder, "none") })).to.include({ code: "POLICY_UNREADABLE" });
    expect(await refusal({ weights: join(folder, "none") })).to.include({ code: "WEIGHTS_UNREADABLE" });
    writeFileSync(join(folder, "policy.json"), "{}");
    expect(await refusal({})).to.include({ code: "INVALID_POLICY" });
    writeFileSync(join(folder, "policy.json"), JSON.stringify(policyOf(engine.info(), TERMS), null, 2));
    expect(await refusal({})).to.include({ code: "POLICY_NOT_CANONICAL" });
  });

  it("uses an engine that the caller answers for without holding it to the policy", async () => {
    const other = createNgramEngine(TEXT, 1);
    const models = await loadModels([config()], new Map([["1/1", other]]));

    expect(models.get("1/1")?.engine).to.equal(other);
    expect(policyMismatches(models.get("1/1")!.document.policy, other.info())).to.have.lengthOf(2);
  });
});
