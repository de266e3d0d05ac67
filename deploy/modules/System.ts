import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/** The contracts in the order of their creation: contract n is creation n of the factory. */
export const SYSTEM_CONTRACTS = [
  "DrandBeacon",
  "ProviderStaking",
  "ModelRegistry",
  "JobEscrow",
  "AuditCourt",
  "ModelTokenDeployer",
  "OfferingFactory",
  "OfferingLens",
  "RevenueClaimer",
] as const;

export type SystemContract = (typeof SYSTEM_CONTRACTS)[number];

/**
 * Creates the protocol's contracts, one transaction each, strictly one after the other.
 * Parameters: `factory` (address) and, for each contract, its creation code with encoded arguments.
 */
export const systemModule = buildModule("System", (m) => {
  const factory = m.contractAt("DeploymentFactory", m.getParameter<string>("factory"));
  const calls: ReturnType<typeof m.call>[] = [];
  SYSTEM_CONTRACTS.forEach((name, position) => {
    const initCode = m.getParameter<string>(name);
    calls.push(m.call(factory, "create", [position + 1, initCode], { id: name, after: calls.slice(-1) }));
  });
  return { factory };
});
