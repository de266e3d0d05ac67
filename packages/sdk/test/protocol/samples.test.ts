import { expect } from "chai";

import { keccakHex, loadFastKeccak, sampledLeaves, samplePoint, SumTree } from "../../src/index.js";
import { Random } from "./fixtures.js";

const RUNS = 4_000;
const COUNT = 1_000;

/** Chance of at least one hit in `points` draws that each hit with probability `share`. */
const caught = (share: number, points: number): number => 1 - (1 - share) ** points;

/** Four standard deviations of a share that was measured `RUNS` times: one false alarm in 16,000. */
const tolerance = (share: number): number => 4 * Math.sqrt((share * (1 - share)) / RUNS);

describe("sampledLeaves", () => {
  const random = new Random(30n);
  const build = (sums: readonly bigint[]): SumTree =>
    SumTree.build(sums.map((sum, index) => ({ content: keccakHex(`leaf ${index}`), sum })));

  /** Share of audits with `points` sample points that recognise a bad leaf, each bad leaf with probability `detection`. */
  const detected = (tree: SumTree, points: number, detection: number, isBad: (index: number) => boolean): number => {
    let hits = 0;
    for (let run = 0; run < RUNS; run += 1) {
      const leaves = sampledLeaves(tree, random.bytes(32), BigInt(points)).filter(isBad);
      if (leaves.some(() => Number(random.below(1_000_000n)) < detection * 1e6)) hits += 1;
    }
    return hits / RUNS;
  };

  before(async () => {
    await loadFastKeccak();
  });

  it("opens each leaf that a point hits, once, in order", () => {
    const sums = Array.from({ length: 37 }, () => random.below(5n) * 1_000n);
    const tree = build(sums);
    for (let run = 0; run < 100; run += 1) {
      const seed = random.bytes(32);
      const expected = new Set<number>();
      for (let point = 0n; point < 16n; point += 1n) {
        let rest = samplePoint(seed, point, tree.total);
        expected.add(
          sums.findIndex((sum) => {
            rest -= sum;
            return rest < 0n;
          }),
        );
      }
      expect(sampledLeaves(tree, seed, 16n)).to.deep.equal([...expected].sort((left, right) => left - right));
    }
  });

  it("never hits a leaf without a fee", () => {
    const tree = build([0n, 1n, 0n, 0n, 1n, 0n]);
    for (let run = 0; run < 200; run += 1) {
      for (const leaf of sampledLeaves(tree, random.bytes(32), 8n)) expect([1, 4]).to.include(leaf);
    }
  });

  // Adversary 3: cheating on a part of the receipts.
  for (const share of [0.01, 0.05, 0.1]) {
    for (const [points, detection] of [
      [1, 1],
      [8, 1],
      [8, 0.6],
    ] as const) {
      it(`detects ${share * 100} % of bad leaves with 1 − (1 − f·d)^k: k = ${points}, d = ${detection}`, () => {
        const tree = build(Array.from({ length: COUNT }, () => 1_000n));
        const bad = Math.round(share * COUNT);
        const expected = caught(share * detection, points);
        const measured = detected(tree, points, detection, (index) => index % (COUNT / bad) === 0);
        expect(measured).to.be.closeTo(expected, tolerance(expected));
      });
    }
  }

  // Adversary 4: the whole fraud in one expensive leaf.
  it("catches one forged leaf of 30 % of the value in 94.2 % of audits, where uniform leaves would in 0.8 %", () => {
    const forged = 417;
    const tree = build(Array.from({ length: COUNT }, (_, index) => (index === forged ? 428_143n : 1_000n)));
    expect(caught(0.3, 8)).to.be.closeTo(0.942, 0.0005);
    expect(detected(tree, 8, 1, (index) => index === forged)).to.be.closeTo(0.942, tolerance(0.942));

    expect(caught(1 / COUNT, 8)).to.be.closeTo(0.008, 0.0005);
    let uniform = 0;
    for (let run = 0; run < RUNS; run += 1) {
      const leaves = Array.from({ length: 8 }, () => Number(random.below(BigInt(COUNT))));
      if (leaves.includes(forged)) uniform += 1;
    }
    expect(uniform / RUNS).to.be.closeTo(0.008, tolerance(0.008));
  });

  it("catches a leaf that holds nearly all the fees nearly always", () => {
    const tree = build([...Array.from({ length: 99 }, () => 1n), 1_000_000n]);
    expect(detected(tree, 1, 1, (index) => index === 99)).to.be.greaterThan(0.999);
  });
});
