import {
  depositStake,
  getBalances,
  getProvider,
  registerProvider,
  setMetadata,
  setOperator,
  withdrawStake,
} from "@assay/sdk";

import { usage } from "../domain/errors.js";
import type { Run } from "./command.js";

export const status: Run = async ({ read, act, args }) => {
  const provider = args.address("provider") ?? (await act()).sender.address;
  const { staked, locked, free } = await getBalances(read, { account: provider });
  const operator = await read.contracts.staking.operatorOf(provider);
  const registered = BigInt(operator) !== 0n;
  const info = registered ? await getProvider(read, { provider, fetchMetadata: false }) : undefined;
  return { provider, registered, operator: info?.operator, metadata: info?.metadataURI, staked, locked, free };
};

export const register: Run = async ({ act, args }) => {
  const operator = args.address("operator");
  if (operator === undefined) throw usage("--operator is missing.");
  return await registerProvider(await act(), { operator, metadataURI: args.needed("metadata") });
};

export const replaceOperator: Run = async ({ act, args }) =>
  await setOperator(await act(), { operator: args.positionalAddress(0, "ADDRESS") });

export const replaceMetadata: Run = async ({ act, args }) =>
  await setMetadata(await act(), { metadataURI: args.positional(0, "URI") });

export const deposit: Run = async ({ act, args }) => {
  const account = args.address("account");
  const amount = args.amount(args.positional(0, "AMOUNT"));
  return await depositStake(await act(), { amount, ...(account !== undefined && { account }) });
};

export const withdraw: Run = async ({ act, args }) => {
  const context = await act();
  const to = args.address("to");
  const text = args.positional(0, "AMOUNT");
  const { free } = await getBalances(context, { account: context.sender.address });
  const amount = text === "all" ? free : args.amount(text);
  return await withdrawStake(context, { amount, ...(to !== undefined && { to }) });
};
