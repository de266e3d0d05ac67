import { DRAFT_OPTIONS } from "../domain/draftOptions.js";
import type { Command, CommandGroup } from "../services/command.js";

const create = () => import("../services/offering/create.js");
const issue = () => import("../services/offering/issue.js");
const buy = () => import("../services/offering/buy.js");
const decide = () => import("../services/offering/decide.js");
const show = () => import("../services/offering/show.js");

const schedule: Command = {
  takes: "ID",
  about: "schedule a draft: it opens at its time, and the model's payout is locked",
  example: "assay offering schedule 1",
  load: async () => (await issue()).schedule,
};

export const offering: CommandGroup = {
  about: "Offerings: a share of a model's royalties, sold at a fixed price.",
  commands: {
    list: {
      about: "all offerings",
      options: { phase: { type: "string", value: "PHASE", about: "only those in a phase, such as open" } },
      load: async () => (await show()).list,
    },
    status: {
      takes: "ID",
      about: "how far an offering is, and what an account gets of it",
      options: { account: { type: "string", value: "ADDRESS", about: "as this account sees it" } },
      example: "assay offering status 1",
      load: async () => (await show()).status,
    },
    create: {
      about: "offer a share of a model's royalties; the model owner",
      options: {
        config: { type: "string", value: "FILE", about: "JSON with these options as keys: hardCap, opensIn, …" },
        ...DRAFT_OPTIONS,
      },
      notes: "Options count more than the file. Times are UTC unless they say otherwise.",
      example:
        "assay offering create --model 1 --name Alice --symbol ALICE \\\n  --hard-cap 10000 --soft-cap 2500 --opens-in 2d --lasts 7d",
      load: async () => (await create()).create,
    },
    schedule,
    open: { ...schedule, about: "the same as schedule" },
    cancel: {
      takes: "ID",
      about: "give up an offering before it opens; the issuer",
      load: async () => (await issue()).cancel,
    },
    commit: {
      takes: "ID AMOUNT",
      about: "commit money to an open offering",
      options: {
        allowlist: { type: "string", value: "FILE", about: "the offering's allow-list, if it has one" },
      },
      example: "assay offering commit 1 250",
      load: async () => (await buy()).commit,
    },
    withdraw: {
      takes: "ID AMOUNT|all",
      about: "take a commitment back, until it is final",
      load: async () => (await buy()).withdraw,
    },
    finalize: {
      takes: "ID",
      about: "decide an offering that has ended; anyone",
      load: async () => (await decide()).finalize,
    },
    expire: {
      takes: "ID",
      about: "record that nobody finalized it in time; anyone",
      load: async () => (await decide()).expire,
    },
    settle: {
      takes: "ID",
      about: "get the tokens, and what was not used of a commitment",
      options: {
        buyer: { type: "string", value: "ADDRESS", about: "for another buyer" },
        to: { type: "string", value: "ADDRESS", about: "where your refund goes" },
      },
      load: async () => (await buy()).settle,
    },
    refund: {
      takes: "ID",
      about: "get everything back from an offering that failed",
      options: {
        buyer: { type: "string", value: "ADDRESS", about: "for another buyer" },
        to: { type: "string", value: "ADDRESS", about: "where your money goes" },
      },
      load: async () => (await buy()).refund,
    },
    proceeds: {
      takes: "ID",
      about: "take what was raised; the issuer, once",
      options: { to: { type: "string", value: "ADDRESS", about: "where it goes" } },
      load: async () => (await issue()).proceeds,
    },
    liquidity: {
      takes: "ID",
      about: "send the liquidity's tokens to their recipient; the issuer, once",
      load: async () => (await issue()).liquidity,
    },
  },
};
