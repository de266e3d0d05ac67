import { expect } from "chai";

import { DAY, ethers, networkHelpers, usd, ZeroAddress } from "../../helpers/offering/market.js";
import { streamed } from "../../helpers/offering/revenue.js";
import { launchedToken } from "../../helpers/offering/sales.js";

describe("ModelToken", () => {
  describe("setPayoutAddress", () => {
    it("says where the caller's revenue goes", async () => {
      const { token, alice, bob, newcomer } = await networkHelpers.loadFixture(launchedToken);
      expect(await token.payoutAddressOf(alice)).to.equal(alice.address);
      await expect(token.connect(alice).setPayoutAddress(newcomer.address))
        .to.emit(token, "PayoutAddressSet")
        .withArgs(alice.address, newcomer.address);
      expect(await token.payoutAddressOf(alice)).to.equal(newcomer.address);
      expect(await token.payoutAddressOf(bob)).to.equal(bob.address);
    });

    it("counts for what was earned before", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { asset, token, alice, newcomer } = fixture;
      await streamed(fixture, DAY);
      await token.connect(alice).setPayoutAddress(newcomer.address);
      await expect(token.connect(alice)["claim()"]()).to.changeTokenBalance(ethers, asset, newcomer, usd(216));
    });

    it("pays the caller itself again after zero", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { asset, token, alice, newcomer } = fixture;
      await token.connect(alice).setPayoutAddress(newcomer.address);
      await expect(token.connect(alice).setPayoutAddress(ZeroAddress))
        .to.emit(token, "PayoutAddressSet")
        .withArgs(alice.address, ZeroAddress);
      expect(await token.payoutAddressOf(alice)).to.equal(alice.address);
      await streamed(fixture, DAY);
      await expect(token.connect(alice)["claim()"]()).to.changeTokenBalances(
        ethers,
        asset,
        [alice, newcomer],
        [usd(216), 0n],
      );
    });

    it("opts a contract in, and out again with zero", async () => {
      const { token, alice } = await networkHelpers.loadFixture(launchedToken);
      const wallet = await ethers.deployContract("ContractWallet", [alice.address]);
      const pushable = async () => (await token.accountOf(wallet)).pushable;
      expect(await pushable()).to.equal(false);
      for (const [payout, expected] of [
        [await wallet.getAddress(), true],
        [ZeroAddress, false],
        [alice.address, true],
      ] as const) {
        const call = token.interface.encodeFunctionData("setPayoutAddress", [payout]);
        await wallet.connect(alice).execute(token, call);
        expect(await pushable()).to.equal(expected);
      }
    });

    it("changes nothing of what the account has earned or earns", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token, alice, newcomer } = fixture;
      await streamed(fixture, DAY);
      await token.connect(alice).transfer(newcomer.address, 1n);
      const { index, accrued } = await token.accountOf(alice);
      expect(accrued).to.equal(usd(216));
      await token.connect(alice).setPayoutAddress(newcomer.address);
      expect(await token.accountOf(alice)).to.deep.equal([index, accrued, true, true]);
    });
  });
});
