import {
  batchId,
  detectionProbability,
  expectedPanelists,
  JobStatus,
  Outcome,
  panelFee,
  premium,
  rawProbability,
  requiredCollateral,
} from "@assay/sdk";
import { expect } from "chai";
import { toBeHex, ZeroHash } from "ethers";

import {
  activeJob,
  auditedJob,
  commitmentOf,
  committedJob,
  openJob,
  plainBatch,
  settle,
} from "../../helpers/escrow/jobs.js";
import { expectMoves } from "../../helpers/escrow/ledger.js";
import {
  bytes32,
  deployAll,
  HOUR,
  MODEL,
  networkHelpers,
  PARAMETERS,
  passTime,
  signatureOf,
  standardSystem,
  TERMS,
  usd,
  WAD,
} from "../../helpers/escrow/system.js";

/** Which `requiredCollateral` of the law for a one-unit batch of `total`. */
const required = (total: bigint, gain = total): bigint => requiredCollateral(TERMS, total, gain, WAD);

const NOT_EXACT = (WAD * 6n) / 10n;
const ENORMOUS_FEE = (1n << 96n) - 1n;

const notExact = () => deployAll({ detection: NOT_EXACT });
const enormousFee = () => deployAll({ verifierFee: ENORMOUS_FEE });
const delayedRoyalty = () =>
  deployAll({ parameters: { ...PARAMETERS, registry: { ...PARAMETERS.registry, royaltyDelay: HOUR / 2 } } });

describe("JobEscrow", () => {
  describe("commitBatch", () => {
    it("fixes everything about the draw and locks the collateral", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, beacon, operator } = system;
      const { job, jobId } = await activeJob(system, { valueAtRisk: usd(1) });
      const commitment = commitmentOf(job);
      const now = BigInt(await networkHelpers.time.latest()) + 5n;
      const expected = {
        jobId,
        ...commitment,
        firstNonce: 0n,
        targetRound: await beacon.nextTarget(now + 60n),
        seatsAtCommit: 8n,
        eligibleProviders: 8n,
        p: rawProbability(TERMS, usd(2), usd(3), usd(100), WAD),
        committedAt: now,
      };
      await networkHelpers.time.setNextBlockTimestamp(now);
      const [id, returned] = await escrow
        .connect(operator)
        .commitBatch.staticCall(job, commitment, "0x", { blockTag: "pending" });
      expect(plainBatch(returned)).to.deep.equal(expected);
      expect(id).to.equal(batchId(expected));
      await networkHelpers.time.setNextBlockTimestamp(now);
      const sent = await expectMoves(system, () => escrow.connect(operator).commitBatch(job, commitment, "0x"), {
        // less what accepting has locked
        "provider.locked": usd(100) - usd("0.2"),
        exposure: usd(3),
      });
      await expect(sent)
        .to.emit(escrow, "BatchCommitted")
        .withArgs(id, jobId, Object.values(plainBatch(returned)));
      const tag = toBeHex((BigInt(id) << 8n) & ((1n << 256n) - 1n), 32);
      expect(await escrow.jobStateOf(jobId)).to.deep.equal([JobStatus.Committed, tag]);
    });

    it("counts sample points by value, at most the version's", async () => {
      const system = await networkHelpers.loadFixture(notExact);
      const { escrow, operator } = system;
      for (const [maxLeafFee, points] of [
        [usd(2), 1n],
        [usd("0.9"), 2n],
        [usd("0.2"), 8n],
      ] as const) {
        const { job } = await activeJob(system, { units: 10n, detection: NOT_EXACT });
        const [, batch] = await escrow
          .connect(operator)
          .commitBatch.staticCall(job, commitmentOf(job, { maxLeafFee }), "0x");
        const detected = detectionProbability(NOT_EXACT, points);
        expect(batch.p).to.equal(rawProbability(TERMS, usd(2), usd(2), usd(100), detected));
      }
    });

    it("does not count the committing provider among those that can be drawn", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { registry, provider } = system;
      await registry.connect(provider).takeSeats(MODEL, 2);
      await registry.activateSeats(MODEL, [8, 9]);
      const { batch } = await committedJob(system);
      expect([batch.seatsAtCommit, batch.eligibleProviders]).to.deep.equal([10n, 8n]);
    });

    it("never checks less often than the floor", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { batch } = await committedJob(system, { commitment: { collateral: usd(9_000) } });
      expect(batch.p).to.equal(WAD / 100n);
    });

    it("always checks what is above alwaysAuditAbove", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, operator } = system;
      for (const [budget, always] of [
        [usd(1_000), false],
        [usd(1_000) + 1n, true],
      ] as const) {
        const { job } = await activeJob(system, { budget });
        const commitment = commitmentOf(job, { collateral: usd(5_000) });
        const [, batch] = await escrow.connect(operator).commitBatch.staticCall(job, commitment, "0x");
        expect(batch.p === WAD).to.equal(always);
      }
    });

    it("always checks a provider on probation, which still has to lock enough", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, operator } = system;
      await settle(system, await auditedJob(system), Outcome.Void);
      const { job } = await activeJob(system);
      const [, batch] = await escrow.connect(operator).commitBatch.staticCall(job, commitmentOf(job), "0x");
      expect(batch.p).to.equal(WAD);
      const { job: low } = await activeJob(system, { collateralBps: 1n });
      const collateral = required(usd(2)) - 1n;
      await expect(escrow.connect(operator).commitBatch(low, commitmentOf(low, { collateral }), "0x"))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_CollateralTooLow")
        .withArgs(collateral, collateral + 1n);
    });

    it("takes the least collateral that makes cheating lose, and not a unit less (adversary 5)", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, operator } = system;
      const { job } = await activeJob(system, { collateralBps: 1n, valueAtRisk: usd(1), budget: usd(20) });
      const least = required(usd(20), usd(21));
      await expect(escrow.connect(operator).commitBatch(job, commitmentOf(job, { collateral: least - 1n }), "0x"))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_CollateralTooLow")
        .withArgs(least - 1n, least);
      const commitment = commitmentOf(job, { collateral: least });
      const [, batch] = await escrow.connect(operator).commitBatch.staticCall(job, commitment, "0x");
      expect(batch.p <= WAD && batch.p > (WAD * 999_999n) / 1_000_000n).to.equal(true);
    });

    it("takes what the job's own terms ask, rounded up, and not a unit less", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, operator } = system;
      const { job } = await activeJob(system, { budget: usd(2) + 1n, collateralBps: 500_001n });
      const least = ((usd(2) + 1n) * 500_001n + 9_999n) / 10_000n;
      await expect(escrow.connect(operator).commitBatch(job, commitmentOf(job, { collateral: least - 1n }), "0x"))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_CollateralTooLow")
        .withArgs(least - 1n, least);
      await escrow.connect(operator).commitBatch(job, commitmentOf(job, { collateral: least }), "0x");
    });

    it("refuses what is not the job's only batch", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, operator } = system;
      const { job } = await activeJob(system, { units: 3n });
      for (const [field, changes, actual, limit] of [
        ["total", { total: usd(2) - 1n }, usd(2) - 1n, usd(2)],
        ["total", { total: usd(2) + 1n }, usd(2) + 1n, usd(2)],
        ["count", { count: 2n }, 2n, 3n],
        ["root", { root: ZeroHash }, 0n, 1n],
        ["maxLeafFee", { maxLeafFee: 0n }, 0n, 1n],
        ["maxLeafFee", { maxLeafFee: usd(2) + 1n }, usd(2) + 1n, usd(2)],
      ] as const) {
        await expect(escrow.connect(operator).commitBatch(job, commitmentOf(job, changes), "0x"))
          .to.be.revertedWithCustomError(escrow, "JobEscrow_InvalidTerm")
          .withArgs(bytes32(field), actual, limit);
      }
    });

    it("is for the provider's operator or owner only", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, provider, requester, verifiers } = system;
      const { job } = await activeJob(system);
      for (const caller of [requester, verifiers[0]!]) {
        await expect(escrow.connect(caller).commitBatch(job, commitmentOf(job), "0x"))
          .to.be.revertedWithCustomError(escrow, "JobEscrow_NotProvider")
          .withArgs(caller.address, provider.address);
      }
      await escrow.connect(provider).commitBatch(job, commitmentOf(job), "0x");
    });

    it("ends with the last second of commitBy", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, operator } = system;
      const [early, late] = [await activeJob(system), await activeJob(system)];
      await networkHelpers.time.setNextBlockTimestamp(early.job.commitBy);
      await escrow.connect(operator).commitBatch(early.job, commitmentOf(early.job), "0x");
      await networkHelpers.time.setNextBlockTimestamp(late.job.commitBy + 1n);
      await expect(escrow.connect(operator).commitBatch(late.job, commitmentOf(late.job), "0x"))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_DeadlinePassed")
        .withArgs(late.jobId, late.job.commitBy);
    });

    it("needs an Active job: a root cannot be committed again (adversary 10)", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, operator } = system;
      const open = await openJob(system);
      const { job, jobId } = await committedJob(system);
      for (const [terms, id, status] of [
        [open.job, open.jobId, JobStatus.Open],
        [job, jobId, JobStatus.Committed],
      ] as const) {
        await expect(escrow.connect(operator).commitBatch(terms, commitmentOf(terms), "0x"))
          .to.be.revertedWithCustomError(escrow, "JobEscrow_WrongStatus")
          .withArgs(id, status, JobStatus.Active);
      }
    });

    it("refuses a round that is public already: a clock that lags lets nobody grind a root (adversary 10)", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, beacon, operator } = system;
      const { job } = await activeJob(system);
      const now = BigInt(await networkHelpers.time.latest());
      const target = await beacon.nextTarget(now + 62n);
      await beacon.post(target + 1n, signatureOf(target + 1n));
      await networkHelpers.time.setNextBlockTimestamp(now + 2n);
      await expect(escrow.connect(operator).commitBatch(job, commitmentOf(job), "0x"))
        .to.be.revertedWithCustomError(beacon, "RandomnessBeacon_TargetAlreadyPosted")
        .withArgs(target, target + 1n);
    });

    it("refuses a batch that costs more than it brings", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, operator } = system;
      const { job } = await activeJob(system, { budget: 5_000n });
      const commitment = commitmentOf(job);
      const p = rawProbability(TERMS, 5_000n, 5_000n, 250_000n, WAD);
      const fee = panelFee(job, commitment, TERMS.verifierValueBps);
      const costs = 250n + 50n + premium(p, fee, expectedPanelists(TERMS.collusion), TERMS.beaconShare);
      await expect(escrow.connect(operator).commitBatch(job, commitment, "0x"))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_CostsExceedTotal")
        .withArgs(costs, 5_000n);
    });

    it("refuses a panelist's fee that does not fit its type", async () => {
      const verifierFee = ENORMOUS_FEE;
      const system = await networkHelpers.loadFixture(enormousFee);
      const { escrow, operator } = system;
      const { job } = await activeJob(system, { verifierFee, units: 2n });
      const commitment = commitmentOf(job);
      const fee = 2n * verifierFee + usd("0.02");
      await expect(escrow.connect(operator).commitBatch(job, commitment, "0x"))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_CostsExceedTotal")
        .withArgs(fee, usd(2));
    });

    it("refuses more open value than the model's seats carry: many batches on one stake (adversary 8)", async () => {
      const cap = usd(8 * 500);
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, staking, provider, operator } = system;
      const terms = { budget: usd(400), collateralBps: 1n, valueAtRisk: usd(100) };
      const collateral = required(usd(400), usd(500));
      for (let opened = 0; opened < 7; opened += 1) await committedJob(system, { terms, commitment: { collateral } });
      // One stake carries each obligation once.
      const { locked } = await staking.accountOf(provider.address);
      expect(locked).to.equal(7n * collateral);
      const eighth = await activeJob(system, terms);
      const free = await staking.freeStake(provider.address);
      expect(free < collateral).to.equal(true);
      await expect(escrow.connect(operator).commitBatch(eighth.job, commitmentOf(eighth.job, { collateral }), "0x"))
        .to.be.revertedWithCustomError(staking, "ProviderStaking_InsufficientFreeStake")
        .withArgs(provider.address, collateral - usd("0.04"), free);
      // Another stake helps the provider, not the model.
      const more = usd(50_000);
      await system.asset.mint(provider.address, more);
      await staking.connect(provider).deposit(provider.address, more);
      await escrow.connect(operator).commitBatch(eighth.job, commitmentOf(eighth.job, { collateral }), "0x");
      const ninth = await activeJob(system, { ...terms, budget: usd(1), valueAtRisk: 0n });
      await expect(
        escrow.connect(operator).commitBatch(ninth.job, commitmentOf(ninth.job, { collateral: usd(50) }), "0x"),
      )
        .to.be.revertedWithCustomError(escrow, "JobEscrow_ExposureExceeded")
        .withArgs(MODEL, cap + usd(1), cap);
    });

    it("refuses a model with too few providers that hold seats", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, registry, operator, verifiers } = system;
      const { job } = await activeJob(system);
      for (const [seat, verifier] of verifiers.slice(0, 5).entries()) {
        await registry.connect(verifier).leaveSeats(MODEL, [seat]);
      }
      await expect(escrow.connect(operator).commitBatch(job, commitmentOf(job), "0x"))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_TooFewProviders")
        .withArgs(MODEL, 3n, 4n);
    });

    it("refuses collateral that the provider's free stake does not cover", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, staking, provider, operator } = system;
      const { job } = await activeJob(system);
      await staking.connect(provider).withdraw(provider.address, usd(9_900));
      const free = usd("99.8");
      const commitment = commitmentOf(job, { collateral: usd(100) + 1n });
      await expect(escrow.connect(operator).commitBatch(job, commitment, "0x"))
        .to.be.revertedWithCustomError(staking, "ProviderStaking_InsufficientFreeStake")
        .withArgs(provider.address, free + 1n, free);
      await escrow.connect(operator).commitBatch(job, commitmentOf(job), "0x");
      expect(await staking.freeStake(provider.address)).to.equal(0n);
    });

    it("keeps the terms that the job was opened with", async () => {
      const system = await networkHelpers.loadFixture(delayedRoyalty);
      const { registry, modelOwner } = system;
      const { job } = await activeJob(system);
      await registry.connect(modelOwner).setRoyalty(MODEL, 5_000);
      await passTime(BigInt(await networkHelpers.time.latest()) + BigInt(HOUR / 2));
      expect(await registry.royaltyOf(MODEL)).to.equal(5_000n);
      await system.escrow.connect(system.operator).commitBatch(job, commitmentOf(job), "0x");
    });
  });
});
