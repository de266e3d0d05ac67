import type { CommandGroup } from "../services/command.js";

const work = () => import("../services/funds.js");

const TO = { to: { type: "string", value: "ADDRESS", about: "where it goes" } } as const;

export const funds: CommandGroup = {
  about: "Money of an account: wallet, escrow, stake, royalties.",
  commands: {
    show: {
      about: "all balances",
      options: { account: { type: "string", value: "ADDRESS", about: "another account than the key's" } },
      load: async () => (await work()).show,
    },
    deposit: {
      takes: "AMOUNT",
      about: "pay into the escrow; jobs are paid from there",
      options: { account: { type: "string", value: "ADDRESS", about: "for another account" } },
      example: "assay funds deposit 20",
      load: async () => (await work()).deposit,
    },
    withdraw: {
      takes: "AMOUNT|all",
      about: "take money out of the escrow, at once",
      options: TO,
      load: async () => (await work()).withdraw,
    },
    claim: {
      about: "royalties paid to the account, or --model's; then all of its escrow balance; --stake: its free stake too",
      options: {
        model: { type: "string", value: "ID", about: "royalties of this model, whoever they go to" },
        stake: { type: "boolean", about: "free stake too" },
        ...TO,
      },
      load: async () => (await work()).claim,
    },
  },
};
