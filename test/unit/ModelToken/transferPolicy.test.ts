import { expect } from "chai";

import { DAY, deployMarket, ethers, networkHelpers, usd } from "../../helpers/offering/market.js";
import { REVENUE, streamed } from "../../helpers/offering/revenue.js";
import {
  commit,
  finalizedSale,
  fullCommitments,
  HARD_CAP,
  launchedToken,
  openSale,
  SALE_SUPPLY,
  settledSale,
  SUPPLY,
} from "../../helpers/offering/sales.js";

async function restricted() {
  const policy = await ethers.deployContract("TransferPolicyProbe");
  const market = await deployMarket();
  const changes = { transferPolicy: await policy.getAddress() };
  return { ...market, policy, ...(await settledSale(market, fullCommitments(market), changes)) };
}

describe("ModelToken", () => {
  describe("transfer policy", () => {
    it("stops what it restricts, and nothing else", async () => {
      const { token, policy, alice, bob, newcomer } = await networkHelpers.loadFixture(restricted);
      await policy.restrict(newcomer.address, 7);
      await expect(token.connect(alice).transfer(newcomer.address, 1n))
        .to.be.revertedWithCustomError(token, "ModelToken_TransferRestricted")
        .withArgs(alice.address, newcomer.address, 7n);
      await token.connect(alice).approve(bob.address, 1n);
      await expect(token.connect(bob).transferFrom(alice.address, newcomer.address, 1n))
        .to.be.revertedWithCustomError(token, "ModelToken_TransferRestricted")
        .withArgs(alice.address, newcomer.address, 7n);
      await token.connect(alice).transfer(bob.address, 1n);
      await policy.restrict(newcomer.address, 0);
      await token.connect(alice).transfer(newcomer.address, 1n);
      expect(await token.balanceOf(newcomer)).to.equal(1n);
    });

    it("answers with the two views of ERC-1404", async () => {
      const { token, policy, alice, newcomer } = await networkHelpers.loadFixture(restricted);
      await policy.restrict(newcomer.address, 7);
      expect(await token.detectTransferRestriction(alice, newcomer, 1n)).to.equal(7n);
      expect(await token.detectTransferRestriction(newcomer, alice, 1n)).to.equal(0n);
      expect(await token.messageForTransferRestriction(7)).to.equal("recipient is restricted");
      expect(await token.messageForTransferRestriction(0)).to.equal("allowed");
    });

    it("is nothing where the issuer chose none", async () => {
      const { token, alice, newcomer } = await networkHelpers.loadFixture(launchedToken);
      expect(await token.detectTransferRestriction(alice, newcomer, 1n)).to.equal(0n);
      expect(await token.messageForTransferRestriction(7)).to.equal("");
    });

    it("reverting, stops transfers with its own error", async () => {
      const { token, policy, alice, bob } = await networkHelpers.loadFixture(restricted);
      await policy.setFailing(true);
      await expect(token.connect(alice).transfer(bob.address, 1n)).to.be.revertedWithCustomError(
        policy,
        "TransferPolicyProbe_Failing",
      );
    });

    it("reverting, blocks no claim", async () => {
      const fixture = await networkHelpers.loadFixture(restricted);
      const { asset, token, policy, vesting, alice, bob, carol, newcomer } = fixture;
      await streamed(fixture, DAY);
      await policy.setFailing(true);
      for (const holder of [alice, bob, carol]) await policy.restrict(holder.address, 1);
      await expect(token.connect(alice)["claim()"]()).to.changeTokenBalance(ethers, asset, alice, usd(216));
      await expect(token.claimFor(bob.address)).to.changeTokenBalance(ethers, asset, bob, usd(108));
      await expect(token.connect(carol).claimTo(newcomer.address)).to.changeTokenBalance(
        ethers,
        asset,
        newcomer,
        usd(108),
      );
      await token.claimMany([vesting]);
      expect(await asset.balanceOf(vesting)).to.equal(usd("129.6"));
    });

    it("reverting, blocks no burn", async () => {
      const fixture = await networkHelpers.loadFixture(restricted);
      const { asset, token, policy, alice } = fixture;
      await streamed(fixture, DAY);
      await policy.setFailing(true);
      const burn = token.connect(alice)["burn(uint256)"](SUPPLY / 8n);
      await expect(burn).to.changeTokenBalance(ethers, asset, alice, REVENUE / 5n / 8n);
    });

    it("reverting, blocks no settlement, no refund above the hard cap and no liquidity", async () => {
      const policy = await ethers.deployContract("TransferPolicyProbe");
      const market = await deployMarket();
      const changes = { transferPolicy: await policy.getAddress() };
      const { alice, liquidity, issuer, asset } = market;
      const { token, offering } = await finalizedSale(market, [[alice, 2n * HARD_CAP]], changes);
      await policy.setFailing(true);
      await expect(offering.settleFor(alice.address)).to.changeTokenBalance(ethers, asset, alice, HARD_CAP);
      expect(await token.balanceOf(alice)).to.equal(SALE_SUPPLY);
      await offering.connect(issuer).releaseLiquidity();
      expect(await token.balanceOf(liquidity)).to.equal(SUPPLY / 5n);
    });

    it("reverting, blocks no refund of a failed sale", async () => {
      const policy = await ethers.deployContract("TransferPolicyProbe");
      const market = await deployMarket();
      const { alice, asset } = market;
      const sale = await openSale(market, { transferPolicy: await policy.getAddress() });
      await commit(market, sale, alice, usd(5));
      await networkHelpers.time.increaseTo(sale.config.closesAt);
      await policy.setFailing(true);
      await sale.offering.finalize();
      await expect(sale.offering.refundFor(alice.address)).to.changeTokenBalance(ethers, asset, alice, usd(5));
    });
  });
});
