import { expect } from "chai";

import { networkHelpers, seatedFixture } from "../../helpers/deployPartial.js";

describe("ModelRegistry", () => {
  describe("setProbation", () => {
    it("puts a provider on probation for three batches of this model", async () => {
      const { registry, escrow, providers } = await networkHelpers.loadFixture(seatedFixture);
      const provider = providers[0]!.address;
      await expect(registry.connect(escrow).setProbation(1, provider))
        .to.emit(registry, "ProbationSet")
        .withArgs(1n, provider, 3n);
      expect(await registry.holdingOf(1, provider)).to.deep.equal([1n, 1n, 3n]);
      expect(await registry.holdingOf(2, provider)).to.deep.equal([0n, 0n, 0n]);
      expect((await registry.samplingState(1, provider)).onProbation).to.equal(true);
      expect((await registry.samplingState(1, providers[1]!.address)).onProbation).to.equal(false);
    });

    it("starts the three batches again", async () => {
      const { registry, escrow, providers } = await networkHelpers.loadFixture(seatedFixture);
      const provider = providers[0]!.address;
      await registry.connect(escrow).setProbation(1, provider);
      await registry.connect(escrow).notePassed(1, provider);
      await registry.connect(escrow).setProbation(1, provider);
      expect((await registry.holdingOf(1, provider)).probation).to.equal(3n);
    });

    it("holds for a provider without seats, and outlasts its seats", async () => {
      const { registry, escrow, stranger } = await networkHelpers.loadFixture(seatedFixture);
      await registry.connect(escrow).setProbation(1, stranger.address);
      expect((await registry.samplingState(1, stranger.address)).onProbation).to.equal(true);
    });

    it("reverts for everybody but the escrow", async () => {
      const { registry, court, stranger, providers } = await networkHelpers.loadFixture(seatedFixture);
      for (const caller of [court, stranger, providers[0]!]) {
        await expect(registry.connect(caller).setProbation(1, providers[0]!.address))
          .to.be.revertedWithCustomError(registry, "ModelRegistry_UnauthorizedCaller")
          .withArgs(caller.address);
      }
    });
  });

  describe("notePassed", () => {
    it("ends a probation with the third batch", async () => {
      const { registry, escrow, providers } = await networkHelpers.loadFixture(seatedFixture);
      const provider = providers[0]!.address;
      await registry.connect(escrow).setProbation(1, provider);
      for (const left of [2n, 1n, 0n]) {
        expect((await registry.samplingState(1, provider)).onProbation).to.equal(true);
        await expect(registry.connect(escrow).notePassed(1, provider))
          .to.emit(registry, "ProbationSet")
          .withArgs(1n, provider, left);
        expect(await registry.holdingOf(1, provider)).to.deep.equal([1n, 1n, left]);
      }
      expect((await registry.samplingState(1, provider)).onProbation).to.equal(false);
    });

    it("does nothing without a probation", async () => {
      const { registry, escrow, providers } = await networkHelpers.loadFixture(seatedFixture);
      const provider = providers[0]!.address;
      await expect(registry.connect(escrow).notePassed(1, provider)).not.to.emit(registry, "ProbationSet");
      expect(await registry.holdingOf(1, provider)).to.deep.equal([1n, 1n, 0n]);
    });

    it("reverts for everybody but the escrow", async () => {
      const { registry, court, stranger, providers } = await networkHelpers.loadFixture(seatedFixture);
      for (const caller of [court, stranger, providers[0]!]) {
        await expect(registry.connect(caller).notePassed(1, providers[0]!.address))
          .to.be.revertedWithCustomError(registry, "ModelRegistry_UnauthorizedCaller")
          .withArgs(caller.address);
      }
    });
  });
});
