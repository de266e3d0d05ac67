import { expect } from "chai";

import { networkHelpers, registryFixture, VERSION } from "../../helpers/deployPartial.js";

describe("ModelRegistry", () => {
  describe("jobTerms", () => {
    it("is what a job copies", async () => {
      const { registry } = await networkHelpers.loadFixture(registryFixture);
      const { royaltyBps, verifierFee, samplePoints, detection } = await registry.jobTerms(1, 1);
      expect(royaltyBps).to.equal(500n);
      expect({ verifierFee, samplePoints, detection, policyId: VERSION.policyId }).to.deep.equal(VERSION);
    });

    for (const name of ["jobTerms", "versionOf"] as const) {
      it(`reverts for an unknown model or version (${name})`, async () => {
        const { registry } = await networkHelpers.loadFixture(registryFixture);
        await expect(registry[name](2, 1))
          .to.be.revertedWithCustomError(registry, "ModelRegistry_UnknownModel")
          .withArgs(2n);
        for (const version of [0n, 2n]) {
          await expect(registry[name](1, version))
            .to.be.revertedWithCustomError(registry, "ModelRegistry_UnknownVersion")
            .withArgs(1n, version, 1n);
        }
      });
    }
  });

  for (const name of ["royaltyOf", "payoutOf", "latestVersion"] as const) {
    describe(name, () => {
      it("reverts for an unknown model", async () => {
        const { registry } = await networkHelpers.loadFixture(registryFixture);
        await expect(registry[name](2))
          .to.be.revertedWithCustomError(registry, "ModelRegistry_UnknownModel")
          .withArgs(2n);
      });
    });
  }

  describe("tokenURI", () => {
    it("reverts for an unknown model", async () => {
      const { registry } = await networkHelpers.loadFixture(registryFixture);
      await expect(registry.tokenURI(2)).to.be.revertedWithCustomError(registry, "ERC721NonexistentToken").withArgs(2n);
    });
  });
});
