import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { developmentKey, registerModel, signerSender, versionOfPolicy } from "@assay/sdk/node";
import { expect } from "chai";
import { Contract } from "ethers";

import { CHAIN_ID, ROOT } from "../../../sdk/test/helpers/hardhatNode.js";
import { type Network, POLICY, startNetwork, UNIT } from "../../../sdk/test/helpers/network.js";

const PROGRAM = join(ROOT, "packages/cli/dist/main.js");

/** How a command ended. */
export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

type Json = Record<string, unknown>;

/** Development accounts of the tests. */
export const [ISSUER, ALICE, BOB, CAROL] = [1, 2, 3, 4] as const;

export const addressOf = (account: number): string => developmentKey(account, CHAIN_ID).address;

/** A chain with the contracts, where commitments are final half an hour before the end, and the built program that works on it as a process of its own. */
export interface Cli {
  readonly network: Network;
  /** For files that commands read and write. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Registers a model of the issuer. */
  readonly newModel: () => Promise<bigint>;
  readonly run: (...args: string[]) => Promise<Ran>;
  /** Runs in an account's name, without asking; it must succeed. */
  readonly act: (account: number, ...args: string[]) => Promise<Ran>;
  /** The same with `--json`: the one line of the result. */
  readonly json: (account: number, ...args: string[]) => Promise<Json>;
  /** Runs in an account's name, without asking; it must fail so, with this sentence and nothing on stdout. */
  readonly fails: (code: number, sentence: string, account: number, ...args: string[]) => Promise<void>;
  readonly file: (name: string, content: string) => Promise<string>;
  readonly stop: () => Promise<void>;
}

export async function startCli(): Promise<Cli> {
  const network = await startNetwork({ offerings: { withdrawLock: 1_800, minSaleDuration: 3_600 } });
  const { contracts, chain } = network;
  const folder = await mkdtemp(join(tmpdir(), "assay-cli-"));
  const file = async (name: string, content: string): Promise<string> => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };
  const env = {
    ASSAY_DEPLOYMENT: await file("assay.json", JSON.stringify(contracts.deployment)),
    ASSAY_RPC_URL: chain._getConnection().url,
  };
  const { address } = contracts.deployment.asset;
  const asset = new Contract(address, ["function mint(address,uint256)"], await chain.getSigner(0));
  for (const account of [ISSUER, ALICE, BOB, CAROL]) {
    await asset.getFunction("mint").send(addressOf(account), 10_000n * UNIT);
  }

  const run = (...args: string[]): Promise<Ran> => runProgram(args, env);
  const key = (account: number): string[] => ["--dev-account", String(account), "--yes"];
  const act: Cli["act"] = async (account, ...args) => {
    const ran = await run(...args, ...key(account));
    expect(ran.code, `${ran.out}${ran.err}`).to.equal(0);
    return ran;
  };
  return {
    network,
    folder,
    env,
    newModel: async () => {
      const sender = await signerSender(developmentKey(ISSUER, CHAIN_ID).connect(chain));
      const model = { royaltyBps: 500n, uri: "data:,n-gram", policyURI: "data:,policy" };
      const { modelId } = await registerModel({ contracts, sender }, { ...model, version: versionOfPolicy(POLICY) });
      return modelId;
    },
    run,
    act,
    json: async (account, ...args) => {
      const { out } = await act(account, ...args, "--json");
      expect(out.trimEnd().split("\n")).to.have.length(1);
      return JSON.parse(out) as Json;
    },
    fails: async (code, sentence, account, ...args) => {
      const ran = await run(...args, ...key(account));
      expect(ran.err).to.contain(sentence);
      expect([ran.code, ran.out]).to.deep.equal([code, ""]);
    },
    file,
    stop: async () => {
      await network.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Runs the built program with nobody at its terminal. */
export async function runProgram(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (data: Buffer) => (out += data.toString()));
  child.stderr.on("data", (data: Buffer) => (err += data.toString()));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, out, err };
}
