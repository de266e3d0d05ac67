import { buildAllowlist, createOffering, getModel, type OfferingConfig } from "@assay/sdk";
import { ZeroAddress, ZeroHash } from "ethers";

import { readJsonFile, readTextFile } from "../../adapters/files.js";
import { parseAllowlist } from "../../domain/allowlistFile.js";
import { DRAFT_OPTIONS } from "../../domain/draftOptions.js";
import { refused, usage } from "../../domain/errors.js";
import { type DraftValues, mergeDraft, readDraft } from "../../domain/offeringDraft.js";
import { offeringFacts, offeringWarnings } from "../../domain/offeringPreview.js";
import { offeringProblems } from "../../domain/offeringRules.js";
import { whenText } from "../../domain/time.js";
import { carryOut, landedText } from "../carryOut.js";
import { chainNow, type CommandInput, Output, type Run } from "../command.js";

export const create: Run = async (input) => {
  const { read, money } = input;
  const { contracts } = read;
  const values = await draftValues(input);
  const { sender } = await input.act();
  const { decimals } = contracts.deployment.asset;
  const now = await chainNow(contracts);
  const allowlist = values.allowlist === undefined ? undefined : await allowlistOf(values.allowlist, decimals);
  const config = readDraft(values, {
    issuer: sender.address,
    now,
    decimals,
    ...(allowlist !== undefined && { allowlistRoot: allowlist.root }),
  });
  const schedule = values.draft !== "true";
  const limits = await contracts.offerings.params();
  const problems = offeringProblems(config, limits, now);
  if (problems.length > 0) throw usage(problems.join(" "));
  const royaltyBps = await requireModel(input, config, sender.address);
  const plan = {
    title: `${schedule ? "Create and schedule" : "Draft"} an offering of model ${config.modelId}`,
    facts: offeringFacts(config, {
      limits,
      now,
      money,
      buyers: allowlist?.count,
      issuer: sender.address,
      asset: contracts.deployment.asset,
      royaltyBps,
    }),
    warnings: offeringWarnings(config, schedule),
    question: schedule ? "Create and schedule it?" : "Create the draft?",
  };
  const created = await carryOut(input, plan, (context) => createOffering(context, { config, schedule }));
  const { offeringId } = created;
  const next = schedule
    ? `It opens ${whenText(config.opensAt, now)}: assay offering status ${offeringId}`
    : `Schedule it before ${whenText(config.opensAt, now)}: assay offering schedule ${offeringId}`;
  const text = [
    `Created offering ${offeringId}: ${config.symbol}, ${schedule ? "scheduled" : "a draft"}.`,
    next,
    `Offering  ${created.offering}`,
    `Token     ${created.token}`,
    ...(created.vesting === ZeroAddress ? [] : [`Vesting   ${created.vesting}`]),
    landedText(created),
  ].join("\n");
  const { opensAt, closesAt, allowlistRoot } = config;
  const listed = allowlistRoot === ZeroHash ? {} : { allowlistRoot };
  return new Output({ ...created, scheduled: schedule, opensAt, closesAt, ...listed }, text);
};

/** The options, and the file that `--config` names. */
async function draftValues({ args }: CommandInput): Promise<DraftValues> {
  const options: DraftValues = Object.fromEntries(
    Object.keys(DRAFT_OPTIONS).flatMap((name) => {
      const value = args.flag(name) ? "true" : args.text(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const file = args.text("config");
  return file === undefined ? options : mergeDraft(await readJsonFile("The configuration", file), options);
}

async function allowlistOf(file: string, decimals: number): Promise<{ root: string; count: number }> {
  const entries = parseAllowlist(await readTextFile("The allow-list", file), decimals);
  return { root: buildAllowlist(entries).root, count: entries.length };
}

/** @returns the model's royalty @throws AssayError why the chain as it stands would refuse the offering */
async function requireModel({ read }: CommandInput, config: OfferingConfig, issuer: string): Promise<bigint> {
  const { owner, royaltyBps } = await getModel(read, { modelId: config.modelId });
  if (owner !== issuer) {
    throw refused(
      `Model ${config.modelId} belongs to ${owner}, and the key is that of ${issuer}.`,
      "Use the key of the model's owner.",
    );
  }
  for (const excluded of config.excluded) {
    if ((await read.contracts.provider.getCode(excluded)) !== "0x") continue;
    throw usage(
      `${excluded} cannot be excluded: there is no contract at it, and nobody else can lose revenue to a list.`,
    );
  }
  return royaltyBps;
}
