import { expect } from "chai";
import { ZeroAddress, ZeroHash } from "ethers";

import { acceptJob } from "../../src/actions/acceptJob.js";
import { closeJob } from "../../src/actions/closeJob.js";
import { commitBatch } from "../../src/actions/commitBatch.js";
import { commitMany } from "../../src/actions/commitMany.js";
import { expireJob } from "../../src/actions/expireJob.js";
import { getBatches } from "../../src/actions/getBatches.js";
import { getJob } from "../../src/actions/getJob.js";
import { getSession } from "../../src/actions/getSession.js";
import { getSolvency } from "../../src/actions/getSolvency.js";
import { openJob } from "../../src/actions/openJob.js";
import { signQuote } from "../../src/actions/signQuote.js";
import { topUp } from "../../src/actions/topUp.js";
import { type JobProgress, waitForJob } from "../../src/actions/waitForJob.js";
import { assayDomain } from "../../src/protocol/eip712.js";
import { jobId as hashJobId } from "../../src/protocol/receipts.js";
import { SumTree } from "../../src/protocol/sumTree.js";
import { type Job, JobKind, JobStatus } from "../../src/protocol/types.js";
import { VOUCHER_TYPES } from "../../src/protocol/voucher.js";
import { expectRejection } from "../helpers/expectAssayError.js";
import { type Market, type Network, openMarket, startNetwork, UNIT } from "../helpers/network.js";
import { draftJob } from "../helpers/work.js";

const FEE = UNIT / 10n;

describe("actions of sessions", () => {
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
  const domain = () => assayDomain(network.contracts.chainId, network.contracts.deployment.contracts.JobEscrow);

  const session = async (terms: Partial<Job> = {}): Promise<{ job: Job; jobId: string }> => {
    const { job: draft } = await draftJob(market, { fee: 10n * UNIT });
    const job: Job = {
      ...draft,
      kind: JobKind.Session,
      units: 0n,
      requestHash: ZeroHash,
      inputPrice: UNIT,
      outputPrice: UNIT,
      creditLine: UNIT,
      ...terms,
    };
    const quote = await signQuote(operator(), { job });
    const { jobId } = await openJob(market.requester, { job, quote });
    return { job, jobId };
  };

  /** What the requester signs after `count` more receipts. */
  const signed = async ({ job, jobId }: { job: Job; jobId: string }, count: number) => {
    const { nextNonce: firstNonce } = await getSession(operator(), { jobId });
    const leaves = Array.from({ length: count }, (_, index) => ({
      content: hashJobId({ ...job, nonce: firstNonce + BigInt(index) }, domain()),
      sum: FEE,
    }));
    const { root, total } = SumTree.build(leaves);
    const message = { jobId, firstNonce, count: BigInt(count), total, root };
    const voucher = await market.requester.sender.signTypedData(domain(), VOUCHER_TYPES, message);
    const commitment = { root, total, collateral: 3n * total, count: BigInt(count), maxLeafFee: FEE };
    return { jobId, job, commitment, voucher };
  };

  const isSolvent = async (): Promise<void> => {
    const { contracts } = await getSolvency(operator());
    expect(contracts.map(({ name, surplus }) => [name, surplus])).to.deep.equal(
      contracts.map(({ name }) => [name, 0n]),
    );
  };

  it("are committed by voucher, topped up, and closed", async () => {
    const opened = await session();
    const { job, jobId } = opened;
    const first = await commitBatch(operator(), await signed(opened, 3));
    const second = await commitBatch(operator(), await signed(opened, 2));
    expect((await getBatches(operator(), { jobId })).map(({ batchId }) => batchId)).to.deep.equal([
      first.batchId,
      second.batchId,
    ]);
    expect([first.batch.firstNonce, second.batch.firstNonce]).to.deep.equal([0n, 3n]);
    const remaining = 10n * UNIT - 5n * FEE;
    expect(await getSession(operator(), { jobId })).to.deep.equal({
      status: JobStatus.Active,
      remaining,
      nextNonce: 5n,
      closesAt: 0n,
    });
    await isSolvent();

    expect(await topUp(market.requester, { job, amount: UNIT })).to.deep.include({
      jobId,
      amount: UNIT,
      remaining: remaining + UNIT,
    });
    const closing = await closeJob(market.requester, { job });
    expect(closing.status).to.equal("closing");
    expect((await getSession(operator(), { jobId })).status).to.equal(JobStatus.Closing);
    const early = await expectRejection(closeJob(market.requester, { job }), "CONTRACT_ERROR");
    expect(early.details).to.deep.include({ name: "JobEscrow_DeadlineNotReached" });
    expect(await closeJob(operator(), { job })).to.deep.include({
      status: "closed",
      jobId,
      refund: remaining + UNIT,
    });
    expect((await getSession(operator(), { jobId })).status).to.equal(JobStatus.None);
    await isSolvent();
  });

  it("are committed many at once, and say why one was not", async () => {
    const [one, two] = [await session(), await session()];
    const items = [await signed(one, 1), await signed(two, 2)];
    const wrong = { ...items[1]!, voucher: items[0]!.voucher };
    const { results } = await commitMany(operator(), { items: [items[0]!, wrong] });
    expect(results.map(({ status }) => status)).to.deep.equal(["committed", "skipped"]);
    expect(results[1]).to.deep.equal({ status: "skipped", jobId: two.jobId, reason: "JobEscrow_InvalidVoucher" });
    const again = await commitMany(operator(), { items: [items[1]!] });
    expect(again.results[0]).to.deep.include({ status: "committed", jobId: two.jobId });
    const replay = await expectRejection(commitBatch(operator(), items[0]!), "CONTRACT_ERROR");
    expect(replay.details).to.deep.include({ name: "JobEscrow_InvalidVoucher" });
    await isSolvent();
  });

  it("are refused what they do not hold", async () => {
    const opened = await session({ budget: FEE });
    const refused = await expectRejection(commitBatch(operator(), await signed(opened, 2)), "CONTRACT_ERROR");
    expect(refused.details).to.deep.equal({
      name: "JobEscrow_BudgetExceeded",
      args: { jobId: opened.jobId, total: 2n * FEE, remaining: FEE },
    });
    const expired = await expectRejection(expireJob(operator(), { job: opened.job }), "CONTRACT_ERROR");
    expect(expired.details).to.deep.include({ name: "JobEscrow_InvalidTerm" });
  });

  it("follow an open job to the provider that accepts it", async () => {
    const { job: draft } = await draftJob(market);
    const { job: named } = await draftJob(market, { fee: 2n * UNIT });
    const job = { ...named, provider: ZeroAddress, acceptBy: draft.acceptBy };
    const { jobId: openId } = await openJob(market.requester, { job });
    await isSolvent();
    const provider = draft.provider;
    const accepted = await acceptJob(operator(), { job, provider });
    expect(accepted).to.deep.include({ provider, job: { ...job, provider } });
    expect(accepted.jobId).to.not.equal(openId);
    expect(await getJob(operator(), { jobId: accepted.jobId })).to.deep.include({ job: { ...job, provider } });
    await isSolvent();
    await network.passTime(job.commitBy - (await network.now()) + 1n);
    await expireJob(operator(), { job: accepted.job });
    const steps: JobProgress["type"][] = [];
    const result = await waitForJob(operator(), { jobId: openId, onProgress: ({ type }) => steps.push(type) });
    expect(steps).to.deep.equal(["opened", "assigned", "accepted", "ended"]);
    expect(result).to.deep.include({ jobId: accepted.jobId, outcome: "Undelivered", refund: 2n * UNIT });
    expect(result.job.provider).to.equal(provider);
    await isSolvent();
  });
});
