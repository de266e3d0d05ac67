import { expect } from "chai";
import { type HDNodeWallet, type JsonRpcProvider, parseEther, toQuantity, Wallet } from "ethers";

import { TestAsset__factory } from "../../src/typechain/factories/mocks/TestAsset__factory.js";
import type { TestAsset } from "../../src/typechain/mocks/TestAsset.js";
import { expectRejection } from "../helpers/expectAssayError.js";
import { type FaultyRpc, startFaultyRpc } from "../helpers/faultyRpc.js";
import { type HardhatNode, startHardhatNode } from "../helpers/hardhatNode.js";
import { CAP, fundedWallet, lastAttempt, Managers } from "../helpers/managers.js";

describe("TransactionManager", () => {
  const managers = new Managers();
  let node: HardhatNode;
  let chain: JsonRpcProvider;
  let rpc: FaultyRpc;
  let signer: HDNodeWallet;
  let target: string;

  const mine = async (): Promise<void> => {
    await chain.send("evm_mine", []);
  };
  const holdBlocks = async (): Promise<void> => {
    await chain.send("evm_setAutomine", [false]);
  };
  const setBaseFee = async (fee: bigint): Promise<void> => {
    await chain.send("hardhat_setNextBlockBaseFeePerGas", [toQuantity(fee)]);
  };
  const gwei = (amount: number): bigint => BigInt(amount) * 10n ** 9n;
  const transfer = (value = 1n, to = target): { label: string; to: string; data: string; value: bigint } => ({
    label: "transfer",
    to,
    data: "0x",
    value,
  });

  before(async () => {
    node = await startHardhatNode();
    chain = node.provider;
    // Blocks come when a test says so, and when a transaction comes.
    await chain.send("evm_setIntervalMining", [0]);
  });

  after(async () => {
    await node.stop();
  });

  beforeEach(async () => {
    rpc = await startFaultyRpc(node.url);
    signer = await fundedWallet(chain);
    target = Wallet.createRandom().address;
    await setBaseFee(gwei(1));
    await mine();
  });

  afterEach(async () => {
    await managers.stopAll();
    await rpc.stop();
    await chain.send("evm_setAutomine", [true]);
    await mine();
  });

  describe("send", () => {
    it("resolves with the receipt of a transaction that landed", async () => {
      const { manager, events } = await managers.open(node.url, { signer });

      const receipt = await manager.send(transfer(5n));

      expect(receipt).to.include({ status: 1, from: signer.address });
      expect(await chain.getBalance(target)).to.equal(5n);
      expect(events.map(({ type }) => type)).to.deep.equal(["queued", "sent", "confirmed"]);
      expect(manager.pending).to.deep.equal({ queued: 0, inFlight: 0 });
    });

    it("waits for as many confirmations as were asked for", async () => {
      const { manager, events } = await managers.open(node.url, { signer, confirmations: 3 });
      const landing = manager.send(transfer());
      for (let block = 0; (await chain.getBalance(target)) === 0n && block < 200; block += 1) await pause(10);

      await mine();
      await pause(150);
      expect(events.map(({ type }) => type)).to.deep.equal(["queued", "sent"]);
      await mine();

      const receipt = await landing;
      expect((await chain.getBlockNumber()) - receipt.blockNumber).to.equal(2);
    });

    it("has several transactions under way, with consecutive nonces", async () => {
      await holdBlocks();
      const { manager, events } = await managers.open(node.url, { signer, maxInFlight: 4 });
      const sending = [1n, 2n, 3n, 4n, 5n].map((value) => manager.send(transfer(value)));
      while (manager.pending.inFlight < 4) await pause(10);
      await pause(100);

      expect(manager.pending).to.deep.equal({ queued: 1, inFlight: 4 });
      expect(await chain.getTransactionCount(signer.address, "pending")).to.equal(4);
      expect(await chain.getTransactionCount(signer.address, "latest")).to.equal(0);

      await chain.send("evm_setAutomine", [true]);
      await mine();
      await Promise.all(sending);
      expect(await chain.getBalance(target)).to.equal(15n);
      const nonces = events.flatMap((event) => (event.type === "sent" ? [event.record.nonce] : []));
      expect(nonces).to.deep.equal([0, 1, 2, 3, 4]);
    });

    it("refuses a transaction that the key cannot pay, without using a nonce", async () => {
      const poor = await fundedWallet(chain, "0.000001");
      const { manager } = await managers.open(node.url, { signer: poor });

      const error = await expectRejection(manager.send(transfer(1n)), "INSUFFICIENT_FUNDS");

      expect(error.details).to.deep.include({ balance: parseEther("0.000001") });
      expect(await chain.getTransactionCount(poor.address, "pending")).to.equal(0);
    });
  });

  describe("reverts", () => {
    let asset: TestAsset;
    let address: string;

    before(async () => {
      const deployer = await chain.getSigner(0);
      asset = await new TestAsset__factory(deployer).deploy();
      await asset.waitForDeployment();
      address = await asset.getAddress();
    });

    const assetTransfer = (amount: bigint): { label: string; to: string; data: string } => ({
      label: "asset transfer",
      to: address,
      data: asset.interface.encodeFunctionData("transfer", [target, amount]),
    });

    it("decodes what the simulation reverts with, and sends nothing", async () => {
      const { manager } = await managers.open(node.url, { signer });

      const error = await expectRejection(manager.send(assetTransfer(7n)), "CONTRACT_ERROR");

      expect(error.details).to.deep.equal({
        name: "ERC20InsufficientBalance",
        args: { sender: signer.address, balance: 0n, needed: 7n },
      });
      expect(error.hint).to.equal("The wallet holds less of the asset than this needs; fund it.");
      expect(await chain.getTransactionCount(signer.address, "pending")).to.equal(0);
    });

    it("gives a transaction that needs an earlier one its chance", async () => {
      await holdBlocks();
      const { manager } = await managers.open(node.url, { signer });
      const mint = manager.send({
        label: "mint",
        to: address,
        data: asset.interface.encodeFunctionData("mint", [signer.address, 10n]),
      });
      const paid = manager.send(assetTransfer(10n));
      const tooMuch = expectRejection(manager.send(assetTransfer(11n)), "CONTRACT_ERROR");
      while (manager.pending.inFlight < 1) await pause(10);
      await chain.send("evm_setAutomine", [true]);
      await mine();

      await Promise.all([mint, paid]);
      expect(await asset.balanceOf(target)).to.equal(10n);
      expect((await tooMuch).details).to.deep.include({ name: "ERC20InsufficientBalance" });
      expect(await chain.getTransactionCount(signer.address)).to.equal(2);
    });

    it("fails with a receipt that says reverted, never as done", async () => {
      const taker = await fundedWallet(chain);
      await (await asset.mint(signer.address, 20n)).wait();
      await (await asset.connect(signer.connect(chain)).approve(taker.address, 20n)).wait();
      await holdBlocks();
      const { manager, seen, events } = await managers.open(node.url, { signer, stuckAfter: 60_000 });
      const failure = expectRejection(manager.send({ ...assetTransfer(20n), key: "late" }), "CONTRACT_ERROR");
      await seen("sent");
      // The taker pays more, so its transaction is first in the block.
      await asset.connect(taker.connect(chain)).transferFrom(signer.address, taker.address, 20n, {
        maxPriorityFeePerGas: gwei(20),
        maxFeePerGas: gwei(50),
        gasLimit: 100_000n,
      });
      await mine();

      expect((await failure).message).to.match(/asset transfer reverted in block \d+/);
      expect((await manager.find("late"))?.state).to.equal("reverted");
      expect(events.at(-1)).to.deep.include({ type: "failed" });
      expect(events.some(({ type }) => type === "confirmed")).to.equal(false);
    });
  });

  describe("fees", () => {
    it("replaces a stuck transaction with an eighth more in both fields", async () => {
      await holdBlocks();
      const { manager, seen } = await managers.open(node.url, { signer });
      const landing = manager.send({ ...transfer(), key: "stuck" });
      await seen("replaced");
      const record = await manager.find("stuck");
      await chain.send("evm_setAutomine", [true]);
      await mine();
      const receipt = await landing;

      const [first, second] = record!.attempts;
      expect(Number(second!.maxFeePerGas) / Number(first!.maxFeePerGas)).to.be.at.least(1.125);
      expect(Number(second!.maxPriorityFeePerGas) / Number(first!.maxPriorityFeePerGas)).to.be.at.least(1.125);
      expect(receipt.hash).to.not.equal(first!.hash);
      expect(receipt.status).to.equal(1);
      expect(await chain.getTransactionCount(signer.address)).to.equal(1);
      expect(await chain.getBalance(target)).to.equal(1n);
    });

    it("never offers more than the cap, however long a transaction is stuck", async () => {
      await holdBlocks();
      const cap = gwei(4);
      const { manager, seen } = await managers.open(node.url, { signer, maxFeePerGas: cap, stuckAfter: 30 });
      const landing = manager.send({ ...transfer(), key: "capped" });
      await seen("feeCapped");
      await pause(200);

      const { attempts } = (await manager.find("capped"))!;
      expect(attempts.length).to.be.greaterThan(1);
      for (const { maxFeePerGas, maxPriorityFeePerGas } of attempts) {
        expect(maxFeePerGas <= cap && maxPriorityFeePerGas <= maxFeePerGas).to.equal(true);
      }
      await chain.send("evm_setAutomine", [true]);
      await mine();
      await landing;
    });

    it("waits while the base fee is above the cap, and sends when it has come down", async () => {
      await setBaseFee(CAP + 1n);
      await mine();
      const { manager, seen } = await managers.open(node.url, { signer });
      const landing = manager.send(transfer());
      const capped = await seen("feeCapped");
      await pause(100);

      expect(capped).to.include({ baseFee: CAP + 1n, cap: CAP });
      expect(await chain.getTransactionCount(signer.address, "pending")).to.equal(0);

      await setBaseFee(gwei(1));
      await mine();
      expect((await landing).status).to.equal(1);
    });

    it("gives up at the deadline what was never sent", async () => {
      await setBaseFee(CAP + 1n);
      await mine();
      const { manager, seen } = await managers.open(node.url, { signer });
      const deadline = BigInt((await chain.getBlock("latest"))!.timestamp) + 5n;
      const failure = expectRejection(manager.send({ ...transfer(), deadline }), "DEADLINE_PASSED");
      await seen("feeCapped");
      await setBaseFee(CAP + 1n);
      await chain.send("evm_increaseTime", [10]);
      await mine();

      await failure;
      expect(await chain.getTransactionCount(signer.address, "pending")).to.equal(0);
    });

    it("uses up the nonce of a transaction that is stuck past its deadline", async () => {
      await holdBlocks();
      const { manager, seen } = await managers.open(node.url, { signer, stuckAfter: 60_000 });
      const deadline = BigInt((await chain.getBlock("latest"))!.timestamp) + 5n;
      const failure = expectRejection(manager.send({ ...transfer(9n), deadline, key: "late" }), "DEADLINE_PASSED");
      const { record } = await seen("sent");
      // A block that the transaction is too cheap for.
      await setBaseFee(lastAttempt(record).maxFeePerGas + 1n);
      await chain.send("evm_increaseTime", [10]);
      await mine();
      await seen("cancelling");
      await chain.send("evm_setAutomine", [true]);
      await mine();

      await failure;
      expect(await chain.getTransactionCount(signer.address)).to.equal(1);
      expect(await chain.getBalance(target)).to.equal(0n);
      expect((await manager.find("late"))!.attempts.map(({ cancels }) => cancels)).to.deep.equal([false, true]);
    });
  });

  describe("nonces", () => {
    it("offers a dropped transaction again, the same bytes", async () => {
      await holdBlocks();
      const { manager, seen } = await managers.open(node.url, { signer, stuckAfter: 60_000 });
      const landing = manager.send(transfer());
      const { hash } = lastAttempt((await seen("sent")).record);
      while ((await chain.getTransaction(hash)) === null) await pause(10);
      await chain.send("hardhat_dropTransaction", [hash]);
      await seen("dropped");
      while ((await chain.getTransaction(hash)) === null) await pause(10);
      await mine();

      expect((await landing).hash).to.equal(hash);
    });

    it("fills a gap that somebody else left in front of its own transaction", async () => {
      await holdBlocks();
      const foreign = await signer.connect(chain).sendTransaction({ to: target, value: 100n });
      const { manager, seen, events } = await managers.open(node.url, { signer });
      const landing = manager.send(transfer());
      expect((await seen("sent")).record.nonce).to.equal(1);
      await chain.send("hardhat_dropTransaction", [foreign.hash]);
      const filled = (): boolean => events.some((event) => event.type === "sent" && event.record.nonce === 0);
      while (!filled()) await pause(10);
      await chain.send("evm_setAutomine", [true]);
      await mine();
      await landing;

      expect(await chain.getBalance(target)).to.equal(1n);
      expect(await chain.getTransactionCount(signer.address)).to.equal(2);
    });

    it("takes a new nonce only when the chain used the old one for something else", async () => {
      rpc.swallow = true;
      const { manager, seen, events } = await managers.open(rpc.url, { signer, stuckAfter: 60_000 });
      const landing = manager.send(transfer());
      expect((await seen("sent")).record.nonce).to.equal(0);
      // The node never had it; for all the manager knows it may still land.
      await seen("dropped");
      expect(events.some(({ type }) => type === "requeued")).to.equal(false);

      await (await signer.connect(chain).sendTransaction({ to: target, value: 100n, nonce: 0 })).wait();
      rpc.swallow = false;
      await seen("requeued");
      const receipt = await landing;

      expect((await chain.getTransaction(receipt.hash))!.nonce).to.equal(1);
      expect(await chain.getBalance(target)).to.equal(101n);
    });
  });

  describe("submit", () => {
    it("has the effect of one key once", async () => {
      const { manager } = await managers.open(node.url, { signer });
      const request = { ...transfer(3n), key: "once" };

      const [first, second] = await Promise.all([manager.send(request), manager.send(request)]);
      const third = await manager.send(request);

      expect([second.hash, third.hash]).to.deep.equal([first.hash, first.hash]);
      expect(await chain.getBalance(target)).to.equal(3n);
    });

    it("refuses a key for another transaction", async () => {
      const { manager } = await managers.open(node.url, { signer });
      await manager.send({ ...transfer(), key: "mine" });

      const other = Wallet.createRandom().address;
      const error = await expectRejection(
        manager.submit({ ...transfer(1n, other), key: "mine" }),
        "IDEMPOTENCY_CONFLICT",
      );
      expect(error.message).to.equal("The key mine belongs to another transaction, transfer.");
    });

    it("sends a key again that failed", async () => {
      const poor = await fundedWallet(chain, "0.000001");
      const { manager } = await managers.open(node.url, { signer: poor });
      await expectRejection(manager.send({ ...transfer(), key: "again" }), "INSUFFICIENT_FUNDS");
      await expectRejection(manager.wait("again"), "INSUFFICIENT_FUNDS");
      await chain.send("hardhat_setBalance", [poor.address, toQuantity(parseEther("1"))]);

      expect((await manager.send({ ...transfer(), key: "again" })).status).to.equal(1);
    });

    it("knows no transaction that was never submitted", async () => {
      const { manager } = await managers.open(node.url, { signer });
      await expectRejection(manager.wait("never"), "UNKNOWN_TRANSACTION");
    });

    it("takes nothing when it has stopped", async () => {
      const { manager } = await managers.open(node.url, { signer });
      await manager.stop();
      const error = await expectRejection(manager.submit(transfer()), "STOPPED");
      expect(error.retryable).to.equal(true);
    });
  });

  describe("RPC servers", () => {
    it("treats a server that answers with an error page as away", async () => {
      rpc.status = 503;
      const { manager, seen } = await managers.open(rpc.url, { signer });
      const landing = manager.send(transfer());
      expect((await seen("rpcFailed")).error.retryable).to.equal(true);
      rpc.status = undefined;

      expect((await landing).status).to.equal(1);
    });

    it("keeps what it was given while the chain is away, and lands it when it is back", async () => {
      rpc.down = true;
      const { manager, seen } = await managers.open(rpc.url, { signer });
      const landing = manager.send(transfer());
      const { error } = await seen("rpcFailed");
      expect(error).to.include({ code: "RPC_UNREACHABLE", retryable: true });
      await pause(200);
      rpc.down = false;

      expect((await landing).status).to.equal(1);
    });

    it("goes on with the next server when one goes away in mid-flight", async () => {
      await holdBlocks();
      const { manager, seen, events } = await managers.open([rpc.url, node.url], { signer });
      const landing = manager.send(transfer());
      await seen("sent");
      rpc.down = true;
      await chain.send("evm_setAutomine", [true]);
      await mine();

      expect((await landing).status).to.equal(1);
      expect(events.some(({ type }) => type === "rpcFailed")).to.equal(false);
    });
  });
});

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
