import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { ethers, networkHelpers } from "../../helpers/deployPartial.js";

async function fixture() {
  const [token, asset, other] = await Promise.all(
    ["token", "asset", "other"].map(() => ethers.deployContract("TestAsset")),
  );
  const factory = await ethers.deployContract("PairFactory");
  const verifier = await ethers.deployContract("PairVerifier", [factory]);
  const pair = await factory.createPair.staticCall(token!, asset!);
  await factory.createPair(token!, asset!);
  return { token: token!, asset: asset!, other: other!, factory, verifier, pair };
}

describe("PairVerifier", () => {
  describe("isPool", () => {
    it("knows the factory's pair, for both of its tokens and no other", async () => {
      const { verifier, factory, token, asset, other, pair } = await networkHelpers.loadFixture(fixture);
      expect(await verifier.FACTORY()).to.equal(await factory.getAddress());
      expect(await verifier.isPool(pair, token)).to.equal(true);
      expect(await verifier.isPool(pair, asset)).to.equal(true);
      expect(await verifier.isPool(pair, other)).to.equal(false);
    });

    it("does not take a contract's own word for being a pair", async () => {
      const { verifier, token, asset } = await networkHelpers.loadFixture(fixture);
      const impostor = await ethers.deployContract("Pair", [token, asset]);
      expect(await verifier.isPool(impostor, token)).to.equal(false);
    });

    it("answers for an ordinary account and for a contract that is no pair", async () => {
      const { verifier, token, asset } = await networkHelpers.loadFixture(fixture);
      const [holder] = await ethers.getSigners();
      expect(await verifier.isPool(holder!.address, token)).to.equal(false);
      expect(await verifier.isPool(asset, token)).to.equal(false);
      expect(await verifier.isPool(ZeroAddress, token)).to.equal(false);
    });
  });
});
