import {
  depositStake,
  getBalances,
  getProvider,
  registerProvider,
  setMetadata,
  setOperator,
  withdrawStake,
} from "@assay/sdk";

import { runScript, usage } from "./lib/command.js";

await runScript("stake", "Collateral of a provider, and its registration. The key is the owner's.", {
  status: {
    about: "stake, what is locked, and the registration",
    options: { provider: { type: "string" } },
    run: async ({ read, act, args }) => {
      const provider = args.address("provider") ?? (await act()).sender.address;
      const { staked, locked, free } = await getBalances(read, { account: provider });
      const operator = await read.contracts.staking.operatorOf(provider);
      const registered = BigInt(operator) !== 0n;
      const info = registered ? await getProvider(read, { provider, fetchMetadata: false }) : undefined;
      return { provider, registered, operator: info?.operator, metadata: info?.metadataURI, staked, locked, free };
    },
  },
  register: {
    about: "become a provider",
    options: { operator: { type: "string" }, metadata: { type: "string" } },
    run: async ({ act, args }) => {
      const operator = args.address("operator");
      if (operator === undefined) throw usage("--operator is missing.");
      return await registerProvider(await act(), { operator, metadataURI: args.needed("metadata") });
    },
  },
  "set-operator": {
    takes: "ADDRESS",
    about: "replace the hot key, at once",
    run: async ({ act, args }) => await setOperator(await act(), { operator: args.positionalAddress(0, "ADDRESS") }),
  },
  "set-metadata": {
    takes: "URI",
    about: "replace the metadata's address",
    run: async ({ act, args }) => await setMetadata(await act(), { metadataURI: args.positional(0, "URI") }),
  },
  deposit: {
    takes: "AMOUNT",
    about: "add stake",
    options: { account: { type: "string" } },
    run: async ({ act, args }) => {
      const account = args.address("account");
      const amount = args.amount(args.positional(0, "AMOUNT"));
      return await depositStake(await act(), { amount, ...(account !== undefined && { account }) });
    },
  },
  withdraw: {
    takes: "AMOUNT|all",
    about: "take free stake out, at once",
    options: { to: { type: "string" } },
    run: async ({ act, args }) => {
      const context = await act();
      const to = args.address("to");
      const text = args.positional(0, "AMOUNT");
      const { free } = await getBalances(context, { account: context.sender.address });
      const amount = text === "all" ? free : args.amount(text);
      return await withdrawStake(context, { amount, ...(to !== undefined && { to }) });
    },
  },
});
