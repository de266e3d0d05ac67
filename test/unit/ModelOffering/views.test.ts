import { expect } from "chai";

import { DAY, MODEL, networkHelpers, ZeroHash } from "../../helpers/offering/market.js";
import { HARD_CAP, inDraft, open, Phase, SALE_SUPPLY, scheduled, SOFT_CAP } from "../../helpers/offering/sales.js";

describe("ModelOffering", () => {
  describe("terms", () => {
    it("are what the issuer decided, with the deployment's asset and times", async () => {
      const { asset, offering, issuer, liquidity, config } = await networkHelpers.loadFixture(inDraft);
      expect(await offering.terms()).to.deep.equal([
        issuer.address,
        MODEL,
        await asset.getAddress(),
        SALE_SUPPLY,
        HARD_CAP,
        SOFT_CAP,
        config.opensAt,
        config.closesAt,
        config.closesAt - DAY,
        config.closesAt + 7n * DAY,
        ZeroHash,
        liquidity.address,
      ]);
    });
  });

  describe("phase", () => {
    it("follows from the clock, to the second", async () => {
      const { offering, config } = await networkHelpers.loadFixture(scheduled);
      const moments = [
        [config.opensAt - 1n, Phase.Scheduled],
        [config.opensAt, Phase.Open],
        [config.closesAt - 1n, Phase.Open],
        [config.closesAt, Phase.Ended],
        [config.closesAt + 7n * DAY - 1n, Phase.Ended],
        [config.closesAt + 7n * DAY, Phase.Failed],
      ] as const;
      for (const [time, phase] of moments) {
        await networkHelpers.time.increaseTo(time);
        expect(await offering.phase()).to.equal(phase);
      }
    });
  });

  describe("allocation", () => {
    it("up to the hard cap is tokens for every unit and nothing back", async () => {
      const { offering } = await networkHelpers.loadFixture(open);
      for (const [amount, total] of [
        [1n, 1n],
        [HARD_CAP / 3n, HARD_CAP - 1n],
        [HARD_CAP, HARD_CAP],
      ] as const) {
        expect(await offering.allocation(amount, total)).to.deep.equal([(SALE_SUPPLY * amount) / HARD_CAP, 0n]);
      }
    });

    it("above it rounds what is used up and tokens down", async () => {
      const { offering } = await networkHelpers.loadFixture(open);
      for (const [amount, total, used] of [
        [HARD_CAP + 1n, HARD_CAP + 1n, HARD_CAP],
        [1n, HARD_CAP + 1n, 1n],
        [2n, 2n * HARD_CAP, 1n],
        [3n, 2n * HARD_CAP, 2n],
        [HARD_CAP, 2n * HARD_CAP, HARD_CAP / 2n],
      ] as const) {
        expect(await offering.allocation(amount, total)).to.deep.equal([(SALE_SUPPLY * amount) / total, amount - used]);
      }
    });

    it("of nothing is nothing", async () => {
      const { offering } = await networkHelpers.loadFixture(open);
      for (const total of [0n, HARD_CAP, 2n * HARD_CAP]) {
        expect(await offering.allocation(0n, total)).to.deep.equal([0n, 0n]);
      }
    });
  });
});
