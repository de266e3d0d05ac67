import { batchId, FinalizeStatus, JobStatus } from "@assay/sdk";
import { expect } from "chai";
import { concat, dataSlice, id, toBeHex } from "ethers";

import { committedJob, paidJob } from "../../helpers/escrow/jobs.js";
import { ethers, networkHelpers, post, standardSystem, type System } from "../../helpers/escrow/system.js";

const selector = (error: string): string => dataSlice(id(error), 0, 4);
const WINDOW_OPEN = selector("JobEscrow_WindowOpen(bytes32,uint64)");
const WRONG_STATUS = selector("JobEscrow_WrongStatus(bytes32,uint8,uint8)");
const UNKNOWN_BATCH = selector("JobEscrow_UnknownBatch(bytes32,bytes32)");

/** An estimate finds the least gas that skips everything. */
const GAS = { gasLimit: 5_000_000n };

/** One of each: payable, drawn, whose window is open, over. */
async function mixed(system: System) {
  const over = await paidJob(system);
  const payable = await committedJob(system);
  const drawn = await committedJob(system, { drawn: true });
  const waiting = await committedJob(system, { terms: { disputeWindow: 86_400n } });
  for (const { batch } of [payable, drawn, waiting]) {
    if ((await system.beacon.randomness(batch.targetRound)).postedAt === 0n) await post(system, batch.targetRound);
  }
  return { over, payable, drawn, waiting };
}

describe("JobEscrow", () => {
  describe("finalizeMany", () => {
    it("finalizes what it can and says why it skips the rest", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow } = system;
      const { over, payable, drawn, waiting } = await mixed(system);
      const items = [over, payable, waiting, drawn];
      const jobs = items.map(({ job }) => job);
      const batches = items.map(({ batch }) => batch);
      expect(await escrow.finalizeMany.staticCall(jobs, batches)).to.deep.equal([
        FinalizeStatus.Skipped,
        FinalizeStatus.Paid,
        FinalizeStatus.Skipped,
        FinalizeStatus.Audited,
      ]);
      const sent = await escrow.finalizeMany(jobs, batches, GAS);
      await expect(sent).to.emit(escrow, "BatchSkipped").withArgs(over.batchId, WRONG_STATUS);
      await expect(sent).to.emit(escrow, "BatchSkipped").withArgs(waiting.batchId, WINDOW_OPEN);
      const statuses = await Promise.all(items.map(async ({ jobId }) => (await escrow.jobStateOf(jobId)).status));
      expect(statuses).to.deep.equal([JobStatus.None, JobStatus.None, JobStatus.Committed, JobStatus.Audited]);
    });

    it("pays the same item once", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow } = system;
      const { payable } = await mixed(system);
      const { job, batch } = payable;
      expect(await escrow.finalizeMany.staticCall([job, job], [batch, batch])).to.deep.equal([
        FinalizeStatus.Paid,
        FinalizeStatus.Skipped,
      ]);
    });

    it("survives an item with words that no job can have", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow } = system;
      const { payable } = await mixed(system);
      const { job, batch } = payable;
      const clean = escrow.interface.encodeFunctionData("finalizeMany", [
        [job, job],
        [batch, batch],
      ]);
      // selector, two offsets, length of the jobs: then the first job, whose fourth word is its kind.
      const position = 4 + 3 * 32 + 3 * 32;
      const data = concat([dataSlice(clean, 0, position), toBeHex(1n << 200n, 32), dataSlice(clean, position + 32)]);
      const [stranger] = [system.stranger];
      const result = await stranger.call({ to: escrow, data });
      expect(escrow.interface.decodeFunctionResult("finalizeMany", result)[0]).to.deep.equal([
        FinalizeStatus.Skipped,
        FinalizeStatus.Paid,
      ]);
      await expect(stranger.sendTransaction({ to: escrow, data, ...GAS }))
        .to.emit(escrow, "BatchSkipped")
        .withArgs(payable.batchId, WRONG_STATUS);
    });

    it("survives a batch that is not the job's", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow } = system;
      const { payable, waiting } = await mixed(system);
      const wrong = { ...payable.batch, p: 2n };
      await expect(escrow.finalizeMany([payable.job, waiting.job], [wrong, payable.batch], GAS))
        .to.emit(escrow, "BatchSkipped")
        .withArgs(batchId(wrong), UNKNOWN_BATCH)
        .and.to.emit(escrow, "BatchSkipped")
        .withArgs(payable.batchId, UNKNOWN_BATCH);
    });

    it("skips what the gas does not reach for instead of failing", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, stranger } = system;
      const { payable, drawn } = await mixed(system);
      const filler = Array.from({ length: 4 }, () => drawn);
      const items = [payable, ...filler];
      const data = escrow.interface.encodeFunctionData("finalizeMany", [
        items.map(({ job }) => job),
        items.map(({ batch }) => batch),
      ]);
      const needed = await ethers.provider.estimateGas({ to: escrow, data, from: stranger.address });
      const outcomes = new Set<string>();
      for (let gasLimit = needed; gasLimit > 180_000n; gasLimit -= 5_000n) {
        const result = await stranger.call({ to: escrow, data, gasLimit });
        const [statuses] = escrow.interface.decodeFunctionResult("finalizeMany", result) as unknown as [bigint[]];
        outcomes.add(statuses.slice(0, 2).join());
        expect(statuses.slice(2)).to.deep.equal([0n, 0n, 0n]);
      }
      expect([...outcomes]).to.deep.equal(["1,2", "1,0", "0,0"].filter((outcome) => outcomes.has(outcome)));
      expect(outcomes.has("1,2") && outcomes.has("1,0")).to.equal(true);
      await expect(stranger.sendTransaction({ to: escrow, data, gasLimit: 250_000n }))
        .to.emit(escrow, "BatchSkipped")
        .withArgs(drawn.batchId, "0x00000000");
    });

    it("takes nothing", async () => {
      const { escrow } = await networkHelpers.loadFixture(standardSystem);
      expect(await escrow.finalizeMany.staticCall([], [])).to.deep.equal([]);
    });

    it("refuses lists of different lengths", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { job, batch } = await committedJob(system);
      await expect(system.escrow.finalizeMany([job, job], [batch]))
        .to.be.revertedWithCustomError(system.escrow, "JobEscrow_LengthMismatch")
        .withArgs(2n, 1n);
    });
  });
});
