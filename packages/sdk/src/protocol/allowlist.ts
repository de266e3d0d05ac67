import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { getAddress } from "ethers";

import { AssayError } from "../errors.js";

const LEAF = ["address", "uint256"];

/** One account that may buy, and the most that it may commit in all, in smallest units of the asset. */
export interface AllowlistEntry {
  readonly account: string;
  readonly cap: bigint;
}

/** What an account shows to commit. */
export interface AllowlistProof {
  readonly cap: bigint;
  /** Siblings from the account's leaf to the root. */
  readonly proof: readonly string[];
}

/** The allow-list of an offering. */
export interface Allowlist {
  readonly root: string;
  /** @returns undefined for an account that is not on the list */
  readonly proofOf: (account: string) => AllowlistProof | undefined;
}

/**
 * Builds the tree of an allow-list: leaves are hashed twice, pairs are sorted, as `ModelOffering.commit` checks them.
 *
 * @throws AssayError `INVALID_ALLOWLIST` for an empty list or an account that is on it twice
 *
 * @example
 * const { root, proofOf } = buildAllowlist([{ account, cap: 1_000_000_000n }]);
 */
export function buildAllowlist(entries: readonly AllowlistEntry[]): Allowlist {
  const caps = new Map(entries.map(({ account, cap }) => [getAddress(account), cap]));
  if (entries.length === 0 || caps.size !== entries.length) {
    throw new AssayError({
      code: "INVALID_ALLOWLIST",
      message: entries.length === 0 ? "The allow-list is empty." : "The allow-list names an account twice.",
      hint: "Give every account once, with its cap; leave the list out to let everybody buy.",
    });
  }
  const tree = StandardMerkleTree.of(
    [...caps].map(([account, cap]) => [account, cap]),
    LEAF,
  );
  return {
    root: tree.root,
    proofOf: (account) => {
      const cap = caps.get(getAddress(account));
      return cap === undefined ? undefined : { cap, proof: tree.getProof([getAddress(account), cap]) };
    },
  };
}

/**
 * Whether an allow-list with this root lets an account commit up to the proof's cap.
 *
 * @example
 * if (!isAllowed(terms.allowlistRoot, account, proof)) throw notAllowed(account);
 */
export function isAllowed(root: string, account: string, { cap, proof }: AllowlistProof): boolean {
  return StandardMerkleTree.verify(root, LEAF, [getAddress(account), cap], [...proof]);
}
