import type { AllRevenueClaimed, Holding, TokenClaim } from "@assay/sdk";

import { shortAddress } from "./format.js";
import { table } from "./table.js";

/** How the claims from several tokens went, for programs and for people. */
export interface ClaimReport {
  readonly value: object;
  readonly text: string;
  /** At least one of them failed. */
  readonly failed: boolean;
}

export function claimReport(
  result: AllRevenueClaimed,
  holdings: readonly Pick<Holding, "token" | "symbol">[],
  money: (amount: bigint) => string,
): ClaimReport {
  const symbols = new Map(holdings.map(({ token, symbol }) => [token, symbol]));
  const symbolOf = ({ token }: TokenClaim): string => symbols.get(token) ?? shortAddress(token);
  const { claims, total, transactions } = result;
  const failures = claims.filter(({ error }) => error !== undefined);
  const count = transactions.length;
  const text = [
    table(
      ["token", "paid", "transaction"],
      claims.map((claim) => [symbolOf(claim), money(claim.amount), shortHash(claim)]),
    ),
    "",
    ...failures.map((claim) =>
      `${symbolOf(claim)} failed: ${claim.error?.message ?? ""} ${claim.error?.hint ?? ""}`.trim(),
    ),
    `Claimed ${money(total)} in ${count === 1 ? "one transaction" : `${count} transactions`}.`,
  ].join("\n");
  const entries = claims.map((claim) => {
    const { error, ...rest } = claim;
    const told = error === undefined ? {} : { error: { code: error.code, message: error.message, hint: error.hint } };
    return { symbol: symbolOf(claim), ...rest, ...told };
  });
  return { value: { ...result, claims: entries }, text, failed: failures.length > 0 };
}

function shortHash({ transactionHash }: TokenClaim): string {
  return transactionHash === undefined ? "–" : shortAddress(transactionHash);
}
