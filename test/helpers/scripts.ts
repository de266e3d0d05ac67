import { spawn } from "node:child_process";

import { expect } from "chai";

const CLI = "packages/cli/dist/main.js";

/** How a command ended. */
export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a command of a group of `assay` as a user does: a process of its own. */
export async function runScript(
  group: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Ran> {
  const child = spawn(process.execPath, [CLI, group, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (data: Buffer) => (out += data.toString()));
  child.stderr.on("data", (data: Buffer) => (err += data.toString()));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, out, err };
}

/** The result of a run with `--json`, which succeeded and printed exactly one line. */
export function resultOf({ code, out, err }: Ran): Record<string, unknown> {
  expect(code, `${out}${err}`).to.equal(0);
  expect(out.trimEnd().split("\n")).to.have.length(1);
  return JSON.parse(out) as Record<string, unknown>;
}
