import { getHoldings, type Holding } from "@assay/sdk";

import { refused } from "../../domain/errors.js";
import type { CommandInput } from "../command.js";

/** Whose revenue: the account that is named, or the key's. */
export async function accountOf({ args, act }: CommandInput): Promise<string> {
  return args.address("account") ?? (await act()).sender.address;
}

/** What an account has of the token that a symbol, an address or an offering's id names. */
export async function findHolding({ read, args }: CommandInput, account: string): Promise<Holding> {
  return selectHolding(await getHoldings(read, { account }), args.positional(0, "TOKEN"));
}

/** @throws AssayError `REFUSED` if no token has the name, or several have */
export function selectHolding(holdings: readonly Holding[], name: string): Holding {
  const found = holdings.filter(
    ({ token, offeringId, symbol }) =>
      token.toLowerCase() === name.toLowerCase() ||
      String(offeringId) === name ||
      symbol.toLowerCase() === name.toLowerCase(),
  );
  const [holding, another] = found;
  if (holding === undefined) {
    const known = holdings.map(({ symbol }) => symbol).join(", ");
    throw refused(
      `There is no model token "${name}" here.`,
      known === ""
        ? "This deployment has no offerings."
        : `Known are ${known}; an offering's id or an address works too.`,
    );
  }
  if (another === undefined) return holding;
  throw refused(
    `Several tokens are called ${name}: those of the offerings ${found.map(({ offeringId }) => offeringId).join(", ")}.`,
    "Name one by its offering's id or its address.",
  );
}
