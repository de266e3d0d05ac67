import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { findDeployment, readDeployment } from "../../src/node/readDeployment.js";
import { DEPLOYMENT } from "../helpers/deployment.js";
import { expectRejection } from "../helpers/expectAssayError.js";

describe("readDeployment", () => {
  let folder: string;
  let file: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "assay-sdk-"));
    file = join(folder, "deployment.json");
    await writeFile(file, JSON.stringify(DEPLOYMENT));
  });

  after(async () => {
    await rm(folder, { recursive: true });
  });

  it("reads a file", async () => {
    expect((await readDeployment(file)).chainId).to.equal(31337);
  });

  it("finds the file that the environment names, and prefers an explicit one", async () => {
    const env = { ASSAY_DEPLOYMENT: file };
    expect((await findDeployment({ env })).network).to.equal("local");
    await expectRejection(findDeployment({ env, file: join(folder, "other.json") }), "DEPLOYMENT_NOT_FOUND");
    await expectRejection(findDeployment({ env: {}, folder }), "NO_DEPLOYMENT");
    await expectRejection(findDeployment({ env: { ASSAY_DEPLOYMENT: "" }, folder }), "NO_DEPLOYMENT");
  });

  it("refuses a file that is not JSON, or not a deployment", async () => {
    const broken = join(folder, "broken.json");
    await writeFile(broken, "{");
    expect((await expectRejection(readDeployment(broken), "INVALID_DEPLOYMENT")).message).to.include("is not JSON");
    await writeFile(broken, "{}");
    expect((await expectRejection(readDeployment(broken), "INVALID_DEPLOYMENT")).message).to.include("chainId: ");
  });
});
