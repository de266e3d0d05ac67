/**
 * The demo's cheat: the worker's program with a cheaper model behind it. It answers with order 1 where the policy says 6,
 * and follows the protocol in everything else. No option of the real program does this: its loader compares engine and
 * policy, and whoever passes an engine of their own answers for it with their collateral.
 */
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";

import { AssayError } from "@assay/sdk";
import { createNgramEngine, type Engine, loadConfig, modelKey, startWorker } from "@assay/worker";

const CHEAP_ORDER = 1;

const { values } = parseArgs({ options: { config: { type: "string" } } });
if (values.config === undefined) {
  throw new AssayError({ code: "USAGE", message: "The cheat needs a configuration.", hint: "Give --config FILE." });
}
const config = await loadConfig({ file: values.config });
const engines = new Map<string, Engine>();
for (const { modelId, version, weights } of config.models) {
  if (weights === undefined) continue;
  engines.set(modelKey(modelId, version), createNgramEngine(await readFile(weights), CHEAP_ORDER));
}
const worker = await startWorker({ config, engines });
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void worker.stop());
await worker.done;
