import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";

import { table } from "@assay/cli";
import hre from "hardhat";

import { SYSTEM_CONTRACTS } from "../../deploy/modules/System.js";
import { type Figures, measure } from "./measure.js";

const GAS_SNAPSHOT = "snapshots/gas.json";
const SIZE_SNAPSHOT = "snapshots/size.json";
const README = "README.md";
const README_TABLE = /(?<=<!-- gas:start -->\n)[\s\S]*(?=<!-- gas:end -->)/;
/** Rows of the README's table. */
const README_ROWS: Readonly<Record<string, string>> = {
  oneShotJob: "one-shot job, all 3 transactions, not drawn (third job of a provider)",
  openJob: "– `openJob`",
  commitBatch: "– `commitBatch`",
  finalizeBatch: "– `finalizeBatch`",
  openSession: "`openJob` of a session",
  sessionBatch: "batch of a session, `commitBatch` and `finalizeBatch`, not drawn, whatever its receipts",
  sessionBatch1: "– of 1 receipt",
  sessionBatch100: "– of 100 receipts",
  sessionBatch4096: "– of 4,096 receipts",
  sessionBatch1000000: "– of 1,000,000 receipts",
  auditFull: "whole audit of a session's batch: 8 samples of 4,096 receipts, panel of three, accepted",
  perReceipt4096:
    "one inference of 4,096 in a batch with 100× collateral: expected audits and a twentieth of a round included",
  beaconPost: "posting a round, costliest of 127 (shared by all batches of a stride)",
  finalizeBatchAudited: "`finalizeBatch` of a drawn batch, panel drawn",
  openLeaves: "`openLeaves`, one answer",
  commitVerdict: "`commitVerdict`",
  openAnswers: "`openAnswers`, one answer",
  revealVerdict: "`revealVerdict`",
  tallyAccepted: "`tally`, accepted",
  tallyRejected: "`tally`, rejected and slashed",
  openLeafDepth10: "one more sampled leaf of a tree of 1,024, with both proofs and its event, beyond its calldata",
  draw10Seats: "draw of three from 10 seats (estimate of the view)",
  draw10000Seats: "draw of three from 10,000 seats",
  royaltyExtra: "what a royalty adds to `finalizeBatch`",
  erc20Transfer: "for comparison: transfer of a plain OpenZeppelin ERC-20",
  tokenTransfer: "transfer of a model token between holders",
  tokenTransferNew: "transfer to a new holder",
  claim: "`claim` of all revenue, after 1 epoch and after 1,000, of 10 holders or of 10,000",
  depositRevenue: "`depositRevenue`",
  flushRoyalty: "`flushRoyalty` from the escrow into a model token",
  epochClose: "`snapshot` (closing an epoch)",
  offeringCommit: "`commit` of a new buyer to an offering",
  offeringCommitMore: "`commit` of more",
  offeringSettle: "`settleFor`, tokens and refund",
};
const CONTRACTS = [...SYSTEM_CONTRACTS, "ModelToken", "ModelOffering", "ModelVesting"];
const SIZE_LIMIT = 24_576;

/** Largest values; a figure above its own fails the check whatever the snapshot says. */
const TARGETS: Readonly<Figures> = {
  oneShotJob: 230_000,
  sessionBatch: 170_000,
  perReceipt4096: 60,
  beaconPost: 215_000,
  tokenTransfer: 52_000,
  tokenTransferLater: 52_000,
  tokenTransferNew: 87_000,
  claim: 58_000,
  claim1000Epochs: 58_000,
  claim10000Holders: 58_000,
  depositRevenue: 65_000,
  royaltyExtra: 5_500,
  epochClose: 60_000,
  offeringCommit: 72_000,
  offeringCommitMore: 55_000,
  offeringSettle: 95_000,
};
/** Ten seats against ten thousand. */
const DRAW_TOLERANCE = 0.02;
/** One receipt against a million. */
const SESSION_TOLERANCE = 0.01;

const HELP = `Usage: npm run gas -- [--json | --check | --update]

Measures the gas of every step on an in-process chain with the prices of the Osaka hardfork, and the contracts' sizes.

  --json    one line of JSON
  --check   compare with ${GAS_SNAPSHOT} and ${SIZE_SNAPSHOT}; exit code 1 on any difference or missed target
  --update  write the snapshots anew`;

async function sizes(): Promise<Figures> {
  const entries = await Promise.all(
    CONTRACTS.map(async (name) => {
      const { deployedBytecode } = await hre.artifacts.readArtifact(name);
      return [name, (deployedBytecode.length - 2) / 2] as const;
    }),
  );
  return Object.fromEntries(entries);
}

function differences(name: string, actual: Figures, expected: Figures): string[] {
  const keys = new Set([...Object.keys(actual), ...Object.keys(expected)]);
  return [...keys]
    .filter((key) => actual[key] !== expected[key])
    .map((key) => `${name} ${key}: ${expected[key] ?? "absent"} in the snapshot, ${actual[key] ?? "absent"} now`);
}

function missedTargets(gas: Figures, size: Figures): string[] {
  const missed = Object.entries(TARGETS).flatMap(([key, limit]) =>
    (gas[key] ?? Infinity) <= limit ? [] : [`${key} is ${gas[key] ?? "absent"}, the target is ${limit}`],
  );
  const [few, many] = [gas["draw10Seats"] ?? 0, gas["draw10000Seats"] ?? Infinity];
  if (Math.abs(many - few) > few * DRAW_TOLERANCE) missed.push(`a draw costs ${few} of 10 seats, ${many} of 10,000`);
  const batches = Object.entries(gas).flatMap(([key, value]) => (/^sessionBatch\d+$/.test(key) ? [value] : []));
  const [least, most] = [Math.min(...batches), Math.max(...batches)];
  if (!(most - least <= least * SESSION_TOLERANCE)) missed.push(`a session's batch costs from ${least} to ${most}`);
  for (const [name, bytes] of Object.entries(size)) {
    if (bytes > SIZE_LIMIT) missed.push(`${name} has ${bytes} bytes, the limit is ${SIZE_LIMIT}`);
  }
  return missed;
}

function readmeTable(gas: Figures): string {
  const rows = Object.entries(README_ROWS).map(
    ([key, text]) => `| ${text} | ${(gas[key] ?? NaN).toLocaleString("en-US")} |`,
  );
  return ["", "| step | gas |", "|---|---:|", ...rows, "", ""].join("\n");
}

async function snapshot(file: string): Promise<Figures> {
  return JSON.parse(await readFile(file, "utf8")) as Figures;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      json: { type: "boolean", default: false },
      check: { type: "boolean", default: false },
      update: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const [gas, size] = [await measure(), await sizes()];
  if (values.update) {
    await writeFile(GAS_SNAPSHOT, `${JSON.stringify(gas, null, 2)}\n`);
    await writeFile(SIZE_SNAPSHOT, `${JSON.stringify(size, null, 2)}\n`);
    await writeFile(README, (await readFile(README, "utf8")).replace(README_TABLE, readmeTable(gas)));
  }
  if (values.json) {
    console.log(JSON.stringify(gas));
  } else {
    const rows = (figures: Figures): string[][] =>
      Object.entries(figures).map(([key, value]) => [key, value.toLocaleString("en-US")]);
    console.log(`${table(["step", "gas"], rows(gas))}\n\n${table(["contract", "bytes"], rows(size))}`);
  }
  if (!values.check) return 0;
  const problems = [
    ...missedTargets(gas, size),
    ...differences("gas", gas, await snapshot(GAS_SNAPSHOT)),
    ...differences("size", size, await snapshot(SIZE_SNAPSHOT)),
  ];
  if (README_TABLE.exec(await readFile(README, "utf8"))?.[0] !== readmeTable(gas)) {
    problems.push(`The table of ${README} is not that of the figures.`);
  }
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) console.error("If the change is meant, write the snapshots anew: npm run gas -- --update");
  return problems.length === 0 ? 0 : 1;
}

process.exitCode = await main();
