import { expect } from "chai";

import { deployRegistry, enrol, ethers, networkHelpers, registerModel } from "../../helpers/deployPartial.js";

const FARMED = 60;
const SEATS = 8;
const TOTAL = FARMED * SEATS;
const POPS_A_CALL = 64;

/** Seats that are taken and left by the hundred: nobody's call may get dear for it, and the list recovers. */
describe("ModelRegistry", () => {
  describe("with abandoned seats", () => {
    /** A farm of 480 seats at the front of the list, then one seat of an honest provider. */
    async function farmFixture() {
      const deployment = await deployRegistry();
      await registerModel(deployment);
      const { registry, staking, asset, others } = deployment;
      const farm = await ethers.deployContract("SeatFarm", [
        await staking.getAddress(),
        await registry.getAddress(),
        await asset.getAddress(),
      ]);
      for (let grown = 0; grown < FARMED; grown += 10) await farm.grow(1, 10, SEATS);
      const [honest, late] = [others[0]!, others[1]!];
      for (const provider of [honest, late]) await enrol(deployment, provider);
      return { ...deployment, farm, honest, late };
    }

    const seatsOf = (provider: number): number[] => Array.from({ length: SEATS }, (_, seat) => provider * SEATS + seat);

    it("fills the vacancies before the list grows", async () => {
      const { registry, farm, honest, late } = await networkHelpers.loadFixture(farmFixture);
      await registry.connect(honest).takeSeats(1, 1);
      for (let provider = 0; provider < FARMED; provider += 1) await farm.abandon(1, provider, seatsOf(provider));
      expect(await registry.seatCount(1)).to.equal(BigInt(TOTAL + 1));
      await registry.connect(late).takeSeats(1, SEATS);
      expect(await registry.seatCount(1)).to.equal(BigInt(TOTAL + 1));
    });

    it("shrinks by a bounded number of vacancies a call, whoever calls", async () => {
      const { registry, farm, honest, stranger } = await networkHelpers.loadFixture(farmFixture);
      await registry.connect(honest).takeSeats(1, 1);
      for (let provider = 0; provider < FARMED; provider += 1) await farm.abandon(1, provider, seatsOf(provider));
      await registry.connect(honest).leaveSeats(1, [TOTAL]);
      // The seat itself is cut off as it is vacated, `POPS_A_CALL` after it.
      let length = TOTAL - POPS_A_CALL;
      expect(await registry.seatCount(1)).to.equal(BigInt(length));
      while (length > 0) {
        await registry.connect(stranger).vacateSeats(1, []);
        length = Math.max(0, length - POPS_A_CALL);
        expect(await registry.seatCount(1)).to.equal(BigInt(length));
      }
    });

    it("never makes taking a seat pay for more than a bounded number of stale hints", async () => {
      const { registry, farm, late } = await networkHelpers.loadFixture(farmFixture);
      // Each leaves its last seat last, so seven hints of every eight are stale when the list is empty again.
      for (let provider = FARMED - 1; provider >= 0; provider -= 1) await farm.abandon(1, provider, seatsOf(provider));
      expect(await registry.seatCount(1)).to.equal(0n);
      const taken = await registry.connect(late).takeSeats.staticCall(1, 1);
      expect(taken).to.deep.equal([0n]);
      const gas: bigint[] = [];
      for (let seat = 0; seat < SEATS; seat += 1) {
        gas.push((await (await registry.connect(late).takeSeats(1, 1)).wait())!.gasUsed);
      }
      expect(await registry.seatCount(1)).to.equal(BigInt(SEATS));
      // About 150,000 without any hint; 32 thrown away cost little, all 420 at once would cost more than this.
      for (const cost of gas) expect(cost).to.be.below(190_000n);
    });
  });
});
