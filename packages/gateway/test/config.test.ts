import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect } from "chai";

import { loadConfig, parseConfig } from "../src/config.js";
import { exitCodeFor } from "../src/exit.js";
import { temporaryFolder } from "./helpers/session.js";

const LEAST = {
  rpcUrls: ["http://127.0.0.1:8545"],
  deployment: "assay.json",
  keystore: "key.json",
  passwordFile: "password",
};

describe("configuration", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(async () => {
    await folder.remove();
  });

  it("fills in defaults, and takes paths relative to its file", async () => {
    const file = join(folder.path, "gateway.json");
    await writeFile(file, JSON.stringify(LEAST));
    const config = await loadConfig({ file, env: {} });
    expect(config).to.include({ host: "127.0.0.1", port: 4_200, open: false, keystore: join(folder.path, "key.json") });
    expect(config.corsOrigins).to.deep.equal([]);
    expect(config.spotChecks).to.deep.equal({ rate: 0, keepEvidence: false });
    expect(config.budget.perSession).to.equal(5_000_000n);
  });

  it("lets the environment override the file", async () => {
    const file = join(folder.path, "gateway.json");
    await mkdir(join(folder.path, "x"));
    await writeFile(file, JSON.stringify({ ...LEAST, port: 1 }));
    const env = { ASSAY_CONFIG: file, ASSAY_PORT: "4300", ASSAY_OPEN: "true", ASSAY_DATA_DIR: "here" };
    const config = await loadConfig({ env });
    expect(config).to.include({ port: 4_300, open: true, dataDir: join(process.cwd(), "here") });
  });

  it("names every wrong key", () => {
    expect(() => parseConfig({ ...LEAST, port: 99_999, colour: 1, budget: { total: 5 } }, { base: "/" }))
      .to.throw(/port.*colour|colour.*port/s)
      .with.property("code", "CONFIG_INVALID");
    expect(() => parseConfig({}, { base: "/" })).to.throw(/rpcUrls: is missing/);
  });

  it("refuses to be open where others can reach it", () => {
    const open = { ...LEAST, open: true };
    expect(() => parseConfig({ ...open, host: "0.0.0.0" }, { base: "/" }))
      .to.throw()
      .with.property("code", "OPEN_TO_ALL");
    for (const host of ["localhost", "127.0.0.1", "::1"])
      expect(parseConfig({ ...open, host }, { base: "/" }).open).to.equal(true);
  });

  it("says what is wrong with the file itself, with an exit code for it", async () => {
    const missing = await loadConfig({ file: join(folder.path, "none.json"), env: {} }).catch(
      (error: unknown) => error,
    );
    expect(missing).to.have.property("code", "CONFIG_UNREADABLE");
    expect(exitCodeFor(missing)).to.equal(2);
    expect(exitCodeFor(new TypeError("a fault"))).to.equal(1);
  });
});
