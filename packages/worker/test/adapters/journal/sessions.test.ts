import { type Job, jobId as hashJobId, assayDomain } from "@assay/sdk";
import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { BatchStore } from "../../../src/adapters/journal/batchStore.js";
import { ChainStore } from "../../../src/adapters/journal/chainStore.js";
import { JobStore } from "../../../src/adapters/journal/jobStore.js";
import type { ChainEvent } from "../../../src/domain/chainEvent.js";
import { DEPLOYMENT } from "../../helpers/context.js";
import { JournalFixture, PLACES } from "../../helpers/journals.js";
import { hash, opened, PROVIDER, REQUESTER, sampleBatch, sampleEvent, sampleJob } from "../../helpers/samples.js";

const domain = assayDomain(31337n, DEPLOYMENT.contracts.JobEscrow);

for (const place of PLACES) {
  const { name, missing } = place;
  const group = missing === undefined ? describe : describe.skip;
  group(`sessions and open jobs in the journal, ${name}`, () => {
    let fixture: JournalFixture;
    let chain: ChainStore;
    let jobs: JobStore;
    let batches: BatchStore;

    beforeEach(async () => {
      fixture = new JournalFixture(place);
      const { database } = await fixture.open();
      chain = new ChainStore(database, PROVIDER, new Set(["1/1"]));
      jobs = new JobStore(database);
      batches = new BatchStore(database);
    });

    afterEach(async () => {
      await fixture.dispose();
    });

    const advance = async (block: number, events: readonly ChainEvent[]): Promise<void> => {
      await chain.advance({ number: block, hash: hash(block) }, events);
    };

    it("keeps many batches of one session, and forgets those that a reorganisation took back", async () => {
      const id = hash(1);
      const commit = (n: number, nonce: bigint, block: number): ChainEvent =>
        sampleEvent(
          "BatchCommitted",
          { batchId: hash(n), jobId: id, batch: { ...sampleBatch(id), firstNonce: nonce } },
          [block, n],
        );
      await advance(1, [
        opened(id, [1, 0], sampleJob({ kind: 1n })),
        sampleEvent("JobAccepted", { jobId: id, provider: PROVIDER }, [1, 1]),
      ]);
      await advance(2, [commit(12, 7n, 2), commit(11, 0n, 2)]);
      await advance(3, [
        sampleEvent("SessionToppedUp", { jobId: id, amount: 4n, remaining: 9n }, [3, 0]),
        commit(13, 9n, 3),
        sampleEvent("BatchPaid", { batchId: hash(11), jobId: id, paid: 1n }, [3, 20]),
      ]);

      expect((await batches.ofJob(id)).map(({ batchId }) => batchId)).to.deep.equal([hash(11), hash(12), hash(13)]);
      expect((await batches.committed()).map(({ batchId }) => batchId)).to.have.members([hash(12), hash(13)]);
      expect(await batches.find(hash(11))).to.deep.include({ stage: "paid", job: sampleJob({ kind: 1n }) });
      expect(await jobs.find(id)).to.include({ stage: "active", toppedUp: 4n, closesAt: undefined });

      await chain.rollback(2);
      expect((await batches.ofJob(id)).map(({ stage }) => stage)).to.deep.equal(["committed", "committed"]);
      expect(await jobs.find(id)).to.include({ stage: "active", toppedUp: 0n });
    });

    it("follows jobs that are open to anybody for models that are served, and goes on with those it got", async () => {
      const job: Job = sampleJob({ provider: ZeroAddress });
      const [mine, others, foreign] = [job, { ...job, nonce: 1n }, { ...job, modelId: 2n }];
      const id = (one: Job): string => hashJobId(one, domain);
      await advance(
        1,
        [mine, others, foreign, { ...job, kind: 1n, nonce: 3n }].map((one, index) => opened(id(one), [1, index], one)),
      );
      expect((await jobs.live()).map(({ jobId }) => jobId)).to.have.members([id(mine), id(others)]);
      await jobs.saveRequest(id(mine), Uint8Array.of(1, 2));
      await jobs.saveCollateral(id(mine), 77n);

      const assigned = { ...mine, provider: PROVIDER };
      await advance(2, [
        sampleEvent("JobAssigned", { openJobId: id(mine), jobId: id(assigned), provider: PROVIDER }, [2, 0]),
        sampleEvent("JobAccepted", { jobId: id(assigned), provider: PROVIDER }, [2, 1]),
        sampleEvent("JobAssigned", { openJobId: id(others), jobId: hash(9), provider: REQUESTER }, [2, 2]),
        sampleEvent("JobAccepted", { jobId: hash(9), provider: REQUESTER }, [2, 3]),
      ]);
      const live = await jobs.live();
      expect(live).to.have.length(1);
      expect(live[0]).to.deep.include({ jobId: id(assigned), job: assigned, stage: "active", collateral: 77n });
      expect([...(live[0]?.request ?? [])]).to.deep.equal([1, 2]);
      expect((await jobs.find(id(others)))?.stage).to.equal("assigned");
      expect(await jobs.find(hash(9))).to.equal(undefined);

      await chain.rollback(1);
      expect((await jobs.live()).map(({ jobId }) => jobId)).to.have.members([id(mine), id(others)]);
    });
  });
}
