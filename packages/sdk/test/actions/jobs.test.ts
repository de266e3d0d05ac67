import { expect } from "chai";

import { acceptJob } from "../../src/actions/acceptJob.js";
import { cancelJob } from "../../src/actions/cancelJob.js";
import { type BatchCommitted, commitBatch } from "../../src/actions/commitBatch.js";
import { deposit } from "../../src/actions/deposit.js";
import { expireJob } from "../../src/actions/expireJob.js";
import { finalizeBatch } from "../../src/actions/finalizeBatch.js";
import { finalizeMany } from "../../src/actions/finalizeMany.js";
import { flushProtocolFees } from "../../src/actions/flushProtocolFees.js";
import { flushRoyalty } from "../../src/actions/flushRoyalty.js";
import { getBalances } from "../../src/actions/getBalances.js";
import { getBatch } from "../../src/actions/getBatch.js";
import { getJob } from "../../src/actions/getJob.js";
import { getModel } from "../../src/actions/getModels.js";
import { getParameters } from "../../src/actions/getParameters.js";
import { openJob } from "../../src/actions/openJob.js";
import { postBeacon } from "../../src/actions/postBeacon.js";
import { postRound } from "../../src/actions/postRound.js";
import type { PreparedJob } from "../../src/actions/prepareJob.js";
import { signQuote } from "../../src/actions/signQuote.js";
import { verifyQuote } from "../../src/actions/verifyQuote.js";
import { voidBatch } from "../../src/actions/voidBatch.js";
import { type JobProgress, waitForJob } from "../../src/actions/waitForJob.js";
import { withdraw } from "../../src/actions/withdraw.js";
import { batchSeed, isAudited } from "../../src/protocol/receipts.js";
import { JobStatus } from "../../src/protocol/types.js";
import { expectRejection } from "../helpers/expectAssayError.js";
import { type Market, type Network, openMarket, startNetwork, UNIT } from "../helpers/network.js";
import { draftJob, REQUEST, serve, signatureFor } from "../helpers/work.js";

describe("actions of jobs", () => {
  let network: Network;
  let market: Market;

  before(async function () {
    this.timeout(120_000);
    network = await startNetwork({ registry: { minProviders: 4 } });
    market = await openMarket(network, 4);
  });

  after(async () => {
    await network.stop();
  });

  const operator = () => market.providers[0]!.operator;
  const quoted = async (terms: Parameters<typeof draftJob>[1] = {}): Promise<PreparedJob> => {
    const prepared = await draftJob(market, terms);
    const quote = await signQuote(operator(), { job: prepared.job });
    await openJob(market.requester, { job: prepared.job, quote });
    return prepared;
  };
  const committed = async (terms: Parameters<typeof draftJob>[1] = {}): Promise<BatchCommitted & PreparedJob> => {
    const prepared = await quoted(terms);
    const { commitment } = serve(prepared);
    return { ...prepared, ...(await commitBatch(operator(), { job: prepared.job, commitment })), commitment };
  };
  /** Whether the batch is drawn, once its round is posted. */
  const isDrawn = async ({ batchId, batch }: BatchCommitted): Promise<boolean> => {
    const { beacon, chainId, deployment } = network.contracts;
    const [randomness] = await beacon.randomness(batch.targetRound);
    return isAudited(batchSeed(randomness, chainId, deployment.contracts.JobEscrow, batchId), batch.p);
  };
  const post = async (item: BatchCommitted & PreparedJob) =>
    await postRound(operator(), { ...item, signature: await signatureFor(network, item.batch.targetRound) });
  /** At 100× collateral one in twenty-three is drawn. */
  const undrawn = async (): Promise<BatchCommitted & PreparedJob> => {
    for (;;) {
      const item = await committed({ fee: UNIT, collateralBps: 1_000_000n });
      await post(item);
      if (!(await isDrawn(item))) return item;
    }
  };

  describe("deposit and withdraw", () => {
    it("fill and empty an account of the escrow", async () => {
      const actor = await network.actor(50n);
      expect(await deposit(actor, { amount: 30n * UNIT })).to.deep.include({
        account: actor.address,
        amount: 30n * UNIT,
      });
      expect(await withdraw(actor, { amount: 10n * UNIT })).to.deep.include({ to: actor.address, amount: 10n * UNIT });
      expect(await getBalances(actor, { account: actor.address })).to.deep.include({
        wallet: 30n * UNIT,
        escrow: 20n * UNIT,
        nonce: 0n,
      });
      const error = await expectRejection(withdraw(actor, { amount: 21n * UNIT }), "CONTRACT_ERROR");
      expect(error.details).to.deep.include({ name: "JobEscrow_InsufficientBalance" });
    });
  });

  describe("prepareJob", () => {
    it("copies the model's terms and shows what the job will mean", async () => {
      const { job, jobId, commitment, preview } = await draftJob(market, { fee: 10n * UNIT });

      expect(job).to.deep.include({
        budget: 10n * UNIT,
        units: 1n,
        version: 1n,
        royaltyBps: 500n,
        verifierFee: 10_000n,
      });
      expect(await network.contracts.escrow.jobIdOf(job)).to.equal(jobId);
      expect(commitment).to.deep.include({ total: 10n * UNIT, collateral: 25n * UNIT, count: 1n });
      expect(Number(preview.p) / 1e18).to.be.within(0.96, 0.97);
      expect(preview).to.deep.include({ royalty: 500_000n, protocolFee: 100_000n });
    });

    it("bundles several requests into one root", async () => {
      const requests = [1n, 2n, 4n].map((fee) => ({ hash: REQUEST.requestHash, fee: fee * UNIT }));
      const { job, commitment } = await draftJob(market, { requests });
      expect(job).to.deep.include({ units: 3n, budget: 7n * UNIT });
      expect(job.requestHash).to.not.equal(REQUEST.requestHash);
      expect(commitment).to.deep.include({ count: 3n, maxLeafFee: 4n * UNIT, total: 7n * UNIT });
    });

    it("raises the collateral to what the sampling law needs", async () => {
      const { commitment, preview } = await draftJob(market, { collateralBps: 1n });
      expect(commitment.collateral).to.equal(preview.requiredCollateral);
      expect(preview.p <= 10n ** 18n).to.equal(true);
    });

    it("needs a request, and a model that exists", async () => {
      await expectRejection(draftJob(market, { requests: [] }), "NO_REQUESTS");
      const error = await expectRejection(draftJob(market, { modelId: 99n }), "CONTRACT_ERROR");
      expect(error.details).to.deep.include({ name: "ModelRegistry_UnknownModel" });
    });
  });

  describe("quotes", () => {
    it("bind the provider of exactly this job", async () => {
      const { job } = await draftJob(market);
      const quote = await signQuote(operator(), { job });
      expect(await verifyQuote(market.requester, { job, quote })).to.equal(true);
      const dearer = { ...job, budget: job.budget + 1n };
      expect(await verifyQuote(market.requester, { job: dearer, quote })).to.equal(false);
      expect(await verifyQuote(market.requester, { job, quote: await signQuote(market.requester, { job }) })).to.equal(
        false,
      );
      expect(await verifyQuote(market.requester, { job, quote: "0x1234" })).to.equal(false);
      expect(await verifyQuote(market.requester, { job: { ...job, provider: job.requester }, quote })).to.equal(false);
      const error = await expectRejection(openJob(market.requester, { job: dearer, quote }), "CONTRACT_ERROR");
      expect(error.details).to.deep.include({ name: "JobEscrow_InvalidQuote" });
    });
  });

  describe("a job that is paid", () => {
    it("goes from its quote to the royalty's payout", async () => {
      const before = await getBalances(market.requester, { account: market.requester.address });
      const { job, jobId, batch, batchId } = await undrawn();
      const preview = (await draftJob(market, { fee: UNIT, collateralBps: 1_000_000n })).preview;
      const provider = await getBalances(operator(), { account: job.provider });

      const paid = await finalizeBatch(operator(), { job, batch });

      expect(paid).to.deep.include({
        status: "paid",
        batchId,
        jobId,
        paid: preview.providerPay,
        royalty: preview.royalty,
        protocolFee: preview.protocolFee,
        premium: preview.premium,
      });
      expect(batch.p).to.equal(preview.p);
      const after = await getBalances(operator(), { account: job.provider });
      expect(after.escrow - provider.escrow).to.equal(preview.providerPay);
      expect(provider.locked - after.locked).to.equal(100n * UNIT);
      expect(before.escrow > 0n).to.equal(true);

      const model = await getModel(operator(), { modelId: market.modelId });
      const royalty = await flushRoyalty(operator(), { modelId: market.modelId });
      expect(royalty).to.deep.include({ payout: market.modelOwner.address, amount: model.royaltyOwed });
      expect((await getBalances(operator(), { account: market.modelOwner.address })).wallet).to.equal(
        model.royaltyOwed,
      );
      const fees = await flushProtocolFees(operator(), { modelId: market.modelId });
      const { treasury } = (await getParameters(operator())).escrow;
      expect(fees).to.deep.include({ treasury, amount: model.protocolFees });
      const nothing = await expectRejection(flushRoyalty(operator(), { modelId: market.modelId }), "CONTRACT_ERROR");
      expect(nothing.details).to.deep.equal({ name: "JobEscrow_NothingOwed", args: { modelId: market.modelId } });
    });

    it("is followed step by step", async () => {
      const item = await undrawn();
      const steps: JobProgress["type"][] = [];
      const waiting = waitForJob(market.requester, {
        jobId: item.jobId,
        pollingInterval: 20,
        onProgress: ({ type }) => steps.push(type),
      });
      const { paid } = (await finalizeBatch(operator(), item)) as { paid: bigint };

      const result = await waiting;
      expect(result).to.deep.include({ outcome: "Paid", audited: false, paid, refund: 0n, batchId: item.batchId });
      expect(result.batch).to.deep.equal(item.batch);
      expect(result.job).to.deep.equal(item.job);
      expect(steps).to.deep.equal(["opened", "accepted", "committed", "ended"]);
    });

    it("stops being followed when the caller has had enough", async () => {
      const { jobId } = await quoted();
      const reason = new TypeError("enough");
      const signal = AbortSignal.any([AbortSignal.timeout(50), AbortSignal.abort(reason)]);
      try {
        await waitForJob(market.requester, { jobId, signal, pollingInterval: 10 });
        expect.fail("did not stop");
      } catch (error) {
        expect(error).to.equal(reason);
      }
    });
  });

  describe("postRound and postBeacon", () => {
    it("pay the poster of a round that a batch waits for", async () => {
      const item = await committed({ fee: UNIT });
      const result = await post(item);
      const { beaconShare } = (await getParameters(operator())).escrow;
      expect(result).to.deep.include({ round: item.batch.targetRound, reward: beaconShare });
      const again = await expectRejection(post(item), "CONTRACT_ERROR");
      expect(again.details).to.deep.include({ name: "RandomnessBeacon_RoundAlreadyPosted" });
    });

    it("post any round unpaid, and only with its own signature", async () => {
      const signature = network.sign(5n);
      expect(await postBeacon(operator(), { round: 5n, signature })).to.deep.include({ round: 5n });
      const error = await expectRejection(postBeacon(operator(), { round: 6n, signature }), "CONTRACT_ERROR");
      expect(error.details).to.deep.equal({ name: "RandomnessBeacon_InvalidSignature", args: { round: 6n } });
    });
  });

  describe("finalizeMany", () => {
    it("does what it can and says why it did not do the rest", async () => {
      const ready = await undrawn();
      const pending = await committed({ fee: UNIT });
      const { results } = await finalizeMany(operator(), { items: [pending, ready, ready] });

      expect(results.map(({ status }) => status)).to.deep.equal(["skipped", "paid", "paid"]);
      expect(results[0]).to.deep.equal({
        status: "skipped",
        batchId: pending.batchId,
        reason: "JobEscrow_RoundNotPosted",
      });
    });
  });

  describe("jobs that are not delivered", () => {
    it("are cancelled while nobody is bound", async () => {
      const { job, jobId } = await draftJob(market);
      expect(await openJob(market.requester, { job })).to.deep.include({ jobId, status: "open" });
      expect(await getJob(operator(), { jobId })).to.deep.include({ job, status: JobStatus.Open });
      expect(await cancelJob(market.requester, { job })).to.deep.include({ jobId, refund: job.budget });
      expect(await waitForJob(operator(), { jobId })).to.deep.include({ outcome: "Cancelled", refund: job.budget });
      expect(await getJob(operator(), { jobId })).to.deep.include({ status: JobStatus.None });
    });

    it("expire after an acceptance that led to nothing, with a compensation", async () => {
      const { job, jobId } = await draftJob(market);
      await openJob(market.requester, { job });
      expect(await acceptJob(operator(), { job })).to.deep.include({ jobId, provider: job.provider });
      expect(await getBatch(operator(), { jobId })).to.equal(undefined);
      const early = await expectRejection(expireJob(operator(), { job }), "CONTRACT_ERROR");
      expect(early.details).to.deep.equal({
        name: "JobEscrow_DeadlineNotReached",
        args: { jobId, deadline: job.commitBy },
      });
      await network.passTime(job.commitBy - (await network.now()) + 1n);

      expect(await expireJob(operator(), { job })).to.deep.include({
        refund: job.budget,
        compensation: job.budget / 10n,
      });
      expect(await waitForJob(operator(), { jobId })).to.deep.include({
        outcome: "Undelivered",
        refund: job.budget,
        compensation: job.budget / 10n,
        batch: undefined,
      });
    });

    it("are void when the beacon is dead", async () => {
      const item = await committed();
      expect(await getBatch(operator(), { batchId: item.batchId })).to.deep.include({ batch: item.batch });
      const alive = await expectRejection(voidBatch(operator(), item), "CONTRACT_ERROR");
      expect(alive.details).to.deep.include({ name: "JobEscrow_BeaconAlive" });
      await network.passTime(120n * 9n);

      expect(await voidBatch(operator(), item)).to.deep.include({ batchId: item.batchId, refund: item.job.budget });
      expect(await waitForJob(operator(), { jobId: item.jobId })).to.deep.include({
        outcome: "Void",
        refund: item.job.budget,
        audited: false,
      });
    });

    it("are only found if they were opened", async () => {
      await expectRejection(getJob(operator(), { jobId: REQUEST.requestHash }), "UNKNOWN_JOB");
    });
  });
});
