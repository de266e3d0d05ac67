import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/** The factory whose creations are the protocol's contracts; its address decides theirs. */
export const factoryModule = buildModule("Factory", (m) => ({ factory: m.contract("DeploymentFactory") }));

/** The settlement asset of local networks and tests; anyone may mint it. */
export const testAssetModule = buildModule("TestAsset", (m) => ({ asset: m.contract("TestAsset") }));
