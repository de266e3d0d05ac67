import { cancelOffering, offeringContracts, releaseLiquidity, scheduleOffering, withdrawProceeds } from "@assay/sdk";

import { refused } from "../../domain/errors.js";
import { tokenText } from "../../domain/format.js";
import { durationText, momentText, whenText } from "../../domain/time.js";
import { carryOut, landedText } from "../carryOut.js";
import { Output, type Run } from "../command.js";
import { findOffering, requireIssuer, requirePhase } from "./find.js";

export const schedule: Run = async (input) => {
  const { sender } = await input.act();
  const found = await findOffering(input);
  const { info, now } = found;
  const { offeringId, modelId, symbol, terms } = info;
  requirePhase(found, ["Draft"], "it cannot be scheduled");
  requireIssuer(found, sender.address);
  if (terms.opensAt < now) {
    throw refused(
      `Offering ${offeringId} was to open ${whenText(terms.opensAt, now)}; it is too late to schedule it.`,
      "Create a new offering with a later time.",
    );
  }
  const plan = {
    title: `Schedule offering ${offeringId} (${symbol})`,
    facts: [
      ["opens", whenText(terms.opensAt, now)],
      ["closes", `${momentText(terms.closesAt)}, after ${durationText(terms.closesAt - terms.opensAt)}`],
    ],
    warnings: [
      `It locks the payout of model ${modelId}. Until it opens you can still cancel; nothing else can be changed.`,
    ],
    question: "Schedule it?",
  } as const;
  const result = await carryOut(input, plan, (context) => scheduleOffering(context, { offeringId }));
  const text = `Scheduled offering ${offeringId}; it opens ${whenText(terms.opensAt, now)}.\n${landedText(result)}`;
  return new Output({ offeringId, ...result }, text);
};

export const cancel: Run = async (input) => {
  const { sender } = await input.act();
  const found = await findOffering(input);
  const { offeringId, modelId, symbol, phase } = found.info;
  requirePhase(found, ["Draft", "Scheduled"], "it cannot be cancelled any more");
  requireIssuer(found, sender.address);
  const plan = {
    title: `Cancel offering ${offeringId} (${symbol})`,
    facts: [["payout", phase === "Draft" ? "was not locked" : `of model ${modelId} is unlocked`]],
    warnings: ["It cannot be opened again; another try is a new offering."],
    question: "Cancel it?",
  } as const;
  const result = await carryOut(input, plan, (context) => cancelOffering(context, { offeringId }));
  return new Output({ offeringId, ...result }, `Cancelled offering ${offeringId}.\n${landedText(result)}`);
};

export const proceeds: Run = async (input) => {
  const { args, money } = input;
  const { sender } = await input.act();
  const found = await findOffering(input);
  const { offeringId, committed, symbol, terms } = found.info;
  requirePhase(found, ["Succeeded"], "there are no proceeds to take");
  requireIssuer(found, sender.address);
  const recipient = args.address("to") ?? sender.address;
  const amount = committed < terms.hardCap ? committed : terms.hardCap;
  const plan = {
    title: `Take the proceeds of offering ${offeringId} (${symbol})`,
    facts: [
      ["amount", money(amount)],
      ["to", recipient],
    ],
    question: `Send ${money(amount)} to ${recipient}?`,
  } as const;
  const result = await carryOut(input, plan, (context) => withdrawProceeds(context, { offeringId, recipient }));
  return new Output(
    { offeringId, ...result },
    `Paid ${money(result.amount)} to ${result.recipient}.\n${landedText(result)}`,
  );
};

export const liquidity: Run = async (input) => {
  const { sender } = await input.act();
  const found = await findOffering(input);
  const { offeringId, symbol, terms } = found.info;
  requirePhase(found, ["Succeeded"], "its liquidity cannot be released");
  requireIssuer(found, sender.address);
  const { token } = await offeringContracts(input.read.contracts, offeringId);
  const held = await token.balanceOf(await token.getAddress());
  if (held === 0n) {
    throw refused(`Offering ${offeringId} holds no tokens for liquidity (any more).`, "It is released once.");
  }
  const plan = {
    title: `Release the liquidity of offering ${offeringId} (${symbol})`,
    facts: [
      ["tokens", tokenText(held, symbol)],
      ["to", terms.liquidityRecipient],
    ],
    warnings: ["From then on these tokens earn, unless their holder is a pool that was excluded."],
    question: "Release them?",
  } as const;
  const result = await carryOut(input, plan, (context) => releaseLiquidity(context, { offeringId }));
  const text = `Sent ${tokenText(result.amount, symbol)} to ${result.recipient}.\n${landedText(result)}`;
  return new Output({ offeringId, ...result }, text);
};
