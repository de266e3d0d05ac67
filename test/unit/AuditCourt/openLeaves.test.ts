import { AuditPhase, batchId, receiptSeed, samplePoint, type Receipt } from "@assay/sdk";
import { expect } from "chai";
import { id, keccak256, toUtf8Bytes, ZeroHash } from "ethers";

import {
  drawnCase,
  leafOpening,
  leafOpenings,
  sampled,
  type AuditCase,
  type CaseOptions,
  type OpenLeaf,
} from "../../helpers/court/auditCase.js";
import { completeDraw, openLeaves, pastDeadline } from "../../helpers/court/panel.js";
import { bytes32, elevenProviders, HOUR, networkHelpers, plain, usd, values } from "../../helpers/court/system.js";

const UNITS = 40;
const fees = Array.from({ length: UNITS }, (_, index) => usd(1) + BigInt(index));

async function readyCase(options: CaseOptions = {}): Promise<AuditCase> {
  const audit = await drawnCase(await networkHelpers.loadFixture(elevenProviders), options);
  await completeDraw(audit);
  return audit;
}

/** A case whose samples, which nobody can choose, are as the test needs them. */
async function caseThat(suits: (audit: AuditCase) => boolean, options: CaseOptions): Promise<AuditCase> {
  const system = await networkHelpers.loadFixture(elevenProviders);
  for (;;) {
    const audit = await drawnCase(system, options);
    if (!suits(audit)) continue;
    await completeDraw(audit);
    return audit;
  }
}

const open = ({ system, job, batch }: AuditCase, openings: readonly OpenLeaf[]) =>
  system.court.openLeaves(job, batch, [...openings]);

describe("AuditCourt", () => {
  describe("openLeaves", () => {
    it("starts the commit phase and logs what a panelist needs", async () => {
      const audit = await readyCase();
      const { court } = audit.system;
      await open(audit, leafOpenings(audit));
      const deadline = BigInt((await networkHelpers.time.latest()) + 4 * HOUR);
      const state = await court.auditOf(audit.auditId);
      expect([state.phase, state.deadline]).to.deep.equal([AuditPhase.Committing, deadline]);
      // One leaf: its number is in the low 16 bits.
      expect(BigInt(state.samplesHash) & 0xffffn).to.equal(1n);
      const [event] = await court.queryFilter(court.filters.LeafOpened(audit.auditId));
      expect(event!.args.index).to.equal(0n);
      expect(event!.args.request).to.equal(audit.units[0]!.request);
      expect(plain(event!.args.receipt)).to.deep.equal(audit.receipts[0]);
      const phases = await court.queryFilter(court.filters.PhaseStarted(audit.auditId));
      expect(values(phases.at(-1)!.args)).to.deep.equal([audit.auditId, AuditPhase.Committing, 0n, deadline]);
    });

    it("opens each leaf that a sample point hits, once", async () => {
      const audit = await readyCase({ fees });
      const { court, stranger } = audit.system;
      const openings = leafOpenings(audit);
      await court.connect(stranger).openLeaves(audit.job, audit.batch, openings);
      const events = await court.queryFilter(court.filters.LeafOpened(audit.auditId));
      expect(events.map(({ args }) => Number(args.index))).to.deep.equal(sampled(audit));
      expect(events.map(({ args }) => plain(args.receipt))).to.deep.equal(openings.map(({ receipt }) => receipt));
      expect(BigInt((await court.auditOf(audit.auditId)).samplesHash) & 0xffffn).to.equal(BigInt(openings.length));
    });

    for (const size of [2, 31, 32, 33, 8_191, 8_192]) {
      it(`logs a request of ${String(size)} bytes as Solidity would`, async () => {
        const audit = await readyCase({ requestSize: size });
        const { court } = audit.system;
        await openLeaves(audit);
        const [event] = await court.queryFilter(court.filters.LeafOpened(audit.auditId));
        const { receipt, request } = event!.args;
        const encoded = court.interface.encodeEventLog("LeafOpened", [audit.auditId, 0, plain(receipt), request]);
        expect({ data: event!.data, topics: event!.topics }).to.deep.equal(encoded);
        expect(request).to.equal(audit.units[0]!.request);
      });
    }

    describe("refuses to leave out a sample", () => {
      it("with the first point that no leaf covers", async () => {
        const audit = await readyCase({ fees });
        const { court } = audit.system;
        const { tree, seed, job, batch } = audit;
        const openings = leafOpenings(audit);
        for (const left of openings) {
          const missing = Array.from({ length: 8 }, (_, index) => samplePoint(seed, BigInt(index), batch.total)).find(
            (point) => tree.findLeafAt(point) === Number(left.index),
          );
          await expect(
            court.openLeaves(
              job,
              batch,
              openings.filter((opening) => opening !== left),
            ),
          )
            .to.be.revertedWithCustomError(court, "AuditCourt_MissingSample")
            .withArgs(audit.auditId, missing);
        }
      });

      it("or all of them", async () => {
        const audit = await readyCase();
        const point = samplePoint(audit.seed, 0n, audit.batch.total);
        await expect(open(audit, []))
          .to.be.revertedWithCustomError(audit.system.court, "AuditCourt_MissingSample")
          .withArgs(audit.auditId, point);
      });
    });

    it("refuses a leaf that no sample point hits", async () => {
      const audit = await readyCase({ fees });
      const { court } = audit.system;
      const hit = new Set(sampled(audit));
      const unhit = fees.findIndex((_, index) => !hit.has(index));
      const openings = [...hit, unhit].sort((left, right) => left - right).map((index) => leafOpening(audit, index));
      await expect(open(audit, openings))
        .to.be.revertedWithCustomError(court, "AuditCourt_UnsampledLeaf")
        .withArgs(audit.auditId, unhit);
    });

    it("refuses a zero-fee leaf: nothing can hit it", async () => {
      const audit = await readyCase({ fees: [usd(5), 0n, usd(5)] });
      const openings = [0, 1, 2].filter((index) => index === 1 || sampled(audit).includes(index));
      await expect(
        open(
          audit,
          openings.map((index) => leafOpening(audit, index)),
        ),
      )
        .to.be.revertedWithCustomError(audit.system.court, "AuditCourt_UnsampledLeaf")
        .withArgs(audit.auditId, 1);
    });

    it("refuses leaves that are not sorted, or twice the same", async () => {
      const audit = await readyCase({ fees });
      const { court } = audit.system;
      const [first, second, ...others] = leafOpenings(audit);
      await expect(open(audit, [second!, first!, ...others]))
        .to.be.revertedWithCustomError(court, "AuditCourt_LeavesNotSorted")
        .withArgs(first!.index, second!.index);
      await expect(open(audit, [first!, first!, second!, ...others]))
        .to.be.revertedWithCustomError(court, "AuditCourt_LeavesNotSorted")
        .withArgs(first!.index, first!.index);
    });

    describe("refuses a receipt that the provider committed with", () => {
      const wrongs: [string, Partial<Receipt>][] = [
        ["provider", { provider: "0x000000000000000000000000000000000000dEaD" }],
        ["jobId", { jobId: id("another job") }],
        ["nonce", { nonce: 1n }],
        ["modelId", { modelId: 2n }],
        ["version", { version: 2n }],
        ["policyId", { policyId: id("another policy") }],
        ["seed", { seed: 7n }],
        ["finishedAt", { startedAt: 2n, finishedAt: 1n }],
      ];
      for (const [field, wrong] of wrongs) {
        it(`a wrong ${field}`, async () => {
          const audit = await readyCase({ receipt: (honest) => ({ ...honest, ...wrong }) });
          await expect(open(audit, leafOpenings(audit)))
            .to.be.revertedWithCustomError(audit.system.court, "AuditCourt_InvalidReceipt")
            .withArgs(audit.auditId, 0, bytes32(field));
        });
      }

      it("another request than the job's", async () => {
        const request = `0x${Buffer.from("served something else").toString("hex")}`;
        const audit = await readyCase({ receipt: (honest) => ({ ...honest, requestHash: keccak256(request) }) });
        await expect(open(audit, [{ ...leafOpening(audit, 0), request }]))
          .to.be.revertedWithCustomError(audit.system.court, "AuditCourt_InvalidReceipt")
          .withArgs(audit.auditId, 0, bytes32("requestHash"));
      });

      it("another request than the job's tree holds at its place", async () => {
        const audit = await readyCase({ fees });
        const [index] = sampled(audit);
        const opening = leafOpening(audit, index!);
        const other = leafOpening(audit, (index! + 1) % UNITS);
        await expect(
          open(audit, [
            {
              ...opening,
              requestSiblingHashes: other.requestSiblingHashes,
              requestSiblingSums: other.requestSiblingSums,
            },
            ...leafOpenings(audit).slice(1),
          ]),
        )
          .to.be.revertedWithCustomError(audit.system.court, "AuditCourt_InvalidReceipt")
          .withArgs(audit.auditId, index, bytes32("requestHash"));
      });

      it("a price that the requester did not sign for that request", async () => {
        // The provider moved one unit of money from every odd leaf to the even one before it.
        const moved = fees.map((fee, index) => (index % 2 === 0 ? fee + 1n : fee - 1n));
        const audit = await readyCase({
          fees,
          maxLeafFee: usd(2),
          receipt: (honest, index) => ({ ...honest, fee: moved[index]! }),
        });
        const [index] = sampled(audit);
        await expect(open(audit, leafOpenings(audit)))
          .to.be.revertedWithCustomError(audit.system.court, "AuditCourt_InvalidReceipt")
          .withArgs(audit.auditId, index, bytes32("requestHash"));
      });

      it("a request tree whose total is not the budget", async () => {
        const last = UNITS - 1;
        const audit = await caseThat((drawn) => !sampled(drawn).includes(last), {
          fees,
          requestFee: (fee, index) => (index === last ? fee - 1n : fee),
        });
        const openings = leafOpenings(audit);
        await expect(open(audit, openings))
          .to.be.revertedWithCustomError(audit.system.court, "AuditCourt_InvalidReceipt")
          .withArgs(audit.auditId, openings[0]!.index, bytes32("fee"));
      });
    });

    it("refuses bytes that are not those of the request hash", async () => {
      const audit = await readyCase();
      const opening = leafOpening(audit, 0);
      await expect(open(audit, [{ ...opening, request: `${opening.request}00` }]))
        .to.be.revertedWithCustomError(audit.system.court, "AuditCourt_InvalidReceipt")
        .withArgs(audit.auditId, 0, bytes32("request"));
    });

    describe("refuses a proof", () => {
      it("of another receipt than the committed one", async () => {
        const audit = await readyCase();
        const opening = leafOpening(audit, 0);
        const forged = { ...opening, receipt: { ...opening.receipt, responseRoot: id("better answer") } };
        await expect(open(audit, [forged]))
          .to.be.revertedWithCustomError(audit.system.court, "AuditCourt_InvalidProof")
          .withArgs(audit.auditId, 0);
      });

      it("to another root", async () => {
        const audit = await readyCase({ fees });
        const [first, ...others] = leafOpenings(audit);
        const siblingHashes = first!.siblingHashes.map((hash, level) => (level === 2 ? id("other") : hash));
        await expect(open(audit, [{ ...first!, siblingHashes }, ...others]))
          .to.be.revertedWithCustomError(audit.system.court, "AuditCourt_InvalidProof")
          .withArgs(audit.auditId, first!.index);
      });

      it("of a tree whose fees do not add up to the batch's total", async () => {
        const last = UNITS - 1;
        const audit = await caseThat((drawn) => !sampled(drawn).includes(last), {
          fees,
          receipt: (honest, index) => (index === last ? { ...honest, fee: honest.fee - 1n } : honest),
        });
        const openings = leafOpenings(audit);
        await expect(open(audit, openings))
          .to.be.revertedWithCustomError(audit.system.court, "AuditCourt_InvalidProof")
          .withArgs(audit.auditId, openings[0]!.index);
      });

      it("of a lone receipt for less than the job's price", async () => {
        const audit = await readyCase({ receipt: (honest) => ({ ...honest, fee: honest.fee - 1n }) });
        await expect(open(audit, [leafOpening(audit, 0)]))
          .to.be.revertedWithCustomError(audit.system.court, "AuditCourt_InvalidProof")
          .withArgs(audit.auditId, 0);
      });

      it("for another place in the tree", async () => {
        // All receipts say that they are the first.
        const audit = await readyCase({
          fees,
          receipt: (honest) => ({ ...honest, nonce: 0n, seed: receiptSeed(honest.jobId, 0n) }),
        });
        const index = sampled(audit).find((at) => at !== 0);
        await expect(open(audit, [{ ...leafOpening(audit, index!), index: 0n }]))
          .to.be.revertedWithCustomError(audit.system.court, "AuditCourt_InvalidProof")
          .withArgs(audit.auditId, 0);
      });

      it("for a place outside the tree", async () => {
        const audit = await readyCase({
          fees,
          receipt: (honest, index) => {
            const nonce = BigInt(UNITS + index);
            return { ...honest, nonce, seed: receiptSeed(honest.jobId, nonce) };
          },
        });
        const [index] = sampled(audit);
        const outside = UNITS + index!;
        await expect(open(audit, [{ ...leafOpening(audit, index!), index: BigInt(outside) }]))
          .to.be.revertedWithCustomError(audit.system.court, "MerkleSumTree_IndexOutOfRange")
          .withArgs(outside, UNITS);
      });

      it("of the wrong length, with sums that overflow, with an empty sibling that has a sum", async () => {
        const audit = await readyCase({ fees });
        const { court } = audit.system;
        const [first, ...others] = leafOpenings(audit);
        const attempt = (change: Partial<OpenLeaf>) => open(audit, [{ ...first!, ...change }, ...others]);
        await expect(attempt({ siblingHashes: first!.siblingHashes.slice(1) }))
          .to.be.revertedWithCustomError(court, "MerkleSumTree_ProofLength")
          .withArgs(5, 6);
        await expect(attempt({ siblingSums: [...first!.siblingSums, 0n] }))
          .to.be.revertedWithCustomError(court, "MerkleSumTree_ProofLength")
          .withArgs(7, 6);
        await expect(
          attempt({ siblingSums: first!.siblingSums.map(() => (1n << 96n) - 1n) }),
        ).to.be.revertedWithCustomError(court, "MerkleSumTree_SumOverflow");
        await expect(
          attempt({ siblingHashes: first!.siblingHashes.map((hash, level) => (level === 3 ? ZeroHash : hash)) }),
        )
          .to.be.revertedWithCustomError(court, "MerkleSumTree_EmptySiblingWithSum")
          .withArgs(3);
      });
    });

    it("refuses a leaf that is above maxLeafFee by the smallest unit (adversary 4)", async () => {
      const limit = usd(5);
      const audit = await caseThat((drawn) => sampled(drawn).includes(0), {
        fees: [limit + 1n, limit - 1n],
        maxLeafFee: limit,
        collateral: usd(40),
      });
      await expect(open(audit, leafOpenings(audit)))
        .to.be.revertedWithCustomError(audit.system.court, "AuditCourt_LeafFeeTooHigh")
        .withArgs(limit + 1n, limit);
    });

    it("reverts in every other phase", async () => {
      const audit = await readyCase();
      const { court } = audit.system;
      await openLeaves(audit);
      await expect(open(audit, leafOpenings(audit)))
        .to.be.revertedWithCustomError(court, "AuditCourt_WrongPhase")
        .withArgs(audit.auditId, AuditPhase.Committing, AuditPhase.Opening);
    });

    it("takes the leaves in the last second, and reverts after it", async () => {
      const audit = await readyCase();
      const { court } = audit.system;
      const { deadline } = await court.auditOf(audit.auditId);
      const snapshot = await networkHelpers.takeSnapshot();
      await networkHelpers.time.setNextBlockTimestamp(deadline);
      await open(audit, leafOpenings(audit));
      await snapshot.restore();
      await pastDeadline(audit);
      await expect(open(audit, leafOpenings(audit)))
        .to.be.revertedWithCustomError(court, "AuditCourt_DeadlinePassed")
        .withArgs(audit.auditId, deadline);
    });

    it("reverts for a batch that has no audit, or is not the job's", async () => {
      const audit = await readyCase();
      const { court, escrow } = audit.system;
      const otherJob = { ...audit.job, requestHash: keccak256(toUtf8Bytes("easier")) };
      await expect(court.openLeaves(otherJob, audit.batch, leafOpenings(audit)))
        .to.be.revertedWithCustomError(court, "AuditCourt_UnknownBatch")
        .withArgs(audit.auditId, await escrow.jobIdOf(otherJob));
      const otherBatch = { ...audit.batch, root: ZeroHash };
      await expect(court.openLeaves(audit.job, otherBatch, leafOpenings(audit)))
        .to.be.revertedWithCustomError(court, "AuditCourt_UnknownBatch")
        .withArgs(batchId(otherBatch), audit.batch.jobId);
    });
  });
});
