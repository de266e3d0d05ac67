import { expect } from "chai";

import { ethers, networkHelpers, registryFixture, REGISTRY_PARAMS, timeOf, usd } from "../../helpers/deployPartial.js";

const { seatBond, seatActivationDelay } = REGISTRY_PARAMS;

describe("ModelRegistry", () => {
  describe("takeSeats", () => {
    it("appends waiting seats and locks their bonds", async () => {
      const { registry, staking, asset, providers } = await networkHelpers.loadFixture(registryFixture);
      const [first, second] = [providers[0]!, providers[1]!];
      expect(await registry.connect(first).takeSeats.staticCall(1, 2)).to.deep.equal([0n, 1n]);
      const take = await registry.connect(first).takeSeats(1, 2);
      for (const seat of [0n, 1n]) {
        await expect(take).to.emit(registry, "SeatTaken").withArgs(1n, first.address, seat, seatBond);
      }
      await expect(take).to.changeTokenBalances(ethers, asset, [staking, first], [0n, 0n]);
      await registry.connect(second).takeSeats(1, 1);
      expect(await staking.accountOf(first.address)).to.deep.equal([usd(5_000), seatBond * 2n]);
      expect(await staking.accountOf(second.address)).to.deep.equal([usd(5_000), seatBond]);
      expect(await registry.seatCount(1)).to.equal(3n);
      expect(await registry.seatOf(1, 1)).to.deep.equal([first.address, 0n, 0n, seatBond, await timeOf(take)]);
      expect(await registry.holdingOf(1, first.address)).to.deep.equal([2n, 0n, 0n]);
      expect(await registry.activeCounts(1)).to.deep.equal([0n, 0n]);
    });

    it("fills vacancies first", async () => {
      const { registry, providers } = await networkHelpers.loadFixture(registryFixture);
      const [first, second, third] = [providers[0]!, providers[1]!, providers[2]!];
      await registry.connect(first).takeSeats(1, 3);
      await registry.connect(second).takeSeats(1, 1);
      await registry.connect(first).leaveSeats(1, [0, 2]);
      expect(await registry.connect(third).takeSeats.staticCall(1, 3)).to.deep.equal([2n, 0n, 4n]);
      const take = await registry.connect(third).takeSeats(1, 3);
      expect(await registry.seatCount(1)).to.equal(5n);
      expect(await registry.seatOf(1, 0)).to.deep.equal([third.address, 0n, 0n, seatBond, await timeOf(take)]);
    });

    it("throws away hints of seats that were popped since", async () => {
      const { registry, providers } = await networkHelpers.loadFixture(registryFixture);
      const first = providers[0]!;
      await registry.connect(first).takeSeats(1, 4);
      // 1 and 2 are vacated before 3, so they leave hints behind and are popped with it.
      await registry.connect(first).leaveSeats(1, [1, 2, 3]);
      expect(await registry.seatCount(1)).to.equal(1n);
      expect(await registry.connect(first).takeSeats.staticCall(1, 2)).to.deep.equal([1n, 2n]);
      await registry.connect(first).takeSeats(1, 2);
      // A vacancy that comes after the stale hints is found.
      await registry.connect(first).leaveSeats(1, [0]);
      expect(await registry.connect(first).takeSeats.staticCall(1, 2)).to.deep.equal([0n, 3n]);
    });

    it("never gives the same seat out twice for two hints", async () => {
      const { registry, providers } = await networkHelpers.loadFixture(registryFixture);
      const [first, second] = [providers[0]!, providers[1]!];
      await registry.connect(first).takeSeats(1, 3);
      await registry.connect(first).leaveSeats(1, [1, 2]); // hint 1, popped
      await registry.connect(first).takeSeats(1, 2); // hint 1 thrown away
      await registry.connect(first).leaveSeats(1, [0]);
      await registry.connect(first).takeSeats(1, 1);
      await registry.connect(first).leaveSeats(1, [0, 1]);
      expect(await registry.connect(second).takeSeats.staticCall(1, 4)).to.deep.equal([1n, 0n, 3n, 4n]);
    });

    it("keeps the seats of two models apart", async () => {
      const { registry, owner, providers } = await networkHelpers.loadFixture(registryFixture);
      const terms = (await registry.versionOf(1, 1)) as [string, bigint, bigint, bigint];
      const [policyId, verifierFee, detection, samplePoints] = terms;
      const version = { policyId, verifierFee, detection, samplePoints };
      await registry.connect(owner).registerModel(owner.address, 0, "", version, "");
      await registry.connect(providers[0]).takeSeats(1, 2);
      expect(await registry.connect(providers[0]).takeSeats.staticCall(2, 8)).to.have.length(8);
      await registry.connect(providers[0]).takeSeats(2, 1);
      expect(await registry.seatCount(1)).to.equal(2n);
      expect(await registry.seatCount(2)).to.equal(1n);
      expect(await registry.holdingOf(2, providers[0]!.address)).to.deep.equal([1n, 0n, 0n]);
    });

    it("gives at most eight seats, leaving ones included", async () => {
      const { registry, providers } = await networkHelpers.loadFixture(registryFixture);
      const first = providers[0]!;
      await expect(registry.connect(first).takeSeats(1, 9))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_TooManySeats")
        .withArgs(first.address, 9n, 8n);
      await registry.connect(first).takeSeats(1, 8);
      await networkHelpers.time.increase(seatActivationDelay);
      await registry.activateSeats(1, [0, 1]);
      await registry.connect(first).leaveSeats(1, [0, 1]);
      await expect(registry.connect(first).takeSeats(1, 1))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_TooManySeats")
        .withArgs(first.address, 9n, 8n);
      const tooMany = (1n << 32n) - 1n;
      await expect(registry.connect(first).takeSeats(1, tooMany))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_TooManySeats")
        .withArgs(first.address, tooMany + 8n, 8n);
    });

    it("reverts for no seats", async () => {
      const { registry, providers } = await networkHelpers.loadFixture(registryFixture);
      await expect(registry.connect(providers[0]).takeSeats(1, 0)).to.be.revertedWithCustomError(
        registry,
        "ModelRegistry_ZeroSeats",
      );
    });

    it("reverts for who is not a provider, operators included", async () => {
      const { registry, staking, stranger, payout, providers } = await networkHelpers.loadFixture(registryFixture);
      await staking.connect(providers[0]).setOperator(payout.address);
      for (const caller of [stranger, payout]) {
        await expect(registry.connect(caller).takeSeats(1, 1))
          .to.be.revertedWithCustomError(registry, "ModelRegistry_NotRegisteredProvider")
          .withArgs(caller.address);
      }
    });

    it("reverts for an unknown model", async () => {
      const { registry, providers } = await networkHelpers.loadFixture(registryFixture);
      await expect(registry.connect(providers[0]).takeSeats(2, 1))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_UnknownModel")
        .withArgs(2n);
    });

    it("reverts without the stake for the bonds", async () => {
      const { registry, staking, providers } = await networkHelpers.loadFixture(registryFixture);
      const first = providers[0]!;
      await staking.connect(first).withdraw(first.address, usd(4_000) + 1n);
      await expect(registry.connect(first).takeSeats(1, 2))
        .to.be.revertedWithCustomError(staking, "ProviderStaking_InsufficientFreeStake")
        .withArgs(first.address, usd(1_000), usd(1_000) - 1n);
    });
  });
});
