import { expect } from "chai";

import { DAY, ethers, networkHelpers, standardMarket, ZeroAddress } from "../../helpers/offering/market.js";

describe("ModelVesting", () => {
  describe("constructor", () => {
    it("fixes beneficiary and schedule", async () => {
      const { team } = await networkHelpers.loadFixture(standardMarket);
      const vesting = await ethers.deployContract("ModelVesting", [team.address, 1_000n, 30n * DAY, 10n * DAY]);
      expect(await vesting.owner()).to.equal(team.address);
      expect(await vesting.start()).to.equal(1_000n);
      expect(await vesting.duration()).to.equal(30n * DAY);
      expect(await vesting.cliff()).to.equal(1_000n + 10n * DAY);
      expect(await vesting.end()).to.equal(1_000n + 30n * DAY);
    });

    it("reverts for a cliff after the end, or nobody to pay", async () => {
      const { team } = await networkHelpers.loadFixture(standardMarket);
      const { interface: api } = await ethers.getContractFactory("ModelVesting");
      await expect(ethers.deployContract("ModelVesting", [team.address, 0n, DAY, DAY + 1n]))
        .to.be.revertedWithCustomError({ interface: api }, "InvalidCliffDuration")
        .withArgs(DAY + 1n, DAY);
      await expect(ethers.deployContract("ModelVesting", [ZeroAddress, 0n, DAY, 0n]))
        .to.be.revertedWithCustomError({ interface: api }, "OwnableInvalidOwner")
        .withArgs(ZeroAddress);
    });
  });
});
