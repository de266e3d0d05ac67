import { get as httpGet } from "node:http";

import { DrandClient, developmentBeaconKey, roundRandomness, signRound, toAssayError } from "@assay/sdk";
import { expect } from "chai";

import { type BeaconServer, startBeaconServer } from "../../scripts/local/beaconServer.js";

const GENESIS = 1_700_000_000;
const PERIOD = 3;
const { secretKey, publicKey } = developmentBeaconKey(31_337n);

describe("beaconServer", () => {
  let now = BigInt(GENESIS + 30);
  let server: BeaconServer;
  const options = { now: () => Promise.resolve(now), chainId: 31_337n, port: 0, genesis: GENESIS, period: PERIOD };

  before(async () => {
    server = await startBeaconServer(options);
  });

  after(async () => {
    await server.close();
  });

  const get = async (path: string): Promise<{ status: number; body: Record<string, unknown> }> => {
    const response = await fetch(`${server.url}${path}`);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  it("listens on the loopback address only", () => {
    expect(new URL(server.url).hostname).to.equal("127.0.0.1");
  });

  it("describes its network in drand's words, with and without the chain hash", async () => {
    const { body } = await get(`/${server.chainHash}/info`);
    expect(body).to.include({
      public_key: publicKey,
      period: PERIOD,
      genesis_time: GENESIS,
      hash: server.chainHash,
      schemeID: "bls-bn254-unchained-on-g1",
    });
    expect((await get("/info")).body).to.deep.equal(body);
    expect((await get("/chains")).body).to.deep.equal([server.chainHash]);
  });

  it("gives published rounds, signed, as the SDK's client verifies", async () => {
    const signature = signRound(11n, secretKey);
    const expected = { round: 11, signature: signature.slice(2), randomness: roundRandomness(signature).slice(2) };
    expect(await get(`/${server.chainHash}/public/11`)).to.deep.equal({ status: 200, body: expected });
    expect((await get("/public/latest")).body).to.deep.equal(expected);
    const client = new DrandClient({ urls: [server.url], publicKey });
    expect(await client.signature(11n)).to.equal(signature);
  });

  it("refuses a round whose time has not come by the chain's clock", async () => {
    const { status, body } = await get("/public/12");
    expect(status).to.equal(425);
    expect(body["error"]).to.equal("Round 12 is not published yet; the latest is 11.");
    now += 3n;
    expect((await get("/public/12")).status).to.equal(200);
    now -= 3n;
    expect((await get("/public/0")).status).to.equal(425);
  });

  it("knows no other paths and no other chain", async () => {
    for (const path of ["/", "/public/abc", "/public/1/2", `/${"00".repeat(32)}/public/1`]) {
      expect((await get(path)).status, path).to.equal(404);
    }
  });

  it("survives a request target that is no URL", async () => {
    const { port, hostname } = new URL(server.url);
    const status = await new Promise<number | undefined>((resolve, reject) => {
      httpGet({ port, hostname, path: "//", agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).once("error", reject);
    });
    expect(status).to.equal(404);
    expect((await get("/public/11?x=1")).status).to.equal(200);
  });

  it("gives a description that the SDK's client holds to its chain hash", async () => {
    const { url, chainHash } = server;
    const expected = { publicKey, period: PERIOD, genesis: GENESIS, chainHash };
    expect(await new DrandClient({ urls: [url], publicKey, chainHash }).info()).to.deep.equal(expected);
  });

  it("refuses a schedule without rounds", async () => {
    for (const change of [{ period: 0 }, { period: Number.NaN }, { period: 0.5 }, { genesis: -1 }]) {
      const error = await startBeaconServer({ ...options, ...change }).then(() => undefined, toAssayError);
      expect(error?.code).to.equal("INVALID_SCHEDULE");
    }
  });

  it("says so when its port is taken, and refuses a public chain", async () => {
    const failure = async (change: Partial<typeof options>): Promise<string> =>
      await startBeaconServer({ ...options, ...change }).then(
        () => "started",
        (error: unknown) => toAssayError(error).code,
      );
    expect(await failure({ port: Number(new URL(server.url).port) })).to.equal("PORT_TAKEN");
    expect(await failure({ chainId: 1n })).to.equal("DEVELOPMENT_KEY");
  });

  it("answers 503 with the reason while the chain is away, and recovers", async () => {
    let away = true;
    const chain = () => (away ? Promise.reject(new TypeError("the chain is away")) : Promise.resolve(now));
    const other = await startBeaconServer({ ...options, now: chain });
    try {
      const round = async () => await fetch(`${other.url}/public/1`);
      const refused = await round();
      expect(refused.status).to.equal(503);
      expect(await refused.json()).to.deep.equal({ error: "the chain is away" });
      away = false;
      expect((await round()).status).to.equal(200);
    } finally {
      await other.close();
    }
  });
});
