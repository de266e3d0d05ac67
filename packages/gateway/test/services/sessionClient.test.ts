import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

import { type AssayError, type DoneFrame, keccakHex, requestDocument } from "@assay/sdk";
import { expect } from "chai";

import type { ReceiptRecord } from "../../src/domain/receiptRecord.js";
import { type Answered, type AskHandle, prepareRequest } from "../../src/services/session/ask.js";
import type { SessionClient } from "../../src/services/session/sessionClient.js";
import { openClient, temporaryFolder, testSession, until } from "../helpers/session.js";
import type { TestProvider } from "../helpers/testProvider.js";

interface Outcome {
  answered?: Answered;
  error?: AssayError;
  pieces: string[];
}

/** Asks and keeps what comes. */
function ask(
  session: SessionClient,
  prompt = "Say hello",
  maxOutputUnits = 100,
): { handle: AskHandle; outcome: Outcome } {
  const { request, json } = requestDocument({ prompt, maxOutputUnits });
  const outcome: Outcome = { pieces: [] };
  const handle = session.ask({
    prepared: prepareRequest(request, json),
    stream: true,
    keyId: 7,
    onPiece: (_, text) => {
      outcome.pieces.push(text);
    },
    onAnswered: (answered) => {
      outcome.answered = answered;
    },
    onFailed: (error) => {
      outcome.error = error;
    },
  });
  return { handle, outcome };
}

const over = ({ answered, error }: Outcome): boolean => answered !== undefined || error !== undefined;

describe("SessionClient", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let provider: TestProvider;
  const clients: SessionClient[] = [];

  beforeEach(async () => {
    folder = await temporaryFolder();
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await provider.stop();
    await folder.remove();
  });

  async function start(
    options: Parameters<typeof testSession>[0] = {},
    client: Parameters<typeof openClient>[2] = {},
  ): Promise<{ session: SessionClient; terms: Awaited<ReturnType<typeof testSession>>["terms"] }> {
    const made = await testSession(options);
    provider = made.provider;
    const session = await openClient(made.terms, folder.path, client);
    clients.push(session);
    await until(() => session.status === "ready");
    return { session, terms: made.terms };
  }

  it("gives an answer with its receipt, records it, and signs it", async () => {
    const recorded: ReceiptRecord[] = [];
    const { session } = await start({}, { onRecorded: (receipt) => recorded.push(receipt) });
    const { outcome } = ask(session);
    await until(() => over(outcome));
    expect(outcome.pieces).to.deep.equal(["Hello", " world"]);
    expect(outcome.answered).to.include({ nonce: 0, inputUnits: 9, outputUnits: 11, finish: "stop", fee: 31n });
    expect(outcome.answered?.answer.text).to.equal("Hello world");
    expect(recorded).to.have.length(1);
    expect(recorded[0]).to.include({ nonce: 0, keyId: 7, fee: 31n });
    expect(Buffer.from(recorded[0]!.outputHash).toString("hex")).to.equal(keccakHex("Hello world").slice(2));
    await until(() => session.books.unsigned === 0n);
    expect(provider.vouchers.at(-1)).to.include({ firstNonce: 0, count: 1, total: "31" });
  });

  it("answers many requests at once and covers several with one voucher", async () => {
    const { session } = await start();
    const asked = Array.from({ length: 300 }, (_, index) => ask(session, `request ${index}`));
    await until(() => asked.every(({ outcome }) => over(outcome)), 20_000);
    expect(asked.every(({ outcome }) => outcome.answered !== undefined)).to.equal(true);
    await until(() => session.books.unsigned === 0n);
    expect(session.nonce).to.equal(300);
    expect(provider.vouchers.length).to.be.lessThan(100);
    const fees = asked.reduce((sum, { outcome }) => sum + outcome.answered!.fee, 0n);
    expect(session.books.recorded).to.equal(fees);
    expect(provider.vouchers.at(-1)?.total).to.equal(fees.toString());
  });

  it("waits for its own signature where the credit line is short, and never runs into the provider's refusal", async () => {
    // One answer may cost 347 here: two fit, a third has to wait.
    const { session } = await start({ terms: { creditLine: 800n } });
    const asked = Array.from({ length: 20 }, () => ask(session));
    await until(() => asked.every(({ outcome }) => over(outcome)));
    expect(asked.map(({ outcome }) => outcome.error?.code)).to.deep.equal(Array.from({ length: 20 }, () => undefined));
    expect(provider.requests).to.have.length(20);
    expect(provider.vouchers.length).to.be.greaterThan(5);
  });

  it("refuses at once what the credit line can never carry", async () => {
    const { session } = await start({ terms: { creditLine: 100n } });
    expect(() => ask(session))
      .to.throw()
      .with.property("code", "CREDIT_LINE_TOO_SHORT");
    expect(provider.requests).to.have.length(0);
  });

  it("asks for money when the budget is short, and goes on when it is there", async () => {
    let short = 0;
    const { session } = await start({ terms: { budget: 400n } }, { onBudgetShort: () => (short += 1) });
    const first = ask(session);
    await until(() => over(first.outcome));
    const second = ask(session);
    await until(() => short > 0);
    expect(over(second.outcome)).to.equal(false);
    session.fund(10_000n);
    await until(() => over(second.outcome));
    expect(second.outcome.answered?.nonce).to.equal(1);
  });

  it("lets go of a request that waits, without a word to the provider", async () => {
    const { session } = await start({ terms: { budget: 300n } });
    const { handle, outcome } = ask(session);
    handle.cancel();
    expect(outcome.error?.code).to.equal("CANCELLED");
    expect(session.queued).to.equal(0);
    expect(provider.requests).to.have.length(0);
  });

  it("ends the wait of a request after its time", async () => {
    const { session } = await start({ terms: { budget: 300n } }, { queueMilliseconds: 50 });
    const { outcome } = ask(session);
    await until(() => over(outcome));
    expect(outcome.error).to.include({ code: "SESSION_BUSY", retryable: true });
  });

  it("refuses more waiting requests than it may hold", async () => {
    const { session } = await start({ terms: { budget: 300n } }, { maxQueued: 1 });
    ask(session);
    expect(() => ask(session))
      .to.throw()
      .with.property("code", "SESSION_BUSY");
  });

  it("pays what was delivered of a cancelled answer, by the receipt of the cut request", async () => {
    const { session } = await start({
      answer: () => ({ pieces: Array.from({ length: 50 }, () => "piece "), pause: 5 }),
    });
    const { handle, outcome } = ask(session, "Go on", 300);
    await until(() => outcome.pieces.length >= 2);
    handle.cancel();
    const seen = outcome.pieces.length;
    await until(() => over(outcome));
    expect(outcome.pieces.length).to.equal(seen);
    expect(outcome.answered?.finish).to.equal("cancelled");
    expect(outcome.answered?.outputUnits).to.be.lessThan(300);
    const receipt = await session.receipt(0);
    const cut = requestDocument({ prompt: "Go on", maxOutputUnits: outcome.answered!.outputUnits });
    expect(`0x${Buffer.from(receipt!.requestHash).toString("hex")}`).to.equal(cut.requestHash);
    // The voucher proves that both sides hashed the same.
    await until(() => session.books.unsigned === 0n);
    expect(provider.vouchers).to.have.length(1);
  });

  it("charges nothing for a request that failed", async () => {
    const { session } = await start({
      answer: () => ({ fail: { code: "ENGINE_DOWN", message: "no engine", retryable: true } }),
    });
    const { outcome } = ask(session);
    await until(() => over(outcome));
    expect(outcome.error).to.include({ code: "ENGINE_DOWN", retryable: true });
    expect(session.books.recorded).to.equal(0n);
    expect(session.books.left).to.equal(session.books.escrowed);
  });

  it("reconnects after a cut and goes on with the same receipts", async () => {
    const { session } = await start();
    const first = ask(session);
    await until(() => over(first.outcome));
    provider.cut();
    await until(() => session.status === "connecting");
    await until(() => session.status === "ready");
    const second = ask(session);
    await until(() => over(second.outcome));
    expect(second.outcome.answered?.nonce).to.equal(1);
    expect(provider.connections).to.equal(2);
    await until(() => session.books.unsigned === 0n);
  });

  it("fails what was in work when the connection was cut, and pays nothing for it", async () => {
    const { session } = await start({ answer: () => ({ pieces: ["a", "b", "c"], pause: 5, cutAfter: 2 }) });
    const { outcome } = ask(session);
    await until(() => over(outcome));
    expect(outcome.error).to.include({ code: "SESSION_CUT", retryable: true });
    expect(session.books.recorded).to.equal(0n);
  });

  it("begins a new tree at a rollover, with what is beyond it", async () => {
    const { session } = await start();
    for (let index = 0; index < 3; index += 1) {
      const { outcome } = ask(session, `${index}`);
      await until(() => over(outcome));
    }
    await until(() => session.books.unsigned === 0n);
    provider.rollover();
    await until(() => session.tree.firstNonce === 3);
    const { outcome } = ask(session);
    await until(() => over(outcome));
    await until(() => provider.vouchers.at(-1)?.firstNonce === 3);
    expect(provider.vouchers.at(-1)).to.include({ firstNonce: 3, count: 1 });
    expect(provider.faults).to.deep.equal([]);
  });

  it("keeps signing while rollovers come in the middle of a load", async () => {
    const { session } = await start();
    const asked: Outcome[] = [];
    for (let round = 0; round < 6; round += 1) {
      for (let index = 0; index < 40; index += 1) asked.push(ask(session, `${round}/${index}`).outcome);
      await new Promise((resolve) => setTimeout(resolve, 10));
      provider.rollover();
    }
    await until(() => asked.every(over), 20_000);
    await until(() => session.books.unsigned === 0n);
    expect(asked.every(({ answered }) => answered !== undefined)).to.equal(true);
    expect(provider.faults).to.deep.equal([]);
    const last = provider.vouchers.at(-1)!;
    expect(last.firstNonce + last.count).to.equal(240);
  });

  it("gives the session up if a rollover goes beyond what was signed", async () => {
    const { session } = await start();
    provider.say({ t: "rollover", firstNonce: 5 });
    await until(() => session.status === "broken");
  });

  const wrong: Record<string, (done: DoneFrame) => DoneFrame> = {
    "a nonce that is not the next one": (done) => ({ ...done, nonce: done.nonce + 1 }),
    "a price above the quote": (done) => ({ ...done, fee: (BigInt(done.fee) + 1n).toString() }),
    "more output than there was": (done) => ({ ...done, outputUnits: done.outputUnits + 1 }),
    "less output than there was": (done) => ({ ...done, outputUnits: done.outputUnits - 1 }),
    "more input than was asked": (done) => ({ ...done, inputUnits: done.inputUnits + 1 }),
    "a salt that is none": (done) => ({ ...done, salt: "0x00" }),
    "times that run backwards": (done) => ({ ...done, startedAt: done.finishedAt + 1 }),
    "a time in the future": (done) => ({ ...done, finishedAt: done.finishedAt + 3_600 }),
    "a cancellation that nobody asked for": (done) => ({ ...done, finish: "cancelled" }),
  };
  for (const [what, tamper] of Object.entries(wrong)) {
    it(`drops a provider whose receipt has ${what}`, async () => {
      const { session } = await start({ tamper });
      const { outcome } = ask(session);
      await until(() => over(outcome));
      expect(outcome.error).to.include({ code: "PROVIDER_DROPPED", retryable: true });
      expect(outcome.error?.details).to.deep.equal({ reason: "RECEIPT_WRONG" });
      expect(session.status).to.equal("broken");
      expect(session.books.recorded).to.equal(0n);
      await until(() => provider.faults.length > 0);
      expect(provider.faults).to.deep.equal(["RECEIPT_WRONG"]);
    });
  }

  it("drops a provider that hashed something else: the voucher does not hold there", async () => {
    const { session } = await start({ tamper: (done) => ({ ...done, salt: keccakHex("another") }) });
    const { outcome } = ask(session);
    await until(() => outcome.answered !== undefined);
    await until(() => session.status === "broken", 10_000);
    expect(provider.vouchers).to.have.length(0);
  });

  it("drops a provider that countersigns with another key", async () => {
    const { session } = await start({ countersignWith: keccakHex("somebody") });
    ask(session);
    await until(() => session.status === "broken");
    await until(() => provider.faults.length > 0);
    expect(provider.faults).to.deep.equal(["COUNTERSIGNATURE_WRONG"]);
  });

  it("gives the session up if the provider lost its receipts", async () => {
    const { session } = await start();
    const { outcome } = ask(session);
    await until(() => over(outcome));
    provider.receipts.length = 0;
    provider.cut();
    await until(() => session.status === "broken");
  });

  it("gives the session up when the provider stays away", async () => {
    const { session } = await start({}, { patienceMilliseconds: 200 });
    await provider.stop();
    await until(() => session.status === "broken");
    expect(() => ask(session))
      .to.throw()
      .with.property("code", "SESSION_GONE");
    ({ provider } = await testSession());
  });

  it("takes no requests any more when the provider drains", async () => {
    const { session } = await start();
    provider.say({ t: "draining", reason: "maintenance" });
    await until(() => session.status === "draining");
    expect(() => ask(session))
      .to.throw()
      .with.property("code", "SESSION_GONE");
  });

  it("goes on after a restart: nonces, books and tree are those of the log", async () => {
    const { session, terms } = await start();
    for (let index = 0; index < 5; index += 1) {
      const { outcome } = ask(session, `${index}`);
      await until(() => over(outcome));
    }
    const spent = session.books.recorded;
    await session.close(1_000);
    const restored: ReceiptRecord[] = [];
    const again = await openClient(terms, folder.path, { onRestored: (receipt) => restored.push(receipt) });
    clients.push(again);
    await until(() => again.status === "ready");
    expect(restored.map(({ nonce }) => nonce)).to.deep.equal([0, 1, 2, 3, 4]);
    expect(again.books.recorded).to.equal(spent);
    const { outcome } = ask(again);
    await until(() => over(outcome));
    expect(outcome.answered?.nonce).to.equal(5);
    await until(() => again.books.unsigned === 0n);
    expect(provider.vouchers.at(-1)).to.include({ firstNonce: 0, count: 6 });
  });

  it("loses no answer that it gave out when it is killed under load", async () => {
    const made = await testSession({ answer: () => ({ pieces: ["answer"], pause: 1 }) });
    provider = made.provider;
    const file = fileURLToPath(new URL("../helpers/killedClient.ts", import.meta.url));
    const child: ChildProcess = fork(
      file,
      [
        folder.path,
        JSON.stringify(made.terms, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value)),
      ],
      { execArgv: ["--import", "tsx"] },
    );
    let given = 0;
    child.on("message", (nonce: number) => {
      given = Math.max(given, nonce + 1);
      if (nonce === 200) child.kill("SIGKILL");
    });
    await new Promise((resolve) => child.once("exit", resolve));
    expect(given).to.be.greaterThan(200);
    const session = await openClient(made.terms, folder.path);
    clients.push(session);
    await until(() => session.status === "ready");
    expect(session.nonce).to.be.at.least(given);
    expect(provider.receipts).to.have.length(session.nonce);
    await until(() => session.books.unsigned === 0n);
    const last = provider.vouchers.at(-1)!;
    expect(last.firstNonce + last.count).to.equal(session.nonce);
  });
});
