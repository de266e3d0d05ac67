import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { expect } from "chai";

import { AssayError } from "../../src/errors.js";
import { developmentBeaconKey, DRAND_SCHEME, drandChainHash, signRound } from "../../src/protocol/drand.js";
import { DrandClient, type DrandSource } from "../../src/protocol/drandClient.js";

const { secretKey, publicKey } = developmentBeaconKey(31_337n);
const NETWORK = { period: 3, genesis: 100, publicKey, genesisSeed: "11".repeat(32), beaconId: "test" };
const CHAIN_HASH = drandChainHash(NETWORK);
const INFO = {
  public_key: publicKey,
  period: NETWORK.period,
  genesis_time: NETWORK.genesis,
  hash: CHAIN_HASH,
  groupHash: NETWORK.genesisSeed,
  schemeID: DRAND_SCHEME,
  metadata: { beaconID: NETWORK.beaconId },
};
const SIGNATURE = signRound(9n, secretKey);
const ROUND = { round: 9, signature: SIGNATURE.slice(2) };

describe("DrandClient", () => {
  const servers: Server[] = [];

  /** A server of these paths; undefined leaves a request without an answer. */
  const serve = async (answers: Readonly<Record<string, unknown>>): Promise<{ url: string; asked: string[] }> => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      const path = request.url ?? "";
      asked.push(path);
      if (path in answers && answers[path] === undefined) return;
      response.writeHead(path in answers ? 200 : 404, { "content-type": "application/json" });
      response.end(JSON.stringify(answers[path] ?? {}));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
  };
  const failureOf = async (call: Promise<unknown>): Promise<AssayError> => {
    const error = await call.then(
      () => expect.fail("it did not fail"),
      (reason: unknown) => reason,
    );
    if (!AssayError.is(error)) throw error;
    return error;
  };
  const client = (urls: readonly string[], source: Partial<DrandSource> = {}): DrandClient =>
    new DrandClient({ urls, publicKey, ...source });
  const infoPath = `/${CHAIN_HASH}/info`;
  const roundPath = `/${CHAIN_HASH}/public/9`;

  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.close();
      server.closeAllConnections();
    }
  });

  it("takes the key and the chain hash in any spelling of hex, and a URL with a slash at its end", async () => {
    const { url } = await serve({ [infoPath]: INFO, [roundPath]: ROUND });
    const drand = client([`${url}/`], {
      publicKey: `0x${publicKey.toUpperCase()}`,
      chainHash: `0x${CHAIN_HASH.toUpperCase()}`,
    });
    expect(await drand.signature(9n)).to.equal(SIGNATURE);
    expect((await drand.info()).chainHash).to.equal(CHAIN_HASH);
  });

  it("learns the chain hash once", async () => {
    const { url, asked } = await serve({ "/info": INFO, [roundPath]: ROUND });
    const drand = client([url]);
    await drand.signature(9n);
    await drand.signature(9n);
    expect(asked).to.deep.equal(["/info", roundPath, roundPath]);
  });

  it("does not ask honest servers for the chain hash of a liar", async () => {
    const network = { ...NETWORK, beaconId: "a lie" };
    const lie = drandChainHash(network);
    const liar = await serve({
      "/info": { ...INFO, hash: lie, metadata: { beaconID: network.beaconId } },
      [`/${lie}/public/9`]: { ...ROUND, signature: "00".repeat(64) },
    });
    const honest = await serve({ "/info": INFO, [roundPath]: ROUND });
    expect(await client([liar.url, honest.url]).signature(9n)).to.equal(SIGNATURE);
    expect(honest.asked).to.deep.equal(["/info", roundPath]);
  });

  it("passes over a server that does not answer in time", async () => {
    const silent = await serve({ [roundPath]: undefined });
    const { url } = await serve({ [roundPath]: ROUND });
    const drand = client([silent.url, url], { chainHash: CHAIN_HASH, timeout: 100 });
    expect(await drand.signature(9n)).to.equal(SIGNATURE);
    expect(silent.asked).to.deep.equal([roundPath]);
  });

  it("ends with the caller's reason when it is aborted, without asking the next server", async () => {
    const silent = await serve({ [roundPath]: undefined });
    const { url, asked } = await serve({ [roundPath]: ROUND });
    const stopping = new AbortController();
    const reason = new AssayError({ code: "STOPPING", message: "The program stops." });
    const call = client([silent.url, url], { chainHash: CHAIN_HASH }).signature(9n, stopping.signal);
    setTimeout(() => {
      stopping.abort(reason);
    }, 50);
    expect(await failureOf(call)).to.equal(reason);
    expect(asked).to.deep.equal([]);
  });

  it("says that a round that no server has may be asked for again, with what each one answered", async () => {
    const { url } = await serve({});
    const error = await failureOf(client([url, "http://127.0.0.1:1"], { chainHash: CHAIN_HASH }).signature(9n));
    expect(error).to.include({ code: "ROUND_UNAVAILABLE", retryable: true });
    expect(error.message).to.include(`${url}${roundPath} answered 404`);
  });

  const lies: Record<string, object> = {
    "another key": { public_key: "ab".repeat(128) },
    "another scheme": { schemeID: "pedersen-bls-chained" },
    "another chain hash": { hash: "ab".repeat(32) },
    "a period that the chain hash does not hold": { period: 4 },
    "a genesis that the chain hash does not hold": { genesis_time: 101 },
    "another name": { metadata: { beaconID: "other" } },
  };
  for (const [name, lie] of Object.entries(lies)) {
    it(`refuses a description with ${name}`, async () => {
      const { url } = await serve({ [infoPath]: { ...INFO, ...lie } });
      const error = await failureOf(client([url], { chainHash: CHAIN_HASH }).info());
      expect(error).to.include({ code: "ROUND_UNAVAILABLE", retryable: true });
      expect(error.cause).to.include({ code: "BEACON_MISMATCH" });
    });
  }

  it("refuses malformed replies", async () => {
    for (const reply of [{}, { round: 9 }, { ...ROUND, round: 8 }, { ...ROUND, signature: `0x${ROUND.signature}` }]) {
      const { url } = await serve({ [roundPath]: reply });
      const error = await failureOf(client([url], { chainHash: CHAIN_HASH }).signature(9n));
      expect(error.code).to.equal("ROUND_UNAVAILABLE");
    }
  });
});
