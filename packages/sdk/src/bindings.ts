/** The typed contracts, one factory and one type an interface. */
export { IAuditCourt__factory } from "./typechain/factories/interfaces/IAuditCourt__factory.js";
export type { IAuditCourt } from "./typechain/interfaces/IAuditCourt.js";
export { IJobEscrow__factory } from "./typechain/factories/interfaces/IJobEscrow__factory.js";
export type { IJobEscrow } from "./typechain/interfaces/IJobEscrow.js";
export { IModelRegistry__factory } from "./typechain/factories/interfaces/IModelRegistry__factory.js";
export type { IModelRegistry } from "./typechain/interfaces/IModelRegistry.js";
export { IModelOwnership__factory } from "./typechain/factories/interfaces/IModelOwnership__factory.js";
export type { IModelOwnership } from "./typechain/interfaces/IModelOwnership.js";
export { IProviderStaking__factory } from "./typechain/factories/interfaces/IProviderStaking__factory.js";
export type { IProviderStaking } from "./typechain/interfaces/IProviderStaking.js";
export { IRandomnessBeacon__factory } from "./typechain/factories/interfaces/IRandomnessBeacon__factory.js";
export type { IRandomnessBeacon } from "./typechain/interfaces/IRandomnessBeacon.js";
export { ISettlementAsset__factory } from "./typechain/factories/interfaces/ISettlementAsset__factory.js";
export type { ISettlementAsset } from "./typechain/interfaces/ISettlementAsset.js";
