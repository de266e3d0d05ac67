/** The worker as a library: for programs that run one themselves. The command is `assay-worker`. */
export type { Engine, EngineAnswer, EngineChunk, EngineRequest } from "./adapters/engine/engine.js";
export {
  createNgramEngine,
  NGRAM_ENGINE,
  NGRAM_ENGINE_VERSION,
  NGRAM_TEMPLATES,
  ngramWeights,
} from "./adapters/engine/ngramEngine.js";
export { CONFIG_VARIABLES, loadConfig, parseConfig } from "./config.js";
export { modelKey, type ModelConfig, type WorkerConfig } from "./domain/configSchema.js";
export { type EngineInfo, policyMismatches, policyOf, type PolicyTerms } from "./domain/policyMatch.js";
export { EXIT, exitCodeFor } from "./exit.js";
export { startWorker, type StartWorkerOptions, type Worker } from "./startWorker.js";
