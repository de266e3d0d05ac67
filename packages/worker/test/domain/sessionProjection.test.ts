import { Outcome } from "@assay/sdk";
import { expect } from "chai";

import { FINAL_STAGES, projectBatches, projectJob } from "../../src/domain/projection.js";
import { hash, opened, PROVIDER, sampleBatch, sampleEvent, sampleJob } from "../helpers/samples.js";

const JOB = hash(1);
const job = sampleJob({ kind: 1n, units: 0n });
const batch = (n: number) => ({ ...sampleBatch(JOB), firstNonce: BigInt(n) });
const events = [
  opened(JOB, [1, 0], job),
  sampleEvent("JobAccepted", { jobId: JOB, provider: PROVIDER }, [1, 1]),
  sampleEvent("BatchCommitted", { batchId: hash(11), jobId: JOB, batch: batch(0) }, [2, 0]),
  sampleEvent("SessionToppedUp", { jobId: JOB, amount: 5n, remaining: 9n }, [3, 0]),
  sampleEvent("BatchCommitted", { batchId: hash(12), jobId: JOB, batch: batch(40) }, [4, 0]),
  sampleEvent("BatchAudited", { batchId: hash(11), jobId: JOB, seed: hash(3) }, [5, 0]),
  sampleEvent("SessionToppedUp", { jobId: JOB, amount: 7n, remaining: 16n }, [6, 0]),
  sampleEvent("JobClosing", { jobId: JOB, closesAt: 5_000n }, [7, 0]),
  sampleEvent("BatchPaid", { batchId: hash(12), jobId: JOB, paid: 3n }, [8, 0]),
  sampleEvent("BatchRefunded", { batchId: hash(11), jobId: JOB, outcome: Outcome.Void, refund: 2n }, [9, 0]),
  sampleEvent("JobClosed", { jobId: JOB, refund: 1n }, [10, 0]),
];

describe("projection of a session", () => {
  it("goes on over its batches until it is closed", () => {
    const stages = events.map((_, index) => projectJob(events.slice(0, index + 1)).stage);
    expect(stages).to.deep.equal([
      "open",
      ...Array<string>(6).fill("active"),
      ...Array<string>(3).fill("closing"),
      "closed",
    ]);
    expect(projectJob(events)).to.include({ toppedUp: 12n, closesAt: 5_000n, batchId: undefined });
    expect(FINAL_STAGES).to.include("closed").and.to.include("assigned").and.not.to.include("closing");
  });

  it("follows each batch by itself, and takes back what a reorganisation took back", () => {
    const at = (count: number) => projectBatches(events.slice(0, count)).map(({ batchId, stage }) => [batchId, stage]);
    expect(at(3)).to.deep.equal([[hash(11), "committed"]]);
    expect(at(6)).to.deep.equal([
      [hash(11), "audited"],
      [hash(12), "committed"],
    ]);
    expect(at(11)).to.deep.equal([
      [hash(11), "void"],
      [hash(12), "paid"],
    ]);
    expect(at(2)).to.deep.equal([]);
  });

  it("ends an open job where it was assigned", () => {
    const open = sampleJob({ provider: "0x0000000000000000000000000000000000000000" });
    const assigned = sampleEvent("JobAssigned", { openJobId: JOB, jobId: hash(2), provider: PROVIDER }, [2, 0]);
    expect(projectJob([opened(JOB, [1, 0], open), assigned]).stage).to.equal("assigned");
  });
});
