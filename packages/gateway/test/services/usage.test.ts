import { expect } from "chai";

import { openStorage } from "../../src/adapters/storage/openStorage.js";
import { SessionStore } from "../../src/adapters/storage/sessionStore.js";
import { UsageStore } from "../../src/adapters/storage/usageStore.js";
import { Usage } from "../../src/services/usage.js";
import { quiet, temporaryFolder, testJob } from "../helpers/session.js";

const OWNER = { chainId: 31_337n, escrow: `0x${"11".repeat(20)}`, requester: `0x${"22".repeat(20)}` };
const JOB_ID = `0x${"33".repeat(32)}`;
const NOON = Date.UTC(2026, 10, 24, 12) / 1_000;

const receipt = (nonce: number, keyId: number, finishedAt = NOON) => ({
  nonce,
  keyId,
  finishedAt,
  inputUnits: 10,
  outputUnits: 20,
  fee: 50n,
});

describe("Usage", () => {
  it("adds up by key, day and model, and takes up after a restart exactly what it wrote", async () => {
    const folder = await temporaryFolder();
    const database = await openStorage(folder.path, OWNER);
    try {
      const sessions = new SessionStore(database);
      await sessions.insert({
        jobId: JOB_ID,
        job: testJob(),
        stage: "live",
        offerId: "x",
        endpoint: "http://127.0.0.1:1",
        policyId: JOB_ID,
        unit: "bytes",
        signers: [],
        quote: "0x",
        escrowed: 100n,
        accounted: 0,
        reason: undefined,
        createdAt: 1,
      });
      const usage = new Usage(new UsageStore(database), quiet);
      await usage.load();
      usage.add(JOB_ID, "alice", receipt(0, 1));
      usage.add(JOB_ID, "alice", receipt(1, 1));
      usage.add(JOB_ID, "bob", receipt(2, 1, NOON + 86_400));
      usage.add(JOB_ID, "alice", receipt(3, 2));
      await usage.flush();
      // Not written any more: the process dies here.
      usage.add(JOB_ID, "alice", receipt(4, 1));
      expect(usage.spentBy(1)).to.equal(200n);

      const again = new Usage(new UsageStore(database), quiet);
      await again.load();
      expect(again.spentBy(1)).to.equal(150n);
      expect(again.spentBy(2)).to.equal(50n);
      expect(again.of(1).map(({ day, model, requests }) => [day, model, requests])).to.deep.equal([
        ["2026-11-24", "alice", 2],
        ["2026-11-25", "bob", 1],
      ]);
      // From here on the receipts of the log are added.
      const stored = await sessions.find(JOB_ID);
      expect(stored?.accounted).to.equal(4);
      expect(stored?.job).to.deep.equal(testJob({ acceptBy: stored!.job.acceptBy, commitBy: stored!.job.commitBy }));
      await usage.flush();
    } finally {
      await database.destroy();
      await folder.remove();
    }
  });
});
