import { expireOffering, finalizeOffering } from "@assay/sdk";

import { tokenText } from "../../domain/format.js";
import { carryOut, landedText } from "../carryOut.js";
import { Output, type Run } from "../command.js";
import { findOffering, requirePhase } from "./find.js";

export const finalize: Run = async (input) => {
  const { money } = input;
  await input.act();
  const found = await findOffering(input);
  const { offeringId, committed, modelId, symbol, terms } = found.info;
  requirePhase(found, ["Ended"], "there is nothing to decide");
  const succeeds = committed >= terms.softCap;
  const plan = {
    title: `Finalize offering ${offeringId} (${symbol})`,
    facts: [
      ["raised", `${money(committed)}; soft cap ${money(terms.softCap)}, hard cap ${money(terms.hardCap)}`],
      [
        "result",
        succeeds
          ? "it succeeds: tokens move and earn, unsold ones are burned"
          : "it fails: everybody can take everything back",
      ],
    ],
    ...(succeeds && { warnings: [`From then on the royalties of model ${modelId} go to the token, for ever.`] }),
    question: "Finalize it?",
  } as const;
  const result = await carryOut(input, plan, (context) => finalizeOffering(context, { offeringId }));
  const { succeeded, proceeds, sold } = result;
  const outcome = succeeded
    ? `Offering ${offeringId} succeeded: ${tokenText(sold, symbol)} sold for ${money(proceeds)}.\nBuyers get theirs with: assay offering settle ${offeringId}`
    : `Offering ${offeringId} failed.\nBuyers get their money back with: assay offering refund ${offeringId}`;
  return new Output({ offeringId, ...result }, `${outcome}\n${landedText(result)}`);
};

export const expire: Run = async (input) => {
  await input.act();
  const found = await findOffering(input);
  const { offeringId, modelId, symbol } = found.info;
  requirePhase(found, ["Failed"], "it has not expired");
  const plan = {
    title: `Record that offering ${offeringId} (${symbol}) has failed`,
    facts: [["payout", `of model ${modelId} is unlocked`]],
    question: "Record it?",
  } as const;
  const result = await carryOut(input, plan, (context) => expireOffering(context, { offeringId }));
  const text = `Recorded that offering ${offeringId} failed; the payout of model ${modelId} is unlocked.`;
  return new Output({ offeringId, ...result }, `${text}\n${landedText(result)}`);
};
