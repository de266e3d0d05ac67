/** Values of the chain as JSON: integers as decimal strings, everything else as 0x strings. */
import { getAddress, isAddress } from "ethers";
import { z } from "zod";

export const wireAddress = z
  .string()
  .refine((value) => isAddress(value), "is not an address")
  .transform((value) => getAddress(value));

export const wireBytes32 = z.string().regex(/^0x[0-9a-fA-F]{64}$/, "is not 32 bytes of hex");

export const wireBytes = z.string().regex(/^0x([0-9a-fA-F]{2})*$/, "is not hex");

/** An unsigned integer of the chain: a decimal string in JSON, a bigint here. */
export const wireUint = (bits: number) =>
  z
    .string()
    .regex(/^(0|[1-9][0-9]{0,77})$/, "is not a decimal integer in a string")
    .transform(BigInt)
    .refine((value) => value < 1n << BigInt(bits), `does not fit a uint${bits}`);
