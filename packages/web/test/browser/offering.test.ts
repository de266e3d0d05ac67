import { expect } from "chai";

import { getOffering } from "../../../sdk/src/actions/getOfferings.js";
import { tokenAt } from "../../../sdk/src/actions/offeringContracts.js";
import { buildAllowlist } from "../../../sdk/src/protocol/allowlist.js";
import { Stage, UNIT } from "../helpers/stage.js";

describe("the offering page", () => {
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

  it("takes a buyer from the commitment, by one signature and one transaction, to settled tokens", async () => {
    const { offeringId, token } = await stage.openOffering();
    const { page, actor, wallet } = await stage.visit("offerings");
    await page.getByRole("link", { name: "Alice in Wonderland" }).first().click();
    await page.getByRole("heading", { name: "Alice in Wonderland" }).waitFor();
    await page.getByText("The soft cap is not met yet").waitFor();

    await page.getByLabel("Amount to commit").fill("300");
    await page.getByText("all your commitments would bring 300,000 ALICE").waitFor();
    await page.getByRole("button", { name: "Commit" }).click();
    await page.getByText("You committed 300 aUSD.").waitFor();
    expect(wallet.requests.filter((method) => /sign|send/.test(method))).to.deep.equal([
      "eth_signTypedData_v4",
      "eth_sendTransaction",
    ]);
    await page.getByText("Your allocation if it closed now").waitFor();
    expect(await stage.balanceOf(actor.address)).to.equal(700n);

    await page.getByText("Take part of it back").click();
    await page.getByLabel("Amount to withdraw").fill("50.5");
    await page.getByRole("button", { name: "Withdraw" }).click();
    await page.getByText("You took back 50.5 aUSD.").waitFor();
    const { own } = await getOffering(stage.network, { offeringId, account: actor.address });
    expect(own).to.equal(249_500_000n);

    await stage.endSale();
    await page.getByRole("button", { name: "Finalize" }).click();
    await page.getByText("The offering succeeded with 249.5 aUSD.").waitFor();
    await page.getByRole("button", { name: "Settle" }).click();
    await page.getByText("You got 249,500 ALICE.").waitFor();
    expect(await tokenAt(stage.network.contracts, token).balanceOf(actor.address)).to.equal(249_500n * 10n ** 18n);
  });

  it("shows an oversubscribed offering and gives back what is above the hard cap", async () => {
    const { offeringId } = await stage.openOffering();
    await stage.commit(offeringId, 600n);
    const { page, actor } = await stage.visit(`offerings/${offeringId}`);
    await page.getByLabel("Amount to commit").fill("400");
    await page.getByText("all your commitments would bring 200,000 ALICE, and 200 aUSD back").waitFor();
    await page.getByRole("button", { name: "Commit" }).click();
    await page.getByText("You committed 400 aUSD.").waitFor();
    await page.getByText("More is committed than the hard cap").waitFor();
    await stage.endSale();
    await page.getByRole("button", { name: "Finalize" }).click();
    await page.getByRole("button", { name: "Settle" }).click();
    await page.getByText("You got 200,000 ALICE and 200 aUSD back.").waitFor();
    expect(await stage.balanceOf(actor.address)).to.equal(800n);
  });

  it("gives everything back of an offering that missed its soft cap", async () => {
    const { offeringId } = await stage.openOffering();
    const { page, actor } = await stage.visit(`offerings/${offeringId}`);
    await page.getByLabel("Amount to commit").fill("100");
    await page.getByText("the soft cap would not be met").waitFor();
    await page.getByRole("button", { name: "Commit" }).click();
    await page.getByText("You committed 100 aUSD.").waitFor();
    await stage.endSale();
    await page.getByRole("button", { name: "Finalize" }).click();
    await page.getByText("The offering failed with 100 aUSD: refunds are open.").waitFor();
    await page.getByRole("button", { name: "Take refund" }).click();
    await page.getByText("You got 100 aUSD back.").waitFor();
    expect(await stage.balanceOf(actor.address)).to.equal(1_000n);
  });

  it("pays the issuer and shows how the team's tokens vest", async () => {
    const holder = await stage.network.actor(400n);
    const { offeringId, issuer } = await stage.launch(holder, 400n);
    const { page } = await stage.visit(`offerings/${offeringId}`, { actor: issuer });
    await page.getByRole("img", { name: /No tokens vest before .* 150,000 ALICE have vested on/ }).waitFor();
    await page.getByRole("button", { name: "Take the proceeds" }).click();
    await page.getByText("You got 400 aUSD.").waitFor();
    await page.getByRole("button", { name: "Release liquidity" }).click();
    await page.getByText("200,000 ALICE went to their recipient.").waitFor();
    expect(await page.getByRole("button", { name: "Liquidity released" }).isDisabled()).to.equal(true);
    expect(await stage.balanceOf(issuer.address)).to.equal(410n);
  });

  it("lets only accounts of the allow-list commit, up to their caps", async () => {
    const buyer = await stage.network.actor(1_000n);
    const other = await stage.network.actor();
    const list = [buyer, other].map(({ address }) => ({ account: address, cap: 150n * UNIT }));
    const { offeringId } = await stage.openOffering({ allowlistRoot: buildAllowlist(list).root });
    const text = JSON.stringify(list, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));

    const stranger = await stage.visit(`offerings/${offeringId}`);
    await stranger.page.getByLabel("Allow-list, or your proof").fill(text);
    await stranger.page.getByRole("button", { name: "Check" }).click();
    await stranger.page.getByText("Your account is not on the allow-list").waitFor();

    const { page, wallet } = await stage.visit(`offerings/${offeringId}`, { actor: buyer });
    await page.getByLabel("Allow-list file").setInputFiles({
      name: "list.json",
      mimeType: "application/json",
      buffer: Buffer.from(text),
    });
    await page.getByText("you may commit 150 aUSD in all").waitFor();
    await page.getByLabel("Amount to commit").fill("151");
    await page.getByText("The allow-list lets you commit 150 aUSD in all; you have committed 0 aUSD.").waitFor();
    await page.getByRole("button", { name: "Commit" }).click();
    expect(wallet.requests).not.to.include("eth_sendTransaction");
    await page.getByLabel("Amount to commit").fill("150");
    await page.getByRole("button", { name: "Commit" }).click();
    await page.getByText("You committed 150 aUSD.").waitFor();
  });

  it("says what is wrong with an amount before the wallet is asked", async () => {
    const { offeringId } = await stage.openOffering();
    const { page, wallet } = await stage.visit(`offerings/${offeringId}`);
    const field = page.getByLabel("Amount to commit");
    for (const [text, sentence] of [
      ["abc", '"abc" is not a number.'],
      ["0", "The amount must be more than 0."],
      ["1.0000001", "aUSD has 6 decimals; this has 7."],
      ["1001", "Your wallet holds 1,000 aUSD, less than this."],
      ["-5", '"-5" is not a number.'],
    ] as const) {
      await field.fill(text);
      await page.getByText(sentence).waitFor();
      await page.getByRole("button", { name: "Commit" }).click();
      expect(await field.getAttribute("aria-invalid")).to.equal("true");
    }
    await field.fill("");
    await page.getByText("Enter an amount in aUSD.").waitFor();
    expect(wallet.requests).not.to.include.members(["eth_sendTransaction"]);
    expect(wallet.requests).not.to.include.members(["eth_signTypedData_v4"]);
  });

  it("can be committed to by the keyboard alone", async () => {
    const { offeringId } = await stage.openOffering({ name: "Keys only" });
    const { page } = await stage.visit("offerings");
    await page.getByRole("link", { name: "Keys only" }).waitFor();
    const tabTo = async (name: RegExp): Promise<void> => {
      for (let presses = 0; presses < 40; presses += 1) {
        await page.keyboard.press("Tab");
        const focused = await page.evaluate(() => {
          const element = document.activeElement;
          const label = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : undefined;
          return label ?? element?.getAttribute("aria-label") ?? element?.textContent ?? "";
        });
        if (name.test(focused)) return;
      }
      expect.fail(`the keyboard does not reach ${String(name)}`);
    };
    await tabTo(/^Keys only$/);
    await page.keyboard.press("Enter");
    await page.getByLabel("Amount to commit").waitFor();
    await tabTo(/^Amount to commit$/);
    const outlined = await page
      .locator(".field-box:focus-within")
      .evaluate((box) => getComputedStyle(box).outlineStyle);
    expect(outlined).to.equal("solid");
    await page.keyboard.type("25");
    await page.keyboard.press("Enter");
    await page.getByText("You committed 25 aUSD.").waitFor();
    expect((await getOffering(stage.network, { offeringId })).committed).to.equal(25n * UNIT);
  });
});
