/** The worker's program around an engine that gives the peer's answer. Everything else is as it is anywhere. */
import { parseArgs } from "node:util";

import { AssayError } from "@assay/sdk";
import { createNgramEngine, type Engine, type EngineChunk, loadConfig, modelKey, startWorker } from "@assay/worker";

import { PIECES, turn } from "./answer.js";

const { values } = parseArgs({ options: { config: { type: "string" } } });
if (values.config === undefined) {
  throw new AssayError({ code: "USAGE", message: "The worker needs a configuration.", hint: "Give --config FILE." });
}

const texts = PIECES.map((piece) => new TextEncoder().encode(piece));
const base = createNgramEngine(new TextEncoder().encode("any text does: it is not asked"), 2);

const engine: Engine = {
  ...base,
  async *generate({ request }, signal): AsyncGenerator<EngineChunk> {
    const inputUnits = base.inputUnits(request);
    let outputUnits = 0;
    for (const [index, text] of texts.entries()) {
      signal.throwIfAborted();
      outputUnits += text.length;
      const last = index === texts.length - 1;
      yield { text, inputUnits, outputUnits, ...(last && { finish: "stop" as const }) };
      if (!last) await turn();
    }
  },
};

const config = await loadConfig({ file: values.config });
const engines = new Map(config.models.map(({ modelId, version }) => [modelKey(modelId, version), engine]));
const worker = await startWorker({ config, engines });
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void worker.stop());
await worker.done;
