import { expect } from "chai";
import { hexlify, randomBytes, ZeroHash } from "ethers";

import type { AuditProgress } from "../../src/actions/auditProgress.js";
import { type BatchCommitted, commitBatch } from "../../src/actions/commitBatch.js";
import { commitVerdict } from "../../src/actions/commitVerdict.js";
import { drawPanel } from "../../src/actions/drawPanel.js";
import { expireAudit } from "../../src/actions/expireAudit.js";
import { finalizeBatch } from "../../src/actions/finalizeBatch.js";
import { flushSink } from "../../src/actions/flushSink.js";
import { getAudit } from "../../src/actions/getAudit.js";
import { getBalances } from "../../src/actions/getBalances.js";
import { openAnswers } from "../../src/actions/openAnswers.js";
import { openJob } from "../../src/actions/openJob.js";
import { openLeaves } from "../../src/actions/openLeaves.js";
import { payPoolDebts } from "../../src/actions/payPoolDebts.js";
import { postRound } from "../../src/actions/postRound.js";
import type { PreparedJob } from "../../src/actions/prepareJob.js";
import { revealVerdict } from "../../src/actions/revealVerdict.js";
import { signQuote } from "../../src/actions/signQuote.js";
import { tally } from "../../src/actions/tally.js";
import { waitForJob } from "../../src/actions/waitForJob.js";
import { verdictCommitment } from "../../src/protocol/receipts.js";
import { AuditPhase, MemberStatus, Outcome } from "../../src/protocol/types.js";
import { expectRejection } from "../helpers/expectAssayError.js";
import { type Actor, type Market, type Network, openMarket, startNetwork, UNIT } from "../helpers/network.js";
import { draftJob, serve, signatureFor, type Work } from "../helpers/work.js";

interface Audited extends PreparedJob, BatchCommitted {
  readonly work: Work;
}

describe("actions of audits", () => {
  let network: Network;
  let market: Market;

  before(async function () {
    this.timeout(120_000);
    // Everything above 5 units is audited, so that nothing here is a matter of chance.
    const escrow = { alwaysAuditAbove: String(5n * UNIT) };
    network = await startNetwork({ registry: { minProviders: 4 }, escrow });
    market = await openMarket(network, 4);
  });

  after(async () => {
    await network.stop();
  });

  const operator = () => market.providers[0]!.operator;
  const audited = async (): Promise<Audited> => {
    const prepared = await draftJob(market, { fee: 10n * UNIT });
    const { job } = prepared;
    await openJob(market.requester, { job, quote: await signQuote(operator(), { job }) });
    const work = serve(prepared);
    const item = { ...prepared, ...(await commitBatch(operator(), { job, commitment: work.commitment })), work };
    await postRound(operator(), { ...item, signature: await signatureFor(network, item.batch.targetRound) });
    expect(await finalizeBatch(operator(), item)).to.deep.include({ status: "audited", batchId: item.batchId });
    return { ...item, commitment: work.commitment };
  };
  /** The panelists with the keys that act for them. */
  const panelOf = async ({
    batchId,
  }: Audited): Promise<{ member: bigint; panel: bigint; provider: string; operator: Actor }[]> => {
    const { members } = await getAudit(operator(), { auditId: batchId });
    return members.map(({ provider, panel }, index) => {
      const found = market.providers.find(({ owner }) => owner.address === provider)!;
      return { member: BigInt(index), panel, provider, operator: found.operator };
    });
  };
  /** Takes an audit from its leaves to the last reveal; every panelist votes as told. */
  const vote = async (item: Audited, votes: string): Promise<AuditProgress> => {
    const auditId = item.batchId;
    const { chainId, deployment } = network.contracts;
    const court = deployment.contracts.AuditCourt;
    await openLeaves(operator(), { ...item, openings: [item.work.leaf] });
    const panel = await panelOf(item);
    const salts = panel.map(() => hexlify(randomBytes(32)));
    for (const [index, { member, panel: number, provider, operator: sender }] of panel.entries()) {
      const terms = { chainId, court, auditId, panel: number, provider, vote: votes, salt: salts[index]! };
      await commitVerdict(sender, { auditId, member, commitment: verdictCommitment(terms) });
    }
    await openAnswers(operator(), { auditId, answers: [item.work.opening] });
    for (const [index, { member, operator: sender }] of panel.entries()) {
      await revealVerdict(sender, { auditId, member, vote: votes, salt: salts[index]! });
    }
    return await tally(operator(), item);
  };

  it("start with a panel that does not hold the provider itself", async () => {
    const item = await audited();
    const { audit, members } = await getAudit(operator(), { auditId: item.batchId });

    expect(audit).to.deep.include({ phase: AuditPhase.Opening, level: 1n, size: 3n, drawn: 3n });
    expect(members.map(({ status }) => status)).to.deep.equal(Array(3).fill(MemberStatus.Drawn));
    expect(members.map(({ provider }) => provider)).to.not.include(item.job.provider);
    const drawn = await expectRejection(drawPanel(operator(), item), "CONTRACT_ERROR");
    expect(drawn.details).to.deep.include({ name: "AuditCourt_WrongPhase" });
    const early = await expectRejection(expireAudit(operator(), item), "CONTRACT_ERROR");
    expect(early).to.deep.include({ retryable: true });
    expect(early.details).to.deep.include({ name: "AuditCourt_DeadlineNotReached" });
  });

  it("end with the provider's pay when the panel finds the same answer", async () => {
    const item = await audited();
    const before = await getBalances(operator(), { account: item.job.provider });

    const result = await vote(item, item.work.vote);

    expect(result).to.deep.include({ auditId: item.batchId, split: false, redrawn: false });
    expect(result.ended).to.deep.equal({ outcome: Outcome.Paid, slashed: 0n });
    const after = await getBalances(operator(), { account: item.job.provider });
    expect(after.escrow - before.escrow).to.equal(item.preview.providerPay);
    expect(await waitForJob(operator(), { jobId: item.jobId })).to.deep.include({
      outcome: "Paid",
      audited: true,
      paid: item.preview.providerPay,
    });
    expect((await getAudit(operator(), { auditId: item.batchId })).audit.phase).to.equal(AuditPhase.None);
  });

  it("end with a slash when the panel finds another answer", async () => {
    const item = await audited();
    const { requester } = market;
    const [provider, customer] = await Promise.all([
      getBalances(operator(), { account: item.job.provider }),
      getBalances(operator(), { account: requester.address }),
    ]);
    const cheatless = serve(item, " something else altogether");

    const { ended } = await vote(item, cheatless.vote);

    expect(ended).to.deep.equal({ outcome: Outcome.Rejected, slashed: item.batch.collateral });
    const after = await getBalances(operator(), { account: requester.address });
    expect(after.escrow - customer.escrow).to.equal(item.job.budget);
    expect(after.staked - customer.staked).to.equal(item.batch.collateral / 5n);
    const slashed = await getBalances(operator(), { account: item.job.provider });
    expect(provider.staked - slashed.staked).to.equal(item.batch.collateral);
    expect(await waitForJob(operator(), { jobId: item.jobId })).to.deep.include({
      outcome: "Rejected",
      audited: true,
      refund: item.job.budget,
    });
    const owed = await network.contracts.staking.sinkOwed();
    expect(owed >= item.batch.collateral / 2n).to.equal(true);
    expect(await flushSink(operator())).to.deep.include({ amount: owed });
  });

  it("end with a slash when nobody opens the leaves", async () => {
    const item = await audited();
    const { deadline } = (await getAudit(operator(), { auditId: item.batchId })).audit;
    await network.passTime(deadline - (await network.now()) + 1n);

    const { ended } = await expireAudit(operator(), item);

    expect(ended).to.deep.equal({ outcome: Outcome.Rejected, slashed: item.batch.collateral });
  });

  it("refuse what is not as it was committed", async () => {
    const item = await audited();
    const forged = { ...item.work.leaf, receipt: { ...item.work.leaf.receipt, outputUnits: 1n } };
    const leaf = await expectRejection(openLeaves(operator(), { ...item, openings: [forged] }), "CONTRACT_ERROR");
    expect(leaf.details).to.deep.equal({
      name: "AuditCourt_InvalidProof",
      args: { auditId: item.batchId, index: 0n },
    });
    const { phases } = await openLeaves(operator(), { ...item, openings: [item.work.leaf] });
    expect(phases.map(({ phase }) => phase)).to.deep.equal([AuditPhase.Committing]);
    const commit = { auditId: item.batchId, member: 0n, commitment: hexlify(randomBytes(32)) };
    const stranger = await expectRejection(commitVerdict(market.requester, commit), "CONTRACT_ERROR");
    expect(stranger.details).to.deep.equal({
      name: "AuditCourt_NotMember",
      args: { auditId: item.batchId, member: 0n, caller: market.requester.address },
    });
    const [first] = await panelOf(item);
    await commitVerdict(first!.operator, commit);
    const reveal = { auditId: item.batchId, member: 0n, vote: ZeroHash, salt: ZeroHash };
    const early = await expectRejection(revealVerdict(first!.operator, reveal), "CONTRACT_ERROR");
    expect(early.details).to.deep.include({ name: "AuditCourt_WrongPhase" });
  });

  it("pay what a short pool owed", async () => {
    const { modelId } = market;
    const [owed] = await network.contracts.escrow.poolDebtsOf(modelId);
    // The first rounds were posted before any premium had come in.
    expect(owed > 0n).to.equal(true);
    const { payments, paid } = await payPoolDebts(operator(), { modelId, count: 100 });
    expect(paid).to.equal(payments.reduce((sum, { amount }) => sum + amount, 0n));
    expect((await network.contracts.escrow.poolDebtsOf(modelId))[0]).to.equal(owed - paid);
  });
});
