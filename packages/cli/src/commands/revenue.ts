import type { CommandGroup } from "../services/command.js";

const show = () => import("../services/revenue/show.js");
const claim = () => import("../services/revenue/claim.js");
const redeem = () => import("../services/revenue/redeem.js");
const pay = () => import("../services/revenue/pay.js");

const ACCOUNT = { account: { type: "string", value: "ADDRESS", about: "another account than the key's" } } as const;
const COIN_PRICE = {
  "coin-price": {
    type: "string",
    value: "AMOUNT",
    about: "price of the network's coin, to compare gas with the amount",
  },
} as const;

export const revenue: CommandGroup = {
  about: "Revenue of model tokens. TOKEN is a symbol, an address, or the id of the token's offering.",
  commands: {
    show: {
      takes: "[TOKEN]",
      about: "what can be claimed, what streams, and what came in",
      options: ACCOUNT,
      example: "assay revenue show --account 0x…",
      load: async () => (await show()).show,
    },
    claim: {
      takes: "TOKEN",
      about: "be paid what your tokens have earned",
      options: {
        account: { type: "string", value: "ADDRESS", about: "for another holder; it is paid, not you" },
        to: { type: "string", value: "ADDRESS", about: "pay to this address instead" },
        ...COIN_PRICE,
      },
      example: "assay revenue claim ALICE --coin-price 3000",
      load: async () => (await claim()).claim,
    },
    "claim-all": {
      about: "the same for all your tokens, in one transaction where that works",
      options: {
        to: { type: "string", value: "ADDRESS", about: "pay to this address instead" },
        ...COIN_PRICE,
      },
      example: "assay revenue claim-all",
      load: async () => (await claim()).claimAll,
    },
    export: {
      takes: "[TOKEN]",
      about: "the history as --csv or --json",
      options: {
        ...ACCOUNT,
        csv: { type: "boolean", about: "CSV for a spreadsheet" },
        out: { type: "string", value: "FILE", about: "into a file, not to stdout" },
      },
      example: "assay revenue export --csv --out revenue.csv",
      load: async () => (await show()).exportHistory,
    },
    redeem: {
      takes: "TOKEN AMOUNT|all",
      about: "BURN tokens for their share of the redemption pool; this is not claim",
      options: {
        "min-out": { type: "string", value: "AMOUNT", about: "least payment (default: 1 % below what is due now)" },
      },
      example: "assay revenue redeem ALICE 100",
      load: async () => (await redeem()).redeem,
    },
    deposit: {
      takes: "TOKEN AMOUNT",
      about: "pay revenue to all holders; it streams in the next epoch",
      load: async () => (await pay()).deposit,
    },
    payout: {
      takes: "TOKEN ADDRESS|self",
      about: "where claims pay you from now on",
      load: async () => (await pay()).payout,
    },
  },
};
