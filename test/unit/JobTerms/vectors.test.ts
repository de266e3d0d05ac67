import { expect } from "chai";
import { network } from "hardhat";

import type { LibraryHarness } from "../../../packages/sdk/src/typechain/mocks/LibraryHarness.js";
import { readVectors } from "../../helpers/vectors.js";

describe("JobTerms", () => {
  const { job } = readVectors("hashes").jobs[0]!;
  const vectors = readVectors("samplingLaw");
  let library: LibraryHarness;

  before(async () => {
    const { ethers } = await network.create();
    library = await ethers.deployContract("LibraryHarness");
  });

  it("leastCollateralUp", async () => {
    for (const { collateralBps, total, collateral } of vectors.leastCollateral) {
      expect(await library.leastCollateralUp({ ...job, collateralBps }, total)).to.equal(collateral);
    }
  });

  it("panelFeeDown", async () => {
    for (const { samplePoints, verifierFee, total, count, maxLeafFee, verifierValueBps, fee } of vectors.panelFee) {
      const terms = { ...job, samplePoints, verifierFee };
      expect(await library.panelFeeDown(terms, total, count, maxLeafFee, verifierValueBps)).to.equal(fee);
    }
  });
});
