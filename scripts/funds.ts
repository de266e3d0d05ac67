import {
  contractErrorName,
  deposit,
  flushRoyalty,
  getBalances,
  getModel,
  getModels,
  withdraw,
  withdrawStake,
} from "@assay/sdk";

import { runScript } from "./lib/command.js";

await runScript("funds", "Money of an account: wallet, escrow, stake, royalties.", {
  show: {
    about: "all balances",
    options: { account: { type: "string" } },
    run: async ({ read, act, args }) => {
      const account = args.address("account") ?? (await act()).sender.address;
      return { account, ...(await getBalances(read, { account })) };
    },
  },
  deposit: {
    takes: "AMOUNT",
    about: "pay into the escrow; jobs are paid from there",
    options: { account: { type: "string" } },
    run: async ({ act, args }) => {
      const account = args.address("account");
      const amount = args.amount(args.positional(0, "AMOUNT"));
      return await deposit(await act(), { amount, ...(account !== undefined && { account }) });
    },
  },
  withdraw: {
    takes: "AMOUNT|all",
    about: "take money out of the escrow, at once",
    options: { to: { type: "string" } },
    run: async ({ act, args }) => {
      const context = await act();
      const to = args.address("to");
      const text = args.positional(0, "AMOUNT");
      const { escrow } = await getBalances(context, { account: context.sender.address });
      return await withdraw(context, {
        amount: text === "all" ? escrow : args.amount(text),
        ...(to !== undefined && { to }),
      });
    },
  },
  claim: {
    about: "royalties paid to the account, or --model's; then all of its escrow balance; --stake: its free stake too",
    options: { model: { type: "string" }, stake: { type: "boolean" }, to: { type: "string" } },
    run: async ({ act, args, say, money }) => {
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
      const fromEscrow = escrow === 0n ? undefined : await withdraw(context, { amount: escrow, to });
      const takeStake = args.flag("stake") && free > 0n;
      const fromStake = takeStake ? await withdrawStake(context, { amount: free, to }) : undefined;
      return { account: address, to, royalties, escrow: fromEscrow?.amount ?? 0n, stake: fromStake?.amount ?? 0n };
    },
  },
});
