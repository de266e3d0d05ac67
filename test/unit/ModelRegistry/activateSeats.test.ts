import { expect } from "chai";

import { networkHelpers, registryFixture, REGISTRY_PARAMS, timeOf } from "../../helpers/deployPartial.js";

const { seatBond, seatActivationDelay } = REGISTRY_PARAMS;
const { time } = networkHelpers;

describe("ModelRegistry", () => {
  describe("activateSeats", () => {
    async function takenFixture() {
      const deployment = await registryFixture();
      const take = await deployment.registry.connect(deployment.providers[0]).takeSeats(1, 3);
      await deployment.registry.connect(deployment.providers[1]).takeSeats(1, 1);
      return { ...deployment, takenAt: await timeOf(take), holder: deployment.providers[0]!.address };
    }

    it("makes seats drawable when the delay is over, whoever calls", async () => {
      const { registry, stranger, takenAt, holder } = await networkHelpers.loadFixture(takenFixture);
      await time.setNextBlockTimestamp(takenAt + seatActivationDelay);
      const activate = await registry.connect(stranger).activateSeats(1, [0, 2]);
      for (const seat of [0n, 2n]) {
        await expect(activate).to.emit(registry, "SeatActivated").withArgs(1n, holder, seat);
      }
      const activatedAt = takenAt + seatActivationDelay;
      expect(await registry.seatOf(1, 2)).to.deep.equal([holder, activatedAt, 0n, seatBond, takenAt]);
      expect(await registry.activeCounts(1)).to.deep.equal([2n, 1n]);
      expect(await registry.holdingOf(1, holder)).to.deep.equal([3n, 2n, 0n]);
    });

    it("counts seats, and each provider once", async () => {
      const { registry } = await networkHelpers.loadFixture(takenFixture);
      await time.increase(seatActivationDelay);
      await registry.activateSeats(1, [3]);
      expect(await registry.activeCounts(1)).to.deep.equal([1n, 1n]);
      await registry.activateSeats(1, [1, 0]);
      expect(await registry.activeCounts(1)).to.deep.equal([3n, 2n]);
      await registry.activateSeats(1, [2]);
      expect(await registry.activeCounts(1)).to.deep.equal([4n, 2n]);
    });

    it("reverts a second before the delay is over", async () => {
      const { registry, takenAt } = await networkHelpers.loadFixture(takenFixture);
      await time.setNextBlockTimestamp(takenAt + seatActivationDelay - 1n);
      await expect(registry.activateSeats(1, [0]))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_NotActivatable")
        .withArgs(1n, 0n, takenAt + seatActivationDelay);
    });

    it("reverts for an active seat, even twice in a call", async () => {
      const { registry } = await networkHelpers.loadFixture(takenFixture);
      await time.increase(seatActivationDelay);
      await expect(registry.activateSeats(1, [0, 0]))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_NotActivatable")
        .withArgs(1n, 0n, 0n);
      await registry.activateSeats(1, [0]);
      await expect(registry.activateSeats(1, [0]))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_NotActivatable")
        .withArgs(1n, 0n, 0n);
    });

    it("reverts for a leaving seat, a vacancy, and a seat beyond the list", async () => {
      const { registry, providers } = await networkHelpers.loadFixture(takenFixture);
      await time.increase(seatActivationDelay);
      await registry.activateSeats(1, [0]);
      await registry.connect(providers[0]).leaveSeats(1, [0, 1]);
      for (const seat of [0n, 1n, 9n]) {
        await expect(registry.activateSeats(1, [seat]))
          .to.be.revertedWithCustomError(registry, "ModelRegistry_NotActivatable")
          .withArgs(1n, seat, 0n);
      }
    });

    it("makes a seat that was taken again wait again", async () => {
      const { registry, providers } = await networkHelpers.loadFixture(takenFixture);
      await time.increase(seatActivationDelay);
      await registry.connect(providers[0]).leaveSeats(1, [1]);
      const takenAgain = await timeOf(await registry.connect(providers[2]).takeSeats(1, 1));
      await expect(registry.activateSeats(1, [1]))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_NotActivatable")
        .withArgs(1n, 1n, takenAgain + seatActivationDelay);
    });
  });
});
