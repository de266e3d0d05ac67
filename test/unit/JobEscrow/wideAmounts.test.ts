import { expectedPanelists, Outcome, panelFee, premium } from "@assay/sdk";
import { expect } from "chai";

import { activeJob, auditedJob, commitmentOf, committedJob, paidJob, settle } from "../../helpers/escrow/jobs.js";
import { deployAll, MODEL, networkHelpers, PARAMETERS, type System, TERMS, WAD } from "../../helpers/escrow/system.js";

const TOKEN = WAD;
const LANE = 1n << 63n;
const MAX_UINT96 = (1n << 96n) - 1n;
const VERIFIER_FEE = TOKEN / 50n;
const BEACON_SHARE = TOKEN / 200n;

/** An asset of 18 decimals: everything is above 2^63 before long, and the cap of open value above its type. */
const eighteenDecimals = () =>
  deployAll({
    parameters: {
      ...PARAMETERS,
      registry: { ...PARAMETERS.registry, seatBond: 500n * TOKEN, exposureWad: 10n ** 30n },
      escrow: { ...PARAMETERS.escrow, beaconShare: BEACON_SHARE, alwaysAuditAbove: MAX_UINT96 },
    },
    verifierFee: VERIFIER_FEE,
    money: 10n ** 30n,
  });

/** Requires that the escrow keeps exactly this of the model. */
async function expectFunds({ escrow }: System, expected: Record<string, bigint>): Promise<void> {
  const { royaltyOwed, pool, exposure, protocolFees } = await escrow.modelAccountOf(MODEL);
  expect({ royaltyOwed, pool, exposure, protocolFees }).to.deep.equal(expected);
}

describe("JobEscrow", () => {
  describe("amounts above 63 bits", () => {
    it("are kept exactly, up and down again", async () => {
      const system = await networkHelpers.loadFixture(eighteenDecimals);
      const { asset, escrow, payout } = system;
      const expected = { royaltyOwed: 0n, pool: 0n, exposure: 0n, protocolFees: 0n };
      // Each lane is crossed at another job.
      for (const [round, tokens] of [3n, 30n, 150n, 400n, 1_000n, 7n].entries()) {
        const terms = { budget: tokens * TOKEN + BigInt(round) * 333n, verifierFee: VERIFIER_FEE };
        const { job, batch } = await paidJob(system, { terms });
        const fee = panelFee(job, batch, TERMS.verifierValueBps);
        expected.royaltyOwed += (batch.total * 500n) / 10_000n;
        expected.protocolFees += batch.total / 100n;
        expected.pool += premium(batch.p, fee, expectedPanelists(TERMS.collusion), BEACON_SHARE);
        await expectFunds(system, expected);
      }
      expect([expected.royaltyOwed > LANE, expected.protocolFees > LANE]).to.deep.equal([true, true]);

      const held = await asset.balanceOf(escrow);
      await escrow.flushRoyalty(MODEL);
      expect(await asset.balanceOf(payout.address)).to.equal(expected.royaltyOwed);
      await escrow.flushProtocolFees(MODEL);
      expect(await asset.balanceOf(escrow)).to.equal(held - expected.royaltyOwed - expected.protocolFees);
      [expected.royaltyOwed, expected.protocolFees] = [0n, 0n];
      await expectFunds(system, expected);
    });

    it("count as open value until their batch ends, below the lane again too", async () => {
      const system = await networkHelpers.loadFixture(eighteenDecimals);
      const { escrow } = system;
      const exposure = async () => (await escrow.modelAccountOf(MODEL)).exposure;
      const terms = { budget: 8n * TOKEN, verifierFee: VERIFIER_FEE };
      const first = await auditedJob(system, { terms: { ...terms, valueAtRisk: TOKEN } });
      expect(await exposure()).to.equal(9n * TOKEN);
      const second = await auditedJob(system, { terms });
      expect(await exposure()).to.equal(17n * TOKEN);
      await settle(system, first, Outcome.Void);
      expect(await exposure()).to.equal(8n * TOKEN);
      const third = await auditedJob(system, { terms: { ...terms, budget: 100n * TOKEN } });
      expect(await exposure()).to.equal(108n * TOKEN);
      await settle(system, second, Outcome.Rejected);
      await settle(system, third, Outcome.Paid);
      expect(await exposure()).to.equal(0n);
    });

    it("are owed and paid from the pool exactly", async () => {
      const system = await networkHelpers.loadFixture(eighteenDecimals);
      const { escrow, verifiers } = system;
      const to = verifiers[0]!.address;
      const terms = { budget: 4_000n * TOKEN, verifierFee: VERIFIER_FEE };
      await settle(system, await auditedJob(system, { terms }), Outcome.Paid, [{ to, amount: 60n * TOKEN }]);
      expect(await escrow.poolDebtsOf(MODEL)).to.deep.equal([60n * TOKEN, 1n]);
      while ((await escrow.modelAccountOf(MODEL)).pool < 60n * TOKEN) await paidJob(system, { terms });
      const { pool } = await escrow.modelAccountOf(MODEL);
      await escrow.payPoolDebts(MODEL, 1);
      expect((await escrow.modelAccountOf(MODEL)).pool).to.equal(pool - 60n * TOKEN);
      expect((await escrow.accountOf(to)).balance).to.equal(60n * TOKEN);
    });

    it("are refused where the open value would not fit its type", async () => {
      const system = await networkHelpers.loadFixture(eighteenDecimals);
      const { escrow, operator } = system;
      const terms = { budget: 10n * TOKEN, verifierFee: VERIFIER_FEE, valueAtRisk: 17n * 10n ** 27n };
      const gain = terms.budget + terms.valueAtRisk;
      for (let open = 0; open < 4; open += 1) {
        await committedJob(system, { terms, commitment: { collateral: MAX_UINT96 } });
      }
      expect((await escrow.modelAccountOf(MODEL)).exposure).to.equal(4n * gain);
      const { job } = await activeJob(system, terms);
      await expect(escrow.connect(operator).commitBatch(job, commitmentOf(job, { collateral: MAX_UINT96 }), "0x"))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_ExposureExceeded")
        .withArgs(MODEL, 5n * gain, MAX_UINT96);
    });
  });
});
