import { expect } from "chai";

import {
  deployRegistry,
  enrol,
  networkHelpers,
  registerModel,
  REGISTRY_PARAMS,
  seatedFixture,
} from "../../helpers/deployPartial.js";

const { seatBond, seatActivationDelay } = REGISTRY_PARAMS;
const WAD = 10n ** 18n;

describe("ModelRegistry", () => {
  describe("samplingState", () => {
    it("is what a commit fixes", async () => {
      const { registry, stranger, providers } = await networkHelpers.loadFixture(seatedFixture);
      expect(await registry.samplingState(1, stranger.address)).to.deep.equal([10n, 10n, false, seatBond * 10n]);
      expect(await registry.samplingState(1, providers[0]!.address)).to.deep.equal([10n, 9n, false, seatBond * 10n]);
    });

    it("counts the provider itself neither waiting nor leaving", async () => {
      const { registry, providers } = await networkHelpers.loadFixture(seatedFixture);
      const holder = providers[0]!;
      await registry.connect(holder).leaveSeats(1, [0]);
      await registry.connect(holder).takeSeats(1, 1);
      expect(await registry.samplingState(1, holder.address)).to.deep.equal([11n, 9n, false, seatBond * 9n]);
    });

    it("reverts below the least number of providers with active seats", async () => {
      const { registry, providers } = await networkHelpers.loadFixture(seatedFixture);
      for (const index of [0, 1]) await registry.connect(providers[index]).leaveSeats(1, [index]);
      expect((await registry.samplingState(1, providers[5]!.address)).eligibleProviders).to.equal(7n);
      await registry.connect(providers[2]).leaveSeats(1, [2]);
      await expect(registry.samplingState(1, providers[5]!.address))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_TooFewProviders")
        .withArgs(1n, 7n, 8n);
    });

    it("does not take many seats of few providers for many providers", async () => {
      const { registry, providers } = await networkHelpers.loadFixture(seatedFixture);
      for (const index of [0, 1, 2]) await registry.connect(providers[index]).leaveSeats(1, [index]);
      await registry.connect(providers[5]).takeSeats(1, 7);
      await networkHelpers.time.increase(seatActivationDelay);
      await registry.activateSeats(1, [10, 11, 12, 13, 14, 15, 16]);
      await expect(registry.samplingState(1, providers[5]!.address))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_TooFewProviders")
        .withArgs(1n, 7n, 8n);
    });

    it("reverts for a model without seats, known or not", async () => {
      const deployment = await networkHelpers.loadFixture(seatedFixture);
      await registerModel(deployment);
      for (const modelId of [2n, 3n]) {
        await expect(deployment.registry.samplingState(modelId, deployment.stranger.address))
          .to.be.revertedWithCustomError(deployment.registry, "ModelRegistry_TooFewProviders")
          .withArgs(modelId, 0n, 8n);
      }
    });

    it("rounds the cap of open value down", async () => {
      const third = WAD / 3n;
      const overrides = { testNetwork: true, minProviders: 4n, seatActivationDelay: 0n, exposureWad: third };
      const deployment = await deployRegistry({ ...overrides, seatBond: 7n });
      await registerModel(deployment);
      for (const provider of deployment.others.slice(0, 4)) {
        await enrol(deployment, provider);
        await deployment.registry.connect(provider).takeSeats(1, 1);
      }
      await deployment.registry.activateSeats(1, [0, 1, 2, 3]);
      const { exposureCap } = await deployment.registry.samplingState(1, deployment.stranger.address);
      expect(exposureCap)
        .to.equal((third * 28n) / WAD)
        .and.to.equal(9n);
    });
  });
});
