import { createServer, type Server, type ServerResponse } from "node:http";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

import {
  AssayError,
  developmentBeaconKey,
  DRAND_SCHEME,
  drandChainHash,
  latestRoundAt,
  roundRandomness,
  signRound,
  toAssayError,
} from "@assay/sdk";
import { JsonRpcProvider } from "ethers";

const HOST = "127.0.0.1";
const BEACON_ID = "assay-local";
const GENESIS_SEED = "00".repeat(32);
/** Signatures kept; older ones are made again. */
const CACHE = 10_000;

export interface BeaconServerOptions {
  /** Time of the latest block, in Unix seconds: rounds after it are not published. */
  readonly now: () => Promise<bigint>;
  readonly chainId: bigint;
  /** 0 for any free port. */
  readonly port: number;
  readonly genesis: number;
  readonly period: number;
}

export interface BeaconServer {
  readonly url: string;
  readonly chainHash: string;
  close(): Promise<void>;
}

/**
 * A drand network of one node, for local chains only: serves drand's HTTP shape and signs real rounds with the public
 * development key, never one whose time has not come by the chain's clock.
 *
 * @throws AssayError `DEVELOPMENT_KEY` on a public chain, `PORT_TAKEN`, `INVALID_SCHEDULE`, `LISTEN_FAILED`
 */
export async function startBeaconServer(options: BeaconServerOptions): Promise<BeaconServer> {
  const { genesis, period } = options;
  requireSchedule(options);
  const key = developmentBeaconKey(options.chainId);
  const network = { period, genesis, publicKey: key.publicKey, genesisSeed: GENESIS_SEED, beaconId: BEACON_ID };
  const chainHash = drandChainHash(network);
  const schedule = { genesis: BigInt(genesis), period: BigInt(period), stride: 1n };
  const signatures = new Map<bigint, string>();

  const info = {
    public_key: key.publicKey,
    period,
    genesis_time: genesis,
    genesis_seed: GENESIS_SEED,
    hash: chainHash,
    groupHash: GENESIS_SEED,
    schemeID: DRAND_SCHEME,
    metadata: { beaconID: BEACON_ID },
  };

  const roundReply = async (text: string): Promise<[number, unknown]> => {
    const latest = latestRoundAt(schedule, await options.now());
    const round = text === "latest" ? latest : BigInt(text);
    if (round < 1n || round > latest) {
      return [425, { error: `Round ${round} is not published yet; the latest is ${latest}.` }];
    }
    const signature = signatures.get(round) ?? signRound(round, key.secretKey).slice(2);
    if (signatures.size >= CACHE) signatures.clear();
    signatures.set(round, signature);
    return [200, { round: Number(round), randomness: roundRandomness(signature).slice(2), signature }];
  };

  const reply = async (target: string): Promise<[number, unknown]> => {
    // Not `new URL`, which throws for targets such as "//".
    const path = target.replace(/\?.*$/, "");
    if (path === "/chains") return [200, [chainHash]];
    const [, hash, ...rest] = path.startsWith(`/${chainHash}/`)
      ? path.split("/")
      : ["", chainHash, ...path.split("/").slice(1)];
    const [kind, round = "", ...more] = rest;
    if (hash === chainHash && kind === "info" && round === "") return [200, info];
    if (kind === "public" && more.length === 0 && /^(latest|\d{1,18})$/.test(round)) return await roundReply(round);
    return [
      404,
      { error: "Unknown path. This server has /chains, /{chainHash}/info and /{chainHash}/public/{round}." },
    ];
  };

  const server = createServer((request, response) => {
    reply(request.url ?? "/")
      .catch((error: unknown): [number, unknown] => [503, { error: toAssayError(error).message }])
      .then(([status, body]) => {
        send(response, status, body);
      }, console.error);
  });
  const port = await listen(server, options.port);
  return {
    url: `http://${HOST}:${port}`,
    chainHash,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function requireSchedule({ genesis, period }: BeaconServerOptions): void {
  if (Number.isSafeInteger(genesis) && genesis > 0 && Number.isSafeInteger(period) && period > 0) return;
  throw new AssayError({
    code: "INVALID_SCHEDULE",
    message: `Genesis ${genesis} and period ${period} are no schedule of rounds.`,
    hint: "Give both in whole seconds above 0.",
  });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      reject(
        new AssayError({
          code: cause.code === "EADDRINUSE" ? "PORT_TAKEN" : "LISTEN_FAILED",
          message: `The beacon cannot listen on ${HOST}:${port} (${cause.code ?? cause.message}).`,
          hint: "Choose another --port.",
          cause,
        }),
      );
    });
    server.listen(port, HOST, () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

const HELP = `Usage: npm run beacon:local -- --rpc-url URL [--port N] [--genesis SECONDS] [--period SECONDS]

Serves drand's HTTP API for a local chain, with rounds of the public development key, by the chain's clock.`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      "rpc-url": { type: "string", default: "http://127.0.0.1:8545" },
      port: { type: "string", default: "8800" },
      genesis: { type: "string", default: "1727521075" },
      period: { type: "string", default: "1" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const rpc = new JsonRpcProvider(values["rpc-url"], undefined, { staticNetwork: true, cacheTimeout: -1 });
  const server = await startBeaconServer({
    now: async () => BigInt((await rpc.getBlock("latest"))?.timestamp ?? 0),
    chainId: (await rpc.getNetwork()).chainId,
    port: Number(values.port),
    genesis: Number(values.genesis),
    period: Number(values.period),
  });
  console.log(`Beacon ${server.chainHash} at ${server.url}`);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      void server.close().then(() => {
        rpc.destroy();
      });
    });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await main().catch((error: unknown) => {
    const { message, hint } = toAssayError(error);
    console.error(hint === undefined ? message : `${message} ${hint}`);
    process.exitCode = 1;
  });
}
