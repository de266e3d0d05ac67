import type { Options } from "./description.js";

/** What an issuer may say about an offering, by the name of the option. */
export const DRAFT_OPTIONS = {
  model: { type: "string", value: "ID", about: "the model whose royalties are offered; yours" },
  name: { type: "string", value: "TEXT", about: "name of the token, up to 31 bytes" },
  symbol: { type: "string", value: "TEXT", about: "symbol of the token, up to 16 bytes" },
  "hard-cap": { type: "string", value: "AMOUNT", about: "most that you raise" },
  "soft-cap": { type: "string", value: "AMOUNT", about: "least that must be raised, or everybody is refunded" },
  "opens-in": { type: "string", value: "TIME", about: "opens so long from now: 30m, 12h, 2d (default 1h)" },
  "opens-at": { type: "string", value: "DATE", about: "or at a moment: 2027-03-01T12:00Z" },
  lasts: { type: "string", value: "TIME", about: "takes commitments for so long (default 7d)" },
  "closes-at": { type: "string", value: "DATE", about: "or until a moment" },
  supply: { type: "string", value: "TOKENS", about: "tokens in all (default 1000000)" },
  "sale-bps": { type: "string", value: "N", about: "1/10,000 of the supply on sale (default 5000)" },
  "liquidity-bps": { type: "string", value: "N", about: "held back for liquidity (default 2000)" },
  "team-bps": { type: "string", value: "N", about: "vests for the team, at most 2000 (default 1500)" },
  "ecosystem-bps": { type: "string", value: "N", about: "for the ecosystem, at once (default 1500)" },
  "redeem-bps": {
    type: "string",
    value: "N",
    about: "of the revenue, for those who burn tokens; at most 5000 (default 2000)",
  },
  epoch: { type: "string", value: "TIME", about: "time over which revenue streams (default 1d)" },
  team: { type: "string", value: "ADDRESS", about: "who gets the team's tokens (default: you)" },
  "team-cliff": { type: "string", value: "TIME", about: "nothing vests before (default 365d)" },
  "team-vesting": { type: "string", value: "TIME", about: "all has vested after (default 1095d)" },
  ecosystem: { type: "string", value: "ADDRESS", about: "who gets the ecosystem's tokens (default: you)" },
  "liquidity-recipient": { type: "string", value: "ADDRESS", about: "who gets the liquidity (default: you)" },
  allowlist: { type: "string", value: "FILE", about: "who may buy: JSON or CSV of account and cap" },
  "transfer-policy": { type: "string", value: "ADDRESS", about: "contract that may restrict transfers" },
  exclude: {
    type: "string",
    value: "ADDRESS[,…]",
    about: "contracts that never earn, such as an exchange's",
  },
  draft: { type: "boolean", about: "do not schedule it yet" },
} as const satisfies Options;
