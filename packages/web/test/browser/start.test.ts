import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect } from "chai";
import type { Browser } from "playwright-core";

import { DEPLOYMENT } from "../../../sdk/test/helpers/deployment.js";
import { openBrowser } from "../helpers/browser.js";

const START = fileURLToPath(new URL("../../scripts/start.ts", import.meta.url));

describe("npm run web", () => {
  let folder: string;
  let browser: Browser | undefined;
  const children: ChildProcess[] = [];

  before(async function () {
    folder = await mkdtemp(join(tmpdir(), "assay-web-"));
    browser = await openBrowser();
    if (browser === undefined) this.skip();
  });

  after(async () => {
    await browser?.close();
    for (const child of children) if (child.exitCode === null) child.kill("SIGTERM");
    await rm(folder, { recursive: true });
  });

  function start(env: Readonly<Record<string, string>>): {
    child: ChildProcess;
    said: (words: RegExp) => Promise<string>;
  } {
    const child = spawn(process.execPath, ["--import", "tsx", START], { env: { ...process.env, ...env } });
    children.push(child);
    let output = "";
    const said = async (words: RegExp): Promise<string> => {
      for (;;) {
        const found = words.exec(output)?.[0];
        if (found !== undefined) return found;
        if (child.exitCode !== null) expect.fail(`it ended: ${output}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    return { child, said };
  }

  it("serves the page from its sources, against what the environment names, on the loopback", async () => {
    const file = join(folder, "assay.json");
    await writeFile(file, JSON.stringify(DEPLOYMENT));
    // Nothing listens there: the page has to say so.
    const { child, said } = start({ ASSAY_DEPLOYMENT: file, ASSAY_RPC_URL: "http://127.0.0.1:9" });
    const url = await said(/http:\/\/127\.0\.0\.1:\d+\//);
    expect(await said(/Network .*\n/)).to.include("Network local (chain 31337) over http://127.0.0.1:9.");
    const page = await browser!.newPage();
    await page.goto(url);
    await page.getByText("The chain's RPC server could not be reached.").waitFor();
    await page.getByRole("link", { name: "Revenue" }).click();
    await page.getByText("Connect a wallet to see its revenue.").waitFor();
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  });

  it("says what to do without a deployment, and ends", async () => {
    const { child, said } = start({ ASSAY_DEPLOYMENT: join(folder, "none.json") });
    const [code] = (await once(child, "exit")) as [number];
    expect(code).to.equal(1);
    expect(await said(/The deployment file .*/)).to.include("none.json cannot be read. Deploy first");
  });
});
