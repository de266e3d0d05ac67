import { AssayError, type AllowlistProof, buildAllowlist, isAllowed } from "@assay/sdk";
import { isAddress } from "ethers";
import { z } from "zod";

import type { Parsed } from "./amounts.js";

const units = z.union([z.string().regex(/^\d+$/), z.int().nonnegative()]).transform((value) => BigInt(value));
const listSchema = z.array(z.object({ account: z.string().refine(isAddress), cap: units })).min(1);
const proofSchema = z.object({ cap: units, proof: z.array(z.string().regex(/^0x[0-9a-fA-F]{64}$/)) });

/**
 * What an account shows to buy: out of the offering's allow-list, or a proof that the issuer sent.
 *
 * @param text JSON: [{ account, cap }, …] with caps in smallest units, or { cap, proof }
 */
export function readAllowlist(text: string, root: string, account: string): Parsed<AllowlistProof> {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return { problem: "This is not JSON. Paste the issuer's allow-list, or the proof for your account, unchanged." };
  }
  const proof = proofSchema.safeParse(content);
  if (proof.success) {
    return isAllowed(root, account, proof.data)
      ? { value: proof.data }
      : { problem: "This proof does not belong to your account and this offering's allow-list." };
  }
  const list = listSchema.safeParse(content);
  if (!list.success) {
    return {
      problem: 'An allow-list is [{ "account": "0x…", "cap": "1000000" }, …], a proof { "cap": "…", "proof": […] }.',
    };
  }
  return proofFrom(list.data, root, account);
}

function proofFrom(
  entries: readonly { account: string; cap: bigint }[],
  root: string,
  account: string,
): Parsed<AllowlistProof> {
  try {
    const list = buildAllowlist(entries);
    if (list.root !== root) return { problem: "This is not the allow-list that the offering was made with." };
    const value = list.proofOf(account);
    return value === undefined ? { problem: "Your account is not on the allow-list, so it cannot commit." } : { value };
  } catch (error) {
    return { problem: AssayError.is(error) ? error.message : "The allow-list cannot be read." };
  }
}
