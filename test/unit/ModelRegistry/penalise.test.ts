import { expect } from "chai";

import {
  ethers,
  networkHelpers,
  registryFixture,
  REGISTRY_PARAMS,
  seatedFixture,
  timeOf,
  usd,
  ZeroAddress,
} from "../../helpers/deployPartial.js";

const { seatBond, seatExitDelay } = REGISTRY_PARAMS;

describe("ModelRegistry", () => {
  describe("penalise", () => {
    it("slashes a part of the bond to the sink", async () => {
      const { registry, staking, asset, court, providers } = await networkHelpers.loadFixture(seatedFixture);
      const holder = providers[3]!;
      const call = [1, 3, holder.address, usd(20)] as const;
      expect(await registry.connect(court).penalise.staticCall(...call)).to.equal(usd(20));
      const penalty = await registry.connect(court).penalise(...call);
      await expect(penalty).to.emit(registry, "SeatPenalised").withArgs(1n, holder.address, 3n, usd(20));
      await expect(penalty)
        .to.emit(staking, "StakeSlashed")
        .withArgs(holder.address, await registry.getAddress(), usd(20), usd(20));
      await expect(penalty).not.to.emit(registry, "SeatLeaving");
      await expect(penalty).to.changeTokenBalances(ethers, asset, [staking, holder], [0n, 0n]);
      expect((await registry.seatOf(1, 3)).bond).to.equal(seatBond - usd(20));
      expect(await staking.accountOf(holder.address)).to.deep.equal([usd(4_980), usd(480)]);
      expect(await staking.sinkOwed()).to.equal(usd(20));
      expect(await registry.activeCounts(1)).to.deep.equal([10n, 10n]);
    });

    it("makes a seat leave when its bond falls below half, not at half", async () => {
      const { registry, court, providers } = await networkHelpers.loadFixture(seatedFixture);
      const holder = providers[3]!;
      await registry.connect(court).penalise(1, 3, holder.address, seatBond / 2n);
      expect((await registry.seatOf(1, 3)).leavingSince).to.equal(0n);
      const penalty = await registry.connect(court).penalise(1, 3, holder.address, 1);
      const at = await timeOf(penalty);
      await expect(penalty)
        .to.emit(registry, "SeatLeaving")
        .withArgs(1n, holder.address, 3n, at + seatExitDelay);
      expect((await registry.seatOf(1, 3)).leavingSince).to.equal(at);
      expect(await registry.activeCounts(1)).to.deep.equal([9n, 9n]);
      expect(await registry.holdingOf(1, holder.address)).to.deep.equal([1n, 0n, 0n]);
    });

    it("takes what is left, and nothing after that", async () => {
      const { registry, staking, court, providers } = await networkHelpers.loadFixture(seatedFixture);
      const holder = providers[3]!;
      await registry.connect(court).penalise(1, 3, holder.address, usd(490));
      const call = [1, 3, holder.address, usd(20)] as const;
      expect(await registry.connect(court).penalise.staticCall(...call)).to.equal(usd(10));
      await registry.connect(court).penalise(...call);
      expect(await registry.connect(court).penalise.staticCall(...call)).to.equal(0n);
      await expect(registry.connect(court).penalise(...call)).not.to.emit(registry, "SeatPenalised");
      expect(await staking.accountOf(holder.address)).to.deep.equal([usd(4_500), 0n]);
      expect(await staking.sinkOwed()).to.equal(seatBond);
    });

    it("keeps the time since which a seat is leaving", async () => {
      const { registry, court, providers } = await networkHelpers.loadFixture(seatedFixture);
      const holder = providers[3]!;
      const leftAt = await timeOf(await registry.connect(holder).leaveSeats(1, [3]));
      await expect(registry.connect(court).penalise(1, 3, holder.address, usd(400))).not.to.emit(
        registry,
        "SeatLeaving",
      );
      expect((await registry.seatOf(1, 3)).leavingSince).to.equal(leftAt);
      expect(await registry.activeCounts(1)).to.deep.equal([9n, 9n]);
    });

    it("does not make a waiting seat leave", async () => {
      const { registry, court, providers } = await networkHelpers.loadFixture(registryFixture);
      const holder = providers[0]!;
      await registry.connect(holder).takeSeats(1, 1);
      await registry.connect(court).penalise(1, 0, holder.address, usd(400));
      expect((await registry.seatOf(1, 0)).leavingSince).to.equal(0n);
      expect(await registry.activeCounts(1)).to.deep.equal([0n, 0n]);
    });

    it("never touches another holder's bond, nor fails for it", async () => {
      const { registry, staking, court, providers } = await networkHelpers.loadFixture(seatedFixture);
      const calls = [
        [1, 3, providers[4]!.address, usd(20)],
        [1, 10, providers[3]!.address, usd(20)],
        [2, 3, providers[3]!.address, usd(20)],
        [1, 10, ZeroAddress, usd(20)],
        [1, 3, providers[3]!.address, 0n],
      ] as const;
      for (const call of calls) {
        expect(await registry.connect(court).penalise.staticCall(...call)).to.equal(0n);
        await registry.connect(court).penalise(...call);
      }
      expect(await staking.sinkOwed()).to.equal(0n);
      expect((await registry.seatOf(1, 3)).bond).to.equal(seatBond);
    });

    it("reverts for everybody but the court", async () => {
      const { registry, escrow, stranger, providers } = await networkHelpers.loadFixture(seatedFixture);
      for (const caller of [escrow, stranger, providers[3]!]) {
        await expect(registry.connect(caller).penalise(1, 3, providers[3]!.address, 1))
          .to.be.revertedWithCustomError(registry, "ModelRegistry_UnauthorizedCaller")
          .withArgs(caller.address);
      }
    });
  });
});
