import {
  contractErrorName,
  deposit as depositFunds,
  flushRoyalty,
  getBalances,
  getModel,
  getModels,
  withdraw as withdrawFunds,
  withdrawStake,
} from "@assay/sdk";

import type { Run } from "./command.js";

export const show: Run = async ({ read, act, args }) => {
  const account = args.address("account") ?? (await act()).sender.address;
  return { account, ...(await getBalances(read, { account })) };
};

export const deposit: Run = async ({ act, args }) => {
  const account = args.address("account");
  const amount = args.amount(args.positional(0, "AMOUNT"));
  return await depositFunds(await act(), { amount, ...(account !== undefined && { account }) });
};

export const withdraw: Run = async ({ act, args }) => {
  const context = await act();
  const to = args.address("to");
  const text = args.positional(0, "AMOUNT");
  const { escrow } = await getBalances(context, { account: context.sender.address });
  return await withdrawFunds(context, {
    amount: text === "all" ? escrow : args.amount(text),
    ...(to !== undefined && { to }),
  });
};

export const claim: Run = async ({ act, args, say, money }) => {
  const context = await act();
  const { address } = context.sender;
  const to = args.address("to") ?? address;
  const royalties: { modelId: bigint; amount: bigint }[] = [];
  const models =
    args.text("model") === undefined
      ? (await getModels(context)).filter(({ payout }) => payout === address)
      : [await getModel(context, { modelId: args.integer("model") })];
  for (const { modelId, royaltyOwed } of models) {
    if (royaltyOwed === 0n) continue;
    try {
      const { amount } = await flushRoyalty(context, { modelId });
      royalties.push({ modelId, amount });
      say(`Royalties of model ${modelId}: ${money(amount)}`);
    } catch (error) {
      // Somebody else flushed it in between: the money is where it belongs.
      if (contractErrorName(error) !== "JobEscrow_NothingOwed") throw error;
    }
  }
  const { escrow, free } = await getBalances(context, { account: address });
  const fromEscrow = escrow === 0n ? undefined : await withdrawFunds(context, { amount: escrow, to });
  const takeStake = args.flag("stake") && free > 0n;
  const fromStake = takeStake ? await withdrawStake(context, { amount: free, to }) : undefined;
  return { account: address, to, royalties, escrow: fromEscrow?.amount ?? 0n, stake: fromStake?.amount ?? 0n };
};
