import { expect } from "chai";

import {
  activeJob,
  commitmentOf,
  commitOpened,
  freshHash,
  jobOf,
  paidJob,
  quoteOf,
} from "../../helpers/escrow/jobs.js";
import { networkHelpers, post, standardSystem, usd } from "../../helpers/escrow/system.js";

/** Whole transactions of a steady state: the third job of a provider. */
const LIMITS = { oneShotJob: 226_500n, openJob: 92_000n, commitBatch: 74_700n, finalizeBatch: 60_900n };

describe("JobEscrow", () => {
  describe("gas", () => {
    it("of an unaudited one-shot job stays within its limits", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, requester, operator } = system;
      await paidJob(system);
      await paidJob(system);

      const job = await jobOf(system);
      const opened = await (await escrow.connect(requester).openJob(job, await quoteOf(system, job))).wait();
      const { batch } = await commitOpened(system, { job, jobId: await escrow.jobIdOf(job) });
      const [event] = await escrow.queryFilter(escrow.filters.BatchCommitted(), "latest");
      const committed = await event!.getTransactionReceipt();
      await post(system, batch.targetRound);
      const finalized = await (await escrow.connect(operator).finalizeBatch(job, batch)).wait();

      const openJob = opened!.gasUsed;
      const commitBatch = committed.gasUsed;
      const finalizeBatch = finalized!.gasUsed;
      const measured = { oneShotJob: openJob + commitBatch + finalizeBatch, openJob, commitBatch, finalizeBatch };
      for (const [name, limit] of Object.entries(LIMITS)) {
        expect(measured[name as keyof typeof LIMITS], name).to.be.at.most(limit);
      }
    });

    it("of a commit does not grow with the number of receipts", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, operator } = system;
      const costs: bigint[] = [];
      for (const units of [2n, 2n, 1n << 20n]) {
        const { job } = await activeJob(system, { units });
        const commitment = commitmentOf(job, { maxLeafFee: usd(1), root: freshHash() });
        const sent = await escrow.connect(operator).commitBatch(job, commitment, "0x");
        costs.push((await sent.wait())!.gasUsed);
      }
      // Two more bytes of calldata that are not zero.
      expect(costs[2]! - costs[1]!).to.be.at.most(100n);
    });
  });
});
