import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

import { expect } from "chai";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";

import type { Actor } from "../../../sdk/test/helpers/network.js";
import { picture, SCREENSHOTS, Stage } from "../helpers/stage.js";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const SIZES = [
  { name: "1280", viewport: { width: 1_280, height: 900 } },
  { name: "375", viewport: { width: 375, height: 812 } },
] as const;

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(AXE, "utf8"));
  const { violations: found } = await page.evaluate(() =>
    (window as unknown as { axe: { run: () => Promise<AxeResults> } }).axe.run(),
  );
  return found
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")})`);
}

describe("every page", () => {
  let stage: Stage;
  let holder: Actor;
  const pages: { name: string; hash: string; ready: string; connected?: boolean }[] = [];

  before(async function () {
    stage = await Stage.open(this);
    holder = await stage.network.actor(2_000n);
    const alice = await stage.launch(holder, 450n);
    const bob = await stage.launch(holder, 250n, { name: "Bob the Translator", symbol: "BOB" });
    for (const units of [40n, 15n, 60n]) await stage.streamRevenue([alice.token, bob.token], units);
    const carol = await stage.openOffering({ name: "Carol", symbol: "CAROL" });
    await stage.commit(carol.offeringId, 180n);
    const dave = await stage.openOffering({ name: "Dave, a long name for a model", symbol: "DAVE" });
    await stage.commit(dave.offeringId, 430n, 250n);
    pages.push(
      { name: "offerings", hash: "offerings", ready: "Carol" },
      { name: "offering-open", hash: `offerings/${dave.offeringId}`, ready: "Amount to commit" },
      { name: "offering-unconnected", hash: `offerings/${carol.offeringId}`, ready: "Terms", connected: false },
      { name: "offering-settled", hash: `offerings/${alice.offeringId}`, ready: "Team vesting" },
      { name: "revenue", hash: "revenue", ready: "Paid in for all holders" },
      { name: "revenue-unconnected", hash: "revenue", ready: "Looking costs nothing", connected: false },
      { name: "redeem", hash: `revenue/${alice.offeringId}/redeem`, ready: "This is not claiming" },
      { name: "unknown", hash: "nowhere", ready: "There is no such page" },
    );
  });

  afterEach(async function () {
    await stage.closePages(this.currentTest);
  });

  after(async () => {
    process.stdout.write(`    Pictures of every page are in ${SCREENSHOTS}\n`);
    await stage.close();
  });

  for (const colorScheme of ["light", "dark"] as const) {
    for (const { name: size, viewport } of SIZES) {
      it(`has nothing serious for axe and nothing that overflows, in ${colorScheme} at ${size} px`, async () => {
        const found: Record<string, unknown> = {};
        for (const { name, hash, ready, connected = true } of pages) {
          const options = { colorScheme, viewport };
          const { page } = await stage.visit(hash, { actor: holder, connected, options });
          await page.getByText(ready).first().waitFor();
          await picture(page, `${name}-${size}-${colorScheme}`);
          const problems = await violations(page);
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
          if (overflow > 0) problems.push(`${overflow} px wider than the window`);
          if (problems.length > 0) found[name] = problems;
          await page.context().close();
        }
        expect(found).to.deep.equal({});
      });
    }
  }

  it("fits 360 px, the wallet's choice and the toggle of colours included", async () => {
    const { page } = await stage.visit("revenue", {
      connected: false,
      options: { viewport: { width: 360, height: 640 }, colorScheme: "light" },
    });
    await page.getByRole("button", { name: "Connect" }).click();
    await page.getByRole("dialog").waitFor();
    expect(await violations(page)).to.deep.equal([]);
    await picture(page, "wallets-360-light");
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByRole("button", { name: "Use dark colours" }).click();
    expect(await page.locator("html").getAttribute("data-theme")).to.equal("dark");
    await page.reload();
    await page.getByRole("button", { name: "Use light colours" }).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).to.equal(360);
  });
});
