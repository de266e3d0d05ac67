import { expect } from "chai";
import { type HDNodeWallet, Wallet } from "ethers";

import { signerSender } from "../../src/actions/sender.js";
import { TestAsset__factory } from "../../src/typechain/factories/mocks/TestAsset__factory.js";
import { expectRejection } from "../helpers/expectAssayError.js";
import { type HardhatNode, startHardhatNode } from "../helpers/hardhatNode.js";
import { fundedWallet } from "../helpers/managers.js";

describe("signerSender", () => {
  let node: HardhatNode;
  let wallet: HDNodeWallet;
  let target: string;

  before(async () => {
    node = await startHardhatNode();
  });

  after(async () => {
    await node.stop();
  });

  beforeEach(async () => {
    wallet = (await fundedWallet(node.provider)).connect(node.provider);
    target = Wallet.createRandom().address;
  });

  it("lands transactions in the order in which they were given", async () => {
    const sender = await signerSender(wallet);
    const transfer = { label: "transfer", to: target, data: "0x", value: 1n };
    const receipts = await Promise.all([1, 2, 3].map(() => sender.send(transfer)));
    expect(await node.provider.getBalance(target)).to.equal(3n);
    expect(receipts.map(({ blockNumber }) => blockNumber)).to.deep.equal(
      receipts.map(({ blockNumber }) => blockNumber).sort((a, b) => a - b),
    );
    expect(sender.address).to.equal(wallet.address);
  });

  it("uses the gas limit that was asked for where the estimate is lower", async () => {
    const sender = await signerSender(wallet);
    const { hash } = await sender.send({ label: "transfer", to: target, data: "0x", gasLimit: 100_000n });
    expect((await node.provider.getTransaction(hash))!.gasLimit).to.equal(100_000n);
    const small = await sender.send({ label: "transfer", to: target, data: "0x", gasLimit: 1n });
    expect((await node.provider.getTransaction(small.hash))!.gasLimit >= 21_000n).to.equal(true);
  });

  it("decodes a revert and goes on with the next transaction", async () => {
    const asset = await new TestAsset__factory(wallet).deploy();
    const to = await asset.getAddress();
    const sender = await signerSender(wallet);
    const failing = sender.send({
      label: "burn",
      to,
      data: asset.interface.encodeFunctionData("transfer", [target, 5n]),
    });
    const next = sender.send({ label: "mint", to, data: asset.interface.encodeFunctionData("mint", [target, 5n]) });
    const error = await expectRejection(failing, "CONTRACT_ERROR");
    expect(error.details).to.deep.include({ name: "ERC20InsufficientBalance" });
    expect((await next).status).to.equal(1);
  });
});
