/**
 * What settling many customers of one provider costs: 50 requesters, each with a session of its own that has had a batch
 * before, settled by `commitMany` and `finalizeMany`. The peer's figure is 0G's `settleFeesWithTEE` of 50 distinct users,
 * repeated, measured in its own repository on the same simulator: it checks nothing.
 */
import { parseArgs } from "node:util";

import {
  AssayError,
  commitMany,
  deposit,
  developmentBeaconKey,
  finalizeMany,
  loadFastKeccak,
  postBeacon,
  type Sender,
  signerSender,
  signRound,
  SumTree,
} from "@assay/sdk";
import { getBytes, id, Wallet } from "ethers";

import {
  createNetwork,
  type Network,
  type OpenedSession,
  openSession,
  signBatch,
  type SignedBatch,
} from "../gas/network.js";

/** Gas of one of 50 users that 0G settles in one transaction, from the second time on. */
const PEER_GAS = 59_589;
const REQUESTERS = 50;
const RECEIPTS = 1_000;
const FEE = 100n;
const FUNDS = 1_000_000_000n;
const BUDGET_WEI = 10n ** 18n;
/** 400 times the total: the law's floor of 1 %, because a drawn batch's figure is the audit's. */
const COLLATERAL_BPS = 4_000_000n;
const NETWORKS = 30;

const HELP = `Usage: npm run bench:settle -- [--json]

Settles a batch of ${RECEIPTS.toLocaleString("en-US")} receipts for each of ${REQUESTERS} requesters of one provider in two transactions, on an in-process chain with
the prices of the Osaka hardfork, and prints the gas of each requester beside 0G's.`;

interface Customer {
  readonly requester: Sender;
  readonly session: OpenedSession;
}

interface Settlement {
  readonly commitMany: number;
  readonly finalizeMany: number;
  readonly drawn: number;
}

async function customers(network: Network): Promise<Customer[]> {
  const { connection, contracts, token } = network;
  const { ethers, networkHelpers } = connection;
  const found: Customer[] = [];
  for (let index = 0; index < REQUESTERS; ++index) {
    // Nobody's key but this run's: made from its number.
    const requester = await signerSender(new Wallet(id(`settlement requester ${index}`), ethers.provider));
    await networkHelpers.setBalance(requester.address, BUDGET_WEI);
    await token.mint(requester.address, FUNDS);
    await deposit({ contracts, sender: requester }, { amount: FUNDS });
    found.push({ requester, session: await openSession(network, { requester, collateralBps: COLLATERAL_BPS }) });
  }
  return found;
}

/** One more batch of every customer, in two transactions. */
async function settle(network: Network, all: readonly Customer[], run: number): Promise<Settlement> {
  const { connection, contracts, senders, chainId } = network;
  const items: (OpenedSession & SignedBatch)[] = [];
  for (const [index, { requester, session }] of all.entries()) {
    const leaves = Array.from({ length: RECEIPTS }, (_, leaf) => ({
      content: getBytes(id(`receipt ${run}/${index}/${leaf}`)),
      sum: FEE,
    }));
    const signed = await signBatch(network, session, { tree: SumTree.build(leaves), fee: FEE, requester });
    items.push({ ...session, ...signed });
  }
  const committed = await commitMany({ contracts, sender: senders.operator }, { items });
  const batches = committed.results.map((result, index) => {
    const item = items[index];
    if (result.status === "committed" && item !== undefined) return { job: item.job, batch: result.batch };
    throw new AssayError({ code: "INTERNAL", message: `A batch was not committed: ${JSON.stringify(result)}.` });
  });
  const round = batches[0]?.batch.targetRound ?? 0n;
  await connection.networkHelpers.time.increaseTo(await contracts.beacon.timeOf(round));
  const signature = signRound(round, developmentBeaconKey(chainId).secretKey);
  await postBeacon({ contracts, sender: senders.deployer }, { round, signature });
  const finalized = await finalizeMany({ contracts, sender: senders.operator }, { items: batches });
  const skipped = finalized.results.filter(({ status }) => status === "skipped");
  if (skipped.length > 0) {
    throw new AssayError({ code: "INTERNAL", message: `Batches were not finalized: ${JSON.stringify(skipped)}.` });
  }
  return {
    commitMany: Number(committed.gasUsed),
    finalizeMany: Number(finalized.gasUsed),
    drawn: finalized.results.filter(({ status }) => status === "audited").length,
  };
}

/** The second batch of every customer, on a network where no batch was drawn. */
async function settleTwice(): Promise<Settlement> {
  for (let made = 0; made < NETWORKS; ++made) {
    const network = await createNetwork();
    const all = await customers(network);
    const first = await settle(network, all, 2 * made);
    if (first.drawn > 0) continue;
    const second = await settle(network, all, 2 * made + 1);
    if (second.drawn === 0) return second;
  }
  throw new AssayError({ code: "INTERNAL", message: `A batch was drawn on each of ${NETWORKS} networks.` });
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: "boolean" }, help: { type: "boolean" } } });
  if (values.help === true) {
    console.log(HELP);
    return;
  }
  await loadFastKeccak();
  const found = await settleTwice();
  const gasPerRequester = Math.round((found.commitMany + found.finalizeMany) / REQUESTERS);
  const result = {
    requesters: REQUESTERS,
    receiptsPerRequester: RECEIPTS,
    commitMany: found.commitMany,
    finalizeMany: found.finalizeMany,
    gasPerRequester,
    peerGasPerRequester: PEER_GAS,
    ratioToPeer: Number((gasPerRequester / PEER_GAS).toFixed(3)),
  };
  if (values.json === true) {
    console.log(JSON.stringify(result));
    return;
  }
  const number = (value: number): string => value.toLocaleString("en-US");
  console.log(`${REQUESTERS} requesters of one provider, ${number(RECEIPTS)} receipts each, not drawn:`);
  console.log(`  commitMany ${number(found.commitMany)}, finalizeMany ${number(found.finalizeMany)} gas`);
  console.log(`  ${number(gasPerRequester)} gas a requester; 0G, which checks nothing: ${number(PEER_GAS)}`);
}

await main();
