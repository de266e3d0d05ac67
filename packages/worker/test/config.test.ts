import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { AssayError } from "@assay/sdk";
import { expect } from "chai";

import { loadConfig, parseConfig } from "../src/config.js";

const least = {
  rpcUrls: ["http://127.0.0.1:8545"],
  deployment: "./deployment.json",
  keystore: "operator.json",
  passwordFile: "password",
  models: [{ modelId: "1", version: 1, policy: "policy.json", weights: "/models/alice.txt", order: 6 }],
};

function invalid(content: unknown): AssayError {
  try {
    parseConfig(content, { base: "/etc/assay" });
  } catch (error) {
    if (AssayError.is(error)) return error;
    throw error;
  }
  return expect.fail("the configuration was accepted");
}

describe("config", () => {
  describe("parseConfig", () => {
    it("fills in every default", () => {
      const config = parseConfig(least, { base: "/etc/assay" });

      expect(config).to.deep.include({ host: "127.0.0.1", port: 4100, logLevel: "info", pollMilliseconds: 2000 });
      expect(config.duties).to.deep.equal({ beaconUrls: [], turnSeconds: 15 });
      expect(config.models[0]).to.deep.equal({
        modelId: 1n,
        version: 1,
        policy: "/etc/assay/policy.json",
        weights: "/models/alice.txt",
        order: 6,
        serve: true,
        price: { perJob: 0n, perMillionInputUnits: 0n, perMillionOutputUnits: 0n },
      });
    });

    it("takes relative paths as relative to the file", () => {
      expect(parseConfig(least, { base: "/etc/assay" })).to.include({
        keystore: "/etc/assay/operator.json",
        passwordFile: "/etc/assay/password",
        dataDir: "/etc/assay/assay-worker-data",
        deployment: "/etc/assay/deployment.json",
      });
    });

    it("keeps the name or chain id of a public deployment as it is", () => {
      expect(parseConfig({ ...least, deployment: "baseSepolia" }, { base: "/x" }).deployment).to.equal("baseSepolia");
      expect(parseConfig({ ...least, deployment: 84532 }, { base: "/x" }).deployment).to.equal(84532);
    });

    it("names every wrong key at once", () => {
      const error = invalid({
        ...least,
        rpcUrls: ["ftp://example.org"],
        keystore: undefined,
        port: 70_000,
        privateKey: "0x00",
        models: [{ ...least.models[0], order: 0, price: { perJob: 5 } }],
      });

      expect(error).to.include({ code: "CONFIG_INVALID", retryable: false });
      expect(error.message).to.include("rpcUrls.0: is not an http or https URL");
      expect(error.message).to.include("keystore: is missing");
      expect(error.message).to.include("port: ");
      expect(error.message).to.include("models.0.order: ");
      expect(error.message).to.include("models.0.price.perJob: ");
      expect(error.message).to.include("privateKey");
    });

    it("takes a server of OpenAI's API in place of weights, never beside them", () => {
      const { weights: _weights, order: _order, ...bare } = least.models[0]!;
      const engine = {
        type: "openai",
        url: "http://127.0.0.1:8000",
        model: "qwen",
        apiKeyFile: "engine.key",
        pins: {
          engine: "vllm",
          engineVersion: "0.9.1",
          weights: `0x${"ab".repeat(32)}`,
          tokenizer: "qwen",
          template: "chatml",
          precision: { weights: "bf16", activations: "bf16", kvCache: "bf16" },
          hardwareClass: "h100",
        },
      };
      const config = parseConfig({ ...least, models: [{ ...bare, engine }] }, { base: "/etc/assay" });

      expect(config.models[0]?.engine).to.deep.equal({
        ...engine,
        apiKeyFile: "/etc/assay/engine.key",
        timeoutSeconds: 120,
        endpoints: ["chat", "completions"],
      });
      expect(invalid({ ...least, models: [{ ...least.models[0], engine }] }).message).to.include(
        "belongs to the embedded engine",
      );
      expect(invalid({ ...least, models: [bare] }).message).to.include("models.0.weights: is missing");
      expect(invalid({ ...least, models: [{ ...bare, engine: { ...engine, pins: {} } }] }).message).to.include(
        "models.0.engine.pins.engine: is missing",
      );
    });

    it("refuses amounts that are no whole smallest units, and a model version that is named twice", () => {
      const priced = (perJob: string): unknown => ({ ...least, models: [{ ...least.models[0], price: { perJob } }] });
      for (const wrong of ["-1", "1.5", "1e6", ""]) {
        expect(invalid(priced(wrong)).message).to.include("write smallest units as a string of digits");
      }
      expect(invalid(priced((2n ** 96n).toString())).message).to.include("does not fit 96 bits");
      expect(invalid({ ...least, models: [...least.models, ...least.models] }).message).to.include(
        "names a model version twice",
      );
    });
  });

  describe("loadConfig", () => {
    let folder: string;
    let file: string;

    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "assay-config-"));
      file = join(folder, "worker.json");
      writeFileSync(file, JSON.stringify(least));
    });

    afterEach(() => {
      rmSync(folder, { recursive: true, force: true });
    });

    it("lets the environment override the file", async () => {
      const config = await loadConfig({
        file,
        env: {
          ASSAY_RPC_URLS: "http://one.example, https://two.example",
          ASSAY_PORT: "0",
          ASSAY_DATA_DIR: "elsewhere",
          ASSAY_LOG_LEVEL: "",
          DATABASE_URL: "postgres://db",
        },
      });

      expect(config.rpcUrls).to.deep.equal(["http://one.example", "https://two.example"]);
      expect(config).to.include({ port: 0, logLevel: "info", databaseUrl: "postgres://db" });
      // What the environment names is relative to where the program was started.
      expect(config.dataDir).to.equal(join(process.cwd(), "elsewhere"));
      expect(config.keystore).to.equal(join(folder, "operator.json"));
    });

    it("finds the file through ASSAY_CONFIG", async () => {
      expect((await loadConfig({ env: { ASSAY_CONFIG: file } })).keystore).to.equal(join(folder, "operator.json"));
    });

    it("says what is wrong with the environment's values", async () => {
      const error = await loadConfig({ file, env: { ASSAY_PORT: "many" } }).catch((thrown: unknown) => thrown);

      expect(error).to.be.instanceOf(AssayError).that.includes({ code: "CONFIG_INVALID" });
      expect((error as AssayError).message).to.include("port: ");
    });

    it("refuses a file that is missing, no JSON, or no object", async () => {
      const refusal = async (content: string | undefined): Promise<unknown> => {
        if (content !== undefined) writeFileSync(file, content);
        const path = content === undefined ? join(folder, "none.json") : file;
        return await loadConfig({ file: path, env: {} }).catch((thrown: unknown) => thrown);
      };

      for (const [content, says] of [
        [undefined, "cannot be read"],
        ["{", "is not JSON"],
        ["[]", "holds no JSON object"],
      ] as const) {
        const error = await refusal(content);
        expect(error).to.be.instanceOf(AssayError).that.includes({ code: "CONFIG_UNREADABLE" });
        expect((error as AssayError).message).to.include(says);
      }
    });
  });
});
