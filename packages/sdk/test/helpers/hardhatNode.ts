import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

import { JsonRpcProvider, Network } from "ethers";

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));
const CLI = fileURLToPath(import.meta.resolve("hardhat/package.json")).replace("package.json", "dist/src/cli.js");

/** A `hardhat node` of its own, on a free port of the loopback. */
export interface HardhatNode {
  readonly url: string;
  /** Talks to the node directly, whatever lies between it and the code under test. */
  readonly provider: JsonRpcProvider;
  stop(): Promise<void>;
}

export const CHAIN_ID = 31337n;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new TypeError("no port");
  return address.port;
}

export async function startHardhatNode(): Promise<HardhatNode> {
  const port = await freePort();
  const args = [CLI, "node", "--hostname", "127.0.0.1", "--port", String(port)];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  await new Promise<void>((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      output += chunk.toString();
      if (output.includes("Started HTTP")) resolve();
    };
    child.stdout.on("data", onData);
    child.stderr.on("data", onData);
    child.once("exit", () => {
      reject(new Error(`hardhat node ended:\n${output}`));
    });
  });
  const url = `http://127.0.0.1:${port}`;
  const network = Network.from(CHAIN_ID);
  const provider = new JsonRpcProvider(url, network, { staticNetwork: network, cacheTimeout: -1, pollingInterval: 50 });
  return {
    url,
    provider,
    stop: async () => {
      provider.destroy();
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    },
  };
}
