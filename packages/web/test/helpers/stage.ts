import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

import type { Context as MochaContext, Test } from "mocha";
import type { Browser, BrowserContext, Page } from "playwright-core";

import {
  createOffering,
  OFFERING_DEFAULTS,
  type OfferingConfig,
  type OfferingCreated,
} from "../../../sdk/src/actions/createOffering.js";
import { commitToOffering } from "../../../sdk/src/actions/commitToOffering.js";
import { depositRevenue } from "../../../sdk/src/actions/depositRevenue.js";
import { finalizeOffering } from "../../../sdk/src/actions/finalizeOffering.js";
import { registerModel } from "../../../sdk/src/actions/registerModel.js";
import { settleCommitment } from "../../../sdk/src/actions/settleCommitment.js";
import { versionOfPolicy } from "../../../sdk/src/protocol/policy.js";
import { type Actor, type Network, POLICY, startNetwork, UNIT } from "../../../sdk/test/helpers/network.js";
import { openBrowser } from "./browser.js";
import { type Site, serveSite } from "./site.js";
import { TestWallet } from "./testWallet.js";

export { UNIT };
export type { Actor };

const HOUR = 3_600n;
const ZERO_HASH = `0x${"0".repeat(64)}`;
const ZERO_ADDRESS = `0x${"0".repeat(40)}`;
/** Seconds before an offering opens: enough to make it. */
const HEAD_START = 20n;

export const SCREENSHOTS = fileURLToPath(new URL("../../screenshots", import.meta.url));

/** What a test changes of an ordinary offering. */
export type Changes = Partial<OfferingConfig>;

export interface Visitor {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly actor: Actor;
  readonly wallet: TestWallet;
}

/** A chain with the contracts, the page on top of it, and a browser. */
export class Stage {
  readonly network: Network;
  readonly site: Site;
  readonly rpcUrl: string;
  readonly #browser: Browser;
  readonly #contexts: BrowserContext[] = [];

  private constructor(network: Network, site: Site, browser: Browser, rpcUrl: string) {
    this.network = network;
    this.site = site;
    this.rpcUrl = rpcUrl;
    this.#browser = browser;
  }

  /** Skips the calling suite where there is no browser. */
  static async open(suite: MochaContext): Promise<Stage> {
    const browser = await openBrowser();
    if (browser === undefined) {
      process.stdout.write("    The browser tests are skipped: no Chrome is installed here.\n");
      suite.skip();
    }
    const network = await startNetwork();
    const rpcUrl = network.chain._getConnection().url;
    const site = await serveSite({ deployment: network.contracts.deployment, rpcUrls: [rpcUrl] });
    return new Stage(network, site, browser, rpcUrl);
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.site.stop();
    await this.network.stop();
  }

  /** Ends what one test opened; of one that failed, the pages' last sight stays. */
  async closePages(test: Test | undefined): Promise<void> {
    for (const [index, context] of this.#contexts.splice(0).entries()) {
      for (const page of test?.state === "failed" ? context.pages() : []) {
        await picture(page, `failed-${test?.title.replace(/\W+/g, "-") ?? ""}-${index}`);
      }
      await context.close();
    }
  }

  /** A browser profile of its own. */
  async browse(options: Parameters<Browser["newContext"]>[0] = {}): Promise<BrowserContext> {
    const context = await this.#browser.newContext({ viewport: { width: 1_280, height: 900 }, ...options });
    context.setDefaultTimeout(20_000);
    // Functions that run in the page are compiled with this helper, which is not there.
    await context.addInitScript("globalThis.__name = (named) => named");
    this.#contexts.push(context);
    return context;
  }

  /** Somebody with money and a wallet who opens a page. */
  async visit(
    hash: string,
    {
      actor,
      connected = true,
      options = {},
    }: { actor?: Actor; connected?: boolean; options?: Parameters<Browser["newContext"]>[0] } = {},
  ): Promise<Visitor> {
    const who = actor ?? (await this.network.actor(1_000n));
    const wallet = new TestWallet(who.wallet, this.network.chain);
    const context = await this.browse(options);
    await wallet.install(context);
    if (connected)
      await context.addInitScript(() => {
        localStorage.setItem("assay.wallet", "test.testwallet");
      });
    const page = await context.newPage();
    await page.goto(`${this.site.url}#/${hash}`);
    return { page, context, actor: who, wallet };
  }

  /** A model with an offering that is open now. */
  async openOffering(changes: Changes = {}): Promise<OfferingCreated & { readonly issuer: Actor }> {
    const issuer = await this.network.actor(10n);
    const { modelId } = await registerModel(issuer, {
      royaltyBps: 500n,
      uri: "data:,model",
      version: versionOfPolicy(POLICY),
      policyURI: "data:,policy",
    });
    const opensAt = (await this.network.now()) + HEAD_START;
    const config: OfferingConfig = {
      ...OFFERING_DEFAULTS,
      modelId,
      name: "Alice in Wonderland",
      symbol: "ALICE",
      hardCap: 500n * UNIT,
      softCap: 200n * UNIT,
      opensAt,
      closesAt: opensAt + 24n * HOUR,
      epochLength: 600n,
      allowlistRoot: ZERO_HASH,
      team: issuer.address,
      ecosystem: issuer.address,
      liquidityRecipient: issuer.address,
      transferPolicy: ZERO_ADDRESS,
      excluded: [],
      ...changes,
    };
    const created = await createOffering(issuer, { config });
    await this.network.passTime(HEAD_START + 1n);
    return { ...created, issuer };
  }

  /** Commits in the name of others, one of them for each amount. */
  async commit(offeringId: bigint, ...units: readonly bigint[]): Promise<Actor[]> {
    const buyers: Actor[] = [];
    for (const each of units) {
      const buyer = await this.network.actor(each);
      await commitToOffering(buyer, { offeringId, amount: each * UNIT });
      buyers.push(buyer);
    }
    return buyers;
  }

  async endSale(): Promise<void> {
    await this.network.passTime(24n * HOUR);
  }

  /** An offering that succeeded, of which somebody holds settled tokens. */
  async launch(
    holder: Actor,
    units: bigint,
    changes: Changes = {},
  ): Promise<OfferingCreated & { readonly issuer: Actor }> {
    const offering = await this.openOffering(changes);
    const { offeringId } = offering;
    await commitToOffering(holder, { offeringId, amount: units * UNIT });
    await this.endSale();
    await finalizeOffering(holder, { offeringId });
    await settleCommitment(holder, { offeringId });
    return offering;
  }

  /** Revenue that streams from now on. */
  async streamRevenue(tokens: readonly string[], units: bigint, epochLength = 600n): Promise<void> {
    const payer = await this.network.actor(units * BigInt(tokens.length));
    for (const token of tokens) await depositRevenue(payer, { token, amount: units * UNIT });
    const now = await this.network.now();
    await this.network.passTime(epochLength - (now % epochLength) + 1n);
  }

  /** Asset in an account's wallet, in whole units. */
  async balanceOf(account: string): Promise<bigint> {
    return (await this.network.contracts.asset.balanceOf(account)) / UNIT;
  }
}

/** Takes a picture of a whole page for people to look at. */
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: `${SCREENSHOTS}/${name}.png`, fullPage: true });
}
