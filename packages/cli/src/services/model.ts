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

import { readJsonFile } from "../adapters/files.js";
import type { Arguments } from "../domain/arguments.js";
import { usage } from "../domain/errors.js";
import { bpsText, type Fact } from "../domain/format.js";
import { carryOut, type Plan } from "./carryOut.js";
import type { Run } from "./command.js";

const BPS = 10_000n;
const WAD = 10n ** 18n;
const VERSIONS_STAY = "A version never changes: jobs hold its terms and its policy.";

/** The policy file, made canonical; its hash is what the version pins. */
async function policyOf(args: Arguments): Promise<PolicyDocument> {
  return policyDocument(await readJsonFile("The policy", args.needed("policy")));
}

function policyUri(args: Arguments, { json }: PolicyDocument): string {
  return args.text("policy-uri") ?? `data:application/json,${encodeURIComponent(json)}`;
}

export const show: Run = async ({ read, args }) =>
  args.text("model") === undefined
    ? { models: await getModels(read) }
    : await getModel(read, { modelId: args.integer("model") });

export const register: Run = async (input) => {
  const { args, money } = input;
  const policy = await policyOf(args);
  const payout = args.address("payout");
  const royaltyBps = args.integer("royalty-bps");
  const plan = {
    title: "Register a model",
    facts: [
      ["royalty", `${bpsText(royaltyBps)} of every paid batch`],
      ["paid to", payout ?? "this key"],
      ...versionFacts(policy, money),
    ],
    warnings: [VERSIONS_STAY],
    question: "Register it?",
  } satisfies Plan;
  const registered = await carryOut(input, plan, (context) =>
    registerModel(context, {
      royaltyBps,
      uri: args.text("uri") ?? "",
      version: versionOfPolicy(policy),
      policyURI: policyUri(args, policy),
      ...(payout !== undefined && { payout }),
    }),
  );
  return { ...registered, policyId: policy.policyId };
};

export const publish: Run = async (input) => {
  const { args, money } = input;
  const policy = await policyOf(args);
  const modelId = args.integer("model");
  const plan = {
    title: `Publish a version of model ${modelId}`,
    facts: versionFacts(policy, money),
    warnings: [VERSIONS_STAY],
    question: "Publish it?",
  } satisfies Plan;
  const published = await carryOut(input, plan, (context) =>
    publishVersion(context, { modelId, terms: versionOfPolicy(policy), policyURI: policyUri(args, policy) }),
  );
  return { ...published, policyId: policy.policyId };
};

export const changeRoyalty: Run = async (input) => {
  const { args, read } = input;
  const text = args.positional(0, "BPS");
  if (!/^\d{1,5}$/.test(text)) throw usage(`BPS must be a whole number of 1/10,000, not "${text}".`);
  const [modelId, royaltyBps] = [args.integer("model"), BigInt(text)];
  const { royaltyBps: before } = await getModel(read, { modelId });
  const plan = {
    title: `Change the royalty of model ${modelId}`,
    facts: [
      ["now", bpsText(before)],
      ["from then on", `${bpsText(royaltyBps)}, ${royaltyBps > before ? "after the deployment's delay" : "at once"}`],
    ],
    question: "Change it?",
  } satisfies Plan;
  return await carryOut(input, plan, (context) => setRoyalty(context, { modelId, royaltyBps }));
};

export const changePayout: Run = async (input) => {
  const { args, read } = input;
  const payout = args.positionalAddress(0, "ADDRESS");
  const modelId = args.integer("model");
  const { payout: before } = await getModel(read, { modelId });
  const plan = {
    title: `Change who receives the royalties of model ${modelId}`,
    facts: [
      ["now", before],
      ["from then on", payout],
    ],
    question: "Change it?",
  } satisfies Plan;
  return await carryOut(input, plan, (context) => setPayout(context, { modelId, payout }));
};

function versionFacts(policy: PolicyDocument, money: (amount: bigint) => string): Fact[] {
  const { verifierFee, samplePoints, detection } = versionOfPolicy(policy);
  return [
    ["policy", policy.policyId],
    ["audits", `${samplePoints} sample points, each recognised with ${bpsText(detection / (WAD / BPS))}`],
    ["verifiers", `${money(verifierFee)} a sample`],
  ];
}
