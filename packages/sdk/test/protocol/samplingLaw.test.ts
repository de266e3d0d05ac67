import { expect } from "chai";

import { readVectors } from "../../../../test/helpers/vectors.js";
import {
  captureProbability,
  detectionProbability,
  effectivePoints,
  expectedPanelists,
  IMPOSSIBLE,
  leastCollateral,
  panelFee,
  premium,
  previewCommit,
  proofOfSamplingBound,
  rawProbability,
  requiredCollateral,
  splitProbability,
  WAD,
  type EscrowParams,
} from "../../src/index.js";
import { expectAssayError } from "./expectAssayError.js";
import { oneShotJob, Random } from "./fixtures.js";

const percent = (value: number): bigint => (BigInt(Math.round(value * 1e6)) * WAD) / 100_000_000n;
const asPercent = (wad: bigint): number => Number(wad) / 1e16;

const params: EscrowParams = {
  treasury: "0x3333333333333333333333333333333333333333",
  protocolFeeBps: 100n,
  beaconShare: 500n,
  beaconDelay: 60n,
  maxDisputeWindow: 86_400n,
  callbackGas: 100_000n,
  verifierValueBps: 0n,
  alwaysAuditAbove: 10n ** 12n,
  collusion: percent(20),
  capture: percent(8),
  recovery: percent(50),
  safety: 2n * WAD,
  floor: percent(1),
  closeGrace: 86_400n,
  testNetwork: true,
};

const V = 1_000_000n;

/** p of a batch of value V at `multiple` times its value in collateral. */
const pAt = (multiple: number, detected = WAD): bigint =>
  rawProbability(params, V, V, (V * BigInt(multiple * 10)) / 10n, detected);

describe("samplingLaw", () => {
  const vectors = readVectors("samplingLaw");

  it("matches the shared vectors", () => {
    const { law } = vectors;
    for (const row of vectors.detectionProbability) {
      expect(detectionProbability(row.detection, row.points)).to.equal(row.detected);
    }
    for (const row of vectors.effectivePoints) {
      expect(effectivePoints(row.samplePoints, row.total, row.maxLeafFee)).to.equal(row.points);
    }
    for (const row of vectors.rawProbability) {
      expect(rawProbability(law, row.total, row.gain, row.collateral, row.detected)).to.equal(row.p);
    }
    for (const row of vectors.requiredCollateral) {
      expect(requiredCollateral(law, row.total, row.gain, row.detected)).to.equal(row.collateral);
    }
    for (const row of vectors.panels) {
      expect(splitProbability(row.collusion)).to.equal(row.split);
      expect(captureProbability(row.collusion)).to.equal(row.capture);
      expect(expectedPanelists(row.collusion)).to.equal(row.panelists);
    }
    for (const row of vectors.premium) {
      expect(premium(row.p, row.fee, row.panelists, row.beaconShare)).to.equal(row.premium);
    }
    for (const row of vectors.leastCollateral) expect(leastCollateral(row, row.total)).to.equal(row.collateral);
    for (const row of vectors.panelFee) expect(panelFee(row, row, row.verifierValueBps)).to.equal(row.fee);
    for (const row of vectors.proofOfSamplingBound) {
      expect(proofOfSamplingBound(row.cost, row.reward, row.stake, row.collusion)).to.equal(row.bound);
    }
  });

  it("gives the table of collateral and p that the design promises", () => {
    const table = { 2.5: 96.6, 3: 87, 5: 62.1, 20: 19.8, 100: 4.3 };
    for (const [multiple, p] of Object.entries(table)) {
      expect(asPercent(pAt(Number(multiple)))).to.be.closeTo(p, 0.05);
    }
  });

  it("needs 2.35·V by default and 5.25·V for a one-unit replay batch", () => {
    const replay = detectionProbability(percent(60), 1n);
    expect(Number(requiredCollateral(params, V, V, WAD)) / Number(V)).to.be.closeTo(2.35, 0.005);
    expect(Number(requiredCollateral(params, V, V, replay)) / Number(V)).to.be.closeTo(5.25, 0.005);
    // (2/0.92 − 1)/0.5 = 2.3478260869…, to the unit
    expect(requiredCollateral(params, V, V, WAD)).to.equal(2_347_827n);
  });

  it("has κ ≈ 0.079 and 6.36 panelists at r = 0.2, and flags r = 0.33 as worse", () => {
    expect(asPercent(captureProbability(params.collusion))).to.be.closeTo(7.9, 0.05);
    expect(captureProbability(params.collusion) <= params.capture).to.equal(true);
    expect(Number(expectedPanelists(params.collusion)) / 1e18).to.be.closeTo(6.36, 1e-9);
    expect(captureProbability(percent(33)) > 3n * params.capture).to.equal(true);
  });

  it("rejects the parameters that Proof of Sampling calls unsafe", () => {
    const C = 1_000n;
    const needed = proofOfSamplingBound(C, (12n * C) / 10n, 10n * C, percent(10));
    expect(asPercent(needed)).to.be.closeTo(9.92, 0.005);
    expect(percent(8) > needed).to.equal(false);
    expect(asPercent(needed) > 9.92).to.equal(true);
  });

  it("agrees with exact fractions, rounded up by less than the steps can add", () => {
    const random = new Random(20n);
    for (let i = 0; i < 2_000; i += 1) {
      const total = 1_000n + random.uint(80);
      const gain = total + random.uint(60);
      const collateral = random.below(100n * total);
      const detected = percent(1) + random.below(percent(99));
      const p = rawProbability(params, total, gain, collateral, detected);
      // p = σ·s / (P(1 − κ)(V + (1 − α)L)) as numerator / denominator, both exact
      const numerator = params.safety * gain * WAD ** 3n;
      const denominator = detected * (WAD - params.capture) * (total * WAD + collateral * (WAD - params.recovery));
      const exact = numerator / denominator;
      expect(p * denominator >= numerator).to.equal(true);
      // the floors of P(1 − κ) and of the loss are each off by less than one part in 9·10¹⁵ and in `loss`
      expect(p - exact <= 2n + exact / 10n ** 15n + exact / (total / 200n)).to.equal(true);
    }
  });

  it("asks for exactly the collateral that makes p at most 1", () => {
    const random = new Random(21n);
    for (let i = 0; i < 2_000; i += 1) {
      const total = 1n + random.uint(90);
      const gain = total + random.uint(90);
      const detected = percent(1) + random.below(percent(99) + 1n);
      const least = requiredCollateral(params, total, gain, detected);
      expect(rawProbability(params, total, gain, least, detected) <= WAD).to.equal(true);
      if (least > 0n) expect(rawProbability(params, total, gain, least - 1n, detected) > WAD).to.equal(true);
    }
  });

  it("knows terms that no collateral can make safe", () => {
    expect(rawProbability(params, V, V, V, 0n)).to.equal(IMPOSSIBLE);
    expect(requiredCollateral(params, V, V, 0n)).to.equal(IMPOSSIBLE);
    expect(requiredCollateral({ ...params, recovery: WAD }, V, V, WAD)).to.equal(IMPOSSIBLE);
    expect(requiredCollateral({ ...params, safety: WAD, capture: 0n }, V, V, WAD)).to.equal(0n);
  });

  it("refuses probabilities above 1", () => {
    expectAssayError(() => detectionProbability(WAD + 1n, 1n), "VALUE_OUT_OF_RANGE", "detection");
    expectAssayError(() => captureProbability(-1n), "VALUE_OUT_OF_RANGE", "collusion");
    expectAssayError(() => rawProbability({ ...params, recovery: 2n * WAD }, V, V, V, WAD), "VALUE_OUT_OF_RANGE");
    expectAssayError(() => proofOfSamplingBound(1n, 0n, 0n, 0n), "VALUE_OUT_OF_RANGE");
  });

  describe("previewCommit", () => {
    const commitment = { root: oneShotJob.requestHash, total: V, collateral: 5n * V, count: 1n, maxLeafFee: V };

    it("splits a batch's total without losing a unit", () => {
      const preview = previewCommit(oneShotJob, commitment, params);
      expect(asPercent(preview.p)).to.be.closeTo(62.1, 0.05);
      expect(preview.royalty).to.equal(50_000n);
      expect(preview.protocolFee).to.equal(10_000n);
      // 0.6211… · 10,000 · 6.36 · 1.1 + 500
      expect(preview.premium).to.equal(43_955n);
      expect(preview.providerPay).to.equal(V - 50_000n - 10_000n - 43_955n);
      expect(preview.requiredCollateral).to.equal(2_500_000n);
    });

    it("asks for what the law needs where the job asks for less", () => {
      const careless = { ...oneShotJob, collateralBps: 10_000n, valueAtRisk: V };
      // (2 · 2/0.92 − 1)/0.5
      expect(previewCommit(careless, commitment, params).requiredCollateral).to.equal(6_695_653n);
    });

    it("keeps p between its floor and 1", () => {
      const rich = { ...commitment, collateral: 100_000n * V };
      expect(previewCommit(oneShotJob, rich, params).p).to.equal(params.floor);
      expect(previewCommit(oneShotJob, { ...commitment, collateral: 0n }, params).p).to.equal(WAD);
    });

    it("audits large batches and providers on probation always", () => {
      const careful = { ...params, alwaysAuditAbove: V - 1n };
      expect(previewCommit(oneShotJob, commitment, careful).p).to.equal(WAD);
      expect(previewCommit(oneShotJob, commitment, { ...params, alwaysAuditAbove: V }).p < WAD).to.equal(true);
      expect(previewCommit(oneShotJob, commitment, params, { onProbation: true }).p).to.equal(WAD);
    });

    it("counts no more sample points than the largest fee allows", () => {
      const replay = { ...oneShotJob, samplePoints: 8n, detection: percent(60) };
      const many = previewCommit(replay, { ...commitment, count: 100n, maxLeafFee: V / 8n }, params);
      const few = previewCommit(replay, { ...commitment, count: 100n, maxLeafFee: V }, params);
      expect(many.requiredCollateral).to.equal(2_500_000n);
      expect(few.requiredCollateral).to.equal(5_246_377n);
    });

    it("shows costs above the total as negative pay", () => {
      const dear = { ...oneShotJob, verifierFee: V };
      expect(previewCommit(dear, commitment, params).providerPay < 0n).to.equal(true);
    });
  });
});
