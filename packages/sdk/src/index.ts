/** The browser-safe root of the SDK; what needs Node.js is in `@assay/sdk/node`. */
export * from "./actions/index.js";
export * from "./bindings.js";
export { checkDeployment, connect, type Contracts, contractsOf } from "./contracts.js";
export { type Deployment, deploymentSchema, parseDeployment, publicDeployment } from "./deployment.js";
export { AssayError, type AssayErrorOptions } from "./errors.js";
export {
  CONTRACT_ERROR,
  type ContractErrorDetails,
  contractErrorName,
  decodeContractError,
  errorNameOf,
} from "./errors/contractError.js";
export { decodeRpcError } from "./errors/rpcError.js";
export { toAssayError } from "./errors/toAssayError.js";
export { type FailoverOptions, FailoverProvider } from "./failoverProvider.js";
export * from "./protocol/index.js";
