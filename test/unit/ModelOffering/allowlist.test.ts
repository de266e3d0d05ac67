import { expect } from "chai";
import { keccak256 } from "ethers";

import { allowlist, encodeEntry, type Entry, hashPair } from "../../helpers/offering/allowlist.js";
import {
  deployMarket,
  ethers,
  type Market,
  networkHelpers,
  people,
  type Signer,
  usd,
} from "../../helpers/offering/market.js";
import { openSale, type SaleInMarket } from "../../helpers/offering/sales.js";

/** An open sale with this root, in which every buyer has 1,000 to commit. */
async function openWith(allowlistRoot: string): Promise<SaleInMarket> {
  const market: Market = await deployMarket();
  const sale = await openSale(market, { allowlistRoot });
  for (const buyer of [market.alice, market.bob, market.carol]) {
    await market.asset.mint(buyer.address, usd(1_000));
    await market.asset.connect(buyer).approve(sale.offering, usd(1_000));
  }
  return { ...market, ...sale };
}

/** Alice may commit 100, bob 50, and three others something. */
async function listed() {
  const { alice, bob, issuer, payout, team } = await people();
  const entries: Entry[] = [
    [alice.address, usd(100)],
    [bob.address, usd(50)],
    [issuer.address, usd(1)],
    [payout.address, usd(2)],
    [team.address, usd(3)],
  ];
  const list = allowlist(entries);
  return { ...(await openWith(list.root)), list };
}

async function expectRefused({ offering }: SaleInMarket, buyer: Signer, cap: bigint, proof: string[]): Promise<void> {
  await expect(offering.connect(buyer).commit(1n, cap, proof))
    .to.be.revertedWithCustomError(offering, "ModelOffering_NotAllowed")
    .withArgs(buyer.address, cap);
}

describe("ModelOffering", () => {
  describe("commit with an allow-list", () => {
    it("takes commitments of those on the list", async () => {
      const { offering, alice, bob, list } = await networkHelpers.loadFixture(listed);
      await offering.connect(alice).commit(usd(100), usd(100), list.proof(0));
      await offering.connect(bob).commit(usd(10), usd(50), list.proof(1));
      expect(await offering.commitmentOf(alice)).to.equal(usd(100));
      expect(await offering.totalCommitted()).to.equal(usd(110));
    });

    it("holds caps over several commits", async () => {
      const { offering, alice, list } = await networkHelpers.loadFixture(listed);
      await offering.connect(alice).commit(usd(60), usd(100), list.proof(0));
      await offering.connect(alice).commit(usd(39), usd(100), list.proof(0));
      await expect(offering.connect(alice).commit(usd(1) + 1n, usd(100), list.proof(0)))
        .to.be.revertedWithCustomError(offering, "ModelOffering_CapExceeded")
        .withArgs(alice.address, usd(100) + 1n, usd(100));
      await offering.connect(alice).commit(usd(1), usd(100), list.proof(0));
      expect(await offering.commitmentOf(alice)).to.equal(usd(100));
    });

    it("counts what was withdrawn as room again", async () => {
      const { offering, alice, list } = await networkHelpers.loadFixture(listed);
      await offering.connect(alice).commit(usd(100), usd(100), list.proof(0));
      await offering.connect(alice).withdraw(usd(30));
      await offering.connect(alice).commit(usd(30), usd(100), list.proof(0));
      expect(await offering.commitmentOf(alice)).to.equal(usd(100));
    });

    it("refuses someone else's proof", async () => {
      const fixture = await networkHelpers.loadFixture(listed);
      const { carol, bob, list } = fixture;
      await expectRefused(fixture, carol, usd(100), list.proof(0));
      await expectRefused(fixture, bob, usd(100), list.proof(0));
    });

    it("means who calls: a contract on the list commits for itself, and its owner is not on it", async () => {
      const { alice } = await people();
      const wallet = await ethers.deployContract("ContractWallet", [alice.address]);
      const entry: Entry = [await wallet.getAddress(), usd(5)];
      const { asset, offering } = await openWith(allowlist([entry]).root);
      await asset.mint(wallet, usd(5));
      for (const [target, data] of [
        [asset, asset.interface.encodeFunctionData("approve", [await offering.getAddress(), usd(5)])],
        [offering, offering.interface.encodeFunctionData("commit", [usd(5), usd(5), []])],
      ] as const) {
        await wallet.connect(alice).execute(target, data);
      }
      expect(await offering.commitmentOf(wallet)).to.equal(usd(5));
      await expect(offering.connect(alice).commit(1n, usd(5), []))
        .to.be.revertedWithCustomError(offering, "ModelOffering_NotAllowed")
        .withArgs(alice.address, usd(5));
    });

    it("refuses another cap than the list's, a proof of another entry, one cut short and none", async () => {
      const fixture = await networkHelpers.loadFixture(listed);
      const { alice, list } = fixture;
      await expectRefused(fixture, alice, usd(101), list.proof(0));
      await expectRefused(fixture, alice, usd(99), list.proof(0));
      await expectRefused(fixture, alice, usd(100), list.proof(1));
      await expectRefused(fixture, alice, usd(100), list.proof(0).slice(1));
      await expectRefused(fixture, alice, usd(100), []);
    });

    it("refuses a Merkle second preimage: 64 bytes of an inner node are no entry", async () => {
      const { alice } = await people();
      // An inner node whose two children read as alice with an enormous cap.
      const entry: Entry = [alice.address, 1n << 200n];
      const inner = keccak256(encodeEntry(entry));
      expect(inner).to.equal(hashPair(ethers.zeroPadValue(alice.address, 32), ethers.toBeHex(1n << 200n, 32)));
      const sibling = ethers.id("the rest of the tree");
      const fixture = await openWith(hashPair(inner, sibling));
      await expectRefused(fixture, alice, entry[1], [sibling]);
    });

    it("takes a list of one, whose root is the entry hashed twice", async () => {
      const { alice } = await people();
      const entry: Entry = [alice.address, usd(5)];
      const fixture = await openWith(keccak256(keccak256(encodeEntry(entry))));
      await expectRefused(fixture, fixture.bob, usd(5), []);
      await fixture.offering.connect(alice).commit(usd(5), usd(5), []);
      expect(await fixture.offering.totalCommitted()).to.equal(usd(5));
    });
  });
});
