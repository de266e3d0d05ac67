import { type Job, JobKind, JobStatus } from "../protocol/types.js";
import type { ReadContext } from "./context.js";
import { getBatches } from "./getBatches.js";
import { type Debtor, type Obligation, offeringDebtors } from "./offeringObligations.js";
import { queryEvents } from "./queryEvents.js";
import { read } from "./read.js";

/** A contract's balance against everything it owes, in smallest units of the asset. */
export interface ContractSolvency {
  readonly name: string;
  readonly address: string;
  readonly balance: bigint;
  readonly obligations: readonly Obligation[];
  readonly owed: bigint;
  /** balance − owed: 0, or what somebody sent to the contract as a present. Below 0 the contract is insolvent. */
  readonly surplus: bigint;
}

export interface Solvency {
  /** The block at which everything was read. */
  readonly blockNumber: number;
  readonly contracts: readonly ContractSolvency[];
}

/**
 * Adds up what the contracts owe, item by item, and compares it with what they hold, everything at one block.
 *
 * The escrow owes account balances, the budgets of live jobs and sessions, open batches, and each model's royalties, audit pool and protocol fees; the
 * staking contract owes every account's stake and the sink's part of slashes; offerings owe commitments, refunds and proceeds,
 * their tokens what holders have earned, what has not streamed yet, and the redemption pool; the others owe nothing.
 *
 * @param parameters.blockNumber block to read at; the latest unless given. The node must still have its state
 *
 * @example
 * const { contracts } = await getSolvency({ contracts });
 * console.log(contracts.every(({ surplus }) => surplus === 0n));
 */
export async function getSolvency(
  context: ReadContext,
  parameters: { readonly blockNumber?: number } = {},
): Promise<Solvency> {
  const { provider, asset, deployment } = context.contracts;
  const blockNumber = parameters.blockNumber ?? (await read(provider.getBlockNumber()));
  const owing: Readonly<Record<string, readonly Obligation[]>> = {
    ProviderStaking: await stakingObligations(context, blockNumber),
    JobEscrow: await escrowObligations(context, blockNumber),
  };
  const fixed = Object.entries(deployment.contracts).map(([name, address]): Debtor => ({
    name,
    address,
    obligations: owing[name] ?? [],
  }));
  const debtors = [...fixed, ...(await offeringDebtors(context, blockNumber))];
  const contracts = await Promise.all(
    debtors.map(async ({ name, address, ...owes }): Promise<ContractSolvency> => {
      const obligations = owes.obligations.filter(({ amount }) => amount !== 0n);
      const balance = await read(asset.balanceOf(address, { blockTag: blockNumber }));
      const owed = obligations.reduce((sum, { amount }) => sum + amount, 0n);
      return { name, address, balance, obligations, owed, surplus: balance - owed };
    }),
  );
  return { blockNumber, contracts };
}

async function stakingObligations(context: ReadContext, blockTag: number): Promise<Obligation[]> {
  const { staking } = context.contracts;
  const { StakeDeposited, StakeCompensated } = staking.filters;
  const events = await Promise.all([
    queryEvents(context, staking, StakeDeposited, StakeDeposited()),
    queryEvents(context, staking, StakeCompensated, StakeCompensated()),
  ]);
  const stakes = await Promise.all(
    distinct(events.flat(), ({ account }) => account).map(async (account) => {
      const { staked } = await read(staking.accountOf(account, { blockTag }));
      return { item: `stake of ${account}`, amount: staked };
    }),
  );
  return [...stakes, { item: "slashed, for the sink", amount: await read(staking.sinkOwed({ blockTag })) }];
}

async function escrowObligations(context: ReadContext, blockTag: number): Promise<Obligation[]> {
  const { escrow, registry } = context.contracts;
  const { Deposited, JobOpened, JobAssigned, PoolPaid } = escrow.filters;
  const [deposits, opened, assigned, payments, models] = await Promise.all([
    queryEvents(context, escrow, Deposited, Deposited()),
    queryEvents(context, escrow, JobOpened, JobOpened()),
    queryEvents(context, escrow, JobAssigned, JobAssigned()),
    queryEvents(context, escrow, PoolPaid, PoolPaid()),
    queryEvents(context, registry, registry.filters.ModelRegistered, registry.filters.ModelRegistered()),
  ]);
  // An open job that was accepted goes on under the id of the same terms with its provider.
  const jobs = [
    ...opened.map(({ jobId, job }) => ({ jobId, job })),
    ...assigned.flatMap(({ openJobId, jobId, provider }) => {
      const before: Job | undefined = opened.find((event) => event.jobId === openJobId)?.job;
      return before === undefined ? [] : [{ jobId, job: { ...before, provider } }];
    }),
  ];
  const holders = new Set([
    ...deposits.map(({ account }) => account),
    ...jobs.flatMap(({ job }) => [job.requester, job.provider]),
    ...payments.map(({ to }) => to),
  ]);
  const balances = [...holders].map(async (account) => {
    const { balance } = await read(escrow.accountOf(account, { blockTag }));
    return [{ item: `balance of ${account}`, amount: balance }];
  });
  const budgets = jobs.map(async ({ jobId, job }) => {
    const { status } = await read(escrow.jobStateOf(jobId, { blockTag }));
    if (job.kind === JobKind.Session && status !== JobStatus.Open) {
      return await sessionObligations(context, jobId, blockTag);
    }
    return status === JobStatus.None ? [] : [{ item: `budget of job ${jobId}`, amount: job.budget }];
  });
  const funds = models.map(async ({ modelId }) => {
    const { royaltyOwed, pool, protocolFees } = await read(escrow.modelAccountOf(modelId, { blockTag }));
    return [
      { item: `royalties of model ${modelId}`, amount: royaltyOwed },
      { item: `audit pool of model ${modelId}`, amount: pool },
      { item: `protocol fees of model ${modelId}`, amount: protocolFees },
    ];
  });
  return (await Promise.all([...balances, ...budgets, ...funds])).flat();
}

/** What no batch has drawn on, and every batch that has not ended, closed or not. */
async function sessionObligations(context: ReadContext, jobId: string, blockTag: number): Promise<Obligation[]> {
  const { escrow } = context.contracts;
  const { remaining } = await read(escrow.sessionOf(jobId, { blockTag }));
  const batches = (await getBatches(context, { jobId })).map(async ({ batchId, batch }) => {
    const status = await read(escrow.batchStatusOf(batchId, jobId, { blockTag }));
    return { item: `batch ${batchId} of session ${jobId}`, amount: status === JobStatus.None ? 0n : batch.total };
  });
  return [{ item: `budget of session ${jobId}`, amount: remaining }, ...(await Promise.all(batches))];
}

function distinct<T>(events: readonly T[], key: (event: T) => string): string[] {
  return [...new Set(events.map(key))];
}
