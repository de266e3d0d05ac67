/**
 * Keeps package-lock.json usable on every machine. npm silently skips an optional package whose locked `engines` do not
 * fit the Node.js that npm itself runs on, even though the project's scripts then run on the newer Node.js that the
 * lockfile brings along. Hardhat's and Vite's native packages would be missing, so their `engines` leave the lockfile. Download
 * addresses leave it too, so that any registry or mirror can serve it.
 *
 * With `--check` nothing is written, and the exit status says whether there was something to do.
 */
import { readFileSync, writeFileSync } from "node:fs";

interface LockedPackage {
  resolved?: string;
  link?: boolean;
  engines?: unknown;
}

const file = new URL("../../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(file, "utf8")) as { packages: Record<string, LockedPackage> };

const NATIVE = /node_modules\/(@nomicfoundation\/edr(-[^/]+)?|@rolldown\/binding-[^/]+)$/;

const changes: string[] = [];
for (const [path, entry] of Object.entries(lock.packages)) {
  if (NATIVE.test(path) && entry.engines !== undefined) {
    delete entry.engines;
    changes.push(`${path}: engines`);
  }
  if (entry.resolved !== undefined && entry.link !== true) {
    delete entry.resolved;
    changes.push(`${path}: resolved`);
  }
}

if (process.argv.includes("--check")) {
  for (const change of changes) console.error(`package-lock.json has what it must not have: ${change}`);
  if (changes.length > 0) console.error("Run `npm run fix:lock`.");
  process.exitCode = changes.length > 0 ? 1 : 0;
} else if (changes.length > 0) {
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`Removed ${changes.length} fields from package-lock.json`);
}
