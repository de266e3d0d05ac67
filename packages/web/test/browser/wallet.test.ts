import { expect } from "chai";
import { parseEther, toQuantity } from "ethers";
import type { Page } from "playwright-core";

import { getOffering } from "../../../sdk/src/actions/getOfferings.js";
import { Stage, UNIT, type Visitor } from "../helpers/stage.js";
import { TestWallet } from "../helpers/testWallet.js";

describe("wallets and the chain", () => {
  let stage: Stage;
  let offeringId: bigint;

  before(async function () {
    stage = await Stage.open(this);
    ({ offeringId } = await stage.openOffering());
  });

  afterEach(async function () {
    await stage.closePages(this.currentTest);
  });

  after(async () => {
    await stage.close();
  });

  const open = (): Promise<Visitor> => stage.visit(`offerings/${offeringId}`);

  async function commit(page: Page, amount = "10"): Promise<void> {
    await page.getByLabel("Amount to commit").fill(amount);
    await page.getByRole("button", { name: "Commit" }).click();
  }

  it("can be read without any wallet, and says how to get one", async () => {
    const context = await stage.browse();
    const page = await context.newPage();
    await page.goto(`${stage.site.url}#/offerings/${offeringId}`);
    await page.getByText("Connect a wallet to commit.").waitFor();
    await page.getByRole("button", { name: "Choose a wallet" }).click();
    await page.getByText("No wallet was found in this browser.").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("heading", { name: "Raised" }).waitFor();
    expect(await page.getByRole("dialog").isVisible()).to.equal(false);
  });

  it("lets one choose among several wallets, remembers the choice, and forgets it on disconnecting", async () => {
    const { page, context, actor, wallet } = await stage.visit(`offerings/${offeringId}`, { connected: false });
    const other = await stage.network.actor();
    await new TestWallet(other.wallet, stage.network.chain, { name: "Other Wallet" }).install(context);
    await page.reload();
    await page.getByRole("button", { name: "Connect" }).click();
    await page.getByRole("button", { name: "Other Wallet" }).waitFor();
    wallet.rejecting = true;
    await page.getByRole("button", { name: "Test Wallet" }).click();
    await page.getByText("You refused in the wallet. Nothing was sent.").waitFor();
    wallet.rejecting = false;
    await page.getByRole("button", { name: "Test Wallet" }).click();
    await page.getByText("You have committed nothing yet.").waitFor();
    await page.reload();
    await page.getByText("You have committed nothing yet.").waitFor();
    await page.getByRole("button", { name: `Disconnect ${actor.address}` }).click();
    await page.reload();
    await page.getByText("Connect a wallet to commit.").waitFor();
  });

  it("offers to switch a wallet that is on another network, and to add the network to one that does not know it", async () => {
    const { page, wallet } = await open();
    await page.getByText("You have committed nothing yet.").waitFor();
    wallet.chainId = 1n;
    wallet.networks.clear();
    wallet.networks.add(1n);
    await page.reload();
    await page.getByText("Your wallet is on chain 1, this deployment on local (chain 31337).").waitFor();
    await page.getByText("Switch your wallet's network, above, to commit.").waitFor();
    await page.getByRole("button", { name: "Switch to local" }).click();
    await page.getByLabel("Amount to commit").waitFor();
    expect(wallet.requests).to.include.members(["wallet_switchEthereumChain", "wallet_addEthereumChain"]);
    expect(await page.getByText("Wrong network.").count()).to.equal(0);

    // A wallet that moved without telling is noticed before anything is signed.
    wallet.chainId = 1n;
    await commit(page);
    await page.getByText("The wallet is on chain 1, the offering on chain 31337.").waitFor();
    expect(wallet.requests).not.to.include("eth_sendTransaction");
  });

  it("tells a refusal from an error, and starts again after it", async () => {
    const { page, wallet } = await open();
    await page.getByLabel("Amount to commit").waitFor();
    wallet.rejecting = true;
    await commit(page);
    await page.getByText("You refused in the wallet. Nothing was sent.").waitFor();
    expect(await page.getByLabel("Amount to commit").inputValue()).to.equal("10");
    wallet.rejecting = false;
    await page.getByRole("button", { name: "Commit" }).click();
    await page.getByText("You committed 10 aUSD.").waitFor();
  });

  describe("while the chain takes no transactions", () => {
    async function openAndStopMining(): Promise<Visitor> {
      const visitor = await open();
      await visitor.page.getByLabel("Amount to commit").waitFor();
      await stage.network.chain.send("evm_setAutomine", [false]);
      await stage.network.chain.send("evm_setIntervalMining", [0]);
      return visitor;
    }

    afterEach(async () => {
      await stage.network.chain.send("evm_setAutomine", [true]);
      await stage.network.chain.send("evm_setIntervalMining", [1_000]);
      await stage.network.chain.send("evm_mine", []);
    });

    it("shows a transaction that waits, with its hash, until it lands", async () => {
      const { page } = await openAndStopMining();
      await commit(page);
      await page.getByText("Waiting for the chain to take the transaction").waitFor();
      expect(await page.locator(".steps .hash").getAttribute("title")).to.match(/^0x[0-9a-f]{64}$/);
      expect(await page.getByRole("button", { name: "Commit" }).isDisabled()).to.equal(true);
      await stage.network.chain.send("evm_mine", []);
      await page.getByText("You committed 10 aUSD.").waitFor();
    });

    it("notices when another transaction took its place", async () => {
      const { page, actor } = await openAndStopMining();
      await commit(page);
      await page.getByText("Waiting for the chain to take the transaction").waitFor();
      const nonce = await stage.network.chain.getTransactionCount(actor.address, "latest");
      const signer = actor.wallet.connect(stage.network.chain);
      const price = 100_000_000_000n;
      await signer.sendTransaction({ to: actor.address, nonce, maxFeePerGas: price, maxPriorityFeePerGas: price });
      await stage.network.chain.send("evm_mine", []);
      await page.getByText("Another transaction of your account took this one's place").waitFor();
      await page.getByText("This action did not happen.").waitFor();
    });
  });

  it("notices a transaction that the wallet lost", async () => {
    const { page, actor, wallet } = await open();
    wallet.losing = true;
    await commit(page);
    await page.getByText("The network does not know the transaction: the wallet lost it, or it was dropped.").waitFor();
    expect((await getOffering(stage.network, { offeringId, account: actor.address })).own).to.equal(0n);
  });

  it("says in words why a transaction reverted after it was sent", async () => {
    const { page, wallet, actor } = await open();
    const other = await stage.network.actor();
    wallet.beforeSending = async () => {
      // The money goes elsewhere while the wallet's user thinks it over.
      const signer = actor.wallet.connect(stage.network.chain);
      const { data, to } = await stage.network.contracts.asset.transfer.populateTransaction(other.address, 995n * UNIT);
      await (await signer.sendTransaction({ to, data })).wait();
    };
    await commit(page);
    await page.getByText("ERC20InsufficientBalance").waitFor();
    await page.getByText("The wallet holds less of the asset than this needs; fund it.").waitFor();
  });

  it("says so when the account cannot pay for gas", async () => {
    const { page, actor } = await open();
    await page.getByLabel("Amount to commit").waitFor();
    await stage.network.chain.send("hardhat_setBalance", [actor.address, toQuantity(0n)]);
    await commit(page);
    await page.getByText("The account cannot pay for gas.").waitFor();
    await stage.network.chain.send("hardhat_setBalance", [actor.address, toQuantity(parseEther("1"))]);
  });

  it("keeps the last data, marked as stale, while the RPC server is down, and goes on when it is back", async () => {
    const { page, context } = await open();
    await page.getByRole("heading", { name: "Raised" }).waitFor();
    const raised = await page.locator(".figure").first().innerText();
    const { port } = new URL(stage.rpcUrl);
    const isRpc = (url: URL): boolean => url.port === port;
    await context.route(isRpc, (route) => route.abort("connectionrefused"));
    await page.getByText("The chain's RPC server could not be reached.").waitFor();
    await page.getByText("What you see is stale: it is as of").waitFor();
    expect(await page.locator(".figure").first().innerText()).to.equal(raised);
    await context.unroute(isRpc);
    await page.getByRole("button", { name: "Try now" }).click();
    await page.getByText("What you see is stale").waitFor({ state: "detached" });
    await stage.commit(offeringId, 7n);
    await page.locator(".figure", { hasText: `${BigInt(raised.replace(/\D/g, "")) + 7n}` }).waitFor();
  });

  it("says that there is no such offering or page", async () => {
    const { page } = await stage.visit("offerings/999");
    await page.getByText("There is no offering 999 in this deployment.").waitFor();
    await page.goto(`${stage.site.url}#/nowhere`);
    await page.getByRole("heading", { name: "There is no such page" }).waitFor();
  });

  it("says what is wrong with its configuration", async () => {
    const context = await stage.browse();
    const page = await context.newPage();
    await page.route("**/config.json", (route) => route.fulfill({ status: 404 }));
    await page.goto(stage.site.url);
    await page.getByText("The page's config.json cannot be read.").waitFor();
    await page.unroute("**/config.json");
    await page.route("**/config.json", (route) => route.fulfill({ json: { rpcUrls: ["ftp://x"] } }));
    await page.reload();
    await page.getByText("The page's config.json is not valid").waitFor();
  });
});
