import { AssayError } from "@assay/sdk";
import { expect } from "chai";
import { pino } from "pino";

import type { BlockHead, EventReader } from "../../src/adapters/chain/eventReader.js";
import { ChainStore } from "../../src/adapters/journal/chainStore.js";
import { JobStore } from "../../src/adapters/journal/jobStore.js";
import type { ChainEvent } from "../../src/domain/chainEvent.js";
import { ChainClock } from "../../src/services/clock.js";
import { Watcher } from "../../src/services/watcher.js";
import { JournalFixture, PLACES } from "../helpers/journals.js";
import { hash, opened, PROVIDER, sampleEvent } from "../helpers/samples.js";

const JOB = hash(1);

/** A chain that a test writes: block n has the hash of (fork, n). */
class Chain {
  readonly blocks: string[] = [];
  readonly log: ChainEvent[] = [];
  reads: [number, number][] = [];

  constructor(length: number) {
    this.grow(0, length);
  }

  grow(fork: number, to: number): void {
    while (this.blocks.length <= to) this.blocks.push(hash(fork * 1_000_000 + this.blocks.length));
  }

  /** Replaces all blocks above `from`, with what they held, by those of another fork. */
  fork(fork: number, from: number, to: number): void {
    this.blocks.length = from + 1;
    this.log.splice(0, this.log.length, ...this.log.filter(({ blockNumber }) => blockNumber <= from));
    this.grow(fork, to);
  }

  get reader(): EventReader {
    const block = (tag: number | "latest"): Promise<BlockHead | undefined> => {
      const number = tag === "latest" ? this.blocks.length - 1 : tag;
      const found = this.blocks[number];
      return Promise.resolve(found === undefined ? undefined : { number, hash: found, timestamp: 1_000 + number });
    };
    return {
      block,
      head: async () => (await block("latest"))!,
      events: (from: number, to: number) => {
        this.reads.push([from, to]);
        return Promise.resolve(this.log.filter(({ blockNumber }) => blockNumber >= from && blockNumber <= to));
      },
    } as unknown as EventReader;
  }
}

describe("Watcher", () => {
  let fixture: JournalFixture;
  let store: ChainStore;
  let jobs: JobStore;
  let chain: Chain;
  let clock: ChainClock;

  beforeEach(async () => {
    fixture = new JournalFixture(PLACES[0]!);
    const { database } = await fixture.open();
    store = new ChainStore(database, PROVIDER);
    jobs = new JobStore(database);
    chain = new Chain(10);
    clock = new ChainClock();
  });

  afterEach(async () => {
    await fixture.dispose();
  });

  const watcher = (confirmations = 0): Watcher =>
    new Watcher({ reader: chain.reader, store, clock, logger: pino({ level: "silent" }), fromBlock: 3, confirmations });
  const stage = async (): Promise<string | undefined> => (await jobs.find(JOB))?.stage;

  it("reads from the deployment's block to the head, and then only what is new", async () => {
    chain.log.push(opened(JOB, [5, 0]));
    const watch = watcher();
    await watch.sync();
    await watch.sync();
    chain.grow(0, 12);
    await watch.sync();

    expect(chain.reads).to.deep.equal([
      [3, 10],
      [11, 12],
    ]);
    expect(await stage()).to.equal("open");
    expect(clock.blockTime).to.equal(1_012);
    expect(watch.head?.number).to.equal(12);
  });

  it("goes on after a restart where it was", async () => {
    await watcher().sync();
    chain.grow(0, 11);
    await watcher().sync();

    expect(chain.reads.at(-1)).to.deep.equal([11, 11]);
  });

  it("takes back what a reorganisation took back, and reads the other fork", async () => {
    const watch = watcher();
    await watch.sync();
    chain.grow(0, 12);
    chain.log.push(opened(JOB, [12, 0]));
    await watch.sync();
    expect(await stage()).to.equal("open");

    chain.fork(1, 10, 14);
    await watch.sync();
    expect(await jobs.find(JOB), "its opening is gone").to.include({ stage: "unseen" });

    chain.grow(1, 15);
    chain.log.push(opened(JOB, [15, 0]), sampleEvent("JobAccepted", { jobId: JOB, provider: PROVIDER }, [15, 1]));
    await watch.sync();
    expect(await stage()).to.equal("active");
  });

  it("notices a fork of equal length", async () => {
    const watch = watcher();
    await watch.sync();
    chain.grow(0, 11);
    chain.log.push(opened(JOB, [11, 0]));
    await watch.sync();

    chain.fork(1, 10, 11);
    await watch.sync();

    expect(await stage()).to.equal("unseen");
    expect((await store.checkpoints())[0]).to.deep.equal({ number: 11, hash: hash(1_000_011) });
  });

  it("notices a chain that became shorter", async () => {
    const watch = watcher();
    await watch.sync();
    chain.grow(0, 20);
    chain.log.push(opened(JOB, [18, 0]));
    await watch.sync();

    chain.fork(1, 10, 15);
    await watch.sync();

    expect(await stage()).to.equal("unseen");
    expect((await store.checkpoints())[0]?.number).to.equal(15);
  });

  it("starts over when no block it knows is left", async () => {
    const watch = watcher();
    chain.log.push(opened(JOB, [5, 0]));
    await watch.sync();

    chain.fork(1, 2, 11);
    await watch.sync();

    expect(chain.reads.at(-1)).to.deep.equal([3, 11]);
    expect(await stage()).to.equal("unseen");
  });

  it("stays behind the head as far as it is told", async () => {
    chain.log.push(opened(JOB, [9, 0]));
    const watch = watcher(2);
    await watch.sync();
    expect(chain.reads).to.deep.equal([[3, 8]]);
    expect(await stage()).to.equal(undefined);

    chain.grow(0, 11);
    await watch.sync();
    expect(await stage()).to.equal("open");
  });

  it("refuses another chain that has the same id", async () => {
    await watcher().sync();
    chain.fork(7, -1, 10);

    const error: unknown = await watcher()
      .sync()
      .catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(AssayError).that.includes({ code: "OTHER_CHAIN", retryable: false });
  });
});
