import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { BlsBn254 } from "@kevincharm/bls-bn254";
import { expect } from "chai";
import { getBytes, hexlify, sha256, toBeHex } from "ethers";

import {
  developmentBeaconKey,
  DrandClient,
  latestRoundAt,
  roundMessage,
  roundRandomness,
  signRound,
  verifyRound,
} from "../../src/index.js";
import { hashToG1 } from "../../src/protocol/bn254.js";
import vectors from "../../../../test/vectors/drand-evmnet.json" with { type: "json" };
import { expectAssayError } from "./expectAssayError.js";

const REAL = vectors.rounds[0]!;
const DST = new TextEncoder().encode(vectors.dst);

describe("drand", () => {
  it("hashes to the curve as an independent library does", async () => {
    const library = await BlsBn254.create();
    for (let round = 1n; round <= 60n; ++round) {
      const message = roundMessage(round * 7_919n);
      const [x, y] = library.serialiseG1Point(library.hashToPoint(DST, message));
      const own = hashToG1(message).toAffine();
      expect([own.x, own.y]).to.deep.equal([x, y]);
    }
  });

  it("hashes a round to the message that the network signs", () => {
    expect(hexlify(roundMessage(BigInt(REAL.round)))).to.equal(`0x${REAL.message}`);
  });

  it("verifies the public network's round, and nothing else", () => {
    const round = BigInt(REAL.round);
    expect(verifyRound(round, REAL.signature, vectors.publicKey)).to.equal(true);
    expect(verifyRound(round + 1n, REAL.signature, vectors.publicKey)).to.equal(false);
    expect(verifyRound(round, REAL.signature, developmentBeaconKey(31_337).publicKey)).to.equal(false);
    expect(verifyRound(round, REAL.signature.slice(2), vectors.publicKey)).to.equal(false);
    for (const bit of [0, 200, 511]) {
      const bytes = getBytes(`0x${REAL.signature}`);
      bytes[bit >> 3]! ^= 0x80 >> (bit & 7);
      expect(verifyRound(round, hexlify(bytes), vectors.publicKey)).to.equal(false);
    }
  });

  it("signs rounds that verify, with the development key", () => {
    const { secretKey, publicKey } = developmentBeaconKey(31_337n);
    const signature = signRound(42n, secretKey);
    expect(verifyRound(42n, signature, publicKey)).to.equal(true);
    expect(roundRandomness(signature)).to.equal(sha256(signature));
  });

  it("refuses the development key on a public chain", () => {
    for (const chainId of [1n, 8_453n, 84_532n, 11_155_111n]) {
      expectAssayError(() => developmentBeaconKey(chainId), "DEVELOPMENT_KEY");
    }
  });

  it("refuses rounds that do not exist", () => {
    for (const round of [0n, -1n, 1n << 64n]) expectAssayError(() => roundMessage(round), "INVALID_ROUND");
  });

  it("knows the last public round", () => {
    const schedule = { genesis: 100n, period: 3n, stride: 1n };
    expect([99n, 100n, 102n, 103n].map((time) => latestRoundAt(schedule, time))).to.deep.equal([0n, 1n, 1n, 2n]);
  });
});

describe("DrandClient", () => {
  const { secretKey, publicKey } = developmentBeaconKey(31_337n);
  const chainHash = "ab".repeat(32);
  const servers: Server[] = [];

  const serve = async (answer: (path: string) => [number, unknown]): Promise<string> => {
    const server = createServer((request, response) => {
      const [status, body] = answer(request.url ?? "");
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const round = (signature: string) => ({ round: 9, signature: signature.slice(2) });
  const failure = async (call: Promise<unknown>): Promise<unknown> =>
    await call.then(
      () => expect.fail("it did not fail"),
      (error: unknown) => error,
    );

  after(() => {
    for (const server of servers) server.close();
  });

  it("asks the next server when one is down, one lies and one has nothing", async () => {
    const asked: string[] = [];
    const lies = await serve((path) => {
      asked.push(path);
      return [200, round(signRound(8n, secretKey))];
    });
    const empty = await serve(() => [425, { error: "not yet" }]);
    const good = await serve(() => [200, round(signRound(9n, secretKey))]);
    const client = new DrandClient({ urls: ["http://127.0.0.1:1", lies, empty, good], publicKey, chainHash });
    expect(await client.signature(9n)).to.equal(signRound(9n, secretKey));
    expect(asked).to.deep.equal([`/${chainHash}/public/9`]);
  });

  it("says that it may be tried again when no server has the round", async () => {
    const lies = await serve(() => [200, round(toBeHex(5n, 64))]);
    const error = await failure(new DrandClient({ urls: [lies], publicKey, chainHash }).signature(9n));
    expect(error).to.include({ code: "ROUND_UNAVAILABLE", retryable: true });
    const none = await failure(new DrandClient({ urls: [], publicKey, chainHash }).signature(9n));
    expect(none).to.include({ code: "ROUND_UNAVAILABLE" });
  });

  it("refuses a network of another key", async () => {
    const info = {
      public_key: vectors.publicKey,
      period: 3,
      genesis_time: 1,
      hash: chainHash,
      groupHash: chainHash,
      schemeID: vectors.scheme,
    };
    const other = await serve(() => [200, info]);
    const error = await failure(new DrandClient({ urls: [other], publicKey }).info());
    expect(error).to.include({ code: "ROUND_UNAVAILABLE" });
    expect((error as Error).message).to.contain("another key, scheme or chain hash");
  });
});
