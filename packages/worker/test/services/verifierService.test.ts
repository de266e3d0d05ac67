import {
  type AuditInfo,
  AuditPhase,
  digest,
  IAuditCourt__factory,
  MemberStatus,
  type Receipt,
  requestDocument,
  verdictCommitment,
  vote as hashVote,
} from "@assay/sdk";
import { expect } from "chai";
import { hexlify, keccak256, toUtf8Bytes, ZeroHash } from "ethers";

import type { AuditRecord } from "../../src/adapters/journal/auditStore.js";
import type { WorkerContext } from "../../src/services/context.js";
import { VerifierService } from "../../src/services/verifierService.js";
import { DOCUMENT, RecordingSender, testContext } from "../helpers/context.js";
import { ADDRESSES, FakeChain } from "../helpers/fakeChain.js";
import { JournalFixture, PLACES } from "../helpers/journals.js";
import { hash, PROVIDER, REQUESTER } from "../helpers/samples.js";

const AUDIT = hash(77);
const court = IAuditCourt__factory.createInterface();
const { json, requestHash } = requestDocument({ prompt: "Alice was ", maxOutputUnits: 9 });

const receipt = (over: Partial<Receipt> = {}): Receipt => ({
  provider: REQUESTER,
  jobId: hash(1),
  nonce: 0n,
  modelId: 1n,
  version: 1n,
  policyId: DOCUMENT.policyId,
  requestHash,
  responseRoot: hash(6),
  seed: 1n,
  inputUnits: 10n,
  outputUnits: 9n,
  fee: 1_000_000n,
  startedAt: 1n,
  finishedAt: 2n,
  ...over,
});

const info = (phase: bigint, status: bigint, over: Partial<AuditInfo["audit"]> = {}): AuditInfo => ({
  auditId: AUDIT,
  audit: { phase, panel: 0n, deadline: 1_600n, ...over } as AuditInfo["audit"],
  members: [
    { provider: REQUESTER, seat: 1n, panel: 0n, status: MemberStatus.Drawn, vote: ZeroHash },
    { provider: PROVIDER, seat: 2n, panel: 0n, status, vote: ZeroHash },
  ],
});
const record: AuditRecord = { auditId: AUDIT, own: false, modelId: 1n, terms: undefined };

describe("VerifierService", () => {
  let fixture: JournalFixture;
  let chain: FakeChain;
  let sender: RecordingSender;
  let context: WorkerContext;
  let verifier: VerifierService;

  beforeEach(async () => {
    fixture = new JournalFixture(PLACES[0]!);
    chain = await FakeChain.start({
      chainId: 31337n,
      missing: [],
      provider: PROVIDER,
      staked: 1n,
      gas: 1n,
      version: undefined,
      logs: [],
    });
    sender = new RecordingSender();
    context = testContext(chain, await fixture.open(), sender);
    verifier = new VerifierService(context);
  });

  afterEach(async () => {
    await chain.stop();
    await fixture.dispose();
  });

  function openLeaf(over: Partial<Receipt> = {}, request = json): void {
    const { topics, data } = court.encodeEventLog("LeafOpened", [
      AUDIT,
      0,
      receipt(over),
      hexlify(toUtf8Bytes(request)),
    ]);
    chain.state.logs = [{ address: ADDRESSES.AuditCourt, topics, data }];
  }

  const storedVote = async (): Promise<{ vote: string; salt: string; reason: string | undefined }> =>
    (await context.audits.findVote(AUDIT, 1, 0))!;

  it("commits to what its own engine answers, the vote being in the journal before", async () => {
    openLeaf();
    sender.failure = new TypeError("killed before it was sent");
    await verifier.act(record, info(AuditPhase.Committing, MemberStatus.Drawn)).catch(() => undefined);

    const stored = await storedVote();
    const answer = digest(keccak256(toUtf8Bytes("beginning")), 10n, 9n);
    expect(stored.vote).to.equal(hashVote([answer]));
    expect(stored.salt)
      .to.match(/^0x[0-9a-f]{64}$/)
      .and.to.not.equal(ZeroHash);

    sender.failure = undefined;
    await verifier.act(record, info(AuditPhase.Committing, MemberStatus.Drawn));
    const { vote, salt } = stored;
    const commitment = verdictCommitment({
      chainId: 31337n,
      court: context.contracts.deployment.contracts.AuditCourt,
      auditId: AUDIT,
      panel: 0n,
      provider: PROVIDER,
      vote,
      salt,
    });
    const expected = court.encodeFunctionData("commitVerdict", [AUDIT, 1n, commitment]);
    expect(sender.sent).to.have.lengthOf(1);
    expect(sender.sent[0]).to.include({ data: expected, key: `verdict/${AUDIT}/1`, deadline: 1_600n });
  });

  it("reveals exactly what it committed", async () => {
    openLeaf();
    await verifier.act(record, info(AuditPhase.Committing, MemberStatus.Drawn));
    await verifier.act(record, info(AuditPhase.Revealing, MemberStatus.Committed));

    const { vote, salt } = await storedVote();
    expect(sender.sent.at(-1)?.data).to.equal(court.encodeFunctionData("revealVerdict", [AUDIT, 1n, vote, salt]));
  });

  it("abstains where it cannot check, and says why", async () => {
    openLeaf({ policyId: hash(5) });
    await verifier.act(record, info(AuditPhase.Committing, MemberStatus.Drawn));
    await verifier.act(record, info(AuditPhase.Revealing, MemberStatus.Committed));

    const { vote, salt, reason } = await storedVote();
    expect(vote).to.equal(ZeroHash);
    expect(reason).to.equal(`POLICY_UNKNOWN: This worker does not run the policy ${hash(5)} of model 1, version 1.`);
    expect(sender.sent.at(-1)?.data).to.equal(court.encodeFunctionData("revealVerdict", [AUDIT, 1n, ZeroHash, salt]));
  });

  it("abstains on a request that the policy does not allow", async () => {
    const { json: long, requestHash: longHash } = requestDocument({ prompt: "x", maxOutputUnits: 65 });
    openLeaf({ requestHash: longHash }, long);
    await verifier.act(record, info(AuditPhase.Committing, MemberStatus.Drawn));

    expect((await storedVote()).reason).to.match(/^OUTPUT_LIMIT: /);
  });

  it("waits for leaves that its RPC server does not show yet, and abstains only when the window closes", async () => {
    const error: unknown = await verifier
      .act(record, info(AuditPhase.Committing, MemberStatus.Drawn))
      .catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: "LEAVES_UNSEEN", retryable: true });
    expect(sender.sent).to.have.lengthOf(0);

    // A quarter of the window of 120 s is left.
    await verifier.act(record, info(AuditPhase.Committing, MemberStatus.Drawn, { deadline: 1_529n }));
    expect((await storedVote()).vote).to.equal(ZeroHash);
    expect(sender.sent).to.have.lengthOf(1);
  });

  it("does nothing for places of earlier panels, of others, and what it did already", async () => {
    openLeaf();
    await verifier.act(record, info(AuditPhase.Committing, MemberStatus.Drawn, { panel: 1n }));
    await verifier.act(record, info(AuditPhase.Committing, MemberStatus.Committed));
    await verifier.act(record, info(AuditPhase.Revealing, MemberStatus.Drawn));
    await verifier.act(record, info(AuditPhase.Revealing, MemberStatus.Revealed));

    expect(sender.sent).to.have.lengthOf(0);
  });
});
