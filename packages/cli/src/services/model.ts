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
import type { Run } from "./command.js";

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

export const register: Run = async ({ act, args }) => {
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
};

export const publish: Run = async ({ act, args }) => {
  const policy = await policyOf(args);
  const terms = versionOfPolicy(policy);
  const modelId = args.integer("model");
  const published = await publishVersion(await act(), { modelId, terms, policyURI: policyUri(args, policy) });
  return { ...published, policyId: policy.policyId };
};

export const changeRoyalty: Run = async ({ act, args }) => {
  const text = args.positional(0, "BPS");
  if (!/^\d{1,5}$/.test(text)) throw usage(`BPS must be a whole number of 1/10,000, not "${text}".`);
  return await setRoyalty(await act(), { modelId: args.integer("model"), royaltyBps: BigInt(text) });
};

export const changePayout: Run = async ({ act, args }) =>
  await setPayout(await act(), { modelId: args.integer("model"), payout: args.positionalAddress(0, "ADDRESS") });
