import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect } from "chai";
import { type HDNodeWallet, type JsonRpcProvider, Wallet } from "ethers";

import { expectRejection } from "../helpers/expectAssayError.js";
import { type FaultyRpc, startFaultyRpc } from "../helpers/faultyRpc.js";
import { CHAIN_ID, type HardhatNode, startHardhatNode } from "../helpers/hardhatNode.js";
import { fundedWallet, lastAttempt, Managers } from "../helpers/managers.js";

const SCRIPT = fileURLToPath(new URL("transfers.ts", import.meta.url));

describe("TransactionManager after a restart", () => {
  const managers = new Managers();
  let node: HardhatNode;
  let chain: JsonRpcProvider;
  let rpc: FaultyRpc;
  let signer: HDNodeWallet;
  let target: string;
  let file: string;

  before(async () => {
    node = await startHardhatNode();
    chain = node.provider;
    await chain.send("evm_setIntervalMining", [0]);
  });

  after(async () => {
    await node.stop();
  });

  beforeEach(async () => {
    rpc = await startFaultyRpc(node.url);
    signer = await fundedWallet(chain);
    target = Wallet.createRandom().address;
    file = join(await managers.folder(), "queue.db");
  });

  afterEach(async () => {
    await managers.stopAll();
    await rpc.stop();
    await chain.send("evm_setAutomine", [true]);
  });

  const transfer = () => ({ label: "transfer", key: "transfer", to: target, data: "0x", value: 1n });

  it("finds the receipt of what landed while it was away", async () => {
    await chain.send("evm_setAutomine", [false]);
    const first = await managers.open(node.url, { signer, store: await managers.sqliteStore(file) });
    const waiting = expectRejection(first.manager.send(transfer()), "STOPPED");
    const { hash } = lastAttempt((await first.seen("sent")).record);
    while ((await chain.getTransaction(hash)) === null) await pause(10);
    await first.manager.stop();
    await waiting;
    await chain.send("evm_mine", []);

    const second = await managers.open(node.url, { signer, store: await managers.sqliteStore(file) });
    const receipt = await second.manager.wait("transfer");

    expect(receipt.hash).to.equal(hash);
    expect(await chain.getTransactionCount(signer.address)).to.equal(1);
    expect(await chain.getBalance(target)).to.equal(1n);
  });

  it("offers what was written but never reached a node, the same bytes", async () => {
    rpc.swallow = true;
    const first = await managers.open(rpc.url, { signer, store: await managers.sqliteStore(file) });
    await first.manager.submit(transfer());
    const { hash } = lastAttempt((await first.seen("sent")).record);
    await first.manager.stop();
    expect(await chain.getTransaction(hash)).to.equal(null);

    const second = await managers.open(node.url, { signer, store: await managers.sqliteStore(file) });
    const receipt = await second.manager.send(transfer());

    expect(receipt.hash).to.equal(hash);
    expect(await chain.getTransactionCount(signer.address)).to.equal(1);
  });

  it("sends what was only queued", async () => {
    rpc.down = true;
    const first = await managers.open(rpc.url, { signer, store: await managers.sqliteStore(file) });
    await first.manager.submit(transfer());
    await first.manager.stop();

    const second = await managers.open(node.url, { signer, store: await managers.sqliteStore(file) });
    expect((await second.manager.wait("transfer")).status).to.equal(1);
    // Done is done, in every later run.
    await second.manager.stop();
    const store = await managers.sqliteStore(file);
    const stored = await store.load({ chainId: CHAIN_ID, sender: signer.address }, "transfer");
    expect(stored).to.deep.include({ state: "confirmed", data: "0x" });
    expect(lastAttempt(stored).raw).to.equal("0x");
    const third = await managers.open(node.url, { signer, store });
    await third.manager.send(transfer());
    expect(third.events).to.deep.equal([]);
    expect(await chain.getBalance(target)).to.equal(1n);
  });

  it("remembers why a transaction failed", async () => {
    const poor = await fundedWallet(chain, "0.000001");
    const first = await managers.open(node.url, { signer: poor, store: await managers.sqliteStore(file) });
    await expectRejection(first.manager.send(transfer()), "INSUFFICIENT_FUNDS");
    await first.manager.stop();

    const second = await managers.open(node.url, { signer: poor, store: await managers.sqliteStore(file) });
    const error = await expectRejection(second.manager.wait("transfer"), "INSUFFICIENT_FUNDS");
    expect(error.details).to.deep.include({ balance: "1000000000000" });
  });

  it("keeps the queues of two keys in one database apart", async () => {
    const other = await fundedWallet(chain);
    const store = await managers.sqliteStore(file);
    const [one, two] = await Promise.all([
      managers.open(node.url, { signer, store }),
      managers.open(node.url, { signer: other, store }),
    ]);
    await Promise.all([one.manager.send(transfer()), two.manager.send(transfer())]);

    expect(await chain.getBalance(target)).to.equal(2n);
    const queue = { chainId: CHAIN_ID, sender: signer.address };
    expect((await store.load(queue, "transfer"))?.nonce).to.equal(0);
    expect(await store.load({ ...queue, sender: target }, "transfer")).to.equal(undefined);
  });

  it("lands everything exactly once although it is killed again and again", async function () {
    this.timeout(240_000);
    const run = async (killAfter: number): Promise<number | null> => {
      const args = ["--import", "tsx", SCRIPT, node.url, signer.privateKey, file, target];
      const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
      let events = 0;
      child.stdout.on("data", (chunk: Buffer) => {
        events += chunk.toString().split("\n").length - 1;
        if (events >= killAfter) child.kill("SIGKILL");
      });
      const [code] = (await once(child, "exit")) as [number | null];
      return code;
    };
    // 10 are queued first; after that each sending and each receipt is an event.
    const codes = [await run(8), await run(2), await run(3), await run(5), await run(Infinity)];

    expect(codes).to.deep.equal([null, null, null, null, 0]);
    expect(await chain.getBalance(target)).to.equal(10n);
    expect(await chain.getTransactionCount(signer.address)).to.equal(10);
  });
});

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
