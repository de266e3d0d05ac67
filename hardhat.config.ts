import { createRequire } from "node:module";

import hardhatToolbox from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { configVariable, defineConfig, task } from "hardhat/config";
import { ArgumentType } from "hardhat/types/arguments";

import quietDependencies from "./scripts/hardhat/quietDependencies.js";

// Weighs call cost against code size: lower it if a contract nears the 24,576-byte limit.
const OPTIMIZER_RUNS = 1_000;

// ASSAY_TEST_PROFILE=deep is for a release: minutes instead of seconds.
const deep = process.env["ASSAY_TEST_PROFILE"] === "deep";

// The compiler comes from npm, so that every machine compiles with the same locked bytes and downloads nothing.
const solc = (viaIR: boolean, runs = OPTIMIZER_RUNS) => ({
  version: "0.8.34",
  path: createRequire(import.meta.url).resolve("solc/soljson.js"),
  settings: { evmVersion: "cancun", viaIR, optimizer: { enabled: true, runs } },
});

// The escrow is the largest contract: it fits only through the IR pipeline, which is slower to compile, and with fewer runs.
// It is compiled so for development too, where everything else is not.
const overrides = { "contracts/jobs/JobEscrow.sol": solc(true, 200) };

const deploy = task("deploy", "Deploy Assay, or go on where an interrupted deployment stopped")
  .addOption({
    name: "parameters",
    description: "Parameter file (default: deploy/parameters/<network>.json)",
    type: ArgumentType.STRING,
    defaultValue: "",
  })
  .addOption({
    name: "out",
    description: "Where the addresses go (default: deploy/deployments/chain-<id>/assay.json)",
    type: ArgumentType.STRING,
    defaultValue: "",
  })
  .addFlag({ name: "reset", description: "Forget an earlier deployment on this chain and start over" })
  .setAction(() => import("./deploy/task.js"))
  .build();

export default defineConfig({
  plugins: [hardhatToolbox, quietDependencies],
  tasks: [deploy],
  solidity: {
    profiles: {
      default: { compilers: [solc(false)], overrides },
      production: { compilers: [solc(true)], overrides },
    },
    splitTestsCompilation: true,
  },
  // A run that must not share its journal with others names a folder of its own.
  paths: { ignition: process.env["ASSAY_DEPLOY_DIR"] ?? "deploy", tests: { mocha: "test", solidity: "test" } },
  typechain: { outDir: "packages/sdk/src/typechain" },
  test: {
    mocha: { timeout: 240_000 },
    solidity: {
      fuzz: { runs: deep ? 20_000 : 256 },
      invariant: { runs: deep ? 500 : 32, depth: deep ? 200 : 40, failOnRevert: true },
    },
  },
  networks: {
    // `hardhat node`: a block a second keeps its clock at the real time, however many transactions it takes.
    node: {
      type: "edr-simulated",
      allowBlocksWithSameTimestamp: true,
      mining: { auto: true, interval: 1_000 },
    },
    // Gas figures are compared between runs, so they must not move with the simulator's newest hardfork.
    gas: { type: "edr-simulated", hardfork: "osaka", initialDate: "2026-01-01T00:00:00Z" },
    // A running `hardhat node`; the development accounts are unlocked there.
    local: { type: "http", url: process.env["ASSAY_LOCAL_RPC_URL"] ?? "http://127.0.0.1:8545" },
    baseSepolia: {
      type: "http",
      url: configVariable("ASSAY_BASE_SEPOLIA_RPC_URL"),
      accounts: [configVariable("ASSAY_DEPLOYER_KEY")],
    },
  },
});
