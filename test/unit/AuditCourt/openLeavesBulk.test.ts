import { AuditPhase } from "@assay/sdk";
import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";

import { drawnCase, leafOpenings, sampled, type AuditCase } from "../../helpers/court/auditCase.js";
import { expectMoves } from "../../helpers/court/money.js";
import { accepted, doing, feeOf, rejected } from "../../helpers/court/outcomes.js";
import { completeDraw, playPanel, tally, type Behaviour } from "../../helpers/court/panel.js";
import { elevenProviders, ethers, networkHelpers, usd } from "../../helpers/court/system.js";

interface Step {
  readonly op: string;
  readonly gas: string | number;
}

/** Gas that a transaction spends on executing, without its logs. */
async function executionGas(sent: ContractTransactionResponse): Promise<number> {
  const { structLogs } = (await ethers.provider.send("debug_traceTransaction", [
    sent.hash,
    { disableStorage: true, disableMemory: true, disableStack: true },
  ])) as { structLogs: Step[] };
  const receipt = await sent.wait();
  const logs = receipt!.logs.reduce((sum, { topics, data }) => sum + 375 * (1 + topics.length) + 8 * size(data), 0);
  return Number(structLogs[0]!.gas) - Number(structLogs.at(-1)!.gas) - logs;
}

const size = (data: string): number => (data.length - 2) / 2;

const manyFees = (count: number) =>
  Array.from({ length: count }, (_, index) => usd(10) / BigInt(count) + BigInt(index % 7));

/** A batch whose eight samples hit eight leaves. */
async function bulkCase(count = 1_024, requestSize = 64): Promise<AuditCase> {
  const system = await networkHelpers.loadFixture(elevenProviders);
  const fees = manyFees(count);
  for (;;) {
    const audit = await drawnCase(system, { fees, requestSize });
    await completeDraw(audit);
    if (sampled(audit).length === 8) return audit;
  }
}

describe("AuditCourt", () => {
  describe("openLeaves of a batch of 1,024 with eight samples", () => {
    for (const [behaviours, verdict] of [
      [["match", "match", "match"], "Paid"],
      [["reject", "reject", "reject"], "Rejected"],
    ] as [Behaviour[], string][]) {
      it(`goes all the way to ${verdict}`, async () => {
        const audit = await bulkCase();
        // Eight fixed parts of 0.02, and a hundredth of eight times the largest fee.
        expect(feeOf(audit)).to.equal(usd("0.16") + (8n * audit.batch.maxLeafFee) / 100n);
        const panel = await playPanel(audit, behaviours);
        const moves =
          verdict === "Paid"
            ? accepted(audit, doing(panel, "match"))
            : rejected(audit, doing(panel, "reject"), 3n * feeOf(audit));
        await expectMoves(audit.system, () => tally(audit), moves);
      });
    }

    it("costs less than 20,000 a leaf beyond calldata and log, with both its proofs of depth 10", async () => {
      const system = await networkHelpers.loadFixture(elevenProviders);
      const single = await drawnCase(system);
      await completeDraw(single);
      const one = await executionGas(await system.court.openLeaves(single.job, single.batch, leafOpenings(single)));
      const audit = await bulkCase();
      const eight = await executionGas(
        await audit.system.court.openLeaves(audit.job, audit.batch, leafOpenings(audit)),
      );
      // What a call costs whatever it opens is in both; the lone leaf has proofs of depth 0.
      expect((eight - one) / 7).to.be.lessThan(20_000);
    });

    it("fits a transaction with 8 KiB of request each", async () => {
      const audit = await bulkCase(128, 8_192);
      const sent = await audit.system.court.openLeaves(audit.job, audit.batch, leafOpenings(audit));
      expect((await sent.wait())!.gasUsed).to.be.lessThan(4_000_000n);
      expect((await audit.system.court.auditOf(audit.auditId)).phase).to.equal(AuditPhase.Committing);
    });
  });
});
