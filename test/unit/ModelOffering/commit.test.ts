import { expect } from "chai";

import { ethers, networkHelpers, nextBlockAt, usd } from "../../helpers/offering/market.js";
import {
  commit,
  ended,
  failed,
  HARD_CAP,
  inDraft,
  open,
  Phase,
  scheduled,
  succeeded,
} from "../../helpers/offering/sales.js";

const MAX_TOTAL = (1n << 96n) - 1n;

describe("ModelOffering", () => {
  describe("commit", () => {
    it("takes the amount and adds it to the buyer's commitment and to the total", async () => {
      const { asset, offering, alice, bob } = await networkHelpers.loadFixture(open);
      await asset.mint(alice.address, usd(10));
      await asset.connect(alice).approve(offering, usd(10));
      const first = offering.connect(alice).commit(usd(4), 0, []);
      await expect(first).to.changeTokenBalances(ethers, asset, [alice, offering], [-usd(4), usd(4)]);
      await expect(first).to.emit(offering, "Committed").withArgs(alice.address, usd(4), usd(4));
      await commit({ asset }, { offering }, bob, usd(5));
      const second = offering.connect(alice).commit(usd(6), 0, []);
      await expect(second).to.emit(offering, "Committed").withArgs(alice.address, usd(6), usd(15));
      expect(await offering.commitmentOf(alice)).to.equal(usd(10));
      expect(await offering.commitmentOf(bob)).to.equal(usd(5));
      expect(await offering.totalCommitted()).to.equal(usd(15));
    });

    it("takes a 1-unit commit", async () => {
      const fixture = await networkHelpers.loadFixture(open);
      await commit(fixture, fixture, fixture.alice, 1n);
      expect(await fixture.offering.commitmentOf(fixture.alice)).to.equal(1n);
    });

    it("goes on above the hard cap", async () => {
      const fixture = await networkHelpers.loadFixture(open);
      await commit(fixture, fixture, fixture.alice, 50n * HARD_CAP);
      expect(await fixture.offering.totalCommitted()).to.equal(50n * HARD_CAP);
    });

    it("needs no proof and heeds no cap without an allow-list", async () => {
      const { asset, offering, alice } = await networkHelpers.loadFixture(open);
      await asset.mint(alice.address, usd(3));
      await asset.connect(alice).approve(offering, usd(3));
      await offering.connect(alice).commit(usd(1), 1, [ethers.ZeroHash]);
      await offering.connect(alice).commit(usd(2), 0, []);
      expect(await offering.commitmentOf(alice)).to.equal(usd(3));
    });

    it("commit in the last second: until closesAt, and not in it", async () => {
      const { asset, offering, alice, config } = await networkHelpers.loadFixture(open);
      await asset.mint(alice.address, usd(2));
      await asset.connect(alice).approve(offering, usd(2));
      await nextBlockAt(config.closesAt);
      await expect(offering.connect(alice).commit(usd(1), 0, []))
        .to.be.revertedWithCustomError(offering, "ModelOffering_WrongPhase")
        .withArgs(Phase.Ended, Phase.Open);
      await nextBlockAt(config.closesAt - 1n);
      await offering.connect(alice).commit(usd(1), 0, []);
      expect(await offering.totalCommitted()).to.equal(usd(1));
    });

    it("begins in the second of opensAt", async () => {
      const { asset, offering, alice, config } = await networkHelpers.loadFixture(scheduled);
      await asset.mint(alice.address, usd(2));
      await asset.connect(alice).approve(offering, usd(2));
      await nextBlockAt(config.opensAt - 1n);
      await expect(offering.connect(alice).commit(usd(1), 0, []))
        .to.be.revertedWithCustomError(offering, "ModelOffering_WrongPhase")
        .withArgs(Phase.Scheduled, Phase.Open);
      await nextBlockAt(config.opensAt);
      await offering.connect(alice).commit(usd(1), 0, []);
      expect(await offering.totalCommitted()).to.equal(usd(1));
    });

    for (const [name, fixture, phase] of [
      ["a draft", inDraft, Phase.Draft],
      ["an offering that has ended", ended, Phase.Ended],
      ["one that succeeded", succeeded, Phase.Succeeded],
      ["one that failed", failed, Phase.Failed],
    ] as const) {
      it(`reverts for ${name}`, async () => {
        const { offering, alice } = await networkHelpers.loadFixture(fixture);
        await expect(offering.connect(alice).commit(1n, 0, []))
          .to.be.revertedWithCustomError(offering, "ModelOffering_WrongPhase")
          .withArgs(phase, Phase.Open);
      });
    }

    it("reverts for nothing", async () => {
      const { offering, alice } = await networkHelpers.loadFixture(open);
      await expect(offering.connect(alice).commit(0n, 0, [])).to.be.revertedWithCustomError(
        offering,
        "ModelOffering_ZeroAmount",
      );
    });

    it("reverts without an allowance, and commits nothing", async () => {
      const { asset, offering, alice } = await networkHelpers.loadFixture(open);
      await asset.mint(alice.address, usd(1));
      await expect(offering.connect(alice).commit(usd(1), 0, []))
        .to.be.revertedWithCustomError(asset, "ERC20InsufficientAllowance")
        .withArgs(await offering.getAddress(), 0n, usd(1));
      expect(await offering.totalCommitted()).to.equal(0n);
    });

    it("reverts above the largest total, and takes exactly that", async () => {
      const fixture = await networkHelpers.loadFixture(open);
      const { offering, alice, bob } = fixture;
      await commit(fixture, fixture, alice, MAX_TOTAL - 1n);
      await expect(commit(fixture, fixture, bob, 2n))
        .to.be.revertedWithCustomError(offering, "ModelOffering_TotalTooLarge")
        .withArgs(MAX_TOTAL + 1n, MAX_TOTAL);
      await commit(fixture, fixture, bob, 1n);
      expect(await offering.totalCommitted()).to.equal(MAX_TOTAL);
    });
  });
});
