import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { AssayError } from "@assay/sdk";
import { expect } from "chai";

import { DEPLOYMENT } from "../../sdk/test/helpers/deployment.js";
import { readSiteConfig } from "../scripts/siteConfig.js";

describe("readSiteConfig", () => {
  let folder: string;
  let file: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "assay-web-"));
    file = join(folder, "assay.json");
    await writeFile(file, JSON.stringify(DEPLOYMENT));
  });

  after(async () => {
    await rm(folder, { recursive: true });
  });

  const codeOf = async (reading: Promise<unknown>): Promise<string> => {
    const error = await reading.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    return AssayError.is(error) ? error.code : String(error);
  };

  it("takes the deployment that is named, over the one that a local network left", async () => {
    const config = await readSiteConfig(
      { ASSAY_DEPLOYMENT: file, ASSAY_RPC_URL: "http://a.test:1, https://b.test" },
      "/nowhere",
    );
    expect(config.deployment.chainId).to.equal(31_337);
    expect(config.rpcUrls).to.deep.equal(["http://a.test:1", "https://b.test"]);
  });

  it("takes the one that a local network left, on the local RPC server", async () => {
    expect((await readSiteConfig({}, file)).rpcUrls).to.deep.equal(["http://127.0.0.1:8545"]);
  });

  it("says what to do without any", async () => {
    expect(await codeOf(readSiteConfig({}, join(folder, "none.json")))).to.equal("NO_DEPLOYMENT");
    expect(await codeOf(readSiteConfig({ ASSAY_DEPLOYMENT: join(folder, "none.json") }))).to.equal(
      "DEPLOYMENT_NOT_FOUND",
    );
  });

  it("refuses what is no URL", async () => {
    expect(await codeOf(readSiteConfig({ ASSAY_RPC_URL: "localhost:8545" }, file))).to.equal("USAGE");
  });
});
