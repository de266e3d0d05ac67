import type { Contracts } from "../contracts.js";
import type { EscrowParams } from "../protocol/types.js";
import type { ReadContext } from "./context.js";
import { readPlain } from "./read.js";

/** Twin of `IModelRegistry.RegistryParams`. */
export interface RegistryParams {
  readonly seatBond: bigint;
  readonly seatActivationDelay: bigint;
  readonly seatExitDelay: bigint;
  readonly royaltyDelay: bigint;
  readonly maxRoyaltyBps: bigint;
  readonly minProviders: bigint;
  readonly exposureWad: bigint;
  readonly testNetwork: boolean;
}

/** Twin of `IAuditCourt.CourtParams`. */
export interface CourtParams {
  readonly drawWindow: bigint;
  readonly openWindow: bigint;
  readonly commitWindow: bigint;
  readonly revealWindow: bigint;
  readonly testNetwork: boolean;
}

/** What the constructors fixed. */
export interface Parameters {
  readonly escrow: EscrowParams;
  readonly registry: RegistryParams;
  readonly court: CourtParams;
}

// They are immutable, so one read serves for as long as the contracts are in use.
const known = new WeakMap<Contracts, Promise<Parameters>>();

/**
 * The parameters of the deployment. Read once.
 *
 * @example
 * const { escrow, registry } = await getParameters({ contracts });
 */
export async function getParameters({ contracts }: ReadContext): Promise<Parameters> {
  const before = known.get(contracts);
  if (before !== undefined) return await before;
  const reading = readParameters(contracts);
  known.set(contracts, reading);
  try {
    return await reading;
  } catch (error) {
    known.delete(contracts);
    throw error;
  }
}

async function readParameters({ escrow, registry, court }: Contracts): Promise<Parameters> {
  const [escrowParams, registryParams, courtParams] = await Promise.all([
    readPlain<EscrowParams>(escrow, "params", escrow.params()),
    readPlain<RegistryParams>(registry, "params", registry.params()),
    readPlain<CourtParams>(court, "params", court.params()),
  ]);
  return { escrow: escrowParams, registry: registryParams, court: courtParams };
}
