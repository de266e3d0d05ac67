import { expect } from "chai";

import {
  ethers,
  networkHelpers,
  registryFixture,
  REGISTRY_PARAMS,
  seatedFixture,
  timeOf,
  usd,
} from "../../helpers/deployPartial.js";

const { seatBond, seatExitDelay } = REGISTRY_PARAMS;
const EMPTY = [ethers.ZeroAddress, 0n, 0n, 0n, 0n];

describe("ModelRegistry", () => {
  describe("leaveSeats", () => {
    it("begins to leave with an active seat, which stays bonded", async () => {
      const { registry, staking, providers } = await networkHelpers.loadFixture(seatedFixture);
      const holder = providers[4]!;
      const before = (await registry.seatOf(1, 4)) as unknown as [string, bigint, bigint, bigint, bigint];
      const leave = await registry.connect(holder).leaveSeats(1, [4]);
      const leftAt = await timeOf(leave);
      await expect(leave)
        .to.emit(registry, "SeatLeaving")
        .withArgs(1n, holder.address, 4n, leftAt + seatExitDelay);
      expect(await registry.seatOf(1, 4)).to.deep.equal([holder.address, before[1], leftAt, seatBond, before[4]]);
      expect(await registry.holdingOf(1, holder.address)).to.deep.equal([1n, 0n, 0n]);
      expect(await registry.activeCounts(1)).to.deep.equal([9n, 9n]);
      expect(await registry.seatCount(1)).to.equal(10n);
      expect(await staking.accountOf(holder.address)).to.deep.equal([usd(5_000), seatBond]);
    });

    it("vacates a seat that was never activated at once", async () => {
      const { registry, staking, providers } = await networkHelpers.loadFixture(registryFixture);
      const [first, second] = [providers[0]!, providers[1]!];
      await registry.connect(first).takeSeats(1, 3);
      await registry.connect(second).takeSeats(1, 1);
      const leave = await registry.connect(first).leaveSeats(1, [0, 2]);
      for (const seat of [0n, 2n]) {
        await expect(leave).to.emit(registry, "SeatVacated").withArgs(1n, first.address, seat, seatBond);
      }
      expect(await registry.seatOf(1, 0)).to.deep.equal(EMPTY);
      expect(await registry.holdingOf(1, first.address)).to.deep.equal([1n, 0n, 0n]);
      expect(await registry.seatCount(1)).to.equal(4n);
      expect(await staking.accountOf(first.address)).to.deep.equal([usd(5_000), seatBond]);
    });

    it("pops trailing vacancies", async () => {
      const { registry, providers } = await networkHelpers.loadFixture(registryFixture);
      const [first, second] = [providers[0]!, providers[1]!];
      await registry.connect(first).takeSeats(1, 3);
      await registry.connect(second).takeSeats(1, 1);
      await registry.connect(first).leaveSeats(1, [1, 2]);
      expect(await registry.seatCount(1)).to.equal(4n);
      await registry.connect(second).leaveSeats(1, [3]);
      expect(await registry.seatCount(1)).to.equal(1n);
      await registry.connect(first).leaveSeats(1, [0]);
      expect(await registry.seatCount(1)).to.equal(0n);
    });

    it("leaves with waiting and active seats in one call", async () => {
      const { registry, staking, providers } = await networkHelpers.loadFixture(seatedFixture);
      const holder = providers[0]!;
      await registry.connect(holder).takeSeats(1, 2);
      await registry.connect(holder).leaveSeats(1, [0, 10]);
      expect(await registry.holdingOf(1, holder.address)).to.deep.equal([2n, 0n, 0n]);
      expect(await registry.seatCount(1)).to.equal(12n);
      expect(await staking.accountOf(holder.address)).to.deep.equal([usd(5_000), seatBond * 2n]);
    });

    it("counts a provider as long as it has one active seat", async () => {
      const { registry, providers, params } = await networkHelpers.loadFixture(seatedFixture);
      const holder = providers[0]!;
      await registry.connect(holder).takeSeats(1, 1);
      await networkHelpers.time.increase(params.seatActivationDelay);
      await registry.activateSeats(1, [10]);
      expect(await registry.activeCounts(1)).to.deep.equal([11n, 10n]);
      await registry.connect(holder).leaveSeats(1, [0]);
      expect(await registry.activeCounts(1)).to.deep.equal([10n, 10n]);
      await registry.connect(holder).leaveSeats(1, [10]);
      expect(await registry.activeCounts(1)).to.deep.equal([9n, 9n]);
    });

    it("reverts for who does not hold the seat, the operator included", async () => {
      const { registry, staking, payout, stranger, providers } = await networkHelpers.loadFixture(seatedFixture);
      await staking.connect(providers[0]).setOperator(payout.address);
      for (const caller of [payout, stranger, providers[1]!]) {
        await expect(registry.connect(caller).leaveSeats(1, [0]))
          .to.be.revertedWithCustomError(registry, "ModelRegistry_NotSeatHolder")
          .withArgs(1n, 0n, caller.address);
      }
    });

    it("reverts for a vacancy and for a seat beyond the list", async () => {
      const { registry, providers } = await networkHelpers.loadFixture(registryFixture);
      const holder = providers[0]!;
      await registry.connect(holder).takeSeats(1, 2);
      await registry.connect(holder).leaveSeats(1, [0]);
      for (const seat of [0n, 2n]) {
        await expect(registry.connect(holder).leaveSeats(1, [seat]))
          .to.be.revertedWithCustomError(registry, "ModelRegistry_NotSeatHolder")
          .withArgs(1n, seat, holder.address);
      }
    });

    it("reverts for a seat that is leaving already, even twice in a call", async () => {
      const { registry, providers } = await networkHelpers.loadFixture(seatedFixture);
      await expect(registry.connect(providers[3]).leaveSeats(1, [3, 3]))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_AlreadyLeaving")
        .withArgs(1n, 3n);
      await registry.connect(providers[3]).leaveSeats(1, [3]);
      await expect(registry.connect(providers[3]).leaveSeats(1, [3]))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_AlreadyLeaving")
        .withArgs(1n, 3n);
    });
  });
});
