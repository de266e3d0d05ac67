import { expect } from "chai";

import { FailoverProvider, isLocalChain } from "../src/failoverProvider.js";
import { expectRejection } from "./helpers/expectAssayError.js";
import { type FaultyRpc, startFaultyRpc } from "./helpers/faultyRpc.js";
import { type HardhatNode, startHardhatNode } from "./helpers/hardhatNode.js";

describe("FailoverProvider", () => {
  const providers: FailoverProvider[] = [];
  let node: HardhatNode;
  let first: FaultyRpc;
  let second: FaultyRpc;

  const open = (urls: string[], chainId = 31337n): FailoverProvider => {
    const provider = new FailoverProvider({ urls, chainId, timeout: 2_000 });
    providers.push(provider);
    return provider;
  };

  before(async () => {
    node = await startHardhatNode();
  });

  after(async () => {
    await node.stop();
  });

  beforeEach(async () => {
    [first, second] = await Promise.all([startFaultyRpc(node.url), startFaultyRpc(node.url)]);
  });

  afterEach(async () => {
    for (const provider of providers.splice(0)) provider.destroy();
    await Promise.all([first.stop(), second.stop()]);
  });

  it("asks the preferred server only, while it answers", async () => {
    const provider = open([first.url, second.url]);
    await Promise.all([provider.getBlockNumber(), provider.getBlockNumber()]);
    expect(second.calls).to.deep.equal([]);
  });

  it("goes on with the next one and stays there", async () => {
    const provider = open([first.url, second.url]);
    first.down = true;
    await provider.getBlockNumber();
    const asked = first.calls.length;
    await provider.getBlockNumber();
    expect(first.calls.length).to.equal(asked);
    expect(provider.url).to.equal(second.url);
  });

  it("leaves a server that limits requests", async () => {
    const provider = open([first.url, second.url]);
    await provider.getBlockNumber();
    first.status = 429;
    await provider.getBlockNumber();
    expect(provider.url).to.equal(second.url);
  });

  it("asks a server again that closed an idle connection", async () => {
    const provider = open([first.url]);
    await provider.getBlockNumber();
    first.down = true;
    const answer = provider.getBlockNumber();
    while (first.calls.at(-1) !== "eth_blockNumber" || first.calls.length < 3) await new Promise(setImmediate);
    first.down = false;
    expect(await answer).to.be.a("number");
  });

  it("says that the chain is away when every server is", async () => {
    first.down = second.down = true;
    const error = await expectRejection(open([first.url, second.url]).getBlockNumber(), "RPC_UNREACHABLE");
    expect(error.retryable).to.equal(true);
    await expectRejection(open(["http://127.0.0.1:9"]).getBlockNumber(), "RPC_UNREACHABLE");
  });

  it("never asks a server on another chain", async () => {
    const error = await expectRejection(open([first.url], 1n).getBlockNumber(), "WRONG_NETWORK");
    expect(error.details).to.deep.equal({ actual: 31337n, expected: 1n });
    expect(new Set(first.calls)).to.deep.equal(new Set(["eth_chainId"]));
  });

  it("needs a URL", () => {
    expect(() => new FailoverProvider({ urls: [], chainId: 1n })).to.throw("No RPC URL is given.");
  });

  it("looks at local chains five times a second, at others every four seconds", () => {
    expect(open([first.url]).pollingInterval).to.equal(200);
    expect(open([first.url], 8453n).pollingInterval).to.equal(4_000);
    expect([31337, 1337n, 1, 8453n].map(isLocalChain)).to.deep.equal([true, true, false, false]);
  });
});
