import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { AssayError, JobStatus, Outcome } from "@assay/sdk";
import { createTransactionTable, sqlTransactionStore } from "@assay/sdk/node";
import { expect } from "chai";
import { sql } from "kysely";

import { AuditStore } from "../../../src/adapters/journal/auditStore.js";
import { ChainStore } from "../../../src/adapters/journal/chainStore.js";
import { JobStore } from "../../../src/adapters/journal/jobStore.js";
import type { Journal } from "../../../src/adapters/journal/openJournal.js";
import type { JobAnswer } from "../../../src/domain/job.js";
import { JournalFixture, PLACES } from "../../helpers/journals.js";
import { hash, opened, PROVIDER, REQUESTER, sampleBatch, sampleEvent, sampleJob } from "../../helpers/samples.js";

const answer = (output: string): JobAnswer => ({
  output: new TextEncoder().encode(output),
  inputUnits: 3n,
  outputUnits: BigInt(output.length),
  salt: hash(99),
  receipt: {
    provider: PROVIDER,
    jobId: hash(1),
    nonce: 0n,
    modelId: 1n,
    version: 1n,
    policyId: hash(5),
    requestHash: hash(7),
    responseRoot: hash(6),
    seed: 18_446_744_073_709_551_615n,
    inputUnits: 3n,
    outputUnits: BigInt(output.length),
    fee: 1_000_000n,
    startedAt: 1_400n,
    finishedAt: 1_401n,
  },
});

async function failureOf(promise: Promise<unknown>): Promise<AssayError> {
  try {
    await promise;
  } catch (error) {
    if (AssayError.is(error)) return error;
    throw error;
  }
  return expect.fail("it succeeded");
}

for (const place of PLACES) {
  describe(`journal on ${place.name}`, function () {
    let fixture: JournalFixture;
    let journal: Journal;

    before(function () {
      if (place.missing !== undefined) {
        console.log(`    skipped: ${place.missing}`); // eslint-disable-line no-console -- says why in the test report
        this.skip();
      }
    });

    beforeEach(async () => {
      fixture = new JournalFixture(place);
      journal = await fixture.open();
    });

    afterEach(async () => {
      await fixture.dispose();
    });

    describe("jobs", () => {
      const quote = { collateral: 2_500_000n, quote: "0x1234", request: Uint8Array.of(123, 125) };

      it("keeps every field, over a restart", async () => {
        const jobs = new JobStore(journal.database);
        await jobs.saveQuote(hash(1), sampleJob(), quote);
        await jobs.saveAnswer(hash(1), answer("hello"));
        await journal.close();

        const again = new JobStore((await fixture.open()).database);
        const found = await again.find(hash(1));
        expect(found).to.deep.include({ job: sampleJob(), collateral: 2_500_000n, quote: "0x1234", stage: "unseen" });
        expect([...found!.request!]).to.deep.equal([123, 125]);
        expect(new TextDecoder().decode(found!.answer!.output)).to.equal("hello");
        expect({ ...found!.answer!, output: null }).to.deep.equal({ ...answer("hello"), output: null });
      });

      it("keeps the first answer, whatever comes later", async () => {
        const jobs = new JobStore(journal.database);
        await jobs.saveQuote(hash(1), sampleJob(), quote);

        await jobs.saveAnswer(hash(1), answer("first"));
        const kept = await jobs.saveAnswer(hash(1), { ...answer("later"), salt: hash(1) });

        expect(new TextDecoder().decode(kept.output)).to.equal("first");
        expect(kept.salt).to.equal(hash(99));
      });

      it("replaces an unused quote for the same nonce and no other", async () => {
        const jobs = new JobStore(journal.database);
        await jobs.saveQuote(hash(1), sampleJob(), quote);
        await jobs.saveQuote(hash(2), sampleJob({ nonce: 1n }), quote);
        await jobs.saveQuote(hash(3), sampleJob({ requestHash: hash(8) }), quote);

        expect(await jobs.find(hash(1))).to.equal(undefined);
        expect((await jobs.quoted(0)).map(({ jobId }) => jobId)).to.have.members([hash(2), hash(3)]);
      });

      it("forgets quotes only when nobody can use them any more", async () => {
        const jobs = new JobStore(journal.database);
        await jobs.saveQuote(hash(1), sampleJob({ acceptBy: 2_000n }), quote);

        await jobs.forgetUnused(2_000);
        expect(await jobs.find(hash(1))).to.not.equal(undefined);
        await jobs.forgetUnused(2_001);
        expect(await jobs.find(hash(1))).to.equal(undefined);
      });
    });

    describe("votes", () => {
      it("keeps the first vote of a place, so that a restart reveals what was committed", async () => {
        const audits = new AuditStore(journal.database);
        const vote = { auditId: hash(4), member: 2, panel: 0, vote: hash(5), salt: hash(6), reason: undefined };
        await audits.saveVote(vote);

        expect(await audits.saveVote({ ...vote, vote: hash(7), salt: hash(8) })).to.deep.equal(vote);
        expect(await audits.findVote(hash(4), 2, 1)).to.equal(undefined);
      });
    });

    describe("chain events", () => {
      const jobId = hash(1);
      const batchId = hash(2);
      const accepted = sampleEvent("JobAccepted", { jobId, provider: PROVIDER }, [10, 1]);
      const committed = sampleEvent("BatchCommitted", { batchId, jobId, batch: sampleBatch(jobId) }, [11, 0]);
      const paid = sampleEvent("BatchPaid", { batchId, jobId, paid: 900_000n }, [12, 3]);

      it("move a job through its stages", async () => {
        const chain = new ChainStore(journal.database, PROVIDER);
        const jobs = new JobStore(journal.database);

        await chain.advance({ number: 10, hash: hash(10) }, [opened(jobId, [10, 0])]);
        expect(await jobs.find(jobId)).to.deep.include({ stage: "open", job: sampleJob(), quote: undefined });
        await chain.advance({ number: 11, hash: hash(11) }, [accepted, committed]);
        expect(await jobs.find(jobId)).to.deep.include({ stage: "committed", batchId, batch: sampleBatch(jobId) });
        expect((await jobs.findByBatch(batchId))?.jobId).to.equal(jobId);
        await chain.advance({ number: 12, hash: hash(12) }, [paid]);
        expect((await jobs.find(jobId))?.stage).to.equal("paid");
        expect(await jobs.live()).to.deep.equal([]);
      });

      it("are taken back by a rollback, and what was answered stays", async () => {
        const chain = new ChainStore(journal.database, PROVIDER);
        const jobs = new JobStore(journal.database);
        await chain.advance({ number: 10, hash: hash(10) }, [opened(jobId, [10, 0]), accepted]);
        await jobs.saveAnswer(jobId, answer("kept"));
        await chain.advance({ number: 12, hash: hash(12) }, [committed, paid]);

        await chain.rollback(10);

        expect(await jobs.find(jobId)).to.include({ stage: "active", batchId: undefined, batch: undefined });
        expect((await jobs.find(jobId))?.answer?.salt).to.equal(hash(99));
        expect(await chain.checkpoints()).to.deep.equal([{ number: 10, hash: hash(10) }]);
        expect((await chain.eventsOf(jobId)).map(({ name }) => name)).to.deep.equal(["JobOpened", "JobAccepted"]);
      });

      it("turn an opened job back into an unused quote", async () => {
        const chain = new ChainStore(journal.database, PROVIDER);
        const jobs = new JobStore(journal.database);
        await jobs.saveQuote(jobId, sampleJob(), { collateral: 5n, quote: "0x", request: Uint8Array.of(1) });
        await chain.advance({ number: 10, hash: hash(10) }, [opened(jobId, [10, 0]), accepted]);
        expect((await jobs.find(jobId))?.stage).to.equal("active");

        await chain.rollback(9);

        expect(await jobs.find(jobId)).to.include({ stage: "unseen", collateral: 5n });
      });

      it("of others are left out", async () => {
        const chain = new ChainStore(journal.database, PROVIDER);
        const other = sampleJob({ provider: REQUESTER });
        await chain.advance({ number: 11, hash: hash(11) }, [
          opened(jobId, [10, 0], other),
          committed,
          sampleEvent("AuditOpened", { auditId: batchId, provider: REQUESTER, modelId: 1n, seed: hash(3) }, [11, 1]),
          sampleEvent(
            "MemberDrawn",
            { auditId: batchId, provider: REQUESTER, seat: 1n, member: 0n, panel: 0n },
            [11, 2],
          ),
          sampleEvent("AuditEnded", { auditId: batchId, outcome: Outcome.Paid, slashed: 0n }, [11, 3]),
        ]);

        expect(await new JobStore(journal.database).find(jobId)).to.equal(undefined);
        expect(await chain.eventsOf(batchId)).to.deep.equal([]);
      });

      it("applied twice count once", async () => {
        const chain = new ChainStore(journal.database, PROVIDER);
        for (let round = 0; round < 2; round += 1) {
          await chain.advance({ number: 10, hash: hash(10) }, [opened(jobId, [10, 0]), accepted]);
        }
        expect(await chain.eventsOf(jobId)).to.have.lengthOf(2);
      });

      it("open, end and take back audits", async () => {
        const chain = new ChainStore(journal.database, PROVIDER);
        const audits = new AuditStore(journal.database);
        const own = sampleEvent(
          "AuditOpened",
          { auditId: hash(1), provider: PROVIDER, modelId: 3n, seed: hash(3) },
          [5, 0],
        );
        const drawn = sampleEvent(
          "MemberDrawn",
          { auditId: hash(2), provider: PROVIDER, seat: 1n, member: 4n, panel: 1n },
          [5, 1],
        );
        const ended = sampleEvent("AuditEnded", { auditId: hash(1), outcome: Outcome.Rejected, slashed: 7n }, [6, 0]);
        await chain.advance({ number: 5, hash: hash(5) }, [own, drawn]);
        expect(await audits.live()).to.deep.equal([
          { auditId: hash(1), own: true, modelId: 3n, terms: undefined },
          { auditId: hash(2), own: false, modelId: 0n, terms: undefined },
        ]);

        await chain.advance({ number: 6, hash: hash(6) }, [ended]);
        expect((await audits.live()).map(({ auditId }) => auditId)).to.deep.equal([hash(2)]);
        expect(await audits.countOwn()).to.deep.equal({ live: 0, byOutcome: new Map([[Outcome.Rejected, 1]]) });

        await chain.rollback(5);
        expect(await audits.countOwn()).to.deep.equal({ live: 1, byOutcome: new Map() });
        await chain.rollback(4);
        expect(await audits.live()).to.deep.equal([]);
      });

      it("of a range and its checkpoint are written together or not at all", async () => {
        const chain = new ChainStore(journal.database, PROVIDER);
        const broken = { ...committed, args: { ...committed.args, toJSON: () => expect.fail("broken on purpose") } };

        await failureOf(
          chain.advance({ number: 11, hash: hash(11) }, [opened(jobId, [10, 0]), broken as never]).catch(() => {
            throw new AssayError({ code: "BROKEN", message: "It broke." });
          }),
        );

        expect(await chain.checkpoints()).to.deep.equal([]);
        expect(await chain.eventsOf(jobId)).to.deep.equal([]);
        expect(await new JobStore(journal.database).find(jobId)).to.equal(undefined);
      });

      it("notice another chain under the same id", async () => {
        const chain = new ChainStore(journal.database, PROVIDER);
        expect(await chain.genesis(hash(1))).to.equal(hash(1));
        expect(await chain.genesis(hash(2))).to.equal(hash(1));
      });
    });

    it("keeps the queue of transactions beside the rest", async () => {
      await createTransactionTable(journal.database);
      const store = sqlTransactionStore(journal.database);
      expect(await store.unfinished({ chainId: 31337n, sender: PROVIDER })).to.deep.equal([]);
      expect(JobStatus.Active).to.equal(2n);
    });

    it("is locked against another process with the same folder or key", async () => {
      const elsewhere = mkdtempSync(join(tmpdir(), "assay-journal-"));
      try {
        const sameFolder = await failureOf(fixture.open());
        expect(sameFolder).to.include({ code: "DATA_LOCKED", retryable: false });
        expect(sameFolder.message).to.match(/is in use: process \d+, running since /);
        if (place.databaseUrl !== undefined) {
          const sameKey = await failureOf(fixture.open(elsewhere));
          expect(sameKey.message).to.equal(
            `Another process works with the operator key ${fixture.owner.operator} on this database.`,
          );
        }
        await journal.close();
        await fixture.open();
      } finally {
        rmSync(elsewhere, { recursive: true, force: true });
      }
    });

    it("says that its lease may be another's when the connection that holds it is lost", async function () {
      if (place.databaseUrl === undefined) this.skip();
      expect(journal.lost.aborted).to.equal(false);
      const told = new Promise((resolve) => {
        journal.lost.addEventListener("abort", resolve);
      });
      // The server shows a lock's 64-bit key in two halves.
      await sql`
        select pg_terminate_backend(pid) from pg_locks
        where locktype = 'advisory' and (classid::bigint << 32) | objid::bigint = hashtextextended(${fixture.schema}, 0)
      `.execute(journal.database);
      await told;

      expect(journal.lost.reason).to.be.instanceOf(AssayError).that.includes({ code: "LEASE_LOST", retryable: true });
    });

    it("loses nothing that was acknowledged, and leaves no lock, when its process is killed", async function () {
      this.timeout(120_000);
      await journal.close();
      const acknowledged = new Set<string>();
      for (let round = 0; round < 5; round += 1) {
        const child = spawnWriter(fixture, round);
        child.on("message", (id: string) => acknowledged.add(id));
        await once(child, "message");
        await new Promise((resolve) => setTimeout(resolve, 40 * round));
        child.kill("SIGKILL");
        await once(child, "exit");
      }

      const { database } = await fixture.open();
      const stored = await database.selectFrom("jobs").select(["job_id", "answer", "output"]).execute();
      const whole = new Map(stored.map((row) => [row.job_id, row]));
      expect(acknowledged.size).to.be.greaterThan(5);
      for (const id of acknowledged) {
        expect(whole.get(id)?.answer, `${id} was acknowledged`).to.be.a("string");
        expect(new TextDecoder().decode(whole.get(id)!.output!)).to.equal(`answer to ${id}`);
      }
    });
  });
}

function spawnWriter(fixture: JournalFixture, round: number): ChildProcess {
  return fork(fileURLToPath(new URL("../../helpers/journalWriter.ts", import.meta.url)), {
    execArgv: ["--import", "tsx"],
    env: {
      ...process.env,
      WRITER_ROUND: String(round),
      WRITER_DIR: fixture.dataDir,
      WRITER_DATABASE: fixture.place.databaseUrl ?? "",
      WRITER_ESCROW: fixture.owner.escrow,
      WRITER_OPERATOR: fixture.owner.operator,
    },
  });
}
