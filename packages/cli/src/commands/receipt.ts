import type { CommandGroup } from "../services/command.js";

const work = () => import("../services/receipt.js");

export const receipt: CommandGroup = {
  about: "Receipts of answers, as gateways and workers give them out.",
  commands: {
    verify: {
      takes: "FILE",
      about: "tell who answered, what was paid, whether it was audited and how that ended",
      options: {
        output: { type: "string", value: "FILE", about: "the output, to see that it is the receipt's" },
        offline: { type: "boolean", about: "only what the file proves by itself; no chain" },
      },
      example: "assay receipt verify receipt.json --output answer.txt",
      notes: "Exit code 1: the receipt does not hold, or nothing binds the provider to it.",
      offline: "offline",
      load: async () => (await work()).verify,
    },
  },
};
