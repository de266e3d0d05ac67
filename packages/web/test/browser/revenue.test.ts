import { readFile } from "node:fs/promises";

import { expect } from "chai";
import type { Page } from "playwright-core";

import { tokenAt } from "../../../sdk/src/actions/offeringContracts.js";
import { Stage, UNIT } from "../helpers/stage.js";

/** PUSH0 PUSH0 REVERT */
const REVERTING = "0x5f5ffd";

/** What the page shows as claimable in all, in smallest units. */
async function claimable(page: Page): Promise<bigint> {
  const text = await page.getByTestId("claimable").innerText();
  return BigInt(text.replace(/[^\d]/g, ""));
}

async function fileOf(page: Page, button: string): Promise<{ readonly name: string; readonly text: string }> {
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: button }).click()]);
  return { name: file.suggestedFilename(), text: await readFile(await file.path(), "utf8") };
}

describe("the revenue page", () => {
  let stage: Stage;

  before(async function () {
    stage = await Stage.open(this);
  });

  afterEach(async function () {
    await stage.closePages(this.currentTest);
  });

  after(async () => {
    await stage.close();
  });

  it("counts revenue up while it streams, and pays it by a claim", async () => {
    const holder = await stage.network.actor(1_000n);
    const { token } = await stage.launch(holder, 500n);
    await stage.streamRevenue([token], 60n);
    const { page } = await stage.visit("revenue", { actor: holder });
    const first = await claimable(page);
    const blocks = await stage.network.chain.getBlockNumber();
    await expectEventually(async () => (await claimable(page)) > first + 50_000n);
    expect(await stage.network.chain.getBlockNumber()).to.be.greaterThan(blocks);
    // 60 aUSD in 600 s; a fifth of it to the redemption pool, the rest to 800,000 tokens that earn, 500,000 of them here.
    await page.getByText("4,320 aUSD").first().waitFor();
    await page.getByText("0.05 aUSD/s").waitFor();

    const before = await stage.network.contracts.asset.balanceOf(holder.address);
    await page.getByRole("button", { name: "Claim", exact: true }).click();
    await page.getByText(/You claimed [\d.]+ aUSD\./).waitFor();
    const gained = (await stage.network.contracts.asset.balanceOf(holder.address)) - before;
    expect(Number(gained)).to.be.greaterThan(Number(first));
    await page.getByText("Claimed", { exact: true }).waitFor();
    await page.getByText("Historical yield").waitFor();
    await page.getByText("6 % in 7 d").waitFor();
    await page.getByText("6 % in 30 d").waitFor();
  });

  it("claims from two tokens in one transaction, and tells what each paid", async () => {
    const holder = await stage.network.actor(1_000n);
    const one = await stage.launch(holder, 400n);
    const two = await stage.launch(holder, 250n, { name: "Bob", symbol: "BOB" });
    await stage.streamRevenue([one.token, two.token], 60n);
    const { page, wallet } = await stage.visit("revenue", { actor: holder });
    await page.getByText(/Worth it as long as 1 ETH costs less than [\d,.]+ aUSD/).click();
    await page.getByLabel("Price of 1 ETH").fill("999999999999");
    await page.getByText(/Not worth it: gas/).waitFor();
    await page.getByLabel("Price of 1 ETH").fill("0.01");
    await page.getByText(/Worth it: gas/).waitFor();
    const sends = (): number => wallet.requests.filter((method) => method === "eth_sendTransaction").length;
    wallet.rejecting = true;
    await page.getByRole("button", { name: "Claim all (2 tokens)" }).click();
    await page.getByText("You refused in the wallet. Nothing was sent.").waitFor();
    // Who refuses one transaction over all is not asked for each token.
    expect(sends()).to.equal(1);
    wallet.rejecting = false;
    await page.getByRole("button", { name: "Claim all (2 tokens)" }).click();
    await page.getByText(/^ALICE: [\d.]+ aUSD$/).waitFor();
    await page.getByText(/^BOB: [\d.]+ aUSD$/).waitFor();
    expect(sends()).to.equal(2);
  });

  it("falls back to single claims where the claim over all does not work, and tells which one failed", async () => {
    const holder = await stage.network.actor(1_000n);
    const one = await stage.launch(holder, 400n);
    const two = await stage.launch(holder, 250n, { name: "Bob", symbol: "BOB" });
    await stage.streamRevenue([one.token, two.token], 60n);
    const { chain, contracts } = stage.network;
    const claimer = await contracts.revenueClaimer.getAddress();
    const code = await chain.getCode(claimer);
    await chain.send("hardhat_setCode", [claimer, REVERTING]);
    try {
      const { page, wallet } = await stage.visit("revenue", { actor: holder });
      wallet.beforeSending = async () => {
        wallet.rejecting = true;
        await Promise.resolve();
      };
      await page.getByRole("button", { name: "Claim all (2 tokens)" }).click();
      await page.getByText(/You claimed [\d.]+ aUSD; 1 of 2 tokens failed\./).waitFor();
      await page.getByText(/^ALICE: [\d.]+ aUSD$/).waitFor();
      await page.getByText("BOB: failed. You refused in the wallet.").waitFor();
      wallet.beforeSending = undefined;
      wallet.rejecting = false;
      await page.getByRole("button", { name: "Claim all (2 tokens)" }).click();
      await page.getByText(/^BOB: [\d.]+ aUSD$/).waitFor();
      expect(wallet.requests.filter((method) => method === "eth_sendTransaction")).to.have.lengthOf(4);
    } finally {
      await chain.send("hardhat_setCode", [claimer, code]);
    }
  });

  it("claims to another address once it is checked and confirmed", async () => {
    const holder = await stage.network.actor(1_000n);
    const { token } = await stage.launch(holder, 400n);
    await stage.streamRevenue([token], 60n);
    const target = await stage.network.actor();
    const { page, wallet } = await stage.visit("revenue", { actor: holder });
    await page.getByLabel("Pay it to another address").check();
    const field = page.getByLabel("Recipient");
    const swapped = `0x${target.address.slice(2).replace(/[a-fA-F]/, (letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()))}`;
    for (const [text, sentence] of [
      ["vitalik.eth", "Names are not looked up here."],
      [`0x${"0".repeat(40)}`, "Nobody can use what is sent to the zero address."],
      [token, "This is a token's own contract"],
      [swapped, "The address has a typing error"],
    ] as const) {
      await field.fill(text);
      await page.getByText(sentence).waitFor();
    }
    await field.fill(target.address);
    await page.getByRole("button", { name: "Claim", exact: true }).click();
    await page.getByText("Confirm the address first.").waitFor();
    expect(wallet.requests).not.to.include("eth_sendTransaction");
    await page.getByLabel(/I control/).check();
    await page.getByRole("button", { name: "Claim", exact: true }).click();
    await page.getByText(/You claimed [\d.]+ aUSD\./).waitFor();
    expect(Number(await stage.network.contracts.asset.balanceOf(target.address))).to.be.greaterThan(0);
  });

  it("settles bought tokens, with what they have earned", async () => {
    const { offeringId, token } = await stage.openOffering();
    const [buyer] = await stage.commit(offeringId, 500n);
    await stage.endSale();
    const { page } = await stage.visit(`offerings/${offeringId}`);
    await page.getByRole("button", { name: "Finalize" }).click();
    await page.getByText("The offering succeeded").waitFor();
    await stage.streamRevenue([token], 60n);
    const { page: own } = await stage.visit("revenue", { actor: buyer! });
    await own.getByText("that you bought wait to be settled").waitFor();
    await own.getByRole("button", { name: "Settle" }).click();
    await own.getByText("You got 500,000 ALICE.").waitFor();
    expect(await tokenAt(stage.network.contracts, token).balanceOf(buyer!.address)).to.equal(500_000n * 10n ** 18n);
  });

  it("exports the history as CSV and JSON, with formulas made harmless", async () => {
    const holder = await stage.network.actor(1_000n);
    const { token, modelId } = await stage.launch(holder, 400n, { symbol: "=1+1" });
    await stage.streamRevenue([token], 60n);
    const { page } = await stage.visit("revenue", { actor: holder });
    const csv = await fileOf(page, "Export as CSV");
    expect(csv.name).to.equal("assay-revenue.csv");
    const [head, line, ...rest] = csv.text.split("\r\n");
    expect(head).to.equal("date,kind,model,symbol,token,amount,account,block,transaction");
    expect(line).to.match(new RegExp(`^20\\d\\d-.*Z,deposited,${modelId},'=1\\+1,${token},60\\.0,0x`));
    expect(rest).to.deep.equal([""]);
    const json = await fileOf(page, "Export as JSON");
    expect(json.name).to.equal("assay-revenue.json");
    const [entry] = JSON.parse(json.text) as Record<string, unknown>[];
    expect(entry).to.include({ kind: "deposited", symbol: "=1+1", amount: "60.0", model: String(modelId) });
  });

  it("redeems on a screen of its own, with a warning that has to be confirmed", async () => {
    const holder = await stage.network.actor(1_000n);
    const { token } = await stage.launch(holder, 400n);
    await stage.streamRevenue([token], 60n);
    await stage.network.passTime(600n);
    const { page } = await stage.visit("revenue", { actor: holder });
    await page.getByRole("link", { name: "Redeem tokens" }).click();
    await page.getByRole("heading", { name: "This is not claiming" }).waitFor();
    await page.getByLabel("Tokens to burn").fill("400001");
    await page.getByText("You hold 400,000 ALICE, less than this.").waitFor();
    await page.getByLabel("Tokens to burn").fill("100000");
    const burn = page.getByRole("button", { name: /Burn 100,000 ALICE for [\d.]+ aUSD/ });
    await burn.click();
    await page.getByText("Confirm that you understand this first.").waitFor();
    await page.getByLabel(/I understand that these tokens are destroyed/).check();
    const before = await stage.network.contracts.asset.balanceOf(holder.address);
    await burn.click();
    await page.getByText(/100,000 ALICE are burned; you got [\d.]+ aUSD\./).waitFor();
    expect(await tokenAt(stage.network.contracts, token).balanceOf(holder.address)).to.equal(300_000n * 10n ** 18n);
    // 12 aUSD in the pool, 900,000 tokens after the unsold 100,000 were burned.
    const paid = (await stage.network.contracts.asset.balanceOf(holder.address)) - before;
    expect(paid).to.equal((12n * UNIT * 100_000n) / 900_000n);
  });

  it("says what there is to do where there is nothing yet", async () => {
    const { page } = await stage.visit("revenue");
    await page.getByText("This account has no model tokens.").waitFor();
    const stranger = await stage.visit("revenue", { connected: false });
    await stranger.page.getByText("Connect a wallet to see its revenue.").waitFor();
    const none = await stage.visit("revenue/1/redeem");
    await none.page.getByText("This account has no such tokens.").waitFor();
  });
});

async function expectEventually(check: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 15_000;
  while (!(await check())) {
    if (Date.now() > end) expect.fail("it did not happen in time");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
