import { Interface } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

import { systemAddresses, systemInitCodes } from "./deploySystem.js";
import { SYSTEM_CONTRACTS, type SystemContract } from "./modules/System.js";
import { DeploymentError, type SystemParameters } from "./parameters.js";

/**
 * Runs every constructor with these parameters on a chain inside this process, so that a parameter that breaks a rule is
 * refused before any transaction. The rules stand in the constructors and nowhere else.
 * The settlement asset is replaced by the test asset; everything else is the real deployment.
 * @throws DeploymentError naming contract, rule, actual value and limit
 */
export async function rehearse(hre: HardhatRuntimeEnvironment, parameters: SystemParameters): Promise<void> {
  const { ethers } = await hre.network.create({ network: "default" });
  const [deployer] = await ethers.getSigners();
  if (deployer === undefined) throw new DeploymentError("The in-process network has no accounts.");
  const asset = await (await ethers.deployContract("TestAsset")).getAddress();
  const factory = await ethers.deployContract("DeploymentFactory");
  const contracts = systemAddresses(await factory.getAddress());
  const initCodes = await systemInitCodes(hre, parameters, { asset, contracts, deployer: deployer.address });
  for (const [position, name] of SYSTEM_CONTRACTS.entries()) {
    try {
      await (await factory.create(position + 1, initCodes[name])).wait();
    } catch (error) {
      throw await explained(hre, name, error);
    }
  }
}

async function explained(
  hre: HardhatRuntimeEnvironment,
  name: SystemContract,
  error: unknown,
): Promise<DeploymentError> {
  const { abi } = await hre.artifacts.readArtifact(name);
  const data = revertData(error);
  const known = data === undefined ? null : new Interface(abi).parseError(data);
  const reason =
    known === null
      ? String(error)
      : `${known.name}(${known.fragment.inputs.map((input, i) => `${input.name} = ${printable(known.args[i])}`).join(", ")})`;
  return new DeploymentError(
    `${name} refuses the parameters: ${reason}. Change them in the parameter file; nothing was sent.`,
    { cause: error },
  );
}

function revertData(error: unknown): string | undefined {
  for (let at = error; typeof at === "object" && at !== null; at = (at as { cause?: unknown }).cause) {
    const { data } = at as { data?: unknown };
    if (typeof data === "string" && data.length >= 10) return data;
  }
  return undefined;
}

/** Names are bytes32 of ASCII. */
function printable(value: unknown): string {
  if (typeof value !== "string" || !/^0x[0-9a-f]{64}$/i.test(value)) return String(value);
  const text = Buffer.from(value.slice(2), "hex").toString("latin1").replace(/\0+$/, "");
  return /^[\x20-\x7e]+$/.test(text) ? text : value;
}
