import { expect } from "chai";
import { encodeBase64, toUtf8Bytes } from "ethers";

import { getOutput } from "../../src/actions/getOutput.js";
import {
  receiveAnswer,
  requestInference,
  type RequestInferenceParameters,
} from "../../src/actions/requestInference.js";
import { AssayError } from "../../src/errors.js";
import { expectRejection } from "../helpers/expectAssayError.js";
import { type Market, type Network, openMarket, startNetwork, UNIT } from "../helpers/network.js";
import { startTestWorker, type TestWorker } from "../helpers/testWorker.js";
import { OUTPUT } from "../helpers/work.js";

describe("requestInference", () => {
  let network: Network;
  let market: Market;
  let worker: TestWorker;

  before(async function () {
    this.timeout(120_000);
    network = await startNetwork({ registry: { minProviders: 4 } });
    market = await openMarket(network, 4);
  });

  after(async () => {
    await network.stop();
  });

  beforeEach(async () => {
    worker = await startTestWorker(market.providers[0]!.operator);
  });

  afterEach(async () => {
    await worker.stop();
  });

  const ask = (change: Partial<RequestInferenceParameters> = {}) =>
    requestInference(market.requester, {
      endpoint: worker.url,
      provider: market.providers[0]!.owner.address,
      modelId: market.modelId,
      collateralBps: 100_000n,
      fee: 2n * UNIT,
      request: { prompt: "Alice was", maxOutputUnits: 64 },
      ...change,
    });

  it("buys an answer and checks it against the committed batch", async () => {
    const seen: string[] = [];
    const result = await ask({
      onPrepared: ({ preview }) => seen.push(`p ${Number(preview.p) / 1e18 < 0.5 ? "low" : "high"}`),
      onOpened: ({ jobId }) => seen.push(jobId),
    });

    expect(result.text).to.equal(OUTPUT);
    expect(result.batch).to.deep.include({ jobId: result.jobId, total: 2n * UNIT, collateral: 20n * UNIT });
    expect(seen).to.deep.equal(["p low", result.jobId]);

    // Whoever was interrupted asks again, and nobody else.
    const { jobId, job } = result;
    const again = await receiveAnswer(market.requester, { endpoint: worker.url, jobId, job });
    expect(again).to.deep.equal(result);
    const other = await network.actor();
    await expectRejection(getOutput(other, { endpoint: worker.url, jobId }), "OUTPUT_UNAUTHORIZED");
  });

  it("opens no job when the caller refuses what it would mean", async () => {
    const refusal = new AssayError({ code: "TOO_RISKY", message: "No." });
    const { nonce } = await network.contracts.escrow.accountOf(market.requester.address);
    const refused = ask({
      onPrepared: () => {
        throw refusal;
      },
    });
    await expectRejection(refused, "TOO_RISKY");
    expect((await network.contracts.escrow.accountOf(market.requester.address)).nonce).to.equal(nonce);
  });

  it("passes on the worker's reason for not quoting", async () => {
    worker.behaviour.quote = () => {
      throw new AssayError({ code: "PRICE_TOO_LOW", message: "It costs 5.", hint: "Offer more." });
    };
    const error = await expectRejection(ask(), "PRICE_TOO_LOW");
    expect(error).to.include({ message: "It costs 5.", hint: "Offer more." });
  });

  it("refuses a quote that binds nobody", async () => {
    worker.behaviour.quote = () => ({ jobId: `0x${"00".repeat(32)}`, quote: "0x00", collateral: "1" });
    await expectRejection(ask(), "QUOTE_INVALID");
  });

  it("refuses an answer that is not the committed one", async () => {
    worker.behaviour.answer = (answer) => ({ ...answer, output: encodeBase64(toUtf8Bytes("junk")) });
    const error = await expectRejection(ask(), "ANSWER_MISMATCH");
    expect(error.details).to.deep.include({ field: "responseRoot" });
  });

  it("says what to do when the provider lets its deadline pass", async () => {
    worker.behaviour.commits = false;
    let opened = "";
    const waiting = ask({
      acceptWithin: 60n,
      commitWithin: 60n,
      onOpened: ({ jobId }) => {
        opened = jobId;
        void network.passTime(600n);
      },
    });
    const error = await expectRejection(waiting, "JOB_UNDELIVERED");
    expect(error.details).to.deep.include({ jobId: opened });
    expect(error.hint).to.equal("Call expireJob: the budget comes back, with a compensation.");
  });

  it("recognises servers that are away, and ones that are something else", async () => {
    const away = await expectRejection(ask({ endpoint: "http://127.0.0.1:9" }), "WORKER_UNREACHABLE");
    expect(away.retryable).to.equal(true);
    for (const [status, body, retryable] of [
      [200, "<html>", false],
      [200, "{}", false],
      [404, "{}", false],
      [502, "<html>", true],
    ] as const) {
      worker.behaviour.raw = { status, body };
      const error = await expectRejection(ask(), "WORKER_REPLY_INVALID");
      expect(error.retryable, `${status} ${body}`).to.equal(retryable);
    }
  });

  it("stops when the caller has had enough", async () => {
    worker.behaviour.commits = false;
    const signal = AbortSignal.timeout(1_500);
    try {
      await ask({ signal });
      expect.fail("did not stop");
    } catch (error) {
      expect(error).to.equal(signal.reason);
    }
  });
});
