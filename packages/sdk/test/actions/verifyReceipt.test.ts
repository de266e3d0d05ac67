import { expect } from "chai";
import { decodeBase64, hexlify, randomBytes, ZeroHash } from "ethers";

import { commitBatch } from "../../src/actions/commitBatch.js";
import { commitVerdict } from "../../src/actions/commitVerdict.js";
import { finalizeBatch } from "../../src/actions/finalizeBatch.js";
import { getAudit } from "../../src/actions/getAudit.js";
import { openAnswers } from "../../src/actions/openAnswers.js";
import { openJob } from "../../src/actions/openJob.js";
import { openLeaves } from "../../src/actions/openLeaves.js";
import { postRound } from "../../src/actions/postRound.js";
import { revealVerdict } from "../../src/actions/revealVerdict.js";
import { signQuote } from "../../src/actions/signQuote.js";
import { tally } from "../../src/actions/tally.js";
import { verifyReceipt } from "../../src/actions/verifyReceipt.js";
import { assayDomain } from "../../src/protocol/eip712.js";
import { keccakHex } from "../../src/protocol/keccak.js";
import { type PortableReceipt, portableReceiptJson } from "../../src/protocol/portableReceipt.js";
import { verdictCommitment } from "../../src/protocol/receipts.js";
import { type Batch, type Job, JobKind } from "../../src/protocol/types.js";
import { VOUCHER_TYPES } from "../../src/protocol/voucher.js";
import { expectRejection } from "../helpers/expectAssayError.js";
import { type Actor, type Market, type Network, openMarket, POLICY, startNetwork, UNIT } from "../helpers/network.js";
import { SessionReceipts } from "../helpers/receipts.js";
import { draftJob, serve, signatureFor, type Work } from "../helpers/work.js";

interface Sold {
  readonly job: Job;
  readonly batch: Batch;
  readonly batchId: string;
  readonly work: Work;
  readonly receipt: Omit<PortableReceipt, "format">;
}

describe("verifyReceipt", () => {
  let network: Network;
  let market: Market;

  before(async function () {
    this.timeout(120_000);
    // Everything above 5 units is audited.
    const escrow = { alwaysAuditAbove: String(5n * UNIT) };
    network = await startNetwork({ registry: { minProviders: 4 }, escrow });
    market = await openMarket(network, 4);
  });

  after(async () => {
    await network.stop();
  });

  const operator = (): Actor => market.providers[0]!.operator;
  const document = (receipt: Omit<PortableReceipt, "format">): unknown => JSON.parse(portableReceiptJson(receipt));
  const verify = (receipt: Omit<PortableReceipt, "format">, output?: Uint8Array) =>
    verifyReceipt(market.requester, { document: document(receipt), output });
  const place = () => ({
    chainId: network.contracts.chainId,
    escrow: network.contracts.deployment.contracts.JobEscrow,
  });

  /** A committed one-shot job. */
  async function sell(fee: bigint, collateralBps = 25_000n): Promise<Sold> {
    const prepared = await draftJob(market, { fee, collateralBps });
    const { job } = prepared;
    await openJob(market.requester, { job, quote: await signQuote(operator(), { job }) });
    const work = serve(prepared);
    const { batch, batchId } = await commitBatch(operator(), { job, commitment: work.commitment });
    const { receipt, salt } = work.answer;
    const { outputHash } = work.opening;
    const proof = { index: 0n, siblingHashes: [], siblingSums: [] };
    return {
      job,
      batch,
      batchId,
      work,
      receipt: { ...place(), job, receipt, salt, outputHash, committed: { batch, proof } },
    };
  }

  async function decide({ job, batch }: Sold): Promise<string> {
    await postRound(operator(), { job, batch, signature: await signatureFor(network, batch.targetRound) });
    return (await finalizeBatch(operator(), { job, batch })).status;
  }

  /** Takes an audit to its end; every panelist votes as told. */
  async function audit({ job, batch, batchId: auditId, work }: Sold, vote: string): Promise<void> {
    const { chainId, deployment } = network.contracts;
    await openLeaves(operator(), { job, batch, openings: [work.leaf] });
    const { members } = await getAudit(operator(), { auditId });
    const panel = members.map(({ provider, panel: number }, index) => {
      const salt = hexlify(randomBytes(32));
      const { operator: sender } = market.providers.find(({ owner }) => owner.address === provider)!;
      const court = deployment.contracts.AuditCourt;
      const commitment = verdictCommitment({ chainId, court, auditId, panel: number, provider, vote, salt });
      return { member: BigInt(index), sender, salt, commitment };
    });
    for (const { member, sender, commitment } of panel) await commitVerdict(sender, { auditId, member, commitment });
    await openAnswers(operator(), { auditId, answers: [work.opening] });
    for (const { member, sender, salt } of panel) await revealVerdict(sender, { auditId, member, vote, salt });
    await tally(operator(), { job, batch });
  }

  describe("of a one-shot job", () => {
    it("follows an audited batch until the panel agrees", async () => {
      const sold = await sell(10n * UNIT);
      const output = decodeBase64(sold.work.answer.output);
      const open = await verify(sold.receipt, output);
      expect(open).to.deep.include({ evidence: "committed", paid: 0n, supersededBy: undefined, outputChecked: true });
      expect(open.batch).to.deep.include({ batchId: sold.batchId, batch: sold.batch, index: 0n, settlement: "open" });
      expect(open.batch!.audit).to.equal(undefined);

      expect(await decide(sold)).to.equal("audited");
      const running = await verify(sold.receipt);
      expect(running.batch).to.deep.include({ settlement: "open" });
      expect(running.batch!.audit).to.deep.equal({ outcome: undefined, slashed: 0n, sampled: false });

      await audit(sold, sold.work.vote);
      const ended = await verify(sold.receipt, output);
      expect(ended).to.deep.include({ evidence: "committed", paid: 10n * UNIT });
      expect(ended.batch).to.deep.include({ settlement: "paid", committedAtBlock: open.batch!.committedAtBlock });
      expect(ended.batch!.audit).to.deep.equal({ outcome: "Paid", slashed: 0n, sampled: true });
      expect(ended.document.receipt).to.deep.include({
        provider: sold.job.provider,
        modelId: market.modelId,
        version: 1n,
      });
    });

    it("tells of a provider that was slashed for the answer", async () => {
      const sold = await sell(10n * UNIT);
      expect(await decide(sold)).to.equal("audited");
      await audit(sold, keccakHex("another answer"));
      const { evidence, paid, batch } = await verify(sold.receipt);
      expect([evidence, paid, batch!.settlement]).to.deep.equal(["committed", 0n, "refunded"]);
      expect(batch!.audit).to.deep.equal({ outcome: "Rejected", slashed: sold.batch.collateral, sampled: true });
    });

    it("tells of a batch that was paid and not drawn", async () => {
      let sold = await sell(UNIT, 500_000n);
      // A draw is rare at this collateral; one that comes is left to itself.
      while ((await decide(sold)) !== "paid") sold = await sell(UNIT, 500_000n);
      const { evidence, paid, batch } = await verify(sold.receipt);
      expect([evidence, paid]).to.deep.equal(["committed", UNIT]);
      expect(batch).to.deep.include({ settlement: "paid", audit: undefined });
    });

    it("finds no evidence in a receipt without a proof", async () => {
      const sold = await sell(10n * UNIT);
      const { evidence, batch, supersededBy } = await verify({ ...sold.receipt, committed: undefined });
      expect([evidence, batch, supersededBy]).to.deep.equal(["none", undefined, sold.batchId]);
    });

    it("refuses a batch that was never committed, another policy, another output and another deployment", async () => {
      const { receipt, batch } = await sell(10n * UNIT);
      const { proof } = receipt.committed!;
      const made = { ...receipt, committed: { batch: { ...batch, p: 1n }, proof } };
      expect((await expectRejection(verify(made), "RECEIPT_INVALID")).details).to.include({ field: "committed.batch" });

      const output = expectRejection(verify(receipt, new Uint8Array(5)), "RECEIPT_INVALID");
      expect((await output).details).to.include({ field: "outputHash" });

      const policy = new SessionReceipts(sessionOf(), domain(), ZeroHash, ["a"]).document(0);
      expect((await expectRejection(verify(policy), "RECEIPT_INVALID")).details).to.include({
        field: "receipt.policyId",
      });

      const elsewhere = new SessionReceipts(sessionOf(), assayDomain(1n, place().escrow), POLICY.policyId, ["a"]);
      await expectRejection(verify(elsewhere.document(0)), "WRONG_NETWORK");
      await expectRejection(verifyReceipt(market.requester, { document: {} }), "RECEIPT_MALFORMED");
    });

    it("passes on that a model version does not exist", async () => {
      const unknown = new SessionReceipts({ ...sessionOf(), version: 9n }, domain(), POLICY.policyId, ["a"]);
      const error = await expectRejection(verify(unknown.document(0)), "CONTRACT_ERROR");
      expect(error.details).to.include({ name: "ModelRegistry_UnknownVersion" });
    });
  });

  const domain = () => assayDomain(place().chainId, place().escrow);
  let template: Job;

  before(async () => {
    ({ job: template } = await draftJob(market, { fee: 100n * UNIT }));
  });

  const sessionOf = (nonce = template.nonce): Job => ({
    ...template,
    nonce,
    kind: JobKind.Session,
    units: 0n,
    requestHash: ZeroHash,
    inputPrice: 10_000_000_000n,
    outputPrice: 40_000_000_000n,
    creditLine: UNIT,
  });

  describe("of a session", () => {
    const outputs = [
      "Alice was",
      " beginning",
      " to get",
      " very",
      " tired of",
      " sitting by her sister",
      " on the bank",
    ];

    async function openSession(): Promise<Job> {
      const { job: draft } = await draftJob(market, { fee: 100n * UNIT });
      const job = { ...sessionOf(draft.nonce), acceptBy: draft.acceptBy, commitBy: draft.acceptBy + 86_400n };
      await openJob(market.requester, { job, quote: await signQuote(operator(), { job }) });
      return job;
    }

    async function commit(session: SessionReceipts): Promise<{ batch: Batch; batchId: string }> {
      const { count, total, root } = session.voucher;
      const voucher = await market.requester.sender.signTypedData(domain(), VOUCHER_TYPES, { ...session.voucher });
      const maxLeafFee = session.receipts.reduce((most, { fee }) => (fee > most ? fee : most), 0n);
      const collateral = (total * session.job.collateralBps) / 10_000n;
      const commitment = { root, total, collateral: collateral * 2n, count, maxLeafFee };
      return await commitBatch(operator(), { job: session.job, commitment, voucher });
    }

    it("goes from signed to committed, with the document that was given out first", async () => {
      const session = new SessionReceipts(await openSession(), domain(), POLICY.policyId, outputs);
      const receipt = { ...session.document(4), signed: session.signed(4, operator().wallet) };
      const signed = await verify(receipt, Buffer.from(outputs[4]!));
      expect(signed).to.deep.include({ evidence: "signed", batch: undefined, paid: 0n, supersededBy: undefined });
      expect(signed.signer).to.equal(operator().address);

      const { batch, batchId } = await commit(session);
      for (const proven of [receipt, { ...session.document(4), committed: { batch, proof: session.proof(4) } }]) {
        const committed = await verify(proven);
        expect(committed).to.deep.include({ evidence: "committed", paid: 0n });
        expect(committed.batch).to.deep.include({ batchId, batch, index: 4n, settlement: "open" });
      }
      await postRound(operator(), {
        job: session.job,
        batch,
        signature: await signatureFor(network, batch.targetRound),
      });
      const { status } = await finalizeBatch(operator(), { job: session.job, batch });
      const { fee } = session.receipts[4]!;
      expect(await verify(receipt)).to.deep.include({ paid: status === "paid" ? fee : 0n });
    });

    it("says that a later state was committed", async () => {
      const job = await openSession();
      const all = new SessionReceipts(job, domain(), POLICY.policyId, outputs);
      const early = new SessionReceipts(job, domain(), POLICY.policyId, outputs.slice(0, 3));
      const { batchId } = await commit(all);
      const receipt = { ...early.document(2), signed: early.signed(2, operator().wallet) };
      expect(await verify(receipt)).to.deep.include({ evidence: "signed", batch: undefined, supersededBy: batchId });
    });

    it("takes the owner's signature for the provider's, and nobody else's", async () => {
      const session = new SessionReceipts(await openSession(), domain(), POLICY.policyId, outputs);
      const bySigner = async ({ wallet }: Actor): Promise<string> =>
        (await verify({ ...session.document(0), signed: session.signed(0, wallet) })).evidence;
      expect(await bySigner(market.providers[0]!.owner)).to.equal("signed");
      expect(await bySigner(market.providers[1]!.operator)).to.equal("none");
      expect(await bySigner(market.requester)).to.equal("none");
      const broken = { ...session.signed(0, operator().wallet), signature: "0x1234" };
      expect((await verify({ ...session.document(0), signed: broken })).evidence).to.equal("none");
    });
  });
});
