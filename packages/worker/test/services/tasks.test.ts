import { AssayError, type Contracts } from "@assay/sdk";
import type { TransactionManager, TransactionRecord } from "@assay/sdk/node";
import { expect } from "chai";
import { pino } from "pino";

import { turnOf } from "../../src/domain/turn.js";
import { effectKey } from "../../src/services/keys.js";
import { Tasks } from "../../src/services/tasks.js";
import { Turns } from "../../src/services/turns.js";
import { hash, PROVIDER } from "../helpers/samples.js";

describe("Tasks", () => {
  let stop: AbortController;
  let lines: Record<string, unknown>[];
  let tasks: Tasks;

  beforeEach(() => {
    stop = new AbortController();
    lines = [];
    const logger = pino(
      { level: "trace", base: null },
      { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) },
    );
    tasks = new Tasks(logger, stop.signal);
  });

  it("runs a duty once at a time, and again when it is done", async () => {
    let runs = 0;
    let finish = (): void => undefined;
    const work = async (): Promise<void> => {
      runs += 1;
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
    };
    tasks.start("a", work);
    tasks.start("a", work);
    expect(runs).to.equal(1);
    expect(tasks.size).to.equal(1);

    finish();
    await tasks.settled();
    tasks.start("a", work);
    expect(runs).to.equal(2);
    finish();
    await tasks.settled();
  });

  it("lets a duty that failed rest, and no other one", async () => {
    let runs = 0;
    const fail = (): Promise<void> => {
      runs += 1;
      return Promise.reject(new AssayError({ code: "AWAY", message: "Away.", hint: "Wait.", retryable: true }));
    };
    tasks.start("a", fail);
    await tasks.settled();
    tasks.start("a", fail);
    tasks.start("b", fail);
    await tasks.settled();

    expect(runs).to.equal(2);
    expect(lines[0]).to.include({ level: 30, duty: "a", code: "AWAY", hint: "Wait.", failures: 1, msg: "Away." });
    await new Promise((resolve) => setTimeout(resolve, 550));
    tasks.start("a", fail);
    await tasks.settled();
    expect(lines.at(-1)).to.include({ duty: "a", failures: 2, retryInMs: 1_000 });
  });

  it("keeps its voice down about what others did already, and raises it for bugs", async () => {
    const race = new AssayError({
      code: "CONTRACT_ERROR",
      message: "Reverted.",
      details: { name: "RandomnessBeacon_RoundAlreadyPosted", args: {} },
    });
    tasks.start("race", () => Promise.reject(race));
    tasks.start("bug", () => Promise.reject(new TypeError("x is not a function")));
    await tasks.settled();

    expect(lines.map(({ duty, level }) => [duty, level])).to.deep.equal([
      ["race", 20],
      ["bug", 40],
    ]);
    expect(lines[1]).to.have.property("err");
  });

  it("starts nothing when the worker stops", () => {
    stop.abort();
    tasks.start("a", () => expect.fail("started"));
    expect(tasks.size).to.equal(0);
  });
});

describe("turns", () => {
  const providers = Array.from({ length: 9 }, (_, index) => `0x${(index + 1).toString(16).padStart(40, "0")}`);

  it("are within the number of those who share the duty, and differ from duty to duty", () => {
    const first = providers.map((provider) => turnOf("post/1", provider, 9));
    const second = providers.map((provider) => turnOf("post/2", provider, 9));

    for (const turn of [...first, ...second]) expect(turn).to.be.within(0, 8);
    expect(first).to.not.deep.equal(second);
    expect(new Set(first).size).to.be.greaterThan(3);
    expect(turnOf("post/1", PROVIDER, 0)).to.equal(0);
  });

  it("come one after the other from when the duty was first seen", async () => {
    const duty = "tally/x";
    const turn = turnOf(duty, PROVIDER, 16);
    expect(turn, "the test needs a provider that is not first").to.be.greaterThan(0);
    const turns = new Turns(PROVIDER, 0.05);

    expect(turns.isOurs(duty, 16)).to.equal(false);
    await new Promise((resolve) => setTimeout(resolve, turn * 50 + 20));
    expect(turns.isOurs(duty, 16)).to.equal(true);
    expect(turns.isOurs("tally/alone", 1)).to.equal(true);
  });
});

describe("effectKey", () => {
  const sources = (
    records: Readonly<Record<string, Partial<TransactionRecord>>>,
    onChain: readonly string[],
  ): { sender: TransactionManager; contracts: Contracts } => ({
    sender: { find: (key: string) => Promise.resolve(records[key]) } as unknown as TransactionManager,
    contracts: {
      provider: {
        getTransactionReceipt: (id: string) => Promise.resolve(onChain.includes(id) ? { hash: id } : null),
      },
    } as unknown as Contracts,
  });

  it("is the plain key until its transaction has landed", async () => {
    expect(await effectKey(sources({}, []), "commit/1")).to.equal("commit/1");
    for (const state of ["queued", "sent", "failed", "reverted"] as const) {
      expect(await effectKey(sources({ "commit/1": { state } }, []), "commit/1")).to.equal("commit/1");
    }
  });

  it("is refused while the transaction's block is there: the effect must not happen twice", async () => {
    const landed = sources({ "commit/1": { state: "confirmed", hash: hash(1) } }, [hash(1)]);
    const error: unknown = await effectKey(landed, "commit/1").catch((thrown: unknown) => thrown);

    expect(error).to.be.instanceOf(AssayError).that.includes({ code: "EFFECT_PENDING", retryable: true });
  });

  it("is a further key once a reorganisation took the transaction back", async () => {
    const gone = { state: "confirmed", hash: hash(1) } as const;
    expect(await effectKey(sources({ "commit/1": gone }, []), "commit/1")).to.equal("commit/1#1");
    expect(await effectKey(sources({ "commit/1": gone, "commit/1#1": gone }, []), "commit/1")).to.equal("commit/1#2");
  });
});
