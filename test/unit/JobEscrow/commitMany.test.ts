import { JobStatus } from "@assay/sdk";
import { expect } from "chai";
import { dataSlice, id, ZeroHash } from "ethers";

import { activeJob, activeSession, commitmentOf, sessionCommitment, voucherOf } from "../../helpers/escrow/jobs.js";
import { expectMoves } from "../../helpers/escrow/ledger.js";
import { networkHelpers, standardSystem, type System, usd } from "../../helpers/escrow/system.js";

const selector = (error: string): string => dataSlice(id(error), 0, 4);
const INVALID_VOUCHER = selector("JobEscrow_InvalidVoucher(bytes32,uint256,uint256)");
const NOT_PROVIDER = selector("JobEscrow_NotProvider(address,address)");
const OUT_OF_GAS = "0x00000000";

/** An estimate finds the least gas that skips everything. */
const GAS = { gasLimit: 5_000_000n };

/** A session with what its requester signed, as `commitMany` takes it. */
async function signed(system: System) {
  const opened = await activeSession(system);
  const commitment = sessionCommitment();
  return { ...opened, commitment, voucher: await voucherOf(system, opened, commitment) };
}

type Item = Awaited<ReturnType<typeof signed>>;

const columns = (items: readonly Item[]) =>
  [
    items.map(({ job }) => job),
    items.map(({ commitment }) => commitment),
    items.map(({ voucher }) => voucher),
  ] as const;

describe("JobEscrow", () => {
  describe("commitMany", () => {
    it("commits sessions and one-shot jobs, and says why it skips the rest", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, operator } = system;
      const [first, second, bad] = [await signed(system), await signed(system), await signed(system)];
      const oneShot = await activeJob(system);
      const items = [
        first,
        { ...bad, commitment: sessionCommitment() },
        { ...oneShot, commitment: commitmentOf(oneShot.job), voucher: "0x" },
        second,
      ];
      const ids = await escrow.connect(operator).commitMany.staticCall(...columns(items), GAS);
      expect(ids.map((batchId) => batchId === ZeroHash)).to.deep.equal([false, true, false, false]);
      const sent = await expectMoves(system, () => escrow.connect(operator).commitMany(...columns(items), GAS), {
        "provider.locked": 3n * usd(100) - usd("0.2"),
        exposure: 3n * usd(2),
      });
      await expect(sent).to.emit(escrow, "CommitSkipped").withArgs(bad.jobId, INVALID_VOUCHER);
      const events = await escrow.queryFilter(escrow.filters.BatchCommitted(), "latest");
      expect(events.map(({ args }) => args.jobId)).to.deep.equal([first.jobId, oneShot.jobId, second.jobId]);
      expect((await escrow.sessionOf(bad.jobId)).nextNonce).to.equal(0n);
    });

    it("commits in the caller's name", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, stranger } = system;
      const item = await signed(system);
      await expect(escrow.connect(stranger).commitMany(...columns([item]), GAS))
        .to.emit(escrow, "CommitSkipped")
        .withArgs(item.jobId, NOT_PROVIDER);
    });

    it("takes the same voucher once", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, operator } = system;
      const item = await signed(system);
      await expect(escrow.connect(operator).commitMany(...columns([item, item]), GAS))
        .to.emit(escrow, "CommitSkipped")
        .withArgs(item.jobId, INVALID_VOUCHER);
      expect(await escrow.sessionOf(item.jobId)).to.deep.equal([JobStatus.Active, usd(98), 3n, 0n]);
    });

    it("skips what the gas does not reach for, with reason 0", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, operator } = system;
      const items = [await signed(system), await signed(system), await signed(system)];
      const sent = await escrow.connect(operator).commitMany(...columns(items), { gasLimit: 165_000n });
      await expect(sent).to.emit(escrow, "CommitSkipped").withArgs(items[2]!.jobId, OUT_OF_GAS);
      expect((await escrow.sessionOf(items[0]!.jobId)).nextNonce).to.equal(3n);
    });

    it("refuses lists of different lengths", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, operator } = system;
      const { job, commitment, voucher } = await signed(system);
      await expect(escrow.connect(operator).commitMany([job], [commitment, commitment], [voucher]))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_LengthMismatch")
        .withArgs(1n, 2n);
      await expect(escrow.connect(operator).commitMany([job], [commitment], []))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_LengthMismatch")
        .withArgs(1n, 0n);
    });
  });
});
