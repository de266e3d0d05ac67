import { Outcome, panelFee } from "@assay/sdk";
import { expect } from "chai";

import { activeJob, auditedJob, committedJob, paidJob, settle } from "../../helpers/escrow/jobs.js";
import { expectMoves } from "../../helpers/escrow/ledger.js";
import {
  MODEL,
  networkHelpers,
  passTime,
  signatureOf,
  standardSystem,
  type System,
  TERMS,
  usd,
} from "../../helpers/escrow/system.js";

/** Settles an audit whose panel earns `amounts`; returns what the pool gained. */
async function audit(system: System, amounts: readonly bigint[]): Promise<void> {
  const fees = amounts.map((amount, index) => ({ to: system.verifiers[index]!.address, amount }));
  await settle(system, await auditedJob(system), Outcome.Paid, fees);
}

const poolOf = async ({ escrow }: System): Promise<bigint> => (await escrow.modelAccountOf(MODEL)).pool;

describe("JobEscrow", () => {
  describe("payPoolDebts", () => {
    it("pays the oldest first, as many as asked and as the pool covers", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, stranger, verifiers } = system;
      const drained = usd(1);
      await audit(system, [drained, 1_000n, 2_000n, 3_000n]);
      // The first is more than the pool holds, so the others queue behind it.
      expect(await escrow.poolDebtsOf(MODEL)).to.deep.equal([drained + 6_000n, 4n]);
      expect(await escrow.payPoolDebts.staticCall(MODEL, 10)).to.equal(0n);
      await expectMoves(system, () => escrow.connect(stranger).payPoolDebts(MODEL, 10), {});

      while ((await poolOf(system)) < drained + 1_000n) await paidJob(system, { terms: { budget: usd(100) } });
      expect(await escrow.payPoolDebts.staticCall(MODEL, 2)).to.equal(drained + 1_000n);
      const sent = await expectMoves(system, () => escrow.connect(stranger).payPoolDebts(MODEL, 2), {
        "verifier0.balance": drained,
        "verifier1.balance": 1_000n,
        pool: -drained - 1_000n,
        poolDebt: -drained - 1_000n,
      });
      await expect(sent).to.emit(escrow, "PoolPaid").withArgs(MODEL, verifiers[0]!.address, drained, false);
      await expect(sent).to.emit(escrow, "PoolPaid").withArgs(MODEL, verifiers[1]!.address, 1_000n, false);
      expect(await escrow.poolDebtsOf(MODEL)).to.deep.equal([5_000n, 2n]);
    });

    it("stops before the first that the pool does not cover whole", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow } = system;
      await audit(system, [usd(1)]);
      const pool = await poolOf(system);
      await settle(system, await auditedJob(system), Outcome.Rejected, [
        { to: system.verifiers[1]!.address, amount: pool },
      ]);
      expect(await escrow.poolDebtsOf(MODEL)).to.deep.equal([usd(1) + pool, 2n]);
      await expectMoves(system, () => escrow.payPoolDebts(MODEL, 5), {});
    });

    it("lets nothing overtake a debt: new fees and posters queue behind it", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, beacon, stranger } = system;
      await audit(system, [usd(1)]);
      const { job, batch } = await committedJob(system);
      await passTime(await beacon.timeOf(batch.targetRound));
      expect(await poolOf(system)).to.be.greaterThan(TERMS.beaconShare);
      const post = () => escrow.connect(stranger).postRound(job, batch, signatureOf(batch.targetRound));
      await expectMoves(system, post, { poolDebt: TERMS.beaconShare });
      await escrow.finalizeBatch(job, batch);

      while ((await poolOf(system)) < usd(1) + TERMS.beaconShare) {
        await paidJob(system, { terms: { budget: usd(100) } });
      }
      await expectMoves(system, () => escrow.payPoolDebts(MODEL, 5), {
        "verifier0.balance": usd(1),
        "stranger.balance": TERMS.beaconShare,
        pool: -usd(1) - TERMS.beaconShare,
        poolDebt: -usd(1) - TERMS.beaconShare,
      });
      expect(await escrow.poolDebtsOf(MODEL)).to.deep.equal([0n, 0n]);
      // The queue is empty again: the pool pays at once.
      const next = await committedJob(system);
      await passTime(await beacon.timeOf(next.batch.targetRound));
      await expectMoves(
        system,
        () => escrow.connect(stranger).postRound(next.job, next.batch, signatureOf(next.batch.targetRound)),
        { "stranger.balance": TERMS.beaconShare, pool: -TERMS.beaconShare },
      );
    });

    it("owes each model on its own", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow } = system;
      await audit(system, [usd(1)]);
      expect(await escrow.poolDebtsOf(2n)).to.deep.equal([0n, 0n]);
      expect(await escrow.payPoolDebts.staticCall(2n, 5)).to.equal(0n);
    });
  });

  describe("panelFee", () => {
    it("is the fixed part for each sample that counts and a share of the value", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow } = system;
      const { job, batch } = await committedJob(system);
      expect(await escrow.panelFee(job, batch)).to.equal(usd("0.02") + usd("0.02"));
      for (const [count, maxLeafFee, fee] of [
        // three leaves, all of the value
        [3n, usd(1), usd("0.06") + usd("0.02")],
        // eight samples of at most 0.1 each
        [20n, usd("0.1"), usd("0.16") + usd("0.008")],
        // ⌊0.01 · 8 · 12.6⌋ of a unit
        [20n, 12n, usd("0.16")],
        [20n, 13n, usd("0.16") + 1n],
      ] as const) {
        const other = { ...batch, count, maxLeafFee };
        expect(await escrow.panelFee(job, other)).to.equal(fee);
        expect(panelFee(job, other, TERMS.verifierValueBps)).to.equal(fee);
      }
    });

    it("reverts where it does not fit its type", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow } = system;
      const { job, batch } = await committedJob(system);
      const verifierFee = (1n << 96n) - 1n;
      await expect(escrow.panelFee({ ...job, verifierFee }, batch))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_CostsExceedTotal")
        .withArgs(verifierFee + usd("0.02"), usd(2));
    });
  });

  describe("flushRoyalty", () => {
    it("pays what was earned to the payout address of the moment, once", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, registry, modelOwner, payout, stranger } = system;
      await paidJob(system);
      await paidJob(system);
      expect(await escrow.flushRoyalty.staticCall(MODEL)).to.equal(usd("0.2"));
      const sent = await expectMoves(system, () => escrow.connect(stranger).flushRoyalty(MODEL), {
        "payout.tokens": usd("0.2"),
        "escrow.tokens": -usd("0.2"),
        royaltyOwed: -usd("0.2"),
      });
      await expect(sent).to.emit(escrow, "RoyaltyFlushed").withArgs(MODEL, payout.address, usd("0.2"));
      await expect(escrow.flushRoyalty(MODEL))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_NothingOwed")
        .withArgs(MODEL);
      await paidJob(system);
      await registry.connect(modelOwner).setPayout(MODEL, stranger.address);
      await expectMoves(system, () => escrow.flushRoyalty(MODEL), {
        "stranger.tokens": usd("0.1"),
        "escrow.tokens": -usd("0.1"),
        royaltyOwed: -usd("0.1"),
      });
    });

    it("refuses a model that nobody registered", async () => {
      const { escrow, registry } = await networkHelpers.loadFixture(standardSystem);
      await expect(escrow.flushRoyalty(9n))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_UnknownModel")
        .withArgs(9n);
    });
  });

  describe("flushProtocolFees", () => {
    it("pays what was earned to the treasury, once", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, stranger } = system;
      await paidJob(system);
      expect(await escrow.flushProtocolFees.staticCall(MODEL)).to.equal(usd("0.02"));
      const sent = await expectMoves(system, () => escrow.connect(stranger).flushProtocolFees(MODEL), {
        "treasury.tokens": usd("0.02"),
        "escrow.tokens": -usd("0.02"),
        protocolFees: -usd("0.02"),
      });
      await expect(sent).to.emit(escrow, "ProtocolFeesFlushed").withArgs(MODEL, TERMS.treasury, usd("0.02"));
      for (const model of [MODEL, 9n]) {
        await expect(escrow.flushProtocolFees(model))
          .to.be.revertedWithCustomError(escrow, "JobEscrow_NothingOwed")
          .withArgs(model);
      }
    });
  });

  describe("modelAccountOf", () => {
    it("holds the open value of every batch until it ends", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow } = system;
      const exposure = async () => (await escrow.modelAccountOf(MODEL)).exposure;
      await activeJob(system);
      expect(await exposure()).to.equal(0n);
      const first = await committedJob(system, { terms: { valueAtRisk: usd(5) } });
      const second = await committedJob(system, { drawn: true });
      expect(await exposure()).to.equal(usd(9));
      await passTime(await system.beacon.timeOf(second.batch.targetRound));
      await system.beacon.post(second.batch.targetRound, signatureOf(second.batch.targetRound));
      await escrow.finalizeBatch(second.job, second.batch);
      expect(await exposure()).to.equal(usd(9));
      if (first.batch.targetRound !== second.batch.targetRound) {
        await system.beacon.post(first.batch.targetRound, signatureOf(first.batch.targetRound));
      }
      await escrow.finalizeBatch(first.job, first.batch);
      await settle(system, second, Outcome.Void);
      expect(await exposure()).to.equal(0n);
    });
  });
});
