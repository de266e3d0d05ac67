import type { CommandGroup } from "../services/command.js";

const work = () => import("../services/stake.js");

export const stake: CommandGroup = {
  about: "Collateral of a provider, and its registration. The key is the owner's.",
  commands: {
    status: {
      about: "stake, what is locked, and the registration",
      options: { provider: { type: "string", value: "ADDRESS", about: "another provider than the key's" } },
      example: "assay stake status --provider 0x…",
      load: async () => (await work()).status,
    },
    register: {
      about: "become a provider",
      options: {
        operator: { type: "string", value: "ADDRESS", about: "the hot key that works" },
        metadata: { type: "string", value: "URI", about: "where the worker describes itself" },
      },
      example: "assay stake register --operator 0x… --metadata https://gpu.example/v1/provider",
      load: async () => (await work()).register,
    },
    "set-operator": {
      takes: "ADDRESS",
      about: "replace the hot key, at once",
      load: async () => (await work()).replaceOperator,
    },
    "set-metadata": {
      takes: "URI",
      about: "replace the metadata's address",
      load: async () => (await work()).replaceMetadata,
    },
    deposit: {
      takes: "AMOUNT",
      about: "add stake",
      options: { account: { type: "string", value: "ADDRESS", about: "for another account" } },
      example: "assay stake deposit 1000",
      load: async () => (await work()).deposit,
    },
    withdraw: {
      takes: "AMOUNT|all",
      about: "take free stake out, at once",
      options: { to: { type: "string", value: "ADDRESS", about: "where it goes" } },
      load: async () => (await work()).withdraw,
    },
  },
};
