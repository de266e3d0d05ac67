import { getOfferings, OFFERING_PHASES } from "@assay/sdk";

import { usage } from "../../domain/errors.js";
import { offeringsTable, offeringText } from "../../domain/offeringView.js";
import { phaseAt } from "../../domain/phase.js";
import { chainNow, type CommandInput, Output, type Run } from "../command.js";
import { findOffering } from "./find.js";

/** As whom offerings are seen: the account that is named, the key's, or nobody. */
async function viewer({ args, act }: CommandInput): Promise<string | undefined> {
  return args.address("account") ?? (args.hasKey ? (await act()).sender.address : undefined);
}

export const list: Run = async (input) => {
  const { args, read, money } = input;
  const wanted = args.text("phase");
  const phase = OFFERING_PHASES.find((name) => name.toLowerCase() === wanted?.toLowerCase());
  if (wanted !== undefined && phase === undefined) {
    throw usage(`--phase is one of ${OFFERING_PHASES.join(", ")}, not "${wanted}".`);
  }
  const account = await viewer(input);
  const [all, now] = await Promise.all([
    getOfferings(read, account === undefined ? {} : { account }),
    chainNow(read.contracts),
  ]);
  const offerings = all
    .map((info) => ({ ...info, phase: phaseAt(info, now) }))
    .filter((info) => phase === undefined || info.phase === phase);
  return new Output({ now, offerings }, offeringsTable(offerings, { now, money }));
};

export const status: Run = async (input) => {
  const account = await viewer(input);
  const { info, now } = await findOffering(input, account);
  return new Output(
    { now, ...info },
    offeringText(info, { now, money: input.money, asset: input.read.contracts.deployment.asset, account }),
  );
};
