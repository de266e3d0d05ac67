import { claimAllRevenue, claimRevenue, getHoldings } from "@assay/sdk";

import { amountOf } from "../../domain/arguments.js";
import { claimReport } from "../../domain/claimReport.js";
import { refused, usage } from "../../domain/errors.js";
import { type Fact, shortAddress } from "../../domain/format.js";
import { carryOut, coins, type Cost, landedText } from "../carryOut.js";
import { type CommandInput, Output, type Run } from "../command.js";
import { findHolding } from "./find.js";

const WEI_PER_COIN = 10n ** 18n;

export const claim: Run = async (input) => {
  const { args, money } = input;
  const { sender } = await input.act();
  const account = args.address("account") ?? sender.address;
  const recipient = args.address("to");
  if (account !== sender.address && recipient !== undefined) {
    throw usage("Only the holder itself can have its revenue sent to another address: leave --to or --account out.");
  }
  const { token, symbol, claimable, payout, unsettled, offeringId } = await findHolding(input, account);
  if (claimable === 0n) {
    throw refused(
      `${account} has nothing to claim from ${symbol} now.`,
      unsettled > 0n
        ? `Its tokens wait to be settled first: assay offering settle ${offeringId}`
        : "Revenue streams while tokens are held; see: assay revenue show",
    );
  }
  const plan = {
    title: `Claim the revenue of ${symbol}`,
    facts: [
      ["claimable", `${money(claimable)}, and what streams until it lands`],
      ["of", account],
      ["to", recipient ?? payout],
    ] as const,
    judge: (cost: Cost) => worth(input, claimable, cost),
    question: `Claim ${money(claimable)}?`,
  };
  const parameters = { token, account, ...(recipient !== undefined && { recipient }) };
  const result = await carryOut(input, plan, (context) => claimRevenue(context, parameters));
  return new Output(
    { symbol, ...result },
    `Paid ${money(result.amount)} to ${result.recipient}.\n${landedText(result)}`,
  );
};

export const claimAll: Run = async (input) => {
  const { args, money, read } = input;
  const { sender } = await input.act();
  const recipient = args.address("to");
  const holdings = (await getHoldings(read, { account: sender.address })).filter(({ claimable }) => claimable > 0n);
  if (holdings.length === 0) {
    throw refused(
      `${sender.address} has nothing to claim now.`,
      "Revenue streams while tokens are held; see: assay revenue show",
    );
  }
  const total = holdings.reduce((sum, { claimable }) => sum + claimable, 0n);
  const plan = {
    title: `Claim the revenue of ${holdings.length === 1 ? "one token" : `${holdings.length} tokens`}`,
    facts: [
      ...holdings.map(({ symbol, claimable, payout }): Fact => [
        symbol,
        `${money(claimable)} to ${shortAddress(recipient ?? payout)}`,
      ]),
      ["in all", money(total)] as const,
    ],
    judge: (cost: Cost) => worth(input, total, cost),
    question: `Claim ${money(total)}?`,
  };
  const parameters = { tokens: holdings.map(({ token }) => token), ...(recipient !== undefined && { recipient }) };
  const result = await carryOut(input, plan, (context) => claimAllRevenue(context, parameters));
  const { value, text, failed } = claimReport(result, holdings, money);
  return new Output(value, text, failed);
};

/** Gas against amount, as far as they can be compared. */
function worth({ args, money, read }: CommandInput, amount: bigint, { fee }: Cost): string[] {
  const price = args.text("coin-price");
  if (price === undefined) return [];
  const inAsset = (fee * amountOf(price, read.contracts.deployment.asset.decimals)) / WEI_PER_COIN;
  if (inAsset < amount) return [];
  return [`Not worth it now: the gas costs ${money(inAsset)} (${coins(fee)}), the claim brings ${money(amount)}.`];
}
