import { expect } from "chai";

import {
  ethers,
  networkHelpers,
  REGISTRY_PARAMS,
  seatedFixture,
  timeOf,
  usd,
  ZeroAddress,
} from "../../helpers/deployPartial.js";

const { seatBond, seatExitDelay } = REGISTRY_PARAMS;
const { time } = networkHelpers;

describe("ModelRegistry", () => {
  describe("vacateSeats", () => {
    async function leavingFixture() {
      const deployment = await seatedFixture();
      const { registry, providers } = deployment;
      const leave = await registry.connect(providers[2]).leaveSeats(1, [2]);
      await registry.connect(providers[9]).leaveSeats(1, [9]);
      return { ...deployment, leftAt: await timeOf(leave) };
    }

    it("frees the bond when the delay is over, whoever calls", async () => {
      const { registry, staking, asset, stranger, providers, leftAt } =
        await networkHelpers.loadFixture(leavingFixture);
      const holder = providers[2]!;
      await time.setNextBlockTimestamp(leftAt + seatExitDelay);
      const vacate = await registry.connect(stranger).vacateSeats(1, [2]);
      await expect(vacate).to.emit(registry, "SeatVacated").withArgs(1n, holder.address, 2n, seatBond);
      expect(await registry.seatOf(1, 2)).to.deep.equal([ZeroAddress, 0n, 0n, 0n, 0n]);
      expect(await registry.holdingOf(1, holder.address)).to.deep.equal([0n, 0n, 0n]);
      expect(await registry.activeCounts(1)).to.deep.equal([8n, 8n]);
      expect(await registry.seatCount(1)).to.equal(10n);
      const withdrawal = staking.connect(holder).withdraw(holder.address, usd(5_000));
      await expect(withdrawal).to.changeTokenBalances(ethers, asset, [staking, holder], [-usd(5_000), usd(5_000)]);
    });

    it("reverts a second before the delay is over", async () => {
      const { registry, leftAt } = await networkHelpers.loadFixture(leavingFixture);
      await time.setNextBlockTimestamp(leftAt + seatExitDelay - 1n);
      await expect(registry.vacateSeats(1, [2]))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_ExitDelay")
        .withArgs(1n, 2n, leftAt + seatExitDelay);
    });

    it("pops trailing vacancies, those of earlier calls too", async () => {
      const { registry, providers } = await networkHelpers.loadFixture(leavingFixture);
      await registry.connect(providers[8]).leaveSeats(1, [8]);
      await time.increase(seatExitDelay);
      await registry.vacateSeats(1, [8, 2]);
      expect(await registry.seatCount(1)).to.equal(10n);
      await registry.vacateSeats(1, [9]);
      expect(await registry.seatCount(1)).to.equal(8n);
    });

    it("frees what penalties left of the bond", async () => {
      const { registry, staking, court, providers } = await networkHelpers.loadFixture(leavingFixture);
      await registry.connect(court).penalise(1, 2, providers[2]!.address, usd(30));
      await registry.connect(court).penalise(1, 9, providers[9]!.address, seatBond);
      await time.increase(seatExitDelay);
      const vacate = await registry.vacateSeats(1, [2, 9]);
      await expect(vacate)
        .to.emit(registry, "SeatVacated")
        .withArgs(1n, providers[2]!.address, 2n, seatBond - usd(30))
        .and.to.emit(registry, "SeatVacated")
        .withArgs(1n, providers[9]!.address, 9n, 0n);
      expect(await staking.accountOf(providers[2]!.address)).to.deep.equal([usd(4_970), 0n]);
      expect(await staking.accountOf(providers[9]!.address)).to.deep.equal([usd(4_500), 0n]);
    });

    it("reverts for a seat that is not leaving, a vacancy, and a seat twice in a call", async () => {
      const { registry } = await networkHelpers.loadFixture(leavingFixture);
      await time.increase(seatExitDelay);
      for (const [seats, refused] of [
        [[0], 0n],
        [[10], 10n],
        [[2, 2], 2n],
      ] as const) {
        await expect(registry.vacateSeats(1, [...seats]))
          .to.be.revertedWithCustomError(registry, "ModelRegistry_NotLeaving")
          .withArgs(1n, refused);
      }
    });
  });
});
