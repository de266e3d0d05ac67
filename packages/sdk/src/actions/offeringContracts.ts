import type { Contracts } from "../contracts.js";
import { AssayError } from "../errors.js";
import { IModelOffering__factory } from "../typechain/factories/interfaces/IModelOffering__factory.js";
import { IModelToken__factory } from "../typechain/factories/interfaces/IModelToken__factory.js";
import type { IModelOffering } from "../typechain/interfaces/IModelOffering.js";
import type { IModelToken } from "../typechain/interfaces/IModelToken.js";
import { read } from "./read.js";

/** The contracts of one offering. */
export interface OfferingContracts {
  readonly offeringId: bigint;
  readonly modelId: bigint;
  readonly issuer: string;
  readonly offering: IModelOffering;
  readonly token: IModelToken;
  /** Wallet that vests the team's tokens; undefined without a team share. */
  readonly vesting?: string;
}

const ZERO = "0x0000000000000000000000000000000000000000";

/** A token by its address. */
export function tokenAt({ provider }: Contracts, address: string): IModelToken {
  return IModelToken__factory.connect(address, provider);
}

/**
 * The contracts of an offering by its id.
 *
 * @throws AssayError `UNKNOWN_OFFERING`
 */
export async function offeringContracts(contracts: Contracts, offeringId: bigint): Promise<OfferingContracts> {
  const record = await read(contracts.offerings.offeringAt(offeringId));
  if (record.offering === ZERO) {
    throw new AssayError({
      code: "UNKNOWN_OFFERING",
      message: `There is no offering ${offeringId} in this deployment.`,
      hint: "Offerings are listed by getOfferings.",
    });
  }
  return {
    offeringId,
    modelId: record.modelId,
    issuer: record.issuer,
    offering: IModelOffering__factory.connect(record.offering, contracts.provider),
    token: tokenAt(contracts, record.token),
    ...(record.vesting !== ZERO && { vesting: record.vesting }),
  };
}
