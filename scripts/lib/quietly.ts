// Runs a command and shows its output only if it fails.
import { spawnSync } from "node:child_process";

const [command = "", ...args] = process.argv.slice(2);
const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 28 });
if (status !== 0) {
  process.stderr.write(`${stdout}${stderr}${error === undefined ? "" : `${error.message}\n`}`);
  process.exitCode = status ?? 1;
}
