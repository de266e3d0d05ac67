import { readFile } from "node:fs/promises";

import {
  getModel,
  getModels,
  policyDocument,
  type PolicyDocument,
  publishVersion,
  registerModel,
  setPayout,
  setRoyalty,
  versionOfPolicy,
} from "@assay/sdk";

import { type Arguments, runScript, usage } from "./lib/command.js";

const POLICY = { policy: { type: "string" }, "policy-uri": { type: "string" } } as const;

/** The policy file, made canonical; its hash is what the version pins. */
async function policyOf(args: Arguments): Promise<PolicyDocument> {
  const file = args.needed("policy");
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw usage(`The policy ${file} cannot be read.`, cause);
  }
  try {
    return policyDocument(JSON.parse(text));
  } catch (cause) {
    if (cause instanceof SyntaxError) throw usage(`The policy ${file} is not JSON: ${cause.message}.`, cause);
    throw cause;
  }
}

function policyUri(args: Arguments, { json }: PolicyDocument): string {
  return args.text("policy-uri") ?? `data:application/json,${encodeURIComponent(json)}`;
}

await runScript("model", "Models and their versions. The key is the model owner's.", {
  show: {
    about: "one model, or all",
    options: { model: { type: "string" } },
    run: async ({ read, args }) =>
      args.text("model") === undefined
        ? { models: await getModels(read) }
        : await getModel(read, { modelId: args.integer("model") }),
  },
  register: {
    about: "register a model with its first version",
    options: {
      ...POLICY,
      "royalty-bps": { type: "string" },
      payout: { type: "string" },
      uri: { type: "string" },
    },
    run: async ({ act, args }) => {
      const policy = await policyOf(args);
      const payout = args.address("payout");
      const registered = await registerModel(await act(), {
        royaltyBps: args.integer("royalty-bps"),
        uri: args.text("uri") ?? "",
        version: versionOfPolicy(policy),
        policyURI: policyUri(args, policy),
        ...(payout !== undefined && { payout }),
      });
      return { ...registered, policyId: policy.policyId };
    },
  },
  publish: {
    about: "add a version",
    options: { model: { type: "string" }, ...POLICY },
    run: async ({ act, args }) => {
      const policy = await policyOf(args);
      const terms = versionOfPolicy(policy);
      const modelId = args.integer("model");
      const published = await publishVersion(await act(), { modelId, terms, policyURI: policyUri(args, policy) });
      return { ...published, policyId: policy.policyId };
    },
  },
  "set-royalty": {
    takes: "BPS",
    about: "a cut counts at once, a raise after the delay",
    options: { model: { type: "string" } },
    run: async ({ act, args }) => {
      const text = args.positional(0, "BPS");
      if (!/^\d{1,5}$/.test(text)) throw usage(`BPS must be a whole number of 1/10,000, not "${text}".`);
      return await setRoyalty(await act(), { modelId: args.integer("model"), royaltyBps: BigInt(text) });
    },
  },
  "set-payout": {
    takes: "ADDRESS",
    about: "who receives the royalty",
    options: { model: { type: "string" } },
    run: async ({ act, args }) =>
      await setPayout(await act(), { modelId: args.integer("model"), payout: args.positionalAddress(0, "ADDRESS") }),
  },
});
