/** Times the sum tree of a session against OpenZeppelin's Merkle tree of the same leaves, one after the other. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";

import { table } from "@assay/cli";
import { AssayError } from "@assay/sdk";

import { type TreeFigures, writeLeaves } from "./treeLeaves.js";

const CHILD = fileURLToPath(new URL("treeChild.ts", import.meta.url));
const MAX_RECEIPTS = 2_000_000;

const HELP = `Usage: npm run bench:tree -- [--json] [--receipts N]

Builds the sum tree of the receipts of a session, all levels on disk and synced, and OpenZeppelin's StandardMerkleTree of the
same leaves in memory, each in a process of its own. A million receipts take OpenZeppelin two minutes and 2 GiB.

  --receipts N   leaves of both trees, 1 to ${MAX_RECEIPTS.toLocaleString("en-US")} (default 1,000,000)
  --json         one line: {"receipts","seconds","peakBytes","ratioToOpenZeppelin"}; the ratio is OpenZeppelin's seconds to ours
  --help         this text`;

function usage(message: string): AssayError {
  return new AssayError({ code: "USAGE", message, hint: "npm run bench:tree -- --help" });
}

function parse(): { json: boolean; help: boolean; receipts: number } {
  try {
    const { values } = parseArgs({
      options: {
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
        receipts: { type: "string", default: "1000000" },
      },
    });
    return { ...values, receipts: /^\d{1,9}$/.test(values.receipts) ? Number(values.receipts) : 0 };
  } catch (error) {
    throw usage(error instanceof Error ? error.message : String(error));
  }
}

async function measure(kind: "sum-tree" | "openzeppelin", file: string, folder: string): Promise<TreeFigures> {
  const args = ["--max-old-space-size=6144", "--import", "tsx", CHILD, kind, file, join(folder, kind)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as TreeFigures;
}

async function main(): Promise<number> {
  const { json, help, receipts } = parse();
  if (help) {
    console.log(HELP);
    return 0;
  }
  if (receipts < 1 || receipts > MAX_RECEIPTS) throw usage(`--receipts is not a number from 1 to ${MAX_RECEIPTS}.`);

  const folder = await mkdtemp(join(tmpdir(), "assay-bench-"));
  try {
    const file = join(folder, "leaves");
    await writeLeaves(file, receipts);
    const ours = await measure("sum-tree", file, folder);
    const peer = await measure("openzeppelin", file, folder);
    const ratio = peer.seconds / ours.seconds;
    if (json) {
      const { seconds, peakBytes } = ours;
      console.log(JSON.stringify({ receipts, seconds, peakBytes, ratioToOpenZeppelin: ratio }));
    } else {
      const row = (name: string, { seconds, peakBytes }: TreeFigures): string[] => [
        name,
        seconds.toFixed(2),
        (peakBytes / 2 ** 20).toFixed(0),
      ];
      const rows = [row("sum tree on disk", ours), row("OpenZeppelin StandardMerkleTree", peer)];
      console.log(table([`${receipts.toLocaleString("en-US")} receipts`, "seconds", "peak MiB"], rows));
      console.log(`\n${ratio.toFixed(1)} times as fast.`);
    }
    return 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!AssayError.is(error)) throw error;
  console.error(`${error.message}\n${error.hint ?? ""}`);
  process.exitCode = error.code === "USAGE" ? 2 : 1;
}
