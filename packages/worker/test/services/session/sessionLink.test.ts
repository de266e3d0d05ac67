import { type AssayError, hashReceipt, sessionFeeUp, SumTree, verifySumProof, voucherDigest } from "@assay/sdk";
import { FastSigner, recoverSigner } from "@assay/sdk/node";
import { expect } from "chai";
import { Wallet } from "ethers";

import type { Engine, EngineChunk } from "../../../src/adapters/engine/engine.js";
import { ENGINE } from "../../helpers/context.js";
import { Recorded, SessionClient } from "../../helpers/sessionClient.js";
import { type HostOptions, SessionHost } from "../../helpers/sessionHost.js";

const ASK = { prompt: "Alice was ", maxOutputUnits: 9 };

/** Gives a piece whenever it is told to; the pieces are what the n-gram engine would give. */
class SlowEngine implements Engine {
  readonly unit = "bytes" as const;
  readonly endpoints = ENGINE.endpoints;
  readonly info = ENGINE.info.bind(ENGINE);
  readonly inputUnits = ENGINE.inputUnits.bind(ENGINE);
  #go: (() => void)[] = [];
  running = 0;

  step(): void {
    for (const go of this.#go.splice(0)) go();
  }

  async *generate(...[request, signal]: Parameters<Engine["generate"]>): AsyncGenerator<EngineChunk> {
    this.running += 1;
    try {
      for await (const { text = new Uint8Array(), inputUnits, finish } of ENGINE.generate(request, signal)) {
        for (let at = 0; at < text.length; at += 3) {
          await new Promise<void>((resolve) => {
            this.#go.push(resolve);
            signal.addEventListener(
              "abort",
              () => {
                resolve();
              },
              { once: true },
            );
          });
          signal.throwIfAborted();
          const outputUnits = Math.min(at + 3, text.length);
          const last = outputUnits === text.length && finish !== undefined;
          yield { text: text.slice(at, at + 3), inputUnits, outputUnits, ...(last && { finish }) };
        }
      }
    } finally {
      this.running -= 1;
    }
  }
}

describe("a session", () => {
  let host: SessionHost;

  const start = async (options: HostOptions = {}): Promise<SessionClient> => {
    host = await SessionHost.start(options);
    return await host.connect();
  };

  afterEach(async () => {
    await host.dispose();
  });

  const fault = async (client: SessionClient): Promise<string> => (await client.next("fault")).code;
  const failure = async (answer: Promise<unknown>): Promise<AssayError> =>
    await answer.then(
      () => expect.fail("it was answered"),
      (error: unknown) => error as AssayError,
    );

  it("streams an answer and gives its receipt", async () => {
    const client = await start();
    const { text, done, chunks } = await client.ask(ASK);

    expect(text).to.equal("beginning");
    expect(chunks.at(-1)?.outputUnits).to.equal(9);
    expect(done).to.include({ nonce: 0, inputUnits: 10, outputUnits: 9, finish: "length" });
    expect(done.fee).to.equal(sessionFeeUp(host.job, 10n, 9n).toString());
    expect((await client.ask({ ...ASK, stop: ["inn"] }, { stream: false })).text).to.equal("beg");
  });

  it("answers many requests at once, the receipts in the order of their nonces, and countersigns what is signed", async () => {
    const client = await start();
    const answers = await Promise.all(Array.from({ length: 200 }, (_, index) => client.ask({ ...ASK, seed: index })));
    expect(answers.map(({ done }) => done.nonce).sort((a, b) => a - b)).to.deep.equal([...Array(200).keys()]);

    const { signature, count, firstNonce } = await client.sign();
    const { root, total } = SumTree.build(host.recorded.leaves);
    const state = { jobId: host.jobId, firstNonce: 0n, count: 200n, total, root };
    expect([firstNonce, count]).to.deep.equal([0, 200]);
    expect(recoverSigner(voucherDigest(state, host.domain), signature)).to.equal(host.operator.address);
  });

  it("is for its requester alone", async () => {
    await start();
    const { wallet: _wallet, ...terms } = host.terms;
    const stranger = new SessionClient(host.url, { ...terms, wallet: Wallet.createRandom() }, new Recorded());
    stranger.hello((await stranger.next("challenge")).challenge);
    expect(await fault(stranger)).to.equal("SESSION_UNAUTHORIZED");

    const silent = new SessionClient(host.url, host.terms, new Recorded());
    await silent.next("challenge");
    silent.send({ t: "request", id: 1, request: "{}", stream: true });
    expect(await fault(silent)).to.equal("SESSION_PROTOCOL");

    const replay = new SessionClient(host.url, host.terms, new Recorded());
    await replay.next("challenge");
    replay.hello(`0x${"11".repeat(32)}`);
    expect(await fault(replay)).to.equal("SESSION_UNAUTHORIZED");
  });

  it("refuses bad requests one by one and goes on", async () => {
    const client = await start();
    for (const [request, code] of [
      ['{"prompt":"x","maxOutputUnits":1}', "REQUEST_NOT_CANONICAL"],
      ['{"maxOutputUnits":1,"prompt":1}', "INVALID_REQUEST"],
      ['{"maxOutputUnits":1,"prompt":"x","temperature":1}', "INVALID_REQUEST"],
      ['{"maxOutputUnits":65,"prompt":"x"}', "OUTPUT_LIMIT"],
      ["not json", "INVALID_REQUEST"],
      [JSON.stringify({ maxOutputUnits: 1, prompt: "x".repeat(8_200) }), "REQUEST_TOO_LARGE"],
      ['{"input":["x"],"maxOutputUnits":1}', "UNSUPPORTED_REQUEST"],
    ] as const) {
      expect(await client.askText(request)).to.include({ t: "failed", code, retryable: false });
      await client.ask(ASK);
    }
    expect(host.recorded.leaves).to.have.length(7);
  });

  it("stops where it is cancelled, and is paid for exactly what was delivered", async () => {
    const engine = new SlowEngine();
    const client = await start({ engine });
    let answer: ReturnType<typeof client.ask> | undefined = undefined;
    const cancelled = (answer = client.ask(ASK, {
      onChunk: ({ outputUnits }) => {
        if (outputUnits === 6) client.send({ t: "cancel", id: answer?.id ?? 0 });
        else engine.step();
      },
    }));
    while (engine.running === 0) await new Promise(setImmediate);
    engine.step();
    const { text, done } = await cancelled;

    expect(text).to.equal("beginn");
    expect(done).to.include({ finish: "cancelled", outputUnits: 6 });
    expect(engine.running).to.equal(0);
    await client.sign();
    const opened = await openAll(host);
    expect(Buffer.from(opened[0]!.request).toString()).to.equal('{"maxOutputUnits":6,"prompt":"Alice was "}');
  });

  it("charges nothing for what was cancelled before anything was delivered", async () => {
    const engine = new SlowEngine();
    const client = await start({ engine });
    for (const stream of [true, false]) {
      const answer = client.ask(ASK, { stream });
      while (engine.running === 0) await new Promise(setImmediate);
      if (!stream) engine.step();
      client.send({ t: "cancel", id: answer.id });
      expect(await failure(answer)).to.include({ code: "CANCELLED" });
    }
    expect((await host.manager.views())[0]?.session.ledger.nonce).to.equal(0);
  });

  it("keeps to the credit line until more is signed, and to the budget", async () => {
    const fee = sessionFeeUp({ inputPrice: 1_000_000n, outputPrice: 2_000_000n }, 10n, 9n);
    const client = await start({ job: { creditLine: 3n * fee, budget: 5n * fee } });
    for (let count = 0; count < 3; count += 1) await client.ask(ASK);
    expect(await failure(client.ask(ASK))).to.include({ code: "CREDIT_EXHAUSTED", retryable: true });
    await client.sign();
    await client.ask(ASK);
    await client.ask(ASK);
    await client.sign();
    expect(await failure(client.ask(ASK))).to.include({ code: "BUDGET_EXHAUSTED", retryable: true });
  });

  it("takes no more at once than it said", async () => {
    const engine = new SlowEngine();
    const client = await start({ engine, maxConcurrent: 2 });
    const answers = [client.ask(ASK), client.ask(ASK)];
    expect(await failure(client.ask(ASK))).to.include({ code: "TOO_MANY_REQUESTS" });
    const timer = setInterval(() => {
      engine.step();
    }, 1);
    await Promise.all(answers);
    clearInterval(timer);
  });

  it("serves nothing that the free stake does not back", async () => {
    const client = await start({ staked: 50n });
    expect(await failure(client.ask(ASK))).to.include({ code: "CAPACITY", retryable: true });
  });

  it("refuses vouchers over anything but its own receipts, and leaves a replayed one without effect", async () => {
    const wrong: readonly ((client: SessionClient) => void)[] = [
      (client) => {
        client.send(client.voucher({ total: 1n }));
      },
      (client) => {
        client.send(client.voucher({ root: `0x${"22".repeat(32)}` }));
      },
      (client) => {
        client.send({ ...client.voucher(), count: 9 });
      },
      (client) => {
        client.send({ ...client.voucher(), firstNonce: 1 });
      },
      (client) => {
        client.send({ ...client.voucher(), total: "-1" });
      },
    ];
    let client = await start();
    await client.ask(ASK);
    const first = client.voucher();
    await client.ask(ASK);
    for (const send of wrong) {
      send(client);
      expect(await fault(client)).to.equal("VOUCHER_WRONG");
      client = await host.connect();
    }
    client.send(client.voucher({ signer: new FastSigner(Wallet.createRandom().privateKey) }));
    expect(await fault(client)).to.equal("VOUCHER_UNSIGNED");
    client = await host.connect();

    const { count } = await client.sign();
    client.send(first);
    expect((await client.sign()).count, "the last one again gets the same answer").to.equal(count);
    expect((await host.manager.views())[0]?.session.ledger.signed?.count).to.equal(2);
  });

  it("takes the word of a requester that is a contract", async () => {
    const wallet = { address: `0x${"c0".repeat(20)}`, signature: "0x1271" };
    host = await SessionHost.start({ job: { requester: wallet.address }, chain: { wallet } });
    const client = new SessionClient(host.url, host.terms, host.recorded);
    await client.next("challenge");
    client.send({ t: "hello", signature: wallet.signature, state: host.recorded.state });
    await client.next("welcome");
    await client.ask(ASK);
    client.send({ ...client.voucher(), signature: wallet.signature });
    expect((await client.next("countersigned")).count).to.equal(1);
    await client.ask(ASK);
    client.send({ ...client.voucher(), signature: "0x1272" });
    expect(await fault(client)).to.equal("VOUCHER_UNSIGNED");
  });

  it("lets a new connection take over; what the old one had in work costs nothing", async () => {
    const engine = new SlowEngine();
    const old = await start({ engine });
    const lost = old.ask(ASK);
    lost.catch(() => undefined);
    while (engine.running === 0) await new Promise(setImmediate);
    const client = await host.connect();
    expect(await fault(old)).to.equal("SESSION_REPLACED");
    await failure(lost);
    const timer = setInterval(() => {
      engine.step();
    }, 1);
    expect((await client.ask(ASK)).done.nonce).to.equal(0);
    clearInterval(timer);
  });

  it("drops receipts that the requester did not record, and keeps what is signed, whoever dies when", async () => {
    let client = await start();
    await client.ask(ASK);
    await client.sign();
    client.deaf = true;
    client.ask({ ...ASK, maxOutputUnits: 5 }).catch(() => undefined);
    while ((await host.manager.views())[0]!.session.ledger.nonce < 2) await new Promise(setImmediate);
    client.terminate();

    await host.down();
    await host.up();
    client = await host.connect();
    expect((await client.ask({ ...ASK, maxOutputUnits: 4 })).done.nonce).to.equal(1);
    expect((await client.sign()).count).to.equal(2);

    await host.down();
    await host.up();
    client = await host.connect();
    expect((await client.ask(ASK)).done.nonce).to.equal(2);
    expect((await client.sign()).count).to.equal(3);
  });

  it("says so when either side lost what was agreed", async () => {
    const client = await start();
    await client.ask(ASK);
    await client.sign();
    await client.close();
    const empty = new SessionClient(host.url, host.terms, new Recorded());
    empty.hello((await empty.next("challenge")).challenge);
    expect(await fault(empty)).to.equal("SESSION_STATE_MISMATCH");

    const ahead = new SessionClient(host.url, host.terms, host.recorded);
    ahead.hello((await ahead.next("challenge")).challenge, undefined, { nonce: 7, firstNonce: 0 });
    expect((await ahead.next("welcome")).state).to.deep.equal({ nonce: 1, firstNonce: 0 });
    expect((await ahead.next("draining")).reason).to.contain("lost");
    expect(await failure(ahead.ask(ASK))).to.include({ code: "SESSION_STATE_LOST" });
  });

  it("goes on in the next tree after a rollover, with what was not signed", async () => {
    const client = await start();
    for (let count = 0; count < 3; count += 1) await client.ask(ASK);
    client.send(client.voucher({ count: 2n }));
    await client.next("countersigned");
    const stale = client.voucher();
    const closed = await (await host.manager.views())[0]!.session.rollover();
    await client.next("rollover");
    client.send(stale);
    await client.ask(ASK);
    const { firstNonce, count } = await client.sign();

    expect(closed).to.include({ firstNonce: 0, count: 2 });
    expect([firstNonce, count]).to.deep.equal([2, 2]);
    await host.down();
    await host.up();
    const { session, uncommitted } = (await host.manager.views())[0]!;
    expect(uncommitted).to.deep.equal([closed]);
    expect(session.ledger).to.include({ firstNonce: 2, nonce: 4, signedNonce: 4 });
    expect((await openAll(host)).map(({ receipt }) => receipt.nonce)).to.deep.equal([0n, 1n]);
  });

  it("knows only sessions that the chain has", async () => {
    await start();
    const { jobId: _jobId, ...terms } = host.terms;
    const unknown = new SessionClient(host.url, { ...terms, jobId: `0x${"33".repeat(32)}` }, new Recorded());
    await unknown.closed;
    expect(unknown.frames).to.deep.equal([]);
  });
});

/** Opens every leaf of the first closed tree, ending the current one if there is none; each proof holds. */
async function openAll(host: SessionHost) {
  const { session } = (await host.manager.views())[0]!;
  const closed = session.ledger.closed[0] ?? (await session.rollover())!;
  const indices = [...Array(closed.count).keys()];
  const leaves = await session.ledger.openLeaves(closed, () => Promise.resolve(indices));
  for (const { index, receipt, proof } of leaves) {
    const leaf = { content: hashReceipt(receipt), sum: receipt.fee, count: closed.count, index };
    expect(verifySumProof(closed, { ...leaf, ...proof })).to.equal(true);
  }
  return leaves;
}
