/** Everything that two programs must agree on: hashes, typed data, sum tree, sampling law, policies. */
export * from "./allowlist.js";
export * from "./canonicalJson.js";
export {
  assayDomain,
  domainSeparator,
  encodeBatch,
  JOB_TYPES,
  RECEIPT_TYPES,
  typedDataDigest,
  type AssayDomain,
} from "./eip712.js";
export { keccak, keccakHex, loadFastKeccak } from "./keccak.js";
export * from "./policy.js";
export { type HashedReceipt, ReceiptHasher, type ReceiptInput, type ReceiptTerms } from "./receiptHasher.js";
export * from "./receipts.js";
export * from "./revenueExport.js";
export * from "./revenueYield.js";
export * from "./samples.js";
export * from "./samplingLaw.js";
export * from "./sumTree.js";
export * from "./types.js";
export * from "./checkAnswer.js";
export * from "./inferenceRequest.js";
export * from "./modelOutput.js";
export * from "./sessionApi.js";
export * from "./voucher.js";
export * from "./portableReceipt.js";
export * from "./localChain.js";
export * from "./workerApi.js";
export * from "./drand.js";
export { DrandClient, type DrandInfo, type DrandSource } from "./drandClient.js";
