import { expect } from "chai";

import { Dice } from "../helpers/dice.js";
import { WAD } from "../helpers/escrow/system.js";
import { type Paid, RevenueWalk } from "../helpers/offering/revenueWalk.js";
import { sellToken } from "../helpers/offering/soldToken.js";

const DEEP = process.env["ASSAY_TEST_PROFILE"] === "deep";
const WALKS = DEEP ? 300 : 18;
const STEPS = 500;

/** The least supply, where it is easy to stop too many tokens from earning; a usual one; the largest. */
const SUPPLIES = [WAD, 10n ** 9n * WAD, (1n << 96n) - 1n];

describe("A token's revenue beside an exact model", () => {
  const paid = new Map<Paid, number>();
  let starved = 0;

  for (let walk = 1; walk <= WALKS; ++walk) {
    const seed = BigInt(walk);
    it(`pays what is due, rounded down, in ${STEPS.toString()} operations of seed ${seed.toString()}`, async () => {
      const dice = new Dice(seed);
      const supply = SUPPLIES[walk % SUPPLIES.length]!;
      const twins = new RevenueWalk(await sellToken(dice, supply), supply, dice);
      for (let step = 1; step <= STEPS; ++step) {
        await twins.step();
        if (step % 20 === 0) await twins.compare();
      }
      await twins.end();
      for (const [kind, count] of twins.paid) paid.set(kind, (paid.get(kind) ?? 0) + count);
      starved += twins.starved;
    });
  }

  it("has seen every kind of payment, and times in which too few tokens earned", () => {
    const kinds = [
      "claim",
      "claimTo",
      "claimFor",
      "claimMany",
      "snapshot",
      "redemption",
      "settlement",
      "refund",
    ] as const;
    for (const kind of kinds) expect(paid.get(kind) ?? 0, kind).to.be.at.least(WALKS);
    expect(starved).to.be.at.least(WALKS);
  });
});
