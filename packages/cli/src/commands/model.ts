import type { CommandGroup } from "../services/command.js";

const work = () => import("../services/model.js");

const MODEL = { model: { type: "string", value: "ID", about: "the model" } } as const;
const POLICY = {
  policy: { type: "string", value: "FILE", about: "the policy, JSON" },
  "policy-uri": { type: "string", value: "URI", about: "where it can be read (default: inside the link)" },
} as const;

export const model: CommandGroup = {
  about: "Models and their versions. The key is the model owner's.",
  commands: {
    show: { about: "one model, or all", options: MODEL, load: async () => (await work()).show },
    register: {
      about: "register a model with its first version",
      options: {
        ...POLICY,
        "royalty-bps": { type: "string", value: "N", about: "royalty in 1/10,000 of every fee" },
        payout: { type: "string", value: "ADDRESS", about: "who receives it (default: the owner)" },
        uri: { type: "string", value: "URI", about: "metadata of the model" },
      },
      example: "assay model register --policy policy.json --royalty-bps 500",
      load: async () => (await work()).register,
    },
    publish: {
      about: "add a version",
      options: { ...MODEL, ...POLICY },
      load: async () => (await work()).publish,
    },
    "set-royalty": {
      takes: "BPS",
      about: "a cut counts at once, a raise after the delay",
      options: MODEL,
      load: async () => (await work()).changeRoyalty,
    },
    "set-payout": {
      takes: "ADDRESS",
      about: "who receives the royalty",
      options: MODEL,
      load: async () => (await work()).changePayout,
    },
  },
};
