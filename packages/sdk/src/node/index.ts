/** The part of the SDK that needs Node.js. It also gives what the root entry gives. */
export * from "../index.js";
export { AppendLog, type AppendLogOptions } from "./appendLog.js";
export { type Curve, curve } from "./curve.js";
export { DiskSumTree, type DiskSumTreeOptions } from "./diskSumTree.js";
export { FastSigner, recoverSigner } from "./fastSigner.js";
export {
  createKeystore,
  DEVELOPMENT_MNEMONIC,
  developmentKey,
  isDevelopmentKey,
  type KeystoreParameters,
  loadKeystore,
  requireSafeKey,
} from "./keystore.js";
export { type DataFolder, lockDataFolder } from "./dataFolder.js";
export { checkConfig, readConfig, variable, variableOf } from "./program/config.js";
export type { ConfigSource, ConfigVariables, PathOrigin, ProgramEnvironment } from "./program/config.js";
export { PROGRAM_EXIT, programExitCode } from "./program/exit.js";
export { type HttpServer, listenHttp } from "./program/httpListener.js";
export { labelText, MetricRegistry, sampleOf } from "./program/metricRegistry.js";
export type { MetricFamily, MetricKind, MetricLabels, MetricSample } from "./program/metricRegistry.js";
export { findDeployment, LOCAL_DEPLOYMENT, readDeployment } from "./readDeployment.js";
export { openSqlite } from "./sqlite.js";
export { createTransactionTable, sqlTransactionStore } from "./sqlTransactionStore.js";
export type { TransactionDatabase, TransactionTable } from "./sqlTransactionStore.js";
export type { TransactionEvent } from "./transactionEntry.js";
export { TransactionManager, type TransactionManagerOptions } from "./transactionManager.js";
export { memoryTransactionStore } from "./transactionStore.js";
export type {
  QueueId,
  StoredError,
  TransactionAttempt,
  TransactionRecord,
  TransactionState,
  TransactionStore,
} from "./transactionStore.js";
export { checkDisk, checkLine, checkPort, type CheckResult, Checks } from "./program/checks.js";
