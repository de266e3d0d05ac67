import { expect } from "chai";
import { network } from "hardhat";

import type { LibraryHarness } from "../../../packages/sdk/src/typechain/mocks/LibraryHarness.js";
import { readVectors } from "../../helpers/vectors.js";

const WAD = 10n ** 18n;
const MAX_UINT256 = 2n ** 256n - 1n;

describe("SamplingMath", () => {
  const vectors = readVectors("samplingLaw");
  const { law } = vectors;
  let library: LibraryHarness;

  before(async () => {
    const { ethers } = await network.create();
    library = await ethers.deployContract("LibraryHarness");
  });

  it("detectionProbability", async () => {
    for (const { detection, points, detected } of vectors.detectionProbability) {
      expect(await library.detectionProbability(detection, points)).to.equal(detected);
    }
  });

  it("detectionProbability reverts for d > 1", async () => {
    await expect(library.detectionProbability(WAD + 1n, 1n)).to.be.revertedWithPanic(0x11n);
  });

  it("effectivePoints", async () => {
    for (const { samplePoints, total, maxLeafFee, points } of vectors.effectivePoints) {
      expect(await library.effectivePoints(samplePoints, total, maxLeafFee)).to.equal(points);
    }
  });

  it("rawProbability", async () => {
    for (const { total, gain, collateral, detected, p } of vectors.rawProbability) {
      expect(await library.rawProbability(law, total, gain, collateral, detected)).to.equal(p);
    }
  });

  it("requiredCollateral", async () => {
    for (const { total, gain, detected, collateral } of vectors.requiredCollateral) {
      expect(await library.requiredCollateral(law, total, gain, detected)).to.equal(collateral);
    }
  });

  it("knows terms that no collateral can make safe", async () => {
    const blind = { ...law, capture: WAD };
    const recovered = { ...law, recovery: WAD };
    expect(await library.rawProbability(law, 100n, 100n, 1_000n, 0n)).to.equal(MAX_UINT256);
    expect(await library.rawProbability(blind, 100n, 100n, 1_000n, WAD)).to.equal(MAX_UINT256);
    expect(await library.requiredCollateral(law, 100n, 100n, 0n)).to.equal(MAX_UINT256);
    expect(await library.requiredCollateral(blind, 100n, 100n, WAD)).to.equal(MAX_UINT256);
    expect(await library.requiredCollateral(recovered, 100n, 100n, WAD)).to.equal(MAX_UINT256);
  });

  it("needs no collateral where the batch itself is enough", async () => {
    const trusting = { ...law, safety: WAD, capture: 0n };
    expect(await library.requiredCollateral(trusting, 100n, 100n, WAD)).to.equal(0n);
    expect(await library.rawProbability(trusting, 100n, 100n, 0n, WAD)).to.equal(WAD);
  });

  it("splitProbability, captureProbability, expectedPanelists", async () => {
    for (const { collusion, split, capture, panelists } of vectors.panels) {
      expect(await library.splitProbability(collusion)).to.equal(split);
      expect(await library.captureProbability(collusion)).to.equal(capture);
      expect(await library.expectedPanelists(collusion)).to.equal(panelists);
    }
  });

  it("premium", async () => {
    for (const { p, fee, panelists, beaconShare, premium } of vectors.premium) {
      expect(await library.premium(p, fee, panelists, beaconShare)).to.equal(premium);
    }
  });

  it("proofOfSamplingBound", async () => {
    for (const { cost, reward, stake, collusion, bound } of vectors.proofOfSamplingBound) {
      expect(await library.proofOfSamplingBound(cost, reward, stake, collusion)).to.equal(bound);
    }
  });
});
