import { AssayError, type Commitment, IJobEscrow__factory } from "@assay/sdk";
import { expect } from "chai";
import type { Log, Result } from "ethers";

import { SessionSettlement } from "../../../src/services/session/sessionSettlement.js";
import { DEPLOYMENT } from "../../helpers/context.js";
import { hash, sampleBatch, sampleEvent } from "../../helpers/samples.js";
import type { SessionClient } from "../../helpers/sessionClient.js";
import { type HostOptions, SessionHost } from "../../helpers/sessionHost.js";

const escrow = IJobEscrow__factory.createInterface();
const ASK = { prompt: "Alice was ", maxOutputUnits: 9 };
const FEE = 28n;

describe("SessionSettlement", () => {
  let host: SessionHost;
  let client: SessionClient;

  const start = async (options: HostOptions = {}): Promise<void> => {
    host = await SessionHost.start(options);
    client = await host.connect();
  };

  afterEach(async () => {
    await host.dispose();
  });

  /** A worker's settlement, with the batch settings that a test wants. */
  const settle = async (batch: { minTotal?: bigint; maxAgeSeconds?: number } = {}): Promise<void> => {
    const { context, manager } = host;
    const { session } = context.config;
    const config = { ...context.config, session: { ...session, batch: { ...session.batch, ...batch } } };
    await manager.refresh();
    await new SessionSettlement({ ...context, config }, manager, { batches: { add: () => 0, set: () => 0 } }).commit();
  };
  const answer = async (count: number): Promise<void> => {
    for (let done = 0; done < count; done += 1) await client.ask(ASK);
    await client.sign();
  };
  const sent = (): { commitment: Commitment; voucher: string; key: string }[] =>
    host.sender.sent.map(({ data, key = "" }) => {
      const [, commitment, voucher] = escrow.decodeFunctionData("commitBatch", data).toArray() as [
        Result,
        Result,
        string,
      ];
      return { commitment: commitment.toObject() as unknown as Commitment, voucher, key };
    });
  /** What the chain emits when it takes the batch of the session's first tree. */
  const lands = (): Log => {
    const { topics, data } = escrow.encodeEventLog("BatchCommitted", [hash(2), host.jobId, sampleBatch(host.jobId)]);
    return { address: DEPLOYMENT.contracts.JobEscrow, topics, data } as unknown as Log;
  };
  const failing = async (work: Promise<unknown>): Promise<unknown> => await work.catch((error: unknown) => error);

  it("commits when enough is signed, exactly what was signed", async () => {
    await start();
    await answer(3);
    await settle({ minTotal: 4n * FEE });
    expect(sent()).to.deep.equal([]);
    await answer(1);
    const { signature, root } = client.voucher();
    host.sender.logs = [lands()];
    await settle({ minTotal: 4n * FEE });

    const [commit] = sent();
    expect(commit?.voucher).to.equal(signature);
    expect(commit?.commitment).to.deep.include({ root, total: 4n * FEE, count: 4n, maxLeafFee: FEE });
    expect(commit?.key).to.equal(`commit/${host.jobId}/0`);
    expect((await client.next("rollover")).firstNonce).to.equal(4);
  });

  it("commits what is old, and at once when the requester closes", async () => {
    await start();
    await answer(1);
    host.sender.logs = [lands()];
    await settle();
    expect(sent()).to.deep.equal([]);
    await settle({ maxAgeSeconds: 0 });
    expect(sent()).to.have.length(1);

    await host.dispose();
    await start();
    await answer(1);
    host.sender.logs = [lands()];
    await host.context.chain.advance({ number: 11, hash: hash(11) }, [
      sampleEvent("JobClosing", { jobId: host.jobId, closesAt: 9_000n }, [11, 0]),
    ]);
    await settle();
    expect(sent()).to.have.length(1);
    await client.next("draining");
  });

  it("commits the same again after a kill between the end of the tree and its commit", async () => {
    await start();
    await answer(2);
    const { signature, root } = client.voucher();
    host.sender.failure = new AssayError({ code: "KILLED", message: "killed before it was sent", retryable: true });
    expect(await failing(settle({ minTotal: 1n }))).to.include({ code: "KILLED" });
    await host.down();
    await host.up();
    client = await host.connect();
    expect(host.recorded.firstNonce).to.equal(2);
    await answer(2);
    host.sender.logs = [lands()];
    await settle({ minTotal: 1n });

    // The later tree waits for its turn: batches go in the order of their nonces.
    const [commit, ...more] = sent();
    expect(more).to.deep.equal([]);
    expect(commit?.commitment).to.deep.include({ root, count: 2n });
    expect(commit?.voucher).to.equal(signature);
    await host.context.chain.advance({ number: 11, hash: hash(11) }, [
      sampleEvent("BatchCommitted", { batchId: hash(2), jobId: host.jobId, batch: sampleBatch(host.jobId) }, [11, 0]),
    ]);
    await settle();
    expect(sent()[1]?.key).to.equal(`commit/${host.jobId}/2`);
  });

  it("commits again what a reorganisation took back", async () => {
    await start();
    await answer(1);
    host.sender.logs = [lands()];
    await settle({ minTotal: 1n });
    const committed = sampleEvent(
      "BatchCommitted",
      { batchId: hash(2), jobId: host.jobId, batch: sampleBatch(host.jobId) },
      [11, 0],
    );
    await host.context.chain.advance({ number: 11, hash: hash(11) }, [committed]);
    await settle();
    expect(sent()).to.have.length(1);
    await host.context.chain.rollback(10);
    await settle();
    expect(sent()).to.have.length(2);
  });

  it("leaves a batch that would cost more than it brings", async () => {
    await start({ job: { verifierFee: 1_000n, royaltyBps: 0n } });
    await answer(1);
    expect(await failing(settle({ minTotal: 1n }))).to.equal(undefined);
    expect(sent()).to.deep.equal([]);
    expect((await host.manager.views())[0]?.session.ledger.closed).to.deep.equal([]);
  });

  it("deletes a session's data when it is over, and not before", async () => {
    await start();
    await answer(1);
    host.sender.logs = [lands()];
    await settle({ minTotal: 1n });
    const { jobId } = host;
    const batch = sampleBatch(jobId);
    await host.context.chain.advance({ number: 11, hash: hash(11) }, [
      sampleEvent("BatchCommitted", { batchId: hash(2), jobId, batch }, [11, 0]),
      sampleEvent("JobClosed", { jobId, refund: 1n }, [11, 1]),
    ]);
    await host.manager.refresh();
    expect(await host.manager.treeOf({ jobId, job: host.job, batchId: hash(2), batch })).to.not.equal(undefined);
    await host.context.chain.advance({ number: 12, hash: hash(12) }, [
      sampleEvent("BatchPaid", { batchId: hash(2), jobId, paid: 1n }, [12, 0]),
    ]);
    await host.manager.refresh();
    expect(await host.manager.treeOf({ jobId, job: host.job, batchId: hash(2), batch })).to.equal(undefined);
    await client.closed;
    const late = await failing(host.manager.accept(jobId));
    expect(late).to.include({ code: "SESSION_OVER" });
  });
});
